/* A batch file without a gateway. */
#include "daemon/cli/item_file.h"

#include "daemon/api/item_csv.h"
#include "daemon/api/item_json.h"
#include "daemon/api/split.h"
#include "daemon/cli/source.h"

#define LINE_MAX_BYTES (16u << 20) /* what a gateway can be told to take at most */

struct reading {
	const char *name;
	const struct policy_ruleset *rules;
	struct split split;
	struct item_csv csv;
	bool have_header;
	struct arena *arena, scratch;
	struct line_errors errors;
};

/* By the name; what has none of these begins with '[', '{' or a header. */
static enum split_format format_of(const char *name, FILE *f)
{
	struct str s = str_c(name);
	if (str_ends(s, STR(".csv")))
		return SPLIT_CSV;
	if (str_ends(s, STR(".ndjson")) || str_ends(s, STR(".jsonl")))
		return SPLIT_NDJSON;
	int c = fgetc(f);
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xef || c == 0xbb || c == 0xbf)
		c = fgetc(f);
	rewind(f);
	return c == '[' ? SPLIT_JSON : c == '{' ? SPLIT_NDJSON : SPLIT_CSV;
}

static bool read_header(struct reading *r, struct str text, uint32_t line)
{
	struct item_request unused;
	struct item_draft d;
	item_draft_begin(&d, &unused, r->arena, &r->errors, line, text.ptr);
	r->have_header = true;
	return item_csv_header(&r->csv, &d, &r->scratch, text);
}

static enum err read_item(struct reading *r, struct str text, uint32_t line, struct item_file_item *out,
                          struct errmsg *e)
{
	struct item_draft d;
	text = arena_str(r->arena, text);
	item_draft_begin(&d, &out->request, r->arena, &r->errors, line, text.ptr);
	d.text_line = r->split.began;
	bool good = r->split.format == SPLIT_CSV ? item_csv_read(&r->csv, &d, &r->scratch, text)
	                                         : item_json_read(&d, &r->scratch, text);
	out->line = line;
	out->idn = d.name.idn;
	if (good && item_draft_check_facts(&d, r->rules))
		return OK;
	return err_set(e, ERR_INVALID, "%s: line %u is not right", r->name, line);
}

/* Everything complete that is held; *found: the item was among it. */
static enum err take(struct reading *r, uint32_t wanted, struct item_file_item *out, bool *found,
                     struct errmsg *e)
{
	struct str text;
	uint32_t line;
	for (;;) {
		enum split_status s = split_next(&r->split, &text, &line);
		bool header = r->split.format == SPLIT_CSV && !r->have_header;
		if (s == SPLIT_MORE || s == SPLIT_END)
			return OK;
		if (s == SPLIT_BROKEN)
			return err_set(e, ERR_SYNTAX, "%s:%u: %s", r->name, r->split.line, r->split.error);
		if (s == SPLIT_TOO_LONG && (header || wanted == 0 || line == wanted))
			return err_set(e, ERR_TOO_LONG, "%s: line %u is too long", r->name, line);
		if (s == SPLIT_TOO_LONG)
			continue;
		if (header && !read_header(r, text, line))
			return err_set(e, ERR_INVALID, "%s: the header is not right", r->name);
		if (header || (wanted && line != wanted))
			continue;
		*found = true;
		return read_item(r, text, line, out, e);
	}
}

static enum err read_file(struct reading *r, FILE *f, uint32_t wanted, struct item_file_item *out,
                          struct errmsg *e)
{
	char chunk[16384];
	bool found = false, more = true;
	enum err err = OK;
	while (!err && !found && more) {
		size_t n = fread(chunk, 1, sizeof chunk, f);
		more = n > 0;
		if (n && !split_push(&r->split, str_make(chunk, n)))
			return err_set(e, ERR_TOO_LONG, "%s: a line is too long", r->name);
		if (!n)
			split_finish(&r->split);
		err = take(r, wanted, out, &found, e);
	}
	if (err || found)
		return err;
	return wanted ? err_set(e, ERR_NOT_FOUND, "%s: there is no item at line %u", r->name, wanted)
	              : err_set(e, ERR_NOT_FOUND, "%s: there is no item in it", r->name);
}

static void tell(const struct reading *r, struct buf *out)
{
	for (size_t i = 0; i < r->errors.count; i++) {
		const struct line_error *x = &r->errors.list[i];
		buf_printf(out, "%s:%u", r->name, x->at.text_line);
		if (x->at.column)
			buf_printf(out, ":%u", x->at.column);
		buf_printf(out, ": %.*s%s%s: %.*s\n", STR_ARG(x->field), x->field.len ? ": " : "", x->reason,
		           STR_ARG(x->expected));
	}
}

enum err item_file_read(const char *name, uint32_t line, const struct policy_ruleset *rules,
                        struct arena *arena, struct item_file_item *out, struct buf *findings,
                        struct errmsg *e)
{
	struct reading r = {.name = name, .rules = rules, .arena = arena};
	struct source source;
	enum err err = source_open(name, &source, e);
	if (err)
		return err;
	rewind(source.file);
	arena_init(&r.scratch);
	line_errors_init(&r.errors, arena);
	split_init(&r.split, format_of(name, source.file), LINE_MAX_BYTES);
	err = read_file(&r, source.file, line, out, e);
	tell(&r, findings);
	split_fini(&r.split);
	line_errors_fini(&r.errors);
	arena_fini(&r.scratch);
	source_close(&source);
	return err;
}
