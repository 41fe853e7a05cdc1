/*
 * POST /v1/batches?dry_run=true[&check=true]: the same body, the same checks, the same decisions and quotas, and nothing of
 * it is kept.
 *
 * Happy path: chunks go to the reading connection (STORE_PREVIEW), one after the other, with what the lines before have
 * taken; their results are gathered until the body has ended; then the partner's room is looked at, with check=true the
 * registries are asked about the names (intake_names.c), and 200 tells every line. Bad lines, a full queue and a used-up day
 * are answered as for a batch. Other batches go on meanwhile: what they take between two chunks, or after the answer, is not
 * known here.
 */
#include "daemon/api/intake_int.h"
#include "daemon/api/json_out.h"
#include "epp/base/alloc.h"

#include <stdlib.h>

void intake_dry_new(struct intake *x, int as, bool check)
{
	struct intake_dry *d = xcalloc(1, sizeof *d);
	d->owner = x;
	d->as = as;
	d->lines = xcalloc(INTAKE_CHUNK_LINES, sizeof *d->lines);
	store_sofar_init(&d->sofar);
	arena_init(&d->arena);
	buf_init(&d->results, API_ANSWER_MAX);
	x->dry = d;
	if (check)
		intake_names_new(d);
}

void intake_dry_free(struct intake *x)
{
	struct intake_dry *d = x->dry;
	if (!d)
		return;
	intake_names_free(d);
	store_sofar_fini(&d->sofar);
	arena_fini(&d->arena);
	buf_fini(&d->results);
	free(d->lines);
	free(d);
}

/* ---- results ------------------------------------------------------------------------------------------------------------ */

static void add_result(struct intake *x, const struct store_row *row)
{
	struct intake_dry *d = x->dry;
	if (d->as == API_AS_CSV) {
		api_result_csv(&d->results, &d->arena, x->call.view, x->call.api->decider, row);
		return;
	}
	if (d->as == API_AS_JSON && buf_len(&d->results))
		buf_byte(&d->results, ',');
	struct buf one;
	buf_init(&one, API_ANSWER_MAX);
	api_result_json(&one, &d->arena, x->call.view, x->call.api, row);
	buf_add(&d->results, buf_str(&one));
	buf_fini(&one);
	if (d->as == API_AS_NDJSON)
		buf_byte(&d->results, '\n');
}

static void take_result(struct intake *x, const struct store_preview_line *p)
{
	struct store_line as_if = {.line = p->line, .outcome = p->outcome, .state = p->row.state};
	intake_take_line(x, &as_if);
	if (p->outcome != STORE_LINE_NEW && p->outcome != STORE_LINE_SAME)
		return;
	add_result(x, &p->row);
	if (x->dry->names) /* in front of "}", "}\n", "\r\n" */
		intake_names_place(x->dry, buf_len(&x->dry->results) - (x->dry->as == API_AS_JSON ? 1 : 2),
		                   p);
	if (p->outcome != STORE_LINE_NEW || p->row.state != ITEM_QUEUED)
		return;
	if (p->fee_vnd < 0)
		x->dry->unpriced++;
	else
		x->dry->fee_vnd += p->fee_vnd;
}

/* ---- chunks --------------------------------------------------------------------------------------------------------------- */

static struct store_preview preview(struct intake *x, const struct decider *decider)
{
	const struct config *c = x->call.view->config;
	return (struct store_preview){.partner = x->call.partner_id,
	                              .decider = decider,
	                              .quotas = c->quotas,
	                              .quota_count = c->quota_count,
	                              .now = loop_wall(x->call.api->loop),
	                              .sofar = &x->dry->sofar,
	                              .lines = x->dry->lines,
	                              .arena = &x->dry->arena};
}

static struct intake_chunk *chunk_at_store(struct intake *x)
{
	size_t i = 0;
	while (!x->chunks[i].at_store)
		i++;
	return &x->chunks[i];
}

static void on_previewed(struct store_op *op)
{
	struct intake_dry *d = CONTAINER_OF(op, struct intake_dry, op.op);
	struct intake *x = d->owner;
	if (op->err)
		intake_fail_store(x, op);
	for (size_t i = 0; i < d->op.count && !op->err; i++)
		take_result(x, &d->lines[i]);
	if (!buf_ok(&d->results))
		intake_fail(x, 413, "too-many-lines", "A dry run has too many lines",
		            STR("Divide the file."));
	arena_reset(&d->arena);
	intake_chunk_done(x, chunk_at_store(x));
}

