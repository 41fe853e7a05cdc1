/*
 * Lists, brought in and undone by an operator or an official, and what waited for them: of the departments (subjects that
 * need no paper), and of names that are kept back. What waited for them is decided again in gateway_list_decide.c.
 *
 * Happy path: begin ─▶ rows, a thousand at a time, with their numbers turned into keys here: the number itself is stored
 * nowhere ─▶ (preview) ─▶ publish: from then on every decision knows the list ─▶ page by page what waits for its subjects is
 * decided again, as after an undoing; what is queued is decided again when it is sent.
 *
 * Failure modes: a row that cannot be read refuses its group, the importer gives the whole list up (drop). The importer goes
 * away: what it began is never in force and is removed at the next start, or by the next import an hour later. The gateway
 * stops between two pages: the next start goes on where it stood. The store cannot be written: the page is tried again.
 */
#include "daemon/admin/admin_proto.h"
#include "daemon/gateway_int.h"
#include "daemon/store/store_list.h"
#include "epp/name.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdio.h>

#define TEXT_MAX 255

/* One command on its way through the store. */
struct list_call {
	struct gateway_call call;
	struct decider *decider; /* a reference, or NULL */
	struct str by;
	bool names; /* lists of names are asked for */
	union {
		struct store_op op;
		struct store_list_begin begin;
		struct store_list_rows rows;
		struct store_list_publish publish;
		struct store_list_drop drop;
		struct store_list_undo undo;
		struct store_list_decide preview;
		struct store_get_lists get;
		struct store_get_named named;
	} u;
};

static void call_end(struct list_call *c, const char *why, json_t *answer)
{
	decider_unref(&c->decider);
	gateway_call_end(&c->call, why, answer);
}

static struct list_call *call_of(struct store_op *op)
{
	return CONTAINER_OF(op, struct list_call, u.op);
}

static void submit(struct list_call *c, enum store_op_type type, void (*done)(struct store_op *op))
{
	bool reads = type == STORE_GET_LISTS || type == STORE_GET_NAMED;
	struct store_executor *x = reads ? c->call.gateway->env.reader : c->call.gateway->env.writer;
	c->u.op.type = type;
	c->u.op.done = done;
	x->submit(x, &c->u.op);
}

static struct str text_of(const json_t *args, const char *key)
{
	return str_c(json_string_value(json_object_get(args, key)));
}

static uint64_t list_of(const json_t *args)
{
	json_int_t n = json_integer_value(json_object_get(args, "list"));
	return n > 0 ? (uint64_t)n : UINT64_MAX >> 1; /* which nobody has */
}

static struct str words(struct list_call *c, struct str s)
{
	return arena_printf(&c->call.arena, "%.*s", s.len > TEXT_MAX ? TEXT_MAX : (int)s.len,
	                    s.ptr ? s.ptr : "");
}

/* ---- a list comes -------------------------------------------------------------------------------------------------------------- */

static void on_begun(struct store_op *op)
{
	struct list_call *c = call_of(op);
	call_end(c, gateway_wrong(op, NULL),
	         op->err ? NULL : json_pack("{s:I}", "list", (json_int_t)c->u.begin.list));
}

static const struct {
	enum store_list_kind kind;
	const char *name;
} kinds[] = {{STORE_LIST_ENTERPRISES, "enterprise"},
             {STORE_LIST_HOUSEHOLDS, "household"},
             {STORE_LIST_RESERVED, "reserved"},
             {STORE_LIST_BLOCKED, "blocked"}};

static bool kind_of(struct str name, enum store_list_kind *out)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!str_eq_c(name, kinds[i].name))
			continue;
		*out = kinds[i].kind;
		return true;
	}
	return false;
}

static const char *kind_name(enum store_list_kind kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "unknown";
}

/* A list that no rule asks for would say that it is in force, and do nothing. */
static const char *without_effect(struct list_call *c, const struct store_list_begin *b)
{
	const struct policy_ruleset *rules = decider_rules(c->call.gateway->decider);
	if (store_list_of_names(b->kind))
		return policy_asks_name_lists(rules) ? NULL
		                                     : "no check of the rule files asks for the fact "
		                                       "name_listed: the list would keep no name back";
	return policy_counts_evidence(rules, b->type)
	           ? NULL
	           : arena_printf(&c->call.arena,
	                          "no rule counts evidence of type '%.*s': see the conditions 'evidence' of "
	                          "the rule files",
	                          STR_ARG(b->type))
	                 .ptr;
}

