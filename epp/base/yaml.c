/* YAML text to nodes with places, on libyaml's event parser. */
#include "epp/base/yaml.h"

#include "epp/base/buf.h"
#include "epp/base/map.h"
#include "epp/base/yaml_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

/* Entries up to which duplicate keys are found by comparing all with all; above, by a hash map. */
#define SMALL_MAP 16
#define READ_STEP 65536u /* bytes read from a file at once */

/* A mapping or sequence that is being read. */
struct frame {
	struct yaml_node *node;
	struct yaml_node *last;
	bool have_key;
	struct str key;
	struct diag_pos key_pos;
};

struct reading {
	struct diag *d;
	struct yaml_doc *doc;
	struct yaml_node *top;
	struct frame stack[YAML_MAX_DEPTH];
	int depth;
	size_t nodes;
	int documents;
};

static struct diag_pos place(const struct reading *r, const yaml_mark_t *from, const yaml_mark_t *to)
{
	int width = 1;
	if (to && to->line == from->line && to->column > from->column)
		width = (int)(to->column - from->column);
	return (struct diag_pos){r->doc->source, (int)from->line + 1, (int)from->column + 1, width};
}

/* The place of a byte of the text. */
static struct diag_pos place_of_byte(const struct diag_source *source, size_t offset)
{
	struct diag_pos pos = {source, 1, 1, 1};
	for (size_t i = 0; i < offset && i < source->len; i++) {
		unsigned char c = (unsigned char)source->text[i];
		if (c == '\n') {
			pos.line++;
			pos.column = 1;
		} else if ((c & 0xc0) != 0x80) {
			pos.column++;
		}
	}
	return pos;
}

static void duplicate(struct diag *d, const struct yaml_node *again, const struct yaml_node *first)
{
	diag_error(d, again->key_pos, "duplicate key '%.*s'", STR_ARG(again->key));
	diag_help(d, "the first one is in line %d", first->key_pos.line);
}

static void check_duplicates(struct diag *d, const struct yaml_node *map)
{
	if (map->count <= SMALL_MAP) {
		for (const struct yaml_node *b = map->child; b; b = b->next)
			for (const struct yaml_node *a = map->child; a != b; a = a->next)
				if (str_eq(a->key, b->key)) {
					duplicate(d, b, a);
					break;
				}
		return;
	}
	struct map keys;
	map_init(&keys);
	for (struct yaml_node *n = map->child; n; n = n->next) {
		struct yaml_node *first = map_get(&keys, n->key);
		if (first)
			duplicate(d, n, first);
		else
			(void)map_put(&keys, n->key, n); /* nothing is replaced */
	}
	map_fini(&keys);
}

static bool attach(struct reading *r, struct yaml_node *n)
{
	if (r->depth == 0) {
		r->top = n;
		if (n->kind == YAML_MAP)
			return true;
		diag_error(r->d, n->pos, "the file must be a mapping ('key: value' lines)");
		return false;
	}
	struct frame *f = &r->stack[r->depth - 1];
	n->parent = f->node;
	n->key = f->key;
	n->key_pos = f->key_pos;
	f->have_key = false;
	*(f->last ? &f->last->next : &f->node->child) = n;
	f->last = n;
	f->node->count++;
	return true;
}

static bool add_node(struct reading *r, enum yaml_kind kind, const yaml_event_t *ev, struct yaml_node **out)
{
	struct diag_pos pos = place(r, &ev->start_mark, &ev->end_mark);
	if (++r->nodes > YAML_MAX_NODES) {
		diag_error(r->d, pos, "more than %d entries in one file", YAML_MAX_NODES);
		return false;
	}
	if (r->depth > 0 && r->stack[r->depth - 1].node->kind == YAML_MAP &&
	    !r->stack[r->depth - 1].have_key) {
		diag_error(r->d, pos, "a key must be plain text");
		return false;
	}
	struct yaml_node *n = arena_calloc(r->doc->arena, 1, sizeof *n);
	n->kind = kind;
	n->doc = r->doc;
	n->pos = pos;
	n->text = STR("");
	*out = n;
	return attach(r, n);
}

static bool open_node(struct reading *r, enum yaml_kind kind, const yaml_event_t *ev)
{
	struct yaml_node *n;
	if (r->depth == YAML_MAX_DEPTH) {
		diag_error(r->d, place(r, &ev->start_mark, NULL), "nested deeper than %d levels",
		           YAML_MAX_DEPTH);
		return false;
	}
	if (!add_node(r, kind, ev, &n))
		return false;
	r->stack[r->depth++] = (struct frame){.node = n};
	return true;
}

