/* Bytes to items. A scan position is kept, so that every byte is looked at once however the body is cut. */
#include "daemon/api/split.h"

/* What may wait beside the item being read: several pieces of a body as streams hand them out. */
#define SLACK (4u << 20)

void split_init(struct split *s, enum split_format format, size_t max_item)
{
	*s = (struct split){.format = format, .max_item = max_item, .line = 1};
	buf_init(&s->held, max_item + SLACK);
}

void split_fini(struct split *s)
{
	buf_fini(&s->held);
}

static void drop(struct split *s, size_t n)
{
	buf_consume(&s->held, n);
	s->scan -= n < s->scan ? n : s->scan;
}

static void drop_taken(struct split *s)
{
	drop(s, s->taken);
	s->taken = 0;
}

bool split_push(struct split *s, struct str data)
{
	drop_taken(s);
	buf_add(&s->held, data);
	return buf_ok(&s->held);
}

void split_finish(struct split *s)
{
	s->finished = true;
}

static enum split_status broken(struct split *s, const char *error)
{
	s->error = error;
	return SPLIT_BROKEN;
}

/* A byte-order mark at the very beginning goes; false when it cannot be told yet. */
static bool skip_mark(struct split *s)
{
	static const char mark[] = "\xEF\xBB\xBF";
	size_t n = buf_len(&s->held) < 3 ? buf_len(&s->held) : 3;
	if (s->started)
		return true;
	if (n && memcmp(buf_data(&s->held), mark, n) != 0) {
		s->started = true;
		return true;
	}
	if (n < 3)
		return s->finished;
	buf_consume(&s->held, 3);
	s->started = true;
	return true;
}

/* The first `len` bytes are an item and `drop_len` of them and what ends it are to go. */
static enum split_status hand_out(struct split *s, size_t len, size_t drop_len, struct str *text)
{
	bool skipped = s->skipping;
	s->skipping = false;
	*text = str_make(buf_data(&s->held), len);
	s->taken = drop_len;
	s->scan = 0;
	if (skipped || len > s->max_item) {
		drop_taken(s);
		return SPLIT_TOO_LONG;
	}
	/* scan is relative to what is held after the drop. */
	s->scan = drop_len;
	return SPLIT_ITEM;
}

/* An item over the limit that has not ended: forget what is held of it. */
static void forget(struct split *s, size_t len)
{
	if (len <= s->max_item && !s->skipping)
		return;
	s->skipping = true;
	drop(s, len);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* ---- lines and records -------------------------------------------------------------------------------------------------- */

/* The place of the line break that ends the item, or the end of what is held. */
static size_t find_break(struct split *s)
{
	const char *p = buf_data(&s->held);
	size_t n = buf_len(&s->held);
	if (s->format == SPLIT_NDJSON) {
		const char *at = n > s->scan ? memchr(p + s->scan, '\n', n - s->scan) : NULL;
		return at ? (size_t)(at - p) : n;
	}
	for (size_t i = s->scan; i < n; i++) {
		bool was_closed =
		    s->escaped; /* the byte before closed a quote: another one here is a doubled quote */
		s->escaped = false;
		if (p[i] == '"') {
			s->escaped = s->quoted;
			s->quoted = !s->quoted && (was_closed || i == 0 || p[i - 1] == ',');
		} else if (p[i] == '\n' && !s->quoted) {
			return i;
		} else if (p[i] == '\n') {
			s->breaks++;
		}
	}
	return n;
}

/* Of a record, too, whose cells are all empty. */
static bool blank(const struct split *s, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_space(text.ptr[i]) && (s->format != SPLIT_CSV || text.ptr[i] != ','))
			return false;
	return true;
}