/* NULL, or what is wrong with it. */
static const char *read_begin(struct list_call *c, const json_t *args)
{
	struct gateway *g = c->call.gateway;
	struct store_list_begin *b = &c->u.begin;
	*b = (struct store_list_begin){.issuer = words(c, text_of(args, "issuer")),
	                               .type = words(c, text_of(args, "type")),
	                               .file = words(c, text_of(args, "file")),
	                               .by = c->by,
	                               .now = loop_wall(g->env.loop)};
	if (!kind_of(text_of(args, "kind"), &b->kind))
		return "the kind of a list is enterprise, household, reserved or blocked";
	if (!b->issuer.len)
		return "say who has issued the list";
	if (!date_parse(text_of(args, "date"), &b->date) || b->date > date_of_instant(b->now, HANOI_OFFSET_S))
		return "the date of the list is a day (YYYY-MM-DD), today at the latest";
	return without_effect(c, b);
}

static void begin(struct list_call *c, const json_t *args)
{
	const char *wrong = read_begin(c, args);
	if (wrong)
		call_end(c, wrong, NULL);
	else
		submit(c, STORE_LIST_BEGIN, on_begun);
}

static void on_rows(struct store_op *op)
{
	struct list_call *c = call_of(op);
	const struct store_list_rows *r = &c->u.rows;
	call_end(c, gateway_wrong(op, NULL),
	         op->err ? NULL
	                 : json_pack("{s:I, s:I, s:I}", "added", (json_int_t)r->added, "changed",
	                             (json_int_t)r->changed, "repeated", (json_int_t)r->repeated));
}

/* A name in either form; without a dot it is a label under every zone. */
static bool name_key(const struct decider *d, struct str text, uint8_t key[DECIDE_KEY_LEN])
{
	struct epp_name name;
	struct errmsg ignored; /* whoever reads the file has told what is wrong with it */
	if (epp_name_parse(text, &name, &ignored))
		return false;
	(name.labels == 1 ? decide_label_key : decide_name_key)(d, str_make(name.ascii, name.ascii_len), key);
	return true;
}

static enum applicant_kind subjects_of(enum store_list_kind kind)
{
	return kind == STORE_LIST_HOUSEHOLDS ? APPLICANT_HOUSEHOLD : APPLICANT_ENTERPRISE;
}

/* [line, number, day or null], or [line, name] */
static bool read_row(const struct gateway *g, enum store_list_kind kind, const json_t *o,
                     struct store_list_row *row)
{
	json_int_t line = json_integer_value(json_array_get(o, 0));
	const json_t *day = json_array_get(o, 2);
	row->line = (uint32_t)line;
	row->on = DATE_NONE;
	if (line <= 0 || line > UINT32_MAX ||
	    (json_is_string(day) && !date_parse(str_c(json_string_value(day)), &row->on)))
		return false;
	struct str text = str_c(json_string_value(json_array_get(o, 1)));
	return store_list_of_names(kind) ? name_key(g->decider, text, row->key)
	                                 : decide_list_key(g->decider, subjects_of(kind), text, row->key);
}

static void rows(struct list_call *c, const json_t *args)
{
	const json_t *list = json_object_get(args, "rows");
	enum store_list_kind kind;
	size_t n = json_array_size(list);
	if (n == 0 || n > STORE_LIST_ROWS_MAX || !kind_of(text_of(args, "kind"), &kind)) {
		call_end(
		    c,
		    "rows[] must hold 1 to 1,000 rows of a kind: enterprise, household, reserved or blocked",
		    NULL);
		return;
	}
	struct store_list_row *r = arena_calloc(&c->call.arena, n, sizeof *r);
	for (size_t i = 0; i < n; i++)
		if (!read_row(c->call.gateway, kind, json_array_get(list, i), &r[i])) {
			struct str why = arena_printf(&c->call.arena,
			                              "row %zu: [line, number, day or null] is expected", i);
			call_end(c, why.ptr, NULL);
			return;
		}
	c->u.rows = (struct store_list_rows){.list = list_of(args), .rows = r, .count = n};
	submit(c, STORE_LIST_ROWS, on_rows);
}

static json_t *preview_entry(const struct gateway *g, const struct store_list_item *x)
{
	return json_pack("{s:I, s:o, s:s, s:o, s:s, s:s, s:s}", "item", (json_int_t)x->row.item, "domain",
	                 gateway_text(x->row.domain), "partner", gateway_partner_name(g, x->row.partner),
	                 "ref", gateway_text(x->row.ref), "now", item_state_name(x->row.state), "then",
	                 item_state_name(x->then), "reason", x->reason);
}

