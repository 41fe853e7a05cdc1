/* What intake does with a line, on what a back end reads and what the lines before would have taken. */
#include "daemon/store/store_preview.h"

#include "epp/base/check.h"
#include "epp/base/hash.h"

#include <stdio.h>
#include <string.h>

#define SCOPE_MAX 96

void store_sofar_init(struct store_sofar *s)
{
	*s = (struct store_sofar){.fresh = 0};
	arena_init(&s->arena);
	map_init(&s->refs);
	map_init(&s->grants);
	map_init(&s->used);
}

void store_sofar_fini(struct store_sofar *s)
{
	map_fini(&s->refs);
	map_fini(&s->grants);
	map_fini(&s->used);
	arena_fini(&s->arena);
}

/* An earlier line of the same run has the reference. */
static bool repeats_earlier(struct store_sofar *s, struct store_preview_line *l)
{
	struct sha256 digest;
	const uint8_t *earlier = map_get(&s->refs, l->request->ref);
	if (!earlier)
		return false;
	hash_sha256(l->payload, &digest);
	l->outcome =
	    memcmp(earlier, digest.bytes, sizeof digest.bytes) == 0 ? STORE_LINE_TWICE : STORE_LINE_CONFLICT;
	return true;
}

static void remember_ref(struct store_sofar *s, const struct store_preview_line *l)
{
	struct sha256 *digest = arena_alloc(&s->arena, sizeof *digest);
	hash_sha256(l->payload, digest);
	(void)map_put(&s->refs, l->request->ref, digest->bytes); /* it was not there */
}

/* ---- quotas --------------------------------------------------------------------------------------------------------------- */

static struct str used_key(char room[SCOPE_MAX], const struct quota *q, date_t begin)
{
	(void)snprintf(room, SCOPE_MAX, "%s@%d", q->name, begin); /* names are checked to be short */
	return str_c(room);
}

static enum err is_full(struct store_preview *o, const struct store_preview_source *from,
                        const struct quota *q, date_t begin, bool *full)
{
	char room[SCOPE_MAX];
	uint64_t used = 0;
	enum err err = from->used(from->arg, o, str_c(q->name), begin, &used);
	const uint64_t *sofar = map_get(&o->sofar->used, used_key(room, q, begin));
	*full |= !q->limit.shadow && used + (sofar ? *sofar : 0) >= q->limit.max;
	return err;
}

static void use(struct store_sofar *s, const struct quota *q, date_t begin)
{
	char room[SCOPE_MAX];
	uint64_t *n = map_get(&s->used, used_key(room, q, begin));
	if (!n) {
		n = arena_calloc(&s->arena, 1, sizeof *n);
		(void)map_put(&s->used, used_key(room, q, begin), n); /* it was not there */
	}
	++*n;
}

static enum err take_quota(struct store_preview *o, const struct store_preview_source *from,
                           const struct item_request *r, struct decide_outcome *d)
{
	const struct quota *list[QUOTA_MATCH_MAX];
	date_t today = date_of_instant(o->now, HANOI_OFFSET_S);
	bool full = false;
	enum err err = OK;
	if (o->quota_count == 0 || r->op != ITEM_CREATE || d->state == ITEM_REFUSED)
		return OK;
	size_t n =
	    quota_matches(o->quotas, o->quota_count, d->zone, str_c(d->province), d->free_years > 0, list);
	for (size_t i = 0; i < n && !err; i++)
		err = is_full(o, from, list[i], quota_begin(list[i]->period, today), &full);
	if (full)
		decide_beyond_quota(d);
	for (size_t i = 0; i < n && !full; i++)
		use(o->sofar, list[i], quota_begin(list[i]->period, today));
	return err;
}

/* ---- lines ---------------------------------------------------------------------------------------------------------------- */

