/* The outline of a command, and the texts in it. */
#include "epp/build_int.h"

#include "epp/base/check.h"
#include "epp/frame.h"
#include "epp/trid.h"

#include <arpa/inet.h>

#define PROLOGUE \
	"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<epp xmlns=\"" EPP_URI_EPP "\">"

void build_begin(struct build *b, struct buf *out, const struct epp_cmd *cmd)
{
	*b = (struct build){.out = out, .cmd = cmd};
	xml_out_init(&b->w, out);
	b->at = epp_frame_begin(out);
	if (cmd)
		build_lit(b, PROLOGUE "<command>");
	else
		build_lit(b, PROLOGUE);
}

void build_extension(struct build *b)
{
	if (!b->in_extension)
		build_lit(b, "<extension>");
	b->in_extension = true;
}

static void end_command(struct build *b)
{
	for (size_t i = 0; i < b->cmd->ext_count; i++) {
		build_extension(b);
		build_ext_tree(b, &b->cmd->ext[i]);
	}
	if (b->in_extension)
		build_lit(b, "</extension>");
	build_token_elem(b, "clTRID", b->cmd->cltrid, EPP_TRID_MIN, EPP_TRID_MAX);
	build_lit(b, "</command></epp>");
}

enum err build_end(struct build *b, struct errmsg *e)
{
	if (b->cmd)
		end_command(b);
	else
		build_lit(b, "</epp>");
	if (b->w.err != OK) {
		epp_frame_abort(b->out, b->at);
		return err_set(e, b->w.err, "%s %s", b->w.field, b->w.why);
	}
	if (epp_frame_end(b->out, b->at) != OK)
		return err_set(e, ERR_FULL, "no room for the command");
	return OK;
}

void build_fail(struct build *b, enum err err, const char *field, const char *why)
{
	xml_out_fail(&b->w, err, field, why);
}

static bool check_length(struct build *b, const char *field, struct str s, size_t min, size_t max)
{
	/* Bytes are never fewer than characters: the usual text needs no counting. */
	size_t chars = s.len <= max && min <= 1 ? s.len : xml_out_chars(s);
	if (chars == SIZE_MAX)
		build_fail(b, ERR_INVALID, field, "has a byte or character that XML does not allow");
	else if (chars < min)
		build_fail(b, ERR_INVALID, field, chars ? "is too short" : "is missing");
	else if (chars > max)
		build_fail(b, ERR_TOO_LONG, field, "is too long");
	return b->w.err == OK;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What XML Schema's "token" would change: white space at the ends, doubled, or other than a blank. */
static bool is_token(struct str s)
{
	bool before = true;
	for (size_t i = 0; i < s.len; i++) {
		bool space = is_space(s.ptr[i]);
		if (space && (before || s.ptr[i] != ' '))
			return false;
		before = space;
	}
	return s.len == 0 || !before;
}

void build_token(struct build *b, const char *field, struct str s, size_t min, size_t max)
{
	if (!check_length(b, field, s, min, max))
		return;
	if (!is_token(s))
		build_fail(b, ERR_INVALID, field, "has white space at an end, or doubled");
	else
		xml_out_text(&b->w, field, s);
}

void build_line(struct build *b, const char *field, struct str s, size_t min, size_t max)
{
	if (!check_length(b, field, s, min, max))
		return;
	if (min > 0 && str_empty(str_trim(s)))
		build_fail(b, ERR_INVALID, field, "is blank");
	else
		xml_out_text(&b->w, field, s);
}

void build_addr(struct build *b, const char *field, const struct epp_addr *a)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr bin;
	if (!str_copy(text, sizeof(text), a->text) || inet_pton(a->v6 ? AF_INET6 : AF_INET, text, &bin) != 1)
		build_fail(b, ERR_INVALID, field,
		           a->v6 ? "is not an IPv6 address" : "is not an IPv4 address");
	else
		xml_out_text(&b->w, field, a->text);
}

void build_names(struct build *b, const char *field, const struct str *names, size_t count, size_t min,
                 size_t max)
{
	struct str tag = str_c(field);
	if (count == 0)
		build_fail(b, ERR_INVALID, field, "is missing");
	for (size_t i = 0; i < count; i++) {
		buf_byte(b->out, '<');
		buf_add(b->out, tag);
		buf_byte(b->out, '>');
		build_token(b, field, names[i], min, max);
		buf_lit(b->out, "</");
		buf_add(b->out, tag);
		buf_byte(b->out, '>');
	}
}
