/* vnepp epp decode: captured frames in readable form, without secrets. */
#include "daemon/cli/cli.h"
#include "daemon/cli/epp_capture.h"
#include "epp/dialect.h"
#include "epp/ns.h"
#include "epp/outline.h"
#include "epp/redact.h"
#include "epp/rescode.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPTURE_MAX (64u << 20) /* a capture that a person reads is far smaller */
#define PRINTED_MAX (512u << 20)

struct decode_args {
	const char *mapping;
	bool json;
};

struct decoding {
	struct arena arena, mapping;
	struct epp_redact_opts how;
	struct buf out;
	json_t *frames; /* with --json */
	struct capture_frame frame;
	struct epp_outline outline;
	enum err err;
	struct errmsg why;
	size_t number, broken;
};

static enum err read_all(const char *name, struct buf *in, struct errmsg *e)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	char chunk[65536];
	size_t n;
	if (!f)
		return err_set(e, ERR_NOT_FOUND, "%s: %s", name, strerror(errno));
	while ((n = fread(chunk, 1, sizeof chunk, f)))
		buf_append(in, chunk, n);
	bool failed = ferror(f);
	if (f != stdin)
		(void)fclose(f); /* only read */
	if (failed)
		return err_set(e, ERR_IO, "%s: %s", name, strerror(errno));
	return buf_ok(in) ? OK : err_set(e, ERR_TOO_LONG, "%s: longer than %u MiB", name, CAPTURE_MAX >> 20);
}

/* "domain" for the namespaces that are built in, else the namespace itself. */
static struct str object_word(struct str uri)
{
	enum epp_ns ns = epp_ns_find(uri);
	return ns == EPP_NS_NONE || ns == EPP_NS_OTHER ? uri : epp_ns_prefix(ns);
}

/* ---- for people ---------------------------------------------------------------------------------------------------------- */

static void line(struct buf *out, const char *what, struct str text)
{
	if (!str_empty(text))
		buf_printf(out, "# %-10s %.*s\n", what, STR_ARG(text));
}

static void head(struct decoding *d)
{
	const struct epp_outline *o = &d->outline;
	struct buf *out = &d->out;
	buf_printf(out, "# frame %zu  %s", d->number, epp_outline_kind_name(o->kind));
	if (!str_empty(o->verb))
		buf_printf(out, " %.*s", STR_ARG(o->verb));
	if (!str_empty(o->object))
		buf_printf(out, " of %.*s", STR_ARG(object_word(o->object)));
	if (!str_empty(o->name))
		buf_printf(out, " %.*s", STR_ARG(o->name));
	buf_printf(out, ", %zu bytes%s\n", d->frame.xml.len,
	           d->frame.has_header ? "" : ", without a length header");
}

static void results(struct decoding *d)
{
	for (size_t i = 0; i < d->outline.result_count; i++) {
		const struct epp_outline_result *r = &d->outline.results[i];
		const struct epp_rescode *rc = epp_rescode_find(r->code);
		buf_printf(&d->out, "# %-10s %d %s (%s): %s\n", "result", r->code, rc->name,
		           epp_rescode_class_name(rc->cls), rc->text);
		line(&d->out, "message", r->message);
	}
}

static void summary(struct decoding *d)
{
	const struct epp_outline *o = &d->outline;
	struct buf *out = &d->out;
	head(d);
	results(d);
	line(out, "server", o->server);
	line(out, "date", o->date);
	line(out, "login", o->login);
	line(out, "poll", o->poll_op);
	line(out, "message id", o->poll_id);
	line(out, "created", o->created);
	line(out, "expires", o->expires);
	if (!str_empty(o->msg_count))
		buf_printf(out, "# %-10s %.*s waiting, the first is %.*s\n", "messages",
		           STR_ARG(o->msg_count), STR_ARG(o->msg_id));
	line(out, "clTRID", o->cltrid);
	line(out, "svTRID", o->svtrid);
	for (size_t i = 0; i < o->object_count; i++)
		line(out, "object", o->objects[i]);
	for (size_t i = 0; i < o->extension_count; i++)
		line(out, "extension", o->extensions[i]);
	if (d->err)
		buf_printf(out, "# %-10s %s\n", "broken", d->why.text);
	if (d->frame.missing)
		buf_printf(out, "# %-10s the header says %zu bytes more than there are\n", "cut off",
		           d->frame.missing);
}

static void print_frame(struct decoding *d)
{
	if (d->number > 1)
		buf_byte(&d->out, '\n');
	summary(d);
	enum err full = epp_redact_print_opts(d->frame.xml, &d->how, &d->out);
	(void)full; /* seen at the end, by buf_ok() */
	if (!str_ends(buf_str(&d->out), STR("\n")))
		buf_byte(&d->out, '\n');
}

/* ---- for programs -------------------------------------------------------------------------------------------------------- */

static json_t *text(struct str s)
{
	return str_empty(s) ? json_null() : json_stringn(s.ptr, s.len);
}

static json_t *texts(const struct str *list, size_t count)
{
	json_t *out = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(out, text(list[i]));
	return out;
}

static json_t *results_json(const struct epp_outline *o)
{
	json_t *out = json_array();
	for (size_t i = 0; i < o->result_count; i++) {
		const struct epp_rescode *rc = epp_rescode_find(o->results[i].code);
		json_array_append_new(out,
		                      json_pack("{s:i, s:s, s:s, s:s, s:o}", "code", o->results[i].code,
		                                "name", rc->name, "class", epp_rescode_class_name(rc->cls),
		                                "meaning", rc->text, "message", text(o->results[i].message)));
	}
	return out;
}

