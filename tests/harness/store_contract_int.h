/* Shared by the files of the store's contract suite: store_contract.c (fixture, start-up, groups),
 * store_contract_intake.c, store_contract_send.c, store_contract_read.c. */
#ifndef VNEPP_TESTS_STORE_CONTRACT_INT_H
#define VNEPP_TESTS_STORE_CONTRACT_INT_H

#include "epp/base/check.h"
#include "daemon/store/store_figures.h"
#include "daemon/store/store_read.h"
#include "daemon/store/store_send.h"
#include "tests/harness/store_contract.h"
#include "tests/harness/store_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define LINES_MAX 64

#define CONTRACT_TRACE 0x0e0e4736 /* of every batch */

/* A store with two partners and two accounts, and a run that has begun. */
struct contract {
	const struct store_kit *kit;
	void *env;
	struct store_backend *b;
	struct arena a;
	struct decider *decider, *other; /* borrowed; the other one has another revision */
	uint32_t partner[2], account[2], epoch;
	instant_ms_t now;
	const struct quota *quotas; /* of the programme, for chunks; NULL: none */
	size_t quota_count;
};

/* Another life of the process: crash, open, recover. */
struct store_recover contract_restart(struct contract *c);
/* A batch that is still open. `key`: NULL: none. */
batch_id_t contract_begin(struct contract *c, size_t partner, const char *key);
/* Lines into an open batch, numbered from `first`; what became of them is in `out` (NULL: all must be new). */
void contract_chunk(struct contract *c, size_t partner, batch_id_t batch, const struct play_line *lines,
                    size_t n, uint32_t first, struct store_line *out);
/* The operation that does so, not carried out. */
struct store_batch_chunk contract_chunk_of(struct contract *c, size_t partner, batch_id_t batch,
                                           struct store_line *lines, size_t n);
void contract_publish(struct contract *c, batch_id_t batch);
/* A batch of partner 0 with one line, which must be new. */
void contract_admit_line(struct contract *c, struct store_line *line);
/* All of it; the new items' numbers are in a row. The first one's is returned. */
item_id_t contract_admit(struct contract *c, size_t partner, const struct play_line *lines, size_t n);
/* `n` paid creates n<from>.com.vn … of account 0, references <prefix><from> …; the first item. */
item_id_t contract_admit_many(struct contract *c, size_t partner, const char *prefix, unsigned from,
                              unsigned n);
/* From account 0, lane 0; views live until the end of the test. */
struct store_claim contract_claim(struct contract *c, size_t partner, uint32_t max);
/* A step that ends the item's sending (but UNKNOWN and RECONCILING do not). */
struct store_step contract_step(struct contract *c, item_id_t item, uint64_t claim, enum item_state state);
enum err contract_finish(struct contract *c, struct store_step *steps, size_t n);
/* One step, which must go well. */
void contract_end(struct contract *c, item_id_t item, uint64_t claim, enum item_state state);
struct store_row contract_row(struct contract *c, item_id_t item);
void contract_assert_state(struct contract *c, item_id_t item, enum item_state state);
struct store_get_counts contract_counts(struct contract *c);
void contract_assert_str(struct str got, const char *want);

/* The tests of each file, ended by an empty one. */
extern const struct CMUnitTest contract_intake_tests[];
extern const struct CMUnitTest contract_send_tests[];
extern const struct CMUnitTest contract_park_tests[];
extern const struct CMUnitTest contract_quota_tests[];
extern const struct CMUnitTest contract_message_tests[];
extern const struct CMUnitTest contract_rules_tests[];
extern const struct CMUnitTest contract_held_tests[];
extern const struct CMUnitTest contract_list_tests[];
extern const struct CMUnitTest contract_names_tests[];
extern const struct CMUnitTest contract_created_tests[];
extern const struct CMUnitTest contract_subject_tests[];
extern const struct CMUnitTest contract_read_tests[];
extern const struct CMUnitTest contract_preview_tests[];
extern const struct CMUnitTest contract_changes_tests[];
extern const struct CMUnitTest contract_domains_tests[];

#define CONTRACT_TEST(f) cmocka_unit_test_setup_teardown(f, contract_set_up, contract_tear_down)
#define CONTRACT_TESTS_END                   \
	{                                    \
		NULL, NULL, NULL, NULL, NULL \
	}
#define CONTRACT_OF(c, from) struct contract *c = *(from)
int contract_set_up(void **state);
int contract_tear_down(void **state);

#endif
