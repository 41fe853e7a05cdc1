/* The queue's file, looked at from beside. */
#include "daemon/webhook/webhook_status.h"
#include "daemon/core/config_webhook.h"
#include "daemon/webhook/webhook_queue.h"
#include "epp/base/check.h"
#include "epp/base/date.h"

#include <jansson.h>
#include <string.h>

static const char *state_of(const struct webhook_fortune *f)
{
	return f->off_ms ? "off" : f->trouble.len ? "failing" : f->delivered_ms ? "fine" : "new";
}

static const char *moment(char text[TIME_TEXT_MAX], int64_t ms)
{
	return ms ? instant_format(text, ms, HANOI_OFFSET_S, false) : NULL;
}

static json_t *describe(const struct webhook_standing *s)
{
	char oldest[TIME_TEXT_MAX], delivered[TIME_TEXT_MAX], off[TIME_TEXT_MAX];
	const struct webhook_fortune *f = &s->fortune;
	return json_pack("{s:s, s:s, s:I, s:s?, s:s?, s:s?, s:s?}", "partner", s->partner.ptr, "state",
	                 state_of(f), "waiting", (json_int_t)s->waiting, "oldest",
	                 moment(oldest, s->oldest_ms), "delivered", moment(delivered, f->delivered_ms),
	                 "off_since", moment(off, f->off_ms), "trouble",
	                 f->trouble.len ? f->trouble.ptr : NULL);
}

enum err webhook_status_each(const struct config_webhook *c,
                             void (*each)(void *arg, const struct webhook_standing *s), void *arg,
                             struct errmsg *e)
{
	struct webhook_queue *q;
	struct webhook_standing s;
	struct arena a;
	enum err err = webhook_queue_open_beside(c->database, &q, e);
	if (err == ERR_NOT_FOUND)
		return err_wrap(e, err, "vnepp-webhookd has not run yet");
	if (err)
		return err;
	arena_init(&a);
	for (size_t i = 0; i < c->count && !err; i++) {
		err = webhook_queue_standing(q, c->receivers[i].partner, &a, &s, e);
		if (!err)
			each(arg, &s);
	}
	arena_fini(&a);
	webhook_queue_close(q);
	return err;
}

static void add_to_list(void *arg, const struct webhook_standing *s)
{
	json_t *one = describe(s);
	INVARIANT(one);
	json_array_append_new(arg, one);
}

static const char *word(const json_t *one, const char *key)
{
	const char *text = json_string_value(json_object_get(one, key));
	return text ? text : "-";
}

static void print_table(json_t *list, FILE *out)
{
	size_t i;
	json_t *one;
	fprintf(out, "%-24s %-8s %8s  %-25s  %-25s  %s\n", "PARTNER", "STATE", "WAITING", "OLDEST",
	        "DELIVERED", "TROUBLE");
	json_array_foreach(list, i, one)
	    fprintf(out, "%-24s %-8s %8lld  %-25s  %-25s  %s\n", word(one, "partner"), word(one, "state"),
	            (long long)json_integer_value(json_object_get(one, "waiting")), word(one, "oldest"),
	            word(one, "delivered"), word(one, "trouble"));
}

enum err webhook_status_print(const struct config_webhook *c, bool json, FILE *out, struct errmsg *e)
{
	json_t *list = json_array();
	enum err err = webhook_status_each(c, add_to_list, list, e);
	if (!err && json) {
		json_t *all = json_pack("{s:O}", "receivers", list);
		(void)json_dumpf(all, out,
		                 JSON_INDENT(2) |
		                     JSON_PRESERVE_ORDER); /* a closed pipe is the reader's affair */
		fputc('\n', out);
		json_decref(all);
	} else if (!err) {
		print_table(list, out);
	}
	json_decref(list);
	return err;
}

enum err webhook_status_enable(const struct config_webhook *c, const char *partner, struct errmsg *e)
{
	struct webhook_queue *q;
	size_t i = 0;
	while (i < c->count && strcmp(c->receivers[i].partner, partner) != 0)
		i++;
	if (i == c->count)
		return err_set(e, ERR_NOT_FOUND, "no receiver of '%s' is configured", partner);
	enum err err = webhook_queue_open_beside(c->database, &q, e);
	if (err)
		return err;
	err = webhook_queue_switch_on(q, partner, e);
	webhook_queue_close(q);
	return err;
}
