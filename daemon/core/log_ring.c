/* The last warnings and errors. */
#include "daemon/core/log_ring.h"
#include "epp/base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void log_ring_init(struct log_ring *r)
{
	memset(r, 0, sizeof *r);
	INVARIANT(pthread_mutex_init(&r->lock, NULL) == 0);
}

void log_ring_fini(struct log_ring *r)
{
	pthread_mutex_destroy(&r->lock);
}

/* Appends; control bytes become spaces, what does not fit is left out, and no character is cut in two. */
static void add(char *out, size_t size, size_t *len, struct str s)
{
	for (size_t i = 0; i < s.len && *len + 1 < size; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		out[(*len)++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
	}
	out[*len] = '\0';
	while (*len > 0 && !str_is_utf8(str_make(out, *len)))
		out[--*len] = '\0';
}

static void add_fields(struct log_ring_entry *e, const struct log_field *fields, size_t n)
{
	size_t len = 0;
	char number[24];
	for (size_t i = 0; i < n; i++) {
		const struct log_field *f = &fields[i];
		struct str value = f->str;
		if (f->type == LOG_FIELD_U64)
			snprintf(number, sizeof number, "%" PRIu64, f->u64);
		else if (f->type == LOG_FIELD_I64)
			snprintf(number, sizeof number, "%" PRId64, f->i64);
		if (f->type != LOG_FIELD_STR)
			value = str_c(number);
		if (!value.len)
			continue;
		add(e->fields, sizeof e->fields, &len, len ? STR(" ") : STR_NONE);
		add(e->fields, sizeof e->fields, &len, str_c(f->key));
		add(e->fields, sizeof e->fields, &len, STR("="));
		add(e->fields, sizeof e->fields, &len, value);
	}
}

static struct log_ring_entry *newest(struct log_ring *r)
{
	return r->used ? &r->entries[(r->next + LOG_RING_MAX - 1) % LOG_RING_MAX] : NULL;
}

static bool repeats(const struct log_ring_entry *a, const struct log_ring_entry *b)
{
	return a && a->level == b->level && strcmp(a->event, b->event) == 0 &&
	       strcmp(a->text, b->text) == 0 && strcmp(a->fields, b->fields) == 0;
}

void log_ring_add(struct log_ring *r, instant_ms_t at, enum log_level level, const char *event,
                  const char *text, const struct log_field *fields, size_t n)
{
	struct log_ring_entry e = {.at = at, .last = at, .count = 1, .level = level};
	size_t event_len = 0, text_len = 0;
	add(e.event, sizeof e.event, &event_len, str_c(event));
	add(e.text, sizeof e.text, &text_len, str_c(text));
	add_fields(&e, fields, n);
	pthread_mutex_lock(&r->lock);
	r->errors += level == LOG_ERROR;
	r->warnings += level == LOG_WARNING;
	struct log_ring_entry *before = newest(r);
	if (repeats(before, &e)) {
		before->last = at;
		before->count++;
	} else {
		r->entries[r->next] = e;
		r->next = (r->next + 1) % LOG_RING_MAX;
		r->used += r->used < LOG_RING_MAX;
	}
	pthread_mutex_unlock(&r->lock);
}

size_t log_ring_read(struct log_ring *r, struct log_ring_entry *out, size_t max, uint64_t *warnings,
                     uint64_t *errors)
{
	pthread_mutex_lock(&r->lock);
	size_t n = r->used < max ? r->used : max;
	for (size_t i = 0; i < n; i++)
		out[i] = r->entries[(r->next + 2 * LOG_RING_MAX - 1 - i) % LOG_RING_MAX];
	*warnings = r->warnings;
	*errors = r->errors;
	pthread_mutex_unlock(&r->lock);
	return n;
}