static enum split_status next_line(struct split *s, struct str *text, uint32_t *line)
{
	for (;;) {
		size_t n = buf_len(&s->held) ? find_break(s) : 0;
		bool ended = n < buf_len(&s->held);
		if (!ended && !s->finished) {
			s->scan = n;
			forget(s, n);
			return SPLIT_MORE;
		}
		if (!ended && n == 0 && !s->skipping)
			return SPLIT_END;
		*line = s->began = s->line;
		s->line += s->breaks + 1;
		s->breaks = 0;
		s->quoted = s->escaped = false;
		size_t len = n && buf_data(&s->held)[n - 1] == '\r' ? n - 1 : n;
		enum split_status status = hand_out(s, len, n + ended, text);
		if (status == SPLIT_TOO_LONG || !blank(s, *text))
			return status;
		drop_taken(s);
		s->scan = 0;
	}
}

/* ---- elements of an array --------------------------------------------------------------------------------------------- */

/* One byte inside a value; true when the value has ended before it. */
static bool value_byte(struct split *s, char c)
{
	s->breaks += c == '\n';
	if (s->quoted) {
		if (s->escaped)
			s->escaped = false;
		else if (c == '\\')
			s->escaped = true;
		else if (c == '"')
			s->quoted = false;
		return false;
	}
	if (s->depth == 0 && (c == ',' || c == ']'))
		return true;
	if (c == '"')
		s->quoted = true;
	else if (c == '{' || c == '[')
		s->depth++;
	else if ((c == '}' || c == ']') && s->depth > 0)
		s->depth--;
	return false;
}

static enum split_status array_open(struct split *s)
{
	s->line += s->breaks;
	return broken(s, "the array does not end: ']' is missing");
}

static enum split_status in_value(struct split *s, struct str *text, uint32_t *line)
{
	const char *p = buf_data(&s->held);
	size_t n = buf_len(&s->held), i = s->scan;
	while (i < n && !value_byte(s, p[i]))
		i++;
	if (i == n) {
		s->scan = n;
		forget(s, n);
		return s->finished ? array_open(s) : SPLIT_MORE;
	}
	*line = ++s->next;
	s->began = s->line;
	s->line += s->breaks;
	s->breaks = 0;
	s->json = SPLIT_AFTER_VALUE;
	return hand_out(s, i, i, text);
}

/* A byte between values; OK to go on when the status is SPLIT_MORE. */
static enum split_status between(struct split *s, char c)
{
	switch (s->json) {
	case SPLIT_BEFORE_ARRAY:
		s->json = SPLIT_FIRST;
		return c == '[' ? SPLIT_MORE : broken(s, "the body should be a JSON array of items");
	case SPLIT_AFTER_VALUE:
		s->json = c == ',' ? SPLIT_WANT_VALUE : SPLIT_AFTER_ARRAY;
		return SPLIT_MORE; /* a value ends before ',' or ']' only */
	default: return broken(s, "more text after the array");
	}
}

static enum split_status next_element(struct split *s, struct str *text, uint32_t *line)
{
	while (buf_len(&s->held)) {
		if (s->json == SPLIT_VALUE)
			return in_value(s, text, line);
		char c = *buf_data(&s->held);
		if (!is_space(c) && s->json == SPLIT_FIRST && c == ']') {
			s->json = SPLIT_AFTER_ARRAY;
		} else if (!is_space(c) && (s->json == SPLIT_FIRST || s->json == SPLIT_WANT_VALUE)) {
			if (c == ']' || c == ',')
				return broken(s, c == ','
				                     ? "an item is missing before this comma"
				                     : "an item is missing between the last comma and ']'");
			s->json = SPLIT_VALUE;
			s->scan = 0;
			continue;
		} else if (!is_space(c)) {
			enum split_status status = between(s, c);
			if (status != SPLIT_MORE)
				return status;
		}
		s->line += c == '\n';
		drop(s, 1);
	}
	if (!s->finished)
		return SPLIT_MORE;
	if (s->json == SPLIT_AFTER_ARRAY)
		return SPLIT_END;
	return s->json == SPLIT_BEFORE_ARRAY ? broken(s, "the body is empty") : array_open(s);
}

enum split_status split_next(struct split *s, struct str *text, uint32_t *line)
{
	if (s->error)
		return SPLIT_BROKEN;
	drop_taken(s);
	*text = STR_NONE;
	if (!skip_mark(s))
		return SPLIT_MORE;
	return s->format == SPLIT_JSON ? next_element(s, text, line) : next_line(s, text, line);
}
