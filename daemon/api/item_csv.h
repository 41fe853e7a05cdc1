/*
 * Items as CSV (RFC 4180): a header of member paths ("applicant.birth_date", or its Vietnamese name), one record per
 * item, an empty cell for what is not given.
 *
 *   evidence      evidence.type … for the first, evidence.2.type … for further ones
 *   ns            names separated by spaces; addresses behind a slash each: "ns1.a.vn/192.0.2.1/2001:db8::1 ns2.b.vn"
 *   ds            "key_tag:alg:digest_type:digest", separated by spaces
 *   services      separated by spaces
 *   facts         a column facts.NAME for each fact that the rule files declare
 */
#ifndef VNEPP_API_ITEM_CSV_H
#define VNEPP_API_ITEM_CSV_H

#include "daemon/api/item_draft.h"

#define ITEM_CSV_COLUMNS_MAX 128

struct item_csv_column {
	enum item_group group;
	const struct item_member *member;  /* NULL: a column without a heading, or a wrong one */
	int entry;                         /* of evidence, from 0 */
	char fact[ITEM_FACT_NAME_MAX + 1]; /* ITEM_GROUP_FACTS: its name */
};

/* What the header said. Zeroed before item_csv_header(). */
struct item_csv {
	struct item_csv_column columns[ITEM_CSV_COLUMNS_MAX];
	size_t count;
};

/* Reads the header record; errors (unknown or repeated columns) are noted at the draft's line. */
bool item_csv_header(struct item_csv *csv, struct item_draft *d, struct arena *scratch, struct str record);
/* Reads and checks one record, as item_json_read() does. */
bool item_csv_read(const struct item_csv *csv, struct item_draft *d, struct arena *scratch,
                   struct str record);

#endif