static void reject_property(struct reading *r, const yaml_event_t *ev, const void *anchor, const void *tag)
{
	struct diag_pos pos = place(r, &ev->start_mark, NULL);
	if (anchor)
		diag_error(r->d, pos, "anchors (&name) are not allowed");
	if (tag)
		diag_error(r->d, pos, "tags (!name) are not allowed");
	if (tag && !anchor)
		diag_help(r->d, "put a text that begins with '!' in quotes");
}

static bool on_scalar(struct reading *r, const yaml_event_t *ev)
{
	struct frame *f = r->depth > 0 ? &r->stack[r->depth - 1] : NULL;
	const char *value = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;
	struct diag_pos pos = place(r, &ev->start_mark, &ev->end_mark);
	reject_property(r, ev, ev->data.scalar.anchor, ev->data.scalar.tag);
	if (memchr(value, '\0', len)) {
		diag_error(r->d, pos, "a text cannot hold a NUL character");
		return false;
	}
	struct str text = arena_str(r->doc->arena, str_make(value, len));
	if (f && f->node->kind == YAML_MAP && !f->have_key) {
		f->have_key = true;
		f->key = text;
		f->key_pos = pos;
		return true;
	}
	struct yaml_node *n;
	if (!add_node(r, YAML_SCALAR, ev, &n))
		return false;
	n->text = text;
	n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return true;
}

static bool on_document(struct reading *r, const yaml_event_t *ev)
{
	struct diag_pos pos = place(r, &ev->start_mark, NULL);
	if (++r->documents > 1) {
		diag_error(r->d, pos, "more than one document in one file");
		return false;
	}
	if (ev->data.document_start.version_directive ||
	    ev->data.document_start.tag_directives.start != ev->data.document_start.tag_directives.end)
		diag_error(r->d, pos, "directives (%%YAML, %%TAG) are not allowed");
	return true;
}

static bool on_alias(struct reading *r, const yaml_event_t *ev)
{
	struct yaml_node *n;
	diag_error(r->d, place(r, &ev->start_mark, &ev->end_mark), "aliases (*name) are not allowed");
	diag_help(r->d, "write the value out, or put a text that begins with '*' in quotes");
	return add_node(r, YAML_SCALAR, ev, &n);
}

static bool on_event(struct reading *r, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT: return on_document(r, ev);
	case YAML_ALIAS_EVENT: return on_alias(r, ev);
	case YAML_SCALAR_EVENT: return on_scalar(r, ev);
	case YAML_SEQUENCE_START_EVENT:
		reject_property(r, ev, ev->data.sequence_start.anchor, ev->data.sequence_start.tag);
		return open_node(r, YAML_SEQ, ev);
	case YAML_MAPPING_START_EVENT:
		reject_property(r, ev, ev->data.mapping_start.anchor, ev->data.mapping_start.tag);
		return open_node(r, YAML_MAP, ev);
	case YAML_MAPPING_END_EVENT:
		check_duplicates(r->d, r->stack[r->depth - 1].node);
		r->depth--;
		return true;
	case YAML_SEQUENCE_END_EVENT: r->depth--; return true;
	default: return true;
	}
}

/* libyaml's words are for those who know its insides; the usual slips get a line that says what to do. */
static void explain(struct reading *r, const yaml_parser_t *p)
{
	const struct diag_source *s = r->doc->source;
	const char *problem = p->problem ? p->problem : "";
	/* mark.index counts characters, so the place is looked up by line and column instead */
	struct str rest = str_make(s->text, s->len), line = STR_NONE;
	for (size_t i = 0; i <= p->problem_mark.line; i++)
		line = str_split(&rest, '\n');
	size_t blanks = 0;
	while (blanks < line.len && (line.ptr[blanks] == ' ' || line.ptr[blanks] == '\t'))
		blanks++;
	if (blanks > 0 && memchr(line.ptr, '\t', blanks))
		diag_help(r->d, "indent with spaces, not with tabs");
	else if (strstr(problem, "mapping values are not allowed"))
		diag_help(r->d, "a text with ': ' in it needs quotes; or the line is indented wrongly");
	else if (strstr(problem, "cannot start any token"))
		diag_help(r->d, "put a text that begins with a special character in quotes");
	else if (strstr(problem, "expected key") || strstr(problem, "block end"))
		diag_help(r->d, "is the line indented like its neighbours?");
	else if (strstr(problem, "could not find expected ':'"))
		diag_help(r->d, "the line before may lack its ':'");
}

