/* The capturing log sink. */
#include "tests/harness/log_capture.h"

#include <stdio.h>
#include <string.h>

static const char *const level_names[] = {"error", "warning", "notice", "info", "debug"};

static void capture(struct log *log, enum log_level level, const char *event, const char *text,
                    const struct log_field *fields, size_t n)
{
	struct log_capture *c = CONTAINER_OF(log, struct log_capture, log);
	buf_printf(&c->lines, "%s %s %s", level_names[level], event, text);
	for (size_t i = 0; i < n; i++) {
		const struct log_field *f = &fields[i];
		if (f->type == LOG_FIELD_STR)
			buf_printf(&c->lines, " %s=%.*s", f->key, STR_ARG(f->str));
		else if (f->type == LOG_FIELD_U64)
			buf_printf(&c->lines, " %s=%llu", f->key, (unsigned long long)f->u64);
		else
			buf_printf(&c->lines, " %s=%lld", f->key, (long long)f->i64);
	}
	buf_byte(&c->lines, '\n');
}

void log_capture_init(struct log_capture *c)
{
	*c = (struct log_capture){.log = {.level = LOG_DEBUG, .write = capture}};
	buf_init(&c->lines, 64u << 20);
	buf_init(&c->expected, 64u << 10);
}

void log_capture_expect(struct log_capture *c, const char *event)
{
	buf_printf(&c->expected, "%s\n", event);
}

/* The second word of a line. */
static struct str event_of(struct str line)
{
	(void)str_split(&line, ' ');
	return str_split(&line, ' ');
}

size_t log_capture_count(const struct log_capture *c, const char *event)
{
	size_t n = 0;
	struct str rest = buf_str(&c->lines);
	while (!str_empty(rest))
		n += str_eq_c(event_of(str_split(&rest, '\n')), event);
	return n;
}

bool log_capture_has(const struct log_capture *c, const char *text)
{
	struct str all = buf_str(&c->lines);
	return memmem(all.ptr, all.len, text, strlen(text)) != NULL;
}

static bool is_expected(const struct log_capture *c, struct str event)
{
	struct str rest = buf_str(&c->expected);
	while (!str_empty(rest))
		if (str_eq(str_split(&rest, '\n'), event))
			return true;
	return false;
}

size_t log_capture_fini(struct log_capture *c)
{
	size_t unexpected = 0;
	struct str rest = buf_str(&c->lines);
	while (!str_empty(rest)) {
		struct str line = str_split(&rest, '\n');
		bool bad = str_starts(line, STR("error ")) || str_starts(line, STR("warning "));
		if (!bad || is_expected(c, event_of(line)))
			continue;
		fprintf(stderr, "unexpected log line: %.*s\n", STR_ARG(line));
		unexpected++;
	}
	buf_fini(&c->lines);
	buf_fini(&c->expected);
	return unexpected;
}
