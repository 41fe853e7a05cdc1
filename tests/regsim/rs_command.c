/*
 * The reader. Rules are compared by pointer: the parser's dictionary holds every name once, so each rule's URI and
 * local name are looked up there when the parser is made. A dictionary filled by hostile names is thrown away.
 */
#include "tests/regsim/rs_command.h"
#include "epp/base/alloc.h"
#include "epp/base/buf.h"
#include "epp/base/check.h"
#include "tests/regsim/rs_grammar.h"

#include <libxml/parser.h>
#include <libxml/SAX2.h>
#include <libxml/dict.h>
#include <stdlib.h>

#define DEPTH_MAX 32
#define TEXT_MAX  (64u << 10) /* of one element */
#define DICT_MAX  5000        /* names; ours are about 150 */

struct frame {
	enum rs_state state;
	int rank; /* of the last child */
	const struct rs_rule *rule;
	struct str attr;
	const xmlChar *uri, *local;
	bool children;
};

struct rs_parser {
	xmlParserCtxtPtr ctx;         /* owned */
	const xmlChar **uri, **local; /* owned arrays beside rs_rules; strings in the dictionary */
	size_t first[RS__COUNT + 1];
	/* during one parse: */
	struct rs_command *cmd;
	struct arena *arena;
	struct frame stack[DEPTH_MAX];
	size_t depth;
	size_t over; /* elements deeper than the stack */
	char change;
	struct buf text; /* owned */
};

struct rs_item *rs_list_add(struct arena *a, struct rs_list *l, struct str text)
{
	struct rs_item *i = arena_calloc(a, 1, sizeof *i);
	i->text = text;
	*(l->last ? &l->last->next : &l->first) = i;
	l->last = i;
	l->count++;
	return i;
}

static void fail(struct rs_parser *p, int code, const char *what, const xmlChar *name)
{
	if (p->cmd->code)
		return;
	p->cmd->code = code;
	p->cmd->reason =
	    arena_printf(p->arena, "%s%s%.80s", what, name ? " " : "", name ? (const char *)name : "");
}

static struct str attribute(struct rs_parser *p, const char *name, int n, const xmlChar **a)
{
	for (int i = 0; i < n; i++)
		if (strcmp((const char *)a[i * 5], name) == 0 && !a[i * 5 + 2])
			return arena_str(p->arena, str_trim(str_make((const char *)a[i * 5 + 3],
			                                             (size_t)(a[i * 5 + 4] - a[i * 5 + 3]))));
	return STR_NONE;
}

static struct rs_list *list_at(struct rs_parser *p, size_t offset)
{
	return (struct rs_list *)(void *)((char *)p->cmd + offset);
}

static void add(struct rs_parser *p, const struct rs_rule *r, struct str text, struct str attr)
{
	struct rs_item *i = rs_list_add(p->arena, list_at(p, r->arg), text);
	i->attr = attr;
	i->tag = r->tag == '4' && str_eq(attr, STR("v6")) ? '6' : r->tag;
	i->change = p->change;
}

static void act_on_start(struct rs_parser *p, const struct rs_rule *r, struct str attr, int n,
                         const xmlChar **a)
{
	struct rs_command *c = p->cmd;
	switch (r->act) {
	case RS_ACT_OP: c->op = (enum regsim_op)r->arg; break;
	case RS_ACT_KIND: c->kind = (enum regsim_kind)r->arg; break;
	case RS_ACT_FAIL: fail(p, (int)r->arg, "unimplemented", (const xmlChar *)r->local); break;
	case RS_ACT_CHANGE: p->change = (char)r->arg; break;
	case RS_ACT_FLAG: *((bool *)(void *)((char *)c + r->flag)) = true; break;
	case RS_ACT_OPEN: add(p, r, STR_NONE, attr); break;
	case RS_ACT_POLL:
		c->op = REGSIM_OP_POLL;
		c->poll_op = attribute(p, "op", n, a);
		c->msg_id = attribute(p, "msgID", n, a);
		break;
	case RS_ACT_NONE:
	case RS_ACT_STR:
	case RS_ACT_LIST:
	case RS_ACT_PERIOD: break;
	}
}

