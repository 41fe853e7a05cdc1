/* The engine that reads a response by the tables of parse_*.c. */
#include "epp/response.h"

#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/parse_int.h"

#include <stdlib.h>

static const char *const names[N__COUNT] = {
#define X(name) [N_##name] = #name,
    PARSE_NAMES(X)
#undef X
};

struct epp_parser *epp_parser_new(void)
{
	struct epp_parser *p = xcalloc(1, sizeof(*p));
	p->xml = xml_parser_new(names, N__COUNT);
	arena_init(&p->arena);
	buf_init(&p->text, XML_MAX_BYTES);
	return p;
}

void epp_parser_free(struct epp_parser *p)
{
	if (!p)
		return;
	xml_parser_free(p->xml);
	arena_fini(&p->arena);
	buf_fini(&p->text);
	free(p);
}

void epp_parser_set_offset(struct epp_parser *p, int default_offset_s)
{
	p->default_offset_s = default_offset_s;
}

/* A list doubles in the arena at each power of two from 4 on; what it leaves behind goes with the arena. */
void *parse_grow(struct epp_parser *p, const void *list, size_t n, size_t size)
{
	char *room = (char *)(uintptr_t)list;
	if (n >= PARSE_LIST_MAX) {
		p->out->cut = true;
		n = PARSE_LIST_MAX - 1;
	} else if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
		room = arena_alloc(&p->arena, (n ? 2 * n : 4) * size);
		if (n)
			memcpy(room, list, n * size);
	}
	memset(room + n * size, 0, size);
	return room;
}

struct str parse_copy(struct epp_parser *p, struct str s)
{
	return s.len ? arena_str(&p->arena, s) : STR("");
}

void parse_time(struct epp_parser *p, struct epp_time *t, struct str text)
{
	t->raw = parse_copy(p, text);
	if (!instant_parse(text, p->default_offset_s, &t->at))
		t->at = INSTANT_NONE;
}

static void list_add(struct epp_parser *p, struct epp_str_list *l, struct str s)
{
	struct str *at = PARSE_PUSH(p, struct str, l->items, l->count);
	*at = parse_copy(p, s);
}

void parse_list_add_once(struct epp_parser *p, struct epp_str_list *l, struct str s)
{
	if (l->count < EPP_UNKNOWN_URIS && !epp_list_has(l, s))
		list_add(p, l, s);
}

bool parse_bool_attr(const struct xml_elem *el, const char *name, bool absent)
{
	struct str v = str_trim(xml_elem_attr(el, name));
	return str_empty(v) ? absent : str_eq_c(v, "1") || str_eq_c(v, "true");
}

struct str parse_attr(struct epp_parser *p, const struct xml_elem *el, const char *name)
{
	return parse_copy(p, xml_elem_attr(el, name));
}

bool parse_claim(struct epp_parser *p, enum epp_res_kind kind)
{
	/* A second object in one answer would be read over the first one's members. */
	if (p->out->data.kind != EPP_RES_NONE)
		return false;
	p->out->data.kind = kind;
	return true;
}

bool parse_is_secret(struct str local)
{
	return str_eq_nocase(local, STR("pw")) || str_eq_nocase(local, STR("newPW")) ||
	       str_eq_nocase(local, STR("authInfo"));
}

static const struct rule *find_rule(const struct scope *s, const struct xml_elem *el)
{
	if (el->name == XML_NAME_OTHER)
		return NULL;
	for (size_t i = 0; i < s->count; i++) {
		if ((int)s->rules[i].name == el->name && s->rules[i].ns == el->ns)
			return &s->rules[i];
	}
	return NULL;
}

static void enter(struct epp_parser *p, const struct rule *r)
{
	if (r->kind == RULE_SCOPE) {
		p->stack[++p->level] = (struct level){r->inner, r};
	} else {
		p->text_rule = r;
		p->text_depth = 1;
		buf_clear(&p->text);
	}
}

static bool on_start(void *arg, const struct xml_elem *el)
{
	struct epp_parser *p = arg;
	if (p->skip_depth) {
		p->skip_depth++;
	} else if (p->text_depth) {
		p->text_depth++;
		if (p->text_rule->child)
			p->text_rule->child(p, el);
	} else if (p->unknown_depth) {
		p->unknown_depth++;
		buf_clear(&p->text);
	} else {
		const struct scope *s = p->stack[p->level].scope;
		const struct rule *r = find_rule(s, el);
		if (r && (!r->start || r->start(p, el)))
			enter(p, r);
		else if (r || !s->other || !s->other(p, el))
			p->skip_depth = 1;
	}
	return true;
}