static void on_preview(struct store_op *op)
{
	struct list_call *c = call_of(op);
	const struct store_list_decide *d = &c->u.preview;
	json_t *items = json_array();
	for (size_t i = 0; !op->err && i < d->count; i++)
		json_array_append_new(items, preview_entry(c->call.gateway, &d->items[i]));
	call_end(c, gateway_wrong(op, NULL),
	         json_pack("{s:o, s:I, s:b}", "items", items, "after", (json_int_t)d->after, "more",
	                   d->more));
}

static void preview(struct list_call *c, const json_t *args)
{
	json_int_t after = json_integer_value(json_object_get(args, "after"));
	c->decider = decider_ref(c->call.gateway->decider);
	c->u.preview = (struct store_list_decide){.preview = true,
	                                          .list = list_of(args),
	                                          .after = after > 0 ? (item_id_t)after : 0,
	                                          .again = {.decider = c->decider,
	                                                    .now = loop_wall(c->call.gateway->env.loop)},
	                                          .arena = &c->call.arena};
	submit(c, STORE_LIST_DECIDE, on_preview);
}

/* ---- in force, and undone -------------------------------------------------------------------------------------------------------- */

static void on_published(struct store_op *op)
{
	struct list_call *c = call_of(op);
	struct gateway *g = c->call.gateway;
	const struct store_list_publish *p = &c->u.publish;
	if (op->err) {
		call_end(c, op->errmsg.text, NULL);
		return;
	}
	LOG(g->env.log, LOG_NOTICE, "evidence.imported", "a list is in force", F_U64("list", p->list),
	    F_U64("rows", p->rows), F_STR("by", c->by), F_U64("replaces", p->replaces));
	gateway_lists_decide(g);
	call_end(c, NULL, json_pack("{s:I, s:I}", "list", (json_int_t)p->list, "rows", (json_int_t)p->rows));
}

static void publish(struct list_call *c, const json_t *args)
{
	json_int_t old = json_integer_value(json_object_get(args, "replaces"));
	c->u.publish = (struct store_list_publish){
	    .list = list_of(args),
	    .replaces = old > 0 ? (uint64_t)old : 0,
	    .by = c->by,
	    .why = arena_printf(&c->call.arena, "replaced by list %llu", (unsigned long long)list_of(args)),
	    .now = loop_wall(c->call.gateway->env.loop)};
	struct str sum = text_of(args, "sha256");
	if (sum.len != 2 * SHA256_LEN || !hash_unhex(sum, c->u.publish.hash))
		call_end(c, "sha256 is the file's, 64 digits of lower-case hexadecimal", NULL);
	else
		submit(c, STORE_LIST_PUBLISH, on_published);
}

static void on_dropped(struct store_op *op)
{
	struct list_call *c = call_of(op);
	if (!op->err && c->u.drop.more)
		submit(c, STORE_LIST_DROP, on_dropped);
	else
		call_end(c, gateway_wrong(op, NULL), op->err ? NULL : json_object());
}

static void drop(struct list_call *c, const json_t *args)
{
	c->u.drop = (struct store_list_drop){.list = list_of(args)};
	submit(c, STORE_LIST_DROP, on_dropped);
}

static void on_undone(struct store_op *op)
{
	struct list_call *c = call_of(op);
	struct gateway *g = c->call.gateway;
	const struct store_list_undo *u = &c->u.undo;
	if (op->err) {
		call_end(c, op->errmsg.text, NULL);
		return;
	}
	LOG(g->env.log, LOG_NOTICE, "evidence.undone", "a list counts no more", F_U64("list", u->list),
	    F_STR("by", u->by), F_STR("why", u->why));
	gateway_lists_decide(g);
	call_end(c, NULL, json_pack("{s:I}", "list", (json_int_t)u->list));
}

static void undo(struct list_call *c, const json_t *args)
{
	c->u.undo = (struct store_list_undo){.list = list_of(args),
	                                     .by = c->by,
	                                     .why = words(c, text_of(args, "why")),
	                                     .now = loop_wall(c->call.gateway->env.loop)};
	if (!c->u.undo.why.len)
		call_end(c, "say why: it is kept with the list", NULL);
	else
		submit(c, STORE_LIST_UNDO, on_undone);
}

/* ---- which there are ---------------------------------------------------------------------------------------------------------------- */