static void syntax_error(struct reading *r, const yaml_parser_t *p)
{
	const char *problem = p->problem ? p->problem : "cannot be read";
	if (p->error == YAML_READER_ERROR) {
		diag_error(r->d, place_of_byte(r->doc->source, p->problem_offset), "%s", problem);
		return;
	}
	struct diag_pos pos = place(r, &p->problem_mark, NULL);
	if (p->context && p->context_mark.line != p->problem_mark.line)
		diag_error(r->d, pos, "YAML: %s (%s that begins in line %zu)", problem, p->context,
		           p->context_mark.line + 1);
	else
		diag_error(r->d, pos, "YAML: %s", problem);
	explain(r, p);
}

static void run_parser(struct reading *r, yaml_parser_t *p)
{
	bool more = true;
	while (more) {
		yaml_event_t ev;
		if (!yaml_parser_parse(p, &ev)) {
			syntax_error(r, p);
			return;
		}
		more = on_event(r, &ev) && ev.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
}

/* Bytes that are not UTF-8, which libyaml would report without a line. */
static bool check_utf8(struct diag *d, const struct diag_source *s)
{
	if (str_is_utf8(str_make(s->text, s->len)))
		return true;
	size_t good = 0;
	for (size_t n = 1; good < s->len; good += n) {
		unsigned char c = (unsigned char)s->text[good];
		n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		if (n > s->len - good || !str_is_utf8(str_make(s->text + good, n)))
			break;
	}
	diag_error(d, place_of_byte(s, good), "not UTF-8 text");
	return false;
}

struct yaml_node *yaml_parse(struct arena *arena, struct diag *d, const char *name, struct str text)
{
	size_t errors = d->errors;
	if (str_starts(text, STR("\xef\xbb\xbf"))) /* a byte order mark, as some editors write */
		text = str_make(text.ptr + 3, text.len - 3);
	const struct diag_source *source = diag_add_source(d, name, text.ptr ? text : STR(""));
	struct diag_pos whole = {source, 0, 0, 0};
	if (text.len > YAML_MAX_BYTES) {
		diag_error(d, whole, "larger than %u bytes", YAML_MAX_BYTES);
		return NULL;
	}
	if (!check_utf8(d, source))
		return NULL;
	struct yaml_doc *doc = arena_calloc(arena, 1, sizeof *doc);
	*doc = (struct yaml_doc){arena, source};
	struct reading r = {.d = d, .doc = doc};
	yaml_parser_t p;
	if (!yaml_parser_initialize(&p)) {
		diag_error(d, whole, "out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p, (const unsigned char *)source->text, source->len);
	run_parser(&r, &p);
	yaml_parser_delete(&p);
	if (d->errors != errors)
		return NULL;
	if (!r.top) { /* nothing but comments */
		r.top = arena_calloc(arena, 1, sizeof *r.top);
		*r.top = (struct yaml_node){.kind = YAML_MAP, .pos = {source, 1, 1, 1}, .doc = doc};
	}
	return r.top;
}

bool yaml_read_text(struct diag *d, const char *path, struct buf *out)
{
	int error = 0;
	bool ok = false;
	FILE *f = fopen(path, "rbe");
	buf_init(out, YAML_MAX_BYTES + 2 * READ_STEP);
	if (f) {
		size_t n = 1;
		while (n > 0 && buf_len(out) <= YAML_MAX_BYTES) {
			char *at = buf_reserve(out, READ_STEP);
			errno = 0;
			n = fread(at, 1, READ_STEP, f);
			buf_commit(out, n);
		}
		ok = !ferror(f);
		error = errno;
		(void)fclose(f); /* was only read */
	} else {
		error = errno;
	}
	if (!ok) {
		const struct diag_source *s = diag_add_source(d, path, STR_NONE);
		diag_error(d, ((struct diag_pos){s, 0, 0, 0}), "cannot be read: %s", strerror(error));
	}
	return ok;
}

struct yaml_node *yaml_load(struct arena *arena, struct diag *d, const char *path)
{
	struct yaml_node *top = NULL;
	struct buf text;
	if (yaml_read_text(d, path, &text))
		top = yaml_parse(arena, d, path, buf_str(&text));
	buf_fini(&text);
	return top;
}