void intake_dry_chunk(struct intake *x, struct intake_chunk *k)
{
	struct intake_dry *d = x->dry;
	for (size_t i = 0; i < k->op.count; i++)
		d->lines[i] = (struct store_preview_line){.line = k->lines[i].line,
		                                          .account = k->lines[i].account,
		                                          .request = k->lines[i].request,
		                                          .payload = k->lines[i].payload};
	d->op = preview(x, k->decider);
	d->op.count = k->op.count;
	api_submit(x->call.api->reader, &d->op.op, STORE_PREVIEW, on_previewed);
}

/* ---- the answer ----------------------------------------------------------------------------------------------------------- */

static void add_results(const struct intake_dry *d, struct buf *b)
{
	if (d->names)
		intake_names_results(d, b);
	else
		buf_add(b, buf_str(&d->results));
}

static void body(struct intake *x, struct buf *b)
{
	struct intake_dry *d = x->dry;
	if (d->as == API_AS_CSV)
		api_result_csv_header(b, d->names ? ",registry.available,registry.reason" : "");
	if (d->as != API_AS_JSON) {
		add_results(d, b);
		return;
	}
	json_out_open(b, '{');
	json_out_bool_in(b, "dry_run", true);
	json_out_u64_in(b, "lines", x->lines_new + x->lines_same);
	json_out_u64_in(b, "new", x->lines_new);
	json_out_u64_in(b, "repeated", x->lines_same);
	api_result_counts(b, x->counts);
	json_out_open_in(b, "fee_vnd", '{');
	json_out_u64_in(b, "expected", (uint64_t)d->fee_vnd);
	json_out_u64_in(b, "unknown_lines", d->unpriced);
	json_out_close(b, '}');
	if (d->names)
		intake_names_summary(d, b);
	json_out_open_in(b, "items", '[');
	add_results(d, b);
	json_out_close(b, ']');
	if (x->errors.bad_lines) {
		line_errors_sort(&x->errors);
		api_problem_errors(b, &x->errors);
	}
	json_out_close(b, '}');
}

static void answer(struct intake *x)
{
	struct http_field fields[3 + API_LIMIT_FIELDS] = {
	    HTTP_FIELD("Content-Type", str_c(api_item_types[x->dry->as])),
	    HTTP_FIELD("Cache-Control", STR("no-store")), HTTP_FIELD("Vary", STR("Accept"))};
	struct buf b;
	LOG(x->call.api->log, LOG_INFO, "batch.dry_run", "decided, and nothing is kept",
	    F_C("partner", x->call.partner->name), F_C("trace", x->call.trace),
	    F_U64("lines", x->lines_new + x->lines_same), F_U64("new", x->lines_new),
	    F_U64("bad_lines", x->errors.bad_lines),
	    F_U64("ms", loop_now(x->call.api->loop) - x->started_ms));
	if (!x->call.http)
		return;
	buf_init(&b, 2 * API_ANSWER_MAX);
	body(x, &b);
	http_respond(x->call.http, 200, fields, 3 + intake_limit_fields(x, fields + 3), buf_str(&b));
	buf_fini(&b);
}

void intake_dry_answer(struct intake *x)
{
	answer(x);
	intake_end(x);
}

static void on_concluded(struct store_op *op)
{
	struct intake_dry *d = CONTAINER_OF(op, struct intake_dry, op.op);
	struct intake *x = d->owner;
	if (op->err == ERR_FULL)
		intake_fail_room(x, &d->op.room);
	else if (op->err)
		intake_fail_store(x, op);
	if (op->err) {
		intake_abort(x);
		return;
	}
	if (d->names)
		intake_names_ask(x);
	else
		intake_dry_answer(x);
}

void intake_dry_publish(struct intake *x)
{
	struct intake_dry *d = x->dry;
	d->op = preview(x, x->call.api->decider);
	d->op.conclude = true;
	d->op.room = (struct store_room){.queued = x->call.partner->max_queued,
	                                 .per_day = x->call.partner->lines_per_day};
	api_submit(x->call.api->reader, &d->op.op, STORE_PREVIEW, on_concluded);
}