static void on_text(void *arg, struct str piece)
{
	struct epp_parser *p = arg;
	if (p->text_depth || p->unknown_depth)
		buf_add(&p->text, piece);
}

static void store_text(struct epp_parser *p, const struct rule *r, struct str text)
{
	char *base = r->kind == RULE_ITEM_TEXT || r->kind == RULE_ITEM_TIME ? p->item : (char *)p->out;
	void *at = base + r->offset;
	struct str *str = at;
	struct epp_time *time = at;
	switch (r->kind) {
	case RULE_TEXT:
	case RULE_ITEM_TEXT:
		if (str_empty(*str)) /* of two where one belongs, the first counts */
			*str = parse_copy(p, text);
		break;
	case RULE_TIME:
	case RULE_ITEM_TIME:
		if (str_empty(time->raw))
			parse_time(p, time, text);
		break;
	case RULE_LIST: list_add(p, at, text); break;
	case RULE_SCOPE:
	case RULE_CALL: break;
	}
	if (r->end)
		r->end(p, text);
}

static void end_unknown(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_extensions *x = &p->out->ext;
	struct str text = str_trim(buf_str(&p->text));
	p->unknown_depth--;
	if (!str_empty(text) && x->unknown_text_count < EPP_UNKNOWN_TEXTS) {
		struct epp_unknown_text *t =
		    PARSE_PUSH(p, struct epp_unknown_text, x->unknown_texts, x->unknown_text_count);
		t->uri = parse_copy(p, el->uri);
		t->name = parse_copy(p, el->local);
		t->text = parse_is_secret(el->local) ? STR("[removed]") : parse_copy(p, text);
	}
	buf_clear(&p->text);
}

static void on_end(void *arg, const struct xml_elem *el)
{
	struct epp_parser *p = arg;
	if (p->skip_depth) {
		p->skip_depth--;
	} else if (p->text_depth) {
		if (--p->text_depth == 0)
			store_text(p, p->text_rule, str_trim(buf_str(&p->text)));
	} else if (p->unknown_depth) {
		end_unknown(p, el);
	} else {
		const struct rule *r = p->stack[p->level].rule;
		INVARIANT(p->level > 0);
		p->level--;
		if (r->end)
			r->end(p, STR(""));
	}
}

static void clear_times(struct epp_response *r)
{
	r->greeting.sv_date.at = INSTANT_NONE;
	r->msgq.q_date.at = INSTANT_NONE;
	r->ext.change_poll.date.at = INSTANT_NONE;
}

static void begin(struct epp_parser *p, struct epp_response *out)
{
	arena_reset(&p->arena);
	*out = (struct epp_response){0};
	clear_times(out);
	p->out = out;
	p->level = 0;
	p->stack[0] = (struct level){&parse_scope_document, NULL};
	p->skip_depth = p->text_depth = p->unknown_depth = 0;
	p->item = NULL;
	p->value = NULL;
	p->bad_code = p->second = false;
}

static enum err judge(const struct epp_parser *p, struct errmsg *e)
{
	const struct epp_response *r = p->out;
	if (r->kind == EPP_KIND_NONE)
		return err_set(e, ERR_PROTOCOL, "neither an EPP greeting nor an EPP response");
	if (p->second)
		return err_set(e, ERR_PROTOCOL, "more than one greeting or response in one document");
	if (r->kind == EPP_KIND_RESPONSE && (r->result_count == 0 || p->bad_code))
		return err_set(e, ERR_PROTOCOL, "a response without a proper result code");
	return OK;
}

enum err epp_parse(struct epp_parser *p, struct str xml, struct epp_response *out, struct errmsg *e)
{
	static const struct xml_reader reader = {on_start, on_text, on_end};
	begin(p, out);
	enum err err = xml_parse(p->xml, xml, &reader, p, e);
	if (err == OK)
		err = judge(p, e);
	out->frame = xml;
	if (err != OK)
		*out = (struct epp_response){0};
	buf_reset(&p->text, 64 * 1024);
	return err;
}

int epp_response_code(const struct epp_response *r)
{
	return r->result_count ? r->results[0].code : 0;
}

bool epp_list_has(const struct epp_str_list *l, struct str s)
{
	for (size_t i = 0; i < l->count; i++) {
		if (str_eq(l->items[i], s))
			return true;
	}
	return false;
}
