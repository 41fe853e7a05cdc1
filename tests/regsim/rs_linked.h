/* What contacts and hosts have in common: objects under a name of their own, which domains are linked to. */
#ifndef VNEPP_RS_LINKED_H
#define VNEPP_RS_LINKED_H

#include "tests/regsim/rs_int.h"

struct rs_linked {
	const char *prefix, *uri;
	const char *key; /* the element that names it */
	char roid;       /* the first letter of its <roid> */
};

/* The answer to a check: free is what nobody has and what has a good name. */
void rs_linked_check(struct rs_exec *x, const struct rs_linked *k, const struct rs_table *t,
                     bool (*good)(struct str name));
/* A new one, of now and of the account that asks; sim->record is empty, for what is to be kept of it. */
struct rs_object *rs_linked_add(struct rs_exec *x, struct rs_table *t, struct str name);
/* Keeps sim->record with it, and answers. */
void rs_linked_created(struct rs_exec *x, const struct rs_linked *k, struct rs_object *o);
/* <infData> up to <status>; and <clID>, <crID>, <crDate>. The caller writes what is its own, and closes it. */
void rs_linked_info(struct rs_exec *x, const struct rs_linked *k, const struct rs_object *o);
void rs_linked_info_by(struct rs_exec *x, const struct rs_linked *k, const struct rs_object *o);
/* What this account may delete; NULL: answered. */
struct rs_object *rs_linked_to_delete(struct rs_exec *x, const struct rs_table *t, struct str name);
void rs_linked_delete(struct rs_exec *x, struct rs_object *o);

#endif