static void act_on_end(struct rs_parser *p, const struct frame *f)
{
	const struct rs_rule *r = f->rule;
	struct rs_command *c = p->cmd;
	if (!r || (r->act != RS_ACT_STR && r->act != RS_ACT_LIST && r->act != RS_ACT_PERIOD))
		return;
	struct str text = arena_str(p->arena, str_trim(buf_str(&p->text)));
	if (r->act == RS_ACT_LIST) {
		add(p, r, text, f->attr);
	} else if (r->act == RS_ACT_PERIOD) {
		c->period = text;
		c->period_unit = f->attr;
		c->has_period = true;
	} else {
		*(struct str *)(void *)((char *)c + r->arg) = text;
		if (r->flag)
			*((bool *)(void *)((char *)c + r->flag)) = true;
	}
}

static struct frame *push(struct rs_parser *p, enum rs_state state)
{
	struct frame *f = &p->stack[p->depth++];
	*f = (struct frame){.state = state};
	buf_clear(&p->text);
	return f;
}

/* An element that no rule knows: what it means depends on where it stands. */
static enum rs_state stranger(struct rs_parser *p, enum rs_state in, const xmlChar *local, const xmlChar *uri)
{
	bool epp = uri && strcmp((const char *)uri, RS_NS_EPP) == 0;
	if (in >= RS_CHECK && in <= RS_DELETE && uri && !epp) {
		p->cmd->kind = REGSIM_KIND_OTHER;
		for (size_t i = 0; i < rs_rule_count; i++)
			if (p->uri[i] == uri) {
				fail(p, 2001, "unexpected element", local);
				return RS_SKIP;
			}
		fail(p, 2307, "unimplemented object service", uri);
		return RS_SKIP;
	}
	if (in == RS_EXTENSION && uri && !epp)
		return RS_ANY;
	if (in == RS_COMMAND && epp) {
		fail(p, 2000, "unknown command", local);
		return RS_SKIP;
	}
	fail(p, 2001, "unexpected element", local);
	return RS_SKIP;
}

static const struct rs_rule *find_rule(struct rs_parser *p, enum rs_state in, const xmlChar *local,
                                       const xmlChar *uri)
{
	for (size_t i = p->first[in]; i < p->first[in + 1]; i++)
		if (p->local[i] == local && p->uri[i] == uri)
			return &rs_rules[i];
	return NULL;
}

static void note_extension(struct rs_parser *p, const xmlChar *uri)
{
	struct rs_command *c = p->cmd;
	if (!uri || c->extension_count == ARRAY_LEN(c->extensions))
		return fail(p, 2001, "too many extensions or no namespace", NULL);
	c->extensions[c->extension_count++] = (const char *)uri;
}

static void on_start(void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int nb_ns,
                     const xmlChar **ns, int nb_attr, int nb_default, const xmlChar **attr)
{
	(void)prefix, (void)nb_ns, (void)ns, (void)nb_default;
	struct rs_parser *p = arg;
	if (p->over || p->depth == DEPTH_MAX) {
		p->over++;
		return fail(p, 2001, "too deep", NULL);
	}
	struct frame *parent = &p->stack[p->depth - 1];
	enum rs_state in = parent->state;
	parent->children = true;
	if (in == RS_EXTENSION)
		note_extension(p, uri);
	const struct rs_rule *r = in == RS_ANY || in == RS_SKIP ? NULL : find_rule(p, in, local, uri);
	if (!r) {
		enum rs_state next = in == RS_ANY || in == RS_SKIP ? in : stranger(p, in, local, uri);
		struct frame *f = push(p, next);
		f->uri = uri;
		f->local = local;
		return;
	}
	if (r->rank < parent->rank || (r->rank == parent->rank && !r->repeat))
		fail(p, 2001, "element out of order or repeated:", local);
	parent->rank = r->rank;
	struct frame *f = push(p, r->next);
	f->rule = r;
	f->uri = uri;
	f->local = local;
	if (r->attr)
		f->attr = attribute(p, r->attr, nb_attr, attr);
	act_on_start(p, r, f->attr, nb_attr, attr);
}

static void on_end(void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	(void)prefix;
	struct rs_parser *p = arg;
	if (p->over) {
		p->over--;
		return;
	}
	struct frame *f = &p->stack[p->depth - 1];
	if (f->state == RS_ANY && !f->children) {
		struct str text = arena_str(p->arena, str_trim(buf_str(&p->text)));
		struct rs_item *i = rs_list_add(p->arena, &p->cmd->ext_values, text);
		i->uri = (const char *)uri;
		i->local = (const char *)local;
	}
	act_on_end(p, f);
	if (f->rule && f->rule->act == RS_ACT_CHANGE)
		p->change = 0;
	p->depth--;
	buf_clear(&p->text);
}

