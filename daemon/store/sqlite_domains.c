/* Names that end soon: two indexes, read side by side. */
#include "daemon/store/sqlite_int.h"
#include "daemon/store/store_domains.h"
#include "epp/base/check.h"

struct side {
	sqlite3_stmt *st;
	enum store_ending what;
	struct store_domain_row row;
	bool has;
};

static enum err step(struct sq *s, struct store_get_domains *o, struct side *x)
{
	enum err err;
	x->has = sq_row(s, &o->op, x->st, &err);
	if (!x->has)
		return err;
	x->row = (struct store_domain_row){.what = x->what,
	                                   .domain = sq_col_copy(x->st, 0, o->arena),
	                                   .account = (uint32_t)sqlite3_column_int64(x->st, 1),
	                                   .created = sq_col_instant(x->st, 2),
	                                   .expires = sq_col_instant(x->st, 3),
	                                   .grant_from = sq_col_date(x->st, 4),
	                                   .free_until = sq_col_date(x->st, 5)};
	x->row.at = x->what == STORE_ENDING_EXPIRES ? x->row.expires
	                                            : instant_of_date(x->row.free_until, HANOI_OFFSET_S);
	return OK;
}

static bool comes_first(const struct side *a, const struct side *b)
{
	if (!a->has || !b->has)
		return a->has;
	if (a->row.at != b->row.at)
		return a->row.at < b->row.at;
	return str_cmp(a->row.domain, b->row.domain) < 0;
}

static enum err merge(struct sq *s, struct store_get_domains *o, struct side *a, struct side *b)
{
	enum err err = OK;
	while (!err && (a->has || b->has)) {
		struct side *next = comes_first(a, b) ? a : b;
		o->more = o->count == o->limit;
		if (o->more)
			break;
		o->rows[o->count++] = next->row;
		err = step(s, o, next);
	}
	return err;
}

static void bind_expiring(sqlite3_stmt *st, const struct store_get_domains *o)
{
	sqlite3_bind_int64(st, 1, o->partner);
	sqlite3_bind_int64(st, 2, o->after);
	sq_bind_str(st, 3, o->after_name);
	sqlite3_bind_int64(st, 4, o->before);
}

#define FAR_MS 253402300799999 /* the end of the year 9999; "all of them" may be any number beyond */

/* A first paid day counts from its beginning on: in the midst of a day the next one is the first. */
static void bind_costing(sqlite3_stmt *st, const struct store_get_domains *o)
{
	date_t day = date_of_instant(o->after, HANOI_OFFSET_S);
	bool whole = instant_of_date(day, HANOI_OFFSET_S) == o->after;
	sqlite3_bind_int64(st, 1, o->partner);
	sqlite3_bind_int(st, 2, whole ? day : day + 1);
	sq_bind_str(st, 3, whole ? o->after_name : STR_NONE);
	sqlite3_bind_int(st, 4, date_of_instant(o->before < FAR_MS ? o->before - 1 : FAR_MS, HANOI_OFFSET_S));
}

enum err sq_get_domains(struct sq *s, struct store_get_domains *o)
{
	struct side expiring = {.st = sq_stmt(s, SQ_DOMAINS_EXPIRING), .what = STORE_ENDING_EXPIRES};
	struct side costing = {.st = sq_stmt(s, SQ_DOMAINS_COSTING), .what = STORE_ENDING_COSTS};
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	bind_expiring(expiring.st, o);
	bind_costing(costing.st, o);
	enum err err = step(s, o, &expiring);
	if (!err)
		err = step(s, o, &costing);
	if (!err)
		err = merge(s, o, &expiring, &costing);
	sq_done(expiring.st);
	sq_done(costing.st);
	return err;
}