static void add_json(struct decoding *d)
{
	const struct epp_outline *o = &d->outline;
	struct buf printed;
	buf_init(&printed, PRINTED_MAX);
	if (epp_redact_print_opts(d->frame.xml, &d->how, &printed))
		buf_clear(&printed);
	json_t *trid = json_pack("{s:o, s:o}", "client", text(o->cltrid), "server", text(o->svtrid));
	json_t *msgq = str_empty(o->msg_count)
	                   ? json_null()
	                   : json_pack("{s:o, s:o}", "count", text(o->msg_count), "id", text(o->msg_id));
	json_t *f = json_pack(
	    "{s:I, s:I, s:b, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "frame", (json_int_t)d->number, "bytes", (json_int_t)d->frame.xml.len, "header",
	    d->frame.has_header, "missing", (json_int_t)d->frame.missing, "kind",
	    epp_outline_kind_name(o->kind), "verb", text(o->verb), "object", text(o->object), "name",
	    text(o->name), "server", text(o->server), "login", text(o->login), "poll", text(o->poll_op),
	    "results", results_json(o), "msgq", msgq, "trid", trid, "created", text(o->created), "expires",
	    text(o->expires), "objects", texts(o->objects, o->object_count), "extensions",
	    texts(o->extensions, o->extension_count), "text", text(buf_str(&printed)));
	json_object_set_new(f, "error", d->err ? json_string(d->why.text) : json_null());
	json_array_append_new(d->frames, f);
	buf_fini(&printed);
}

/* ---- the command --------------------------------------------------------------------------------------------------------- */

static void decode(struct decoding *d, struct str in)
{
	while (capture_next(&in, &d->frame)) {
		d->number++;
		arena_reset(&d->arena);
		d->err = epp_outline_read(d->frame.xml, &d->arena, &d->outline, &d->why);
		d->broken += d->err || d->frame.missing;
		if (d->frames)
			add_json(d);
		else
			print_frame(d);
	}
	if (d->frames) {
		json_t *all = json_pack("{s:O}", "frames", d->frames);
		char *printed = json_dumps(all, JSON_INDENT(2));
		buf_printf(&d->out, "%s\n", printed ? printed : "{}");
		free(printed);
		json_decref(all);
	}
}

/* What a mapping fills with nothing personal may be shown, and is noted beside it. */
static enum err load_mapping(struct decoding *d, const char *path, struct errmsg *e)
{
	struct diag diag;
	diag_init(&diag);
	struct epp_dialect *m = epp_dialect_read(&d->mapping, &diag, yaml_load(&d->mapping, &diag, path));
	if (m)
		d->how = (struct epp_redact_opts){.notes = true};
	if (m)
		d->how.known = epp_dialect_known(m, &d->mapping, &d->how.known_count);
	struct buf findings;
	buf_init(&findings, 1u << 20);
	diag_print(&diag, &findings);
	fprintf(stderr, "%s", buf_cstr(&findings));
	buf_fini(&findings);
	diag_fini(&diag);
	return m ? OK : err_set(e, ERR_CONFIG, "%s: the mapping is not right", path);
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct decode_args *a = args;
	struct decoding d = {.frames = a->json ? json_array() : NULL};
	struct buf in;
	struct errmsg e = {""};
	int result = CLI_FAILED;
	(void)cli, (void)count;
	buf_init(&in, CAPTURE_MAX);
	buf_init(&d.out, PRINTED_MAX);
	enum err err = read_all(operands[0], &in, &e);
	if (!err && !buf_len(&in))
		err = err_set(&e, ERR_INVALID, "%s: empty", operands[0]);
	if (!err && a->mapping)
		err = load_mapping(&d, a->mapping, &e);
	if (!err)
		decode(&d, buf_str(&in));
	if (!err && !buf_ok(&d.out))
		err = err_set(&e, ERR_TOO_LONG, "%s: too long to print", operands[0]);
	if (err)
		cli_error("%s", e.text);
	else if (cli_print(&d.out) && !d.broken)
		result = CLI_DONE;
	json_decref(d.frames);
	arena_fini(&d.arena);
	arena_fini(&d.mapping);
	buf_fini(&in);
	buf_fini(&d.out);
	return result;
}

static const struct opt opts[] = {
    {"mapping", 0, OPT_TEXT, offsetof(struct decode_args, mapping), "FILE",
     "elements of this mapping are known", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct decode_args, json), NULL, "print JSON: frames[]", NULL, 0, 0},
};

const struct cli_command cmd_epp_decode = {
    .name = "epp decode",
    .operands = "FILE|-",
    .summary = "print captured EPP frames readably, secrets removed",
    .help = "Frames of any EPP client or server: with their length headers, one after the other, or as XML "
            "documents, "
            "in\n"
            "UTF-8 or UTF-16. Passwords, authInfo and identity numbers are not printed, nor what stands in "
            "extensions "
            "that\n"
            "nobody here knows. A broken frame is printed as far as it can be read, and where it breaks; "
            "then the exit "
            "status\n"
            "is 1. JSON: frame, bytes, header, missing, kind, verb, object, name, server, login, poll, "
            "results[], msgq, "
            "trid,\n"
            "created, expires, objects[], extensions[], text (the frame as it is printed), error.\n",
    .uses = CLI_USES_NOTHING,
    .min_operands = 1,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct decode_args),
    .run = run,
};