static void on_text(void *arg, const xmlChar *text, int len)
{
	struct rs_parser *p = arg;
	if (p->over)
		return;
	enum rs_state s = p->stack[p->depth - 1].state;
	if (s == RS_SKIP)
		return;
	if (s == RS_LEAF || s == RS_ANY)
		buf_append(&p->text, text, (size_t)len);
	else if (!str_empty(str_trim(str_make((const char *)text, (size_t)len))))
		fail(p, 2001, "unexpected text", NULL);
	if (!buf_ok(&p->text))
		fail(p, 2001, "text too long", NULL);
}

static void on_doctype(void *arg, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	struct rs_parser *p = arg;
	fail(p, 2001, "DOCTYPE is not allowed", NULL);
	xmlStopParser(p->ctx);
}

static void on_error(void *arg, xmlErrorPtr e)
{
	struct rs_parser *p = arg;
	if (!p->cmd || p->cmd->code || e->level < XML_ERR_ERROR)
		return;
	struct str text = str_trim(str_c(e->message));
	p->cmd->code = 2001;
	p->cmd->reason = arena_printf(p->arena, "line %d: %.*s", e->line,
	                              (int)(text.len < 120 ? text.len : 120), text.ptr);
}

static void open_context(struct rs_parser *p)
{
	xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
	                     .startElementNs = on_start,
	                     .endElementNs = on_end,
	                     .characters = on_text,
	                     .cdataBlock = on_text,
	                     .internalSubset = on_doctype,
	                     .serror = (xmlStructuredErrorFunc)on_error};
	p->ctx = xmlCreatePushParserCtxt(&sax, p, NULL, 0, NULL);
	INVARIANT(p->ctx);
	xmlCtxtUseOptions(p->ctx, XML_PARSE_NONET);
	for (size_t i = 0; i < rs_rule_count; i++) {
		p->uri[i] = xmlDictLookup(p->ctx->dict, (const xmlChar *)rs_rules[i].uri, -1);
		p->local[i] = xmlDictLookup(p->ctx->dict, (const xmlChar *)rs_rules[i].local, -1);
	}
}

struct rs_parser *rs_parser_new(void)
{
	struct rs_parser *p = xcalloc(1, sizeof *p);
	p->uri = xcalloc(rs_rule_count, sizeof *p->uri);
	p->local = xcalloc(rs_rule_count, sizeof *p->local);
	for (size_t i = 0; i < rs_rule_count; i++) {
		REQUIRE(i == 0 || rs_rules[i].in >= rs_rules[i - 1].in);
		p->first[rs_rules[i].in + 1] = i + 1;
	}
	for (size_t s = 1; s <= RS__COUNT; s++)
		if (p->first[s] < p->first[s - 1])
			p->first[s] = p->first[s - 1];
	buf_init(&p->text, TEXT_MAX);
	open_context(p);
	return p;
}

void rs_parser_free(struct rs_parser *p)
{
	if (!p)
		return;
	xmlFreeParserCtxt(p->ctx);
	buf_fini(&p->text);
	free(p->uri);
	free(p->local);
	free(p);
}

void rs_parser_read(struct rs_parser *p, struct arena *arena, struct str frame, struct rs_command *cmd)
{
	*cmd = (struct rs_command){0};
	if (xmlDictSize(p->ctx->dict) > DICT_MAX) {
		xmlFreeParserCtxt(p->ctx);
		open_context(p);
	}
	p->cmd = cmd;
	p->arena = arena;
	p->depth = 1;
	p->over = 0;
	p->change = 0;
	p->stack[0] = (struct frame){.state = RS_DOC};
	int len = (int)(frame.len > INT32_MAX ? INT32_MAX : frame.len);
	if (xmlCtxtResetPush(p->ctx, frame.ptr, len, NULL, NULL) != 0)
		fail(p, 2001, "cannot be read", NULL);
	else
		(void)xmlParseChunk(p->ctx, NULL, 0, 1); /* what went wrong is in wellFormed */
	if (!p->ctx->wellFormed || !p->ctx->nsWellFormed)
		fail(p, 2001, "not well-formed", NULL);
	if (!cmd->code && cmd->op == REGSIM_OP_NONE)
		fail(p, 2001, "no command", NULL);
	p->cmd = NULL;
}
