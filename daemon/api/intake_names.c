/*
 * POST /v1/batches?dry_run=true&check=true: are the names free at the registry?
 *
 * Happy path: every line of the dry run leaves its place among the results ─▶ the names of new creates that are not refused go to
 * their registries, all accounts at a time, through the scheduler ─▶ when all have answered, or the wait is over, what is known is
 * put into the results. What cannot be asked is told as unknown, with why. The partner goes meanwhile: nobody hears the answers.
 */
#include "daemon/api/intake_int.h"
#include "daemon/api/json_out.h"
#include "epp/base/alloc.h"

#include <stdlib.h>

/* What one account's registry is asked. */
struct names_of {
	struct intake *owner;
	size_t *places; /* owned: index of each name's place */
	size_t count;
};

void intake_names_new(struct intake_dry *d)
{
	d->names = xcalloc(1, sizeof *d->names);
	arena_init(&d->names->arena);
}

void intake_names_free(struct intake_dry *d)
{
	struct intake_names *n = d->names;
	if (!n)
		return;
	arena_fini(&n->arena);
	free(n->places);
	free(n);
}

void intake_names_place(struct intake_dry *d, size_t at, const struct store_preview_line *line)
{
	struct intake_names *n = d->names;
	bool create = line->outcome == STORE_LINE_NEW && line->row.op == ITEM_CREATE;
	if ((n->count & (n->count - 1)) == 0)
		n->places = xrealloc(n->places, n->count ? 2 * n->count : 1, sizeof *n->places);
	n->places[n->count++] = (struct intake_place){.at = at,
	                                              .asked = create && line->row.state != ITEM_REFUSED,
	                                              .account = line->row.account,
	                                              .name = arena_str(&n->arena, line->row.domain)};
}

/* ---- asking ------------------------------------------------------------------------------------------------------------- */

static void go_on(struct intake *x)
{
	if (--x->dry->names->waiting == 0)
		intake_dry_answer(x);
}

static void on_asked(void *arg, const char *why, const struct sched_name_answer *answers, size_t count)
{
	struct names_of *o = arg;
	struct intake *x = o->owner;
	struct intake_names *n = x->dry->names;
	for (size_t i = 0; i < count; i++) {
		struct intake_place *p = &n->places[o->places[i]];
		struct str reason = answers[i].reason;
		if (!reason.len && answers[i].is == SCHED_NAME_UNKNOWN)
			reason = str_c(why ? why : "the registry has not said anything of it");
		p->is = answers[i].is;
		p->reason = arena_str(&n->arena, reason);
	}
	free(o->places);
	free(o);
	go_on(x);
}

static void ask_account(struct intake *x, uint32_t account)
{
	struct api *a = x->call.api;
	struct intake_names *n = x->dry->names;
	struct names_of *o = xcalloc(1, sizeof *o);
	struct str *names = arena_alloc(&n->arena, n->count * sizeof *names);
	o->owner = x;
	o->places = xcalloc(n->count, sizeof *o->places);
	for (size_t i = 0; i < n->count; i++)
		if (n->places[i].asked && n->places[i].account == account) {
			names[o->count] = n->places[i].name;
			o->places[o->count++] = i;
		}
	n->waiting++;
	a->owner.ask_names(a->owner.arg, account, x->call.partner_id, names, o->count, INTAKE_NAMES_WAIT_MS,
	                   on_asked, o);
}

static bool is_first_of_account(const struct intake_names *n, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (n->places[k].asked && n->places[k].account == n->places[i].account)
			return false;
	return n->places[i].asked;
}

/* Until somebody has said something. */
static void nobody_has_said(struct intake_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->places[i].asked)
			n->places[i].reason = STR("no registry was asked");
}

void intake_names_ask(struct intake *x)
{
	struct intake_names *n = x->dry->names;
	nobody_has_said(n);
	n->waiting = 1; /* our own */
	for (size_t i = 0; i < n->count && x->call.http && x->call.api->owner.ask_names; i++)
		if (is_first_of_account(n, i))
			ask_account(x, n->places[i].account);
	go_on(x);
}

/* ---- the results -------------------------------------------------------------------------------------------------------- */

static void add_members(struct buf *b, const struct intake_place *p)
{
	json_out_open_in(b, "registry", '{');
	json_out_bool_in(b, "asked", p->asked);
	if (p->is == SCHED_NAME_UNKNOWN)
		json_out_null_in(b, "available");
	else
		json_out_bool_in(b, "available", p->is == SCHED_NAME_FREE);
	json_out_text_in(b, "reason", p->reason);
	json_out_close(b, '}');
}

static void add_cells(struct buf *b, const struct intake_place *p)
{
	static const char *const words[] = {
	    [SCHED_NAME_UNKNOWN] = "unknown", [SCHED_NAME_FREE] = "true", [SCHED_NAME_TAKEN] = "false"};
	buf_printf(b, ",%s,", p->asked ? words[p->is] : "");
	api_result_csv_cell(b, p->reason);
}

void intake_names_results(const struct intake_dry *d, struct buf *b)
{
	const struct intake_names *n = d->names;
	struct str all = buf_str(&d->results);
	size_t from = 0;
	for (size_t i = 0; i < n->count; i++) {
		const struct intake_place *p = &n->places[i];
		buf_append(b, all.ptr + from, p->at - from);
		from = p->at;
		(d->as == API_AS_CSV ? add_cells : add_members)(b, p);
	}
	buf_append(b, all.ptr + from, all.len - from);
}

void intake_names_summary(const struct intake_dry *d, struct buf *b)
{
	const struct intake_names *n = d->names;
	uint64_t told[SCHED_NAME_TAKEN + 1] = {0};
	for (size_t i = 0; i < n->count; i++)
		told[n->places[i].is] += n->places[i].asked;
	json_out_open_in(b, "check", '{');
	json_out_u64_in(b, "asked",
	                told[SCHED_NAME_FREE] + told[SCHED_NAME_TAKEN] + told[SCHED_NAME_UNKNOWN]);
	json_out_u64_in(b, "available", told[SCHED_NAME_FREE]);
	json_out_u64_in(b, "taken", told[SCHED_NAME_TAKEN]);
	json_out_u64_in(b, "unknown", told[SCHED_NAME_UNKNOWN]);
	json_out_close(b, '}');
}
