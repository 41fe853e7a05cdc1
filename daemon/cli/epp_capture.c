#include "daemon/cli/epp_capture.h"

#include "epp/frame.h"
#include "epp/xml.h"

#include <string.h>

static bool starts(struct str s, const char *bytes, size_t n)
{
	return s.len >= n && memcmp(s.ptr, bytes, n) == 0;
}

/* A document begins so: in UTF-8 with or without a mark, in UTF-16 of either order. */
static bool is_xml(struct str s)
{
	return starts(s, "<", 1) || starts(s, "\xef\xbb\xbf", 3) || starts(s, "\xff\xfe", 2) ||
	       starts(s, "\xfe\xff", 2) || starts(s, "\0<", 2);
}

/* A header is one when a document follows it, or when it is all that could be meant. */
static bool has_header(struct str s)
{
	uint32_t length = epp_frame_length(s);
	return s.len > EPP_FRAME_HEADER && length > EPP_FRAME_HEADER && length <= XML_MAX_BYTES &&
	       is_xml(str_make(s.ptr + EPP_FRAME_HEADER, s.len - EPP_FRAME_HEADER));
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Up to where another document, or a frame with its header, begins. In UTF-16 every other byte may look like that. */
static size_t document_length(struct str s)
{
	bool mark = starts(s, "\xef\xbb\xbf", 3);
	if (is_xml(s) && !mark && s.ptr[0] != '<')
		return s.len;
	for (size_t i = mark ? 4 : 1; i < s.len; i++) {
		struct str rest = str_make(s.ptr + i, s.len - i);
		if (starts(rest, "<?xml", 5) || (s.ptr[i] == '\0' && has_header(rest)))
			return i;
	}
	return s.len;
}

bool capture_next(struct str *in, struct capture_frame *out)
{
	*out = (struct capture_frame){.has_header = has_header(*in)};
	while (in->len && !out->has_header && is_space(in->ptr[0])) {
		*in = str_make(in->ptr + 1, in->len - 1);
		out->has_header = has_header(*in);
	}
	if (in->len == 0)
		return false;
	size_t skip = out->has_header ? EPP_FRAME_HEADER : 0;
	size_t want = out->has_header ? epp_frame_length(*in) : document_length(*in);
	size_t have = want < in->len ? want : in->len;
	out->missing = want - have;
	out->xml = str_make(in->ptr + skip, have - skip);
	*in = str_make(in->ptr + have, in->len - have);
	return true;
}
