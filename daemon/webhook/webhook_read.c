/*
 * The partners' changes, one page of one partner at a time, turn and turn about.
 *
 * Happy path: the cursor in the queue ─▶ a page of the daemon's ─▶ messages and the next cursor, one transaction ─▶
 * the same partner again while there is more. Failure modes: the daemon is away: told once, and tried again each
 * second; it does not know the partner: told, and asked again a little later; the database cannot be written: the
 * page is asked for again. A receiver that takes nothing is read for until WEBHOOK_WAITING_MAX messages wait; one
 * that is switched off is not read for.
 */
#include "daemon/webhook/webhook_int.h"
#include "epp/base/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Changes of one item are delivered in order, notices of one name, too. */
static const char *subject_of(const json_t *change)
{
	const char *ref = text_of(change, "ref");
	return ref ? ref : text_of(change, "domain");
}

/* False: it is no page. */
static bool read_page(struct webhook_receiver *r, const json_t *page, struct arena *a,
                      struct webhook_message *out)
{
	const json_t *list = json_object_get(page, "changes");
	size_t i;
	json_t *one;
	const char *next = text_of(page, "next");
	if (!json_is_array(list) || !next || !*next || strlen(next) >= WEBHOOK_CURSOR_MAX)
		return false;
	json_array_foreach((json_t *)list, i, one)
	{
		const char *ref = subject_of(one), *cursor = text_of(one, "cursor");
		if (!ref || !cursor)
			return false;
		char *body = json_dumps(one, JSON_COMPACT | JSON_PRESERVE_ORDER);
		INVARIANT(body);
		out[i] = (struct webhook_message){.ref = ref, .body = arena_str(a, str_c(body)).ptr};
		webhook_sign_id(out[i].id, str_c(r->config->partner), str_c(cursor), str_c(body));
		free(body);
	}
	return true;
}

static void refused(struct webhook_run *w, struct webhook_receiver *r, const char *why)
{
	LOG(w->log, LOG_WARNING, "feed.refused", why, F_C("partner", r->config->partner),
	    F_U64("again_in_ms", WEBHOOK_REFUSED_MS));
	r->ask_ms = webhook_run_now(w) + WEBHOOK_REFUSED_MS;
}

/* The messages and the cursor, together; an empty page behind the same cursor is nothing new. */
static enum err store_page(struct webhook_run *w, struct webhook_receiver *r,
                           const struct webhook_message *list, size_t count, const char *next,
                           struct errmsg *e)
{
	if (count == 0 && strcmp(next, r->cursor) == 0)
		return OK;
	enum err err =
	    webhook_queue_add(w->queue, r->config->partner, list, count, next, w->clock.wall(&w->clock), e);
	if (!err)
		INVARIANT(str_copy(r->cursor, sizeof r->cursor, str_c(next)));
	return err;
}

static void keep_page(struct webhook_run *w, struct webhook_receiver *r, const json_t *page)
{
	size_t count = json_array_size(json_object_get(page, "changes"));
	struct arena a;
	struct errmsg e;
	arena_init(&a);
	struct webhook_message *list = arena_calloc(&a, count + 1, sizeof *list);
	if (!read_page(r, page, &a, list)) {
		refused(w, r, "the daemon's answer is no page of changes");
	} else if (store_page(w, r, list, count, text_of(page, "next"), &e)) {
		webhook_run_stuck(w, &e);
	} else {
		uint64_t now = webhook_run_now(w);
		r->waiting += (int64_t)count;
		r->ask_ms = json_is_true(json_object_get(page, "more")) ? now : now + WEBHOOK_ASK_MS;
		if (count)
			r->look_ms = now;
	}
	arena_fini(&a);
}

/* Told when it changes, and at the beginning. */
static void tell_feed(struct webhook_run *w, bool is_there, const char *why)
{
	if (w->feed_was_told && w->feed_is_there == is_there)
		return;
	w->feed_was_told = true;
	w->feed_is_there = is_there;
	if (is_there)
		LOG(w->log, LOG_NOTICE, "feed.connected", "the daemon's changes can be read",
		    F_C("socket", w->config->feed));
	else
		LOG(w->log, LOG_WARNING, "feed.lost", why, F_C("socket", w->config->feed));
}

static void take_news(struct webhook_run *w, struct webhook_feed_news *news)
{
	struct webhook_receiver *r = w->asked;
	switch (news->event) {
	case WEBHOOK_FEED_NOTHING:
	case WEBHOOK_FEED_CONNECTED: break; /* it is there when it has answered */
	case WEBHOOK_FEED_LOST:
		w->asked = NULL;
		tell_feed(w, false, news->text);
		break;
	case WEBHOOK_FEED_ANSWERED:
		w->asked = NULL;
		tell_feed(w, true, NULL);
		keep_page(w, r, news->answer);
		json_decref(news->answer);
		break;
	case WEBHOOK_FEED_REFUSED:
		w->asked = NULL;
		tell_feed(w, true, NULL);
		refused(w, r, news->text);
		break;
	}
}

static struct webhook_receiver *whose_turn(struct webhook_run *w, uint64_t now)
{
	for (size_t i = 0; i < w->config->count; i++) {
		struct webhook_receiver *r = &w->receivers[w->turn++ % w->config->count];
		if (!r->off && r->waiting < WEBHOOK_WAITING_MAX && now >= r->ask_ms)
			return r;
	}
	return NULL;
}

void webhook_read_turn(struct webhook_run *w)
{
	struct webhook_feed_news news;
	uint64_t now = webhook_run_now(w);
	do {
		webhook_feed_turn(w->feed, now, &news);
		take_news(w, &news);
	} while (news.event == WEBHOOK_FEED_CONNECTED);
	if (!webhook_feed_is_free(w->feed) || w->halting || webhook_run_is_stuck(w))
		return;
	struct webhook_receiver *r = whose_turn(w, now);
	if (!r)
		return;
	w->asked = r;
	webhook_feed_ask(w->feed, now, r->config->partner, r->cursor[0] ? r->cursor : NULL,
	                 r->config->beginning ? "beginning" : "now");
	webhook_feed_turn(w->feed, now, &news); /* writes the question */
	take_news(w, &news);
}