static json_t *describe(const struct store_list *l)
{
	static const char *const states[] = {"coming", "in force", "undone"};
	char date[DATE_TEXT_MAX], hash[SHA256_HEX];
	hash_hex(hash, l->hash, sizeof l->hash);
	return json_pack("{s:I, s:s, s:s, s:o, s:s, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}",
	                 "list", (json_int_t)l->list, "state", states[l->state], "kind", kind_name(l->kind),
	                 "issuer", gateway_text(l->issuer), "date", date_format(date, l->date), "rows",
	                 (json_int_t)l->rows, "decided", (json_int_t)l->decided, "deciding", l->deciding,
	                 "type", gateway_text(l->type), "file", gateway_text(l->file), "by",
	                 gateway_text(l->by), "at", gateway_moment(l->at), "undone",
	                 gateway_moment(l->undone_at), "undone_by", gateway_text(l->undone_by), "why",
	                 gateway_text(l->undone_why), "sha256", hash);
}

static void on_lists(struct store_op *op)
{
	struct list_call *c = call_of(op);
	json_t *lists = json_array();
	for (size_t i = 0; !op->err && i < c->u.get.count; i++)
		if (store_list_of_names(c->u.get.lists[i].kind) == c->names)
			json_array_append_new(lists, describe(&c->u.get.lists[i]));
	call_end(c, gateway_wrong(op, NULL), json_pack("{s:o}", "lists", lists));
}

static json_t *named_entry(const struct store_named *n)
{
	char date[DATE_TEXT_MAX];
	return json_pack("{s:s, s:I, s:I, s:s, s:o, s:s, s:o, s:o, s:o}", "kind",
	                 n->named.blocked ? "blocked" : "reserved", "list", (json_int_t)n->named.list, "line",
	                 (json_int_t)n->named.line, "match", n->named.label ? "label" : "name", "issuer",
	                 gateway_text(n->named.issuer), "date", date_format(date, n->named.date), "file",
	                 gateway_text(n->file), "by", gateway_text(n->by), "at", gateway_moment(n->at));
}

static void on_named(struct store_op *op)
{
	struct list_call *c = call_of(op);
	const struct store_get_named *n = &c->u.named;
	json_t *entries = json_array();
	for (size_t i = 0; !op->err && i < n->count; i++)
		json_array_append_new(entries, named_entry(&n->rows[i]));
	call_end(c, gateway_wrong(op, NULL),
	         json_pack("{s:o, s:s, s:o}", "name", gateway_text(n->name), "kept",
	                   op->err || n->count == 0   ? "none"
	                   : n->rows[0].named.blocked ? "blocked"
	                                              : "reserved",
	                   "entries", entries));
}

static void check(struct list_call *c, const json_t *args)
{
	struct epp_name *name = arena_calloc(&c->call.arena, 1, sizeof *name);
	struct errmsg e = {""};
	if (epp_name_parse(text_of(args, "name"), name, &e)) {
		call_end(c, arena_str(&c->call.arena, str_c(e.text)).ptr, NULL);
		return;
	}
	c->decider = decider_ref(c->call.gateway->decider);
	c->u.named = (struct store_get_named){.decider = c->decider,
	                                      .name = str_make(name->ascii, name->ascii_len),
	                                      .arena = &c->call.arena};
	submit(c, STORE_GET_NAMED, on_named);
}

static void tell(struct list_call *c, const json_t *args)
{
	c->names = json_is_true(json_object_get(args, "names"));
	c->u.get = (struct store_get_lists){.arena = &c->call.arena};
	submit(c, STORE_GET_LISTS, on_lists);
}

void gateway_list(struct gateway *g, enum gateway_list_step step, const json_t *args,
                  const struct gateway_asker *who, gateway_answer_cb done, void *arg)
{
	static void (*const steps[])(struct list_call * c, const json_t *args) = {
	    [GATEWAY_LIST_BEGIN] = begin,     [GATEWAY_LIST_ROWS] = rows, [GATEWAY_LIST_PREVIEW] = preview,
	    [GATEWAY_LIST_PUBLISH] = publish, [GATEWAY_LIST_DROP] = drop, [GATEWAY_LIST_UNDO] = undo,
	    [GATEWAY_LIST_CHECK] = check,     [GATEWAY_LIST_TELL] = tell};
	if (!g->running || g->stopping) {
		done(arg, "the gateway is starting or stopping", NULL);
		return;
	}
	struct list_call *c = gateway_call_new(g, sizeof *c, done, arg);
	c->by = words(c, str_c(who->login ? who->login : "(not known)"));
	steps[step](c, args);
}
