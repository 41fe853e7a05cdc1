/*
 * The daemon's feed socket, asked one question at a time without ever waiting for it. The caller waits for the
 * descriptor and calls webhook_feed_turn(). For one thread.
 */
#ifndef VNEPP_WEBHOOK_FEED_H
#define VNEPP_WEBHOOK_FEED_H

#include "epp/base/attr.h"

#include <stdbool.h>
#include <stdint.h>

struct json_t;
struct webhook_feed;

#define WEBHOOK_FEED_ANSWER_MS 30000 /* without an answer for so long the connection is given up */
#define WEBHOOK_FEED_RETRY_MS  1000  /* between two attempts to connect */

enum webhook_feed_event {
	WEBHOOK_FEED_NOTHING,
	WEBHOOK_FEED_CONNECTED,
	WEBHOOK_FEED_ANSWERED, /* `answer` is the caller's */
	WEBHOOK_FEED_REFUSED,  /* the daemon will not answer this question: `text` */
	WEBHOOK_FEED_LOST /* the connection broke or could not be made: `text`; the question was not answered */
};

struct webhook_feed_news {
	enum webhook_feed_event event;
	struct json_t *answer;
	char text[256];
};

/* `path` is borrowed. Times are monotonic milliseconds. */
struct webhook_feed *webhook_feed_new(const char *path) MUST_CHECK;
void webhook_feed_free(struct webhook_feed *f);

/* Connects, writes, reads: as far as that goes without waiting. Call it until there is nothing. */
void webhook_feed_turn(struct webhook_feed *f, uint64_t now_ms, struct webhook_feed_news *out);
/* Connected, and no question is under way. */
bool webhook_feed_is_free(const struct webhook_feed *f);
/* `after` NULL: from `from`, "now" or "beginning". */
void webhook_feed_ask(struct webhook_feed *f, uint64_t now_ms, const char *partner, const char *after,
                      const char *from);
/* What to poll(2); -1: nothing. */
int webhook_feed_fd(const struct webhook_feed *f, short *events);

#endif
