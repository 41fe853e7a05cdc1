/*
 * Repeated events: the same one, with the same words and fields, is written ten times within a minute; what more there is
 * of it is counted, and told in one line when the minute is over. Numbers are fields, too: two items are never the same.
 */
#include "daemon/core/log_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t mix(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211u; /* FNV-1a */
	return (h ^ 0xff) * 1099511628211u;      /* so that "ab","c" is not "a","bc" */
}

static uint64_t key_of(enum log_level level, const char *event, const char *text,
                       const struct log_field *fields, size_t n)
{
	uint64_t h = mix(14695981039346656037u, &level, sizeof level);
	h = mix(h, event, strlen(event));
	h = mix(h, text, strlen(text));
	for (size_t i = 0; i < n; i++) {
		const struct log_field *f = &fields[i];
		h = mix(h, f->key, strlen(f->key));
		if (f->type == LOG_FIELD_STR)
			h = mix(h, f->str.len ? f->str.ptr : "", f->str.len);
		else
			h = f->type == LOG_FIELD_U64 ? mix(h, &f->u64, sizeof f->u64)
			                             : mix(h, &f->i64, sizeof f->i64);
	}
	return h ? h : 1;
}

/* "registry=sim account=a": enough to find the lines by that were written; the sink escapes it. */
static void describe(struct log_fold_slot *s, const char *event, const struct log_field *fields, size_t n)
{
	size_t len = 0;
	(void)snprintf(s->event, sizeof s->event, "%s", event);
	s->about[0] = '\0';
	for (size_t i = 0; i < n && len < sizeof s->about; i++) {
		const struct log_field *f = &fields[i];
		const char *gap = len ? " " : "";
		char *to = s->about + len;
		size_t room = sizeof s->about - len;
		if (f->type == LOG_FIELD_STR)
			len +=
			    (size_t)snprintf(to, room, "%s%s=%.*s", gap, f->key,
			                     f->str.len > LOG_FOLD_ABOUT ? LOG_FOLD_ABOUT : (int)f->str.len,
			                     f->str.ptr ? f->str.ptr : "");
		else if (f->type == LOG_FIELD_U64)
			len += (size_t)snprintf(to, room, "%s%s=%" PRIu64, gap, f->key, f->u64);
		else
			len += (size_t)snprintf(to, room, "%s%s=%" PRId64, gap, f->key, f->i64);
	}
}

/* Ends a slot's minute. */
static void close_slot(struct log_fold_slot *s, struct log_fold_told *told)
{
	*told = (struct log_fold_told){.lines = s->count > LOG_FOLD_AFTER ? s->count - LOG_FOLD_AFTER : 0,
	                               .level = s->level};
	memcpy(told->event, s->event, sizeof told->event);
	memcpy(told->about, s->about, sizeof told->about);
	s->count = 0;
}

static bool is_over(const struct log_fold_slot *s, instant_ms_t now)
{
	return now - s->since >= LOG_FOLD_MS || now < s->since;
}

bool log_fold_take(struct log_fold *f, instant_ms_t now, enum log_level level, const char *event,
                   const char *text, const struct log_field *fields, size_t n, struct log_fold_told *told)
{
	uint64_t key = key_of(level, event, text, fields, n);
	struct log_fold_slot *s = &f->slots[key % LOG_FOLD_SLOTS];
	told->lines = 0;
	if (s->count && (s->key != key || is_over(s, now)))
		close_slot(s, told);
	if (s->count == 0) {
		s->key = key;
		s->since = now;
		s->level = level;
		describe(s, event, fields, n);
	}
	return s->count++ < LOG_FOLD_AFTER;
}

bool log_fold_sweep(struct log_fold *f, instant_ms_t now, bool all, struct log_fold_told *told)
{
	for (size_t i = 0; i < LOG_FOLD_SLOTS; i++) {
		struct log_fold_slot *s = &f->slots[i];
		if (s->count == 0 || (!all && !is_over(s, now)))
			continue;
		close_slot(s, told);
		if (told->lines)
			return true;
	}
	return false;
}