static struct store_row row_of(const struct store_preview *o, const struct store_preview_line *l,
                               const struct decide_outcome *d)
{
	struct arena *a = o->arena;
	struct store_row row = {.line = l->line,
	                        .partner = o->partner,
	                        .account = l->account,
	                        .op = l->request->op,
	                        .state = d->state,
	                        .ref = arena_str(a, l->request->ref),
	                        .domain = arena_str(a, l->request->domain),
	                        .decision_common = arena_str(a, d->common),
	                        .decision_item = arena_str(a, d->item),
	                        .paid = d->charged_years > 0,
	                        .intake_fault = d->fault,
	                        .admitted = o->now};
	row.result = (struct item_result){.needs = arena_str(a, str_c(d->needs)),
	                                  .created = INSTANT_NONE,
	                                  .expires = INSTANT_NONE,
	                                  .charged_vnd = -1,
	                                  .at = INSTANT_NONE};
	memcpy(row.intake_reason, d->reason, sizeof row.intake_reason);
	return row;
}

static struct str key_of(const struct decide_subject *s, uint32_t i)
{
	return str_make((const char *)s->keys + i * DECIDE_KEY_LEN, DECIDE_KEY_LEN);
}

static enum err decide(struct store_preview *o, const struct store_preview_source *from,
                       struct store_preview_line *l)
{
	struct decide_subject subject;
	struct decide_outcome d;
	enum err err = from->ledger(from->arg, o, l->request, &l->ledger, &subject);
	if (err)
		return err;
	for (uint32_t i = 0; i < subject.count && l->request->op == ITEM_CREATE; i++)
		l->ledger.subject_has_grant |= map_get(&o->sofar->grants, key_of(&subject, i)) != NULL;
	decide_item(o->decider, l->request, &l->ledger, DECIDE_PREVIEW, o->now, from->scratch, &d);
	err = take_quota(o, from, l->request, &d);
	for (uint32_t i = 0; i < subject.count && d.takes_grant; i++)
		(void)map_put(&o->sofar->grants, key_of(&subject, i),
		              o->sofar); /* it was not there, or it would not be taken */
	l->outcome = STORE_LINE_NEW;
	l->decided = true;
	l->fee_vnd = d.fee_vnd;
	l->row = row_of(o, l, &d);
	o->sofar->fresh++;
	o->sofar->counts[d.state]++;
	return err;
}

static enum err one_line(struct store_preview *o, const struct store_preview_source *from,
                         struct store_preview_line *l)
{
	bool found = false;
	enum err err = l->payload.len ? from->known(from->arg, o, l, &found) : OK;
	l->decided = false;
	if (err || found || (l->payload.len && repeats_earlier(o->sofar, l)))
		return err;
	if (l->payload.len)
		remember_ref(o->sofar, l);
	return decide(o, from, l);
}

/* ---- room ----------------------------------------------------------------------------------------------------------------- */

static bool too_many(const struct limit *l, uint64_t there, uint64_t more)
{
	return l->max && there + (more ? more : 1) > l->max;
}

/* A batch is refused when it begins and nothing is left, and when it is published and what it adds is too much. */
static enum err conclude(struct store_preview *o, const struct store_preview_source *from)
{
	struct store_room *r = &o->room;
	char scope[32];
	enum err err = OK;
	*r = (struct store_room){r->queued, r->per_day, 0, 0, 0, false, false};
	if (r->queued.max)
		err = from->waiting(from->arg, o, &r->waiting);
	r->adding = o->sofar->counts[ITEM_QUEUED];
	r->queue_full = too_many(&r->queued, r->waiting, r->adding);
	if (err || (r->queue_full && !r->queued.shadow))
		return err ? err
		           : err_set(&o->op.errmsg, ERR_FULL,
		                     "more lines of this partner would wait than may");
	r->adding = o->sofar->fresh;
	(void)snprintf(scope, sizeof scope, "lines/%u", o->partner);
	if (r->per_day.max)
		err = from->used(from->arg, o, str_c(scope), date_of_instant(o->now, HANOI_OFFSET_S),
		                 &r->today);
	r->day_full = too_many(&r->per_day, r->today, r->adding);
	if (err || !r->day_full || r->per_day.shadow)
		return err;
	return err_set(&o->op.errmsg, ERR_FULL, "this partner's lines of the day are used up");
}

enum err store_preview_run(struct store_preview *o, const struct store_preview_source *from)
{
	enum err err = OK;
	REQUIRE(o->count <= STORE_CHUNK_MAX);
	for (size_t i = 0; i < o->count && !err; i++)
		err = one_line(o, from, &o->lines[i]);
	return err || !o->conclude ? err : conclude(o, from);
}
