/* What the parts of vnepp-webhookd share. Private to daemon/webhook. */
#ifndef VNEPP_WEBHOOK_INT_H
#define VNEPP_WEBHOOK_INT_H

#include "daemon/core/config_webhook.h"
#include "daemon/webhook/webhook_feed.h"
#include "daemon/webhook/webhook_pace.h"
#include "daemon/webhook/webhook_post.h"
#include "daemon/webhook/webhook_queue.h"
#include "epp/base/clock.h"
#include "epp/base/logapi.h"

#define WEBHOOK_TICK_MS     1000  /* how often everything is looked at, whatever happens */
#define WEBHOOK_ASK_MS      500   /* between two questions about a feed that was read to its end */
#define WEBHOOK_REFUSED_MS  10000 /* after the daemon would not answer */
#define WEBHOOK_STUCK_MS    5000  /* after the database could not be written */
#define WEBHOOK_CURSOR_MAX  128   /* with NUL; the daemon's are shorter */
#define WEBHOOK_WAITING_MAX 10000 /* messages of a receiver; the daemon's feed keeps what is more */

enum webhook_slot_state {
	WEBHOOK_SLOT_FREE,
	WEBHOOK_SLOT_SENT,
	WEBHOOK_SLOT_BACK /* what came is not stored yet */
};

/* A message on its way to a receiver. */
struct webhook_slot {
	struct webhook_receiver *receiver;
	enum webhook_slot_state state;
	struct arena arena;
	struct webhook_delivery delivery;
	struct webhook_reply reply;
};

struct webhook_receiver {
	const struct config_webhook_receiver *config;
	struct webhook_pace pace;
	struct webhook_slot slots[CONFIG_WEBHOOK_PARALLEL_MAX];
	uint64_t ask_ms, look_ms;        /* monotonic: when to ask the feed, to look for what is due */
	char cursor[WEBHOOK_CURSOR_MAX]; /* how far its feed was read, as in the queue; "": not at all */
	int64_t waiting;                 /* messages in the queue */
	int64_t delivered_ms;            /* wall: last success; 0: never */
	bool off;
};

struct webhook_run {
	struct config_webhook *config; /* owned */
	struct clock clock;
	struct rng rng;
	struct log *log;
	struct webhook_queue *queue;
	struct webhook_poster *poster;
	struct webhook_feed *feed;
	struct webhook_receiver *receivers; /* owned; as in the configuration */
	size_t turn;                        /* whose feed is read next */
	struct webhook_receiver *asked;     /* NULL: no question is under way */
	bool feed_is_there, feed_was_told;  /* told: that it is there, or that it is not */
	bool halting;                       /* nothing new is sent */
	bool loaded;                        /* what the queue knows of the receivers is taken up */
	uint64_t stuck_until_ms;
};

static inline uint64_t webhook_run_now(struct webhook_run *w)
{
	return w->clock.mono_us(&w->clock) / 1000;
}

/* The database could not be used: it is told, and everything rests for a while. */
void webhook_run_stuck(struct webhook_run *w, const struct errmsg *e);
bool webhook_run_is_stuck(struct webhook_run *w);

/* ---- webhook_read.c: from the daemon's feed into the queue ---------------------------------------------------------------------- */

void webhook_read_turn(struct webhook_run *w);

/* ---- webhook_deliver.c: from the queue to the receivers ------------------------------------------------------------------------- */

/* Takes up what the queue knows of the receivers. */
enum err webhook_deliver_load(struct webhook_run *w, struct errmsg *e) MUST_CHECK;
/* Sends what is due and stores what came back. */
void webhook_deliver_turn(struct webhook_run *w);
/* Messages on their way, and outcomes that are not stored yet. */
size_t webhook_deliver_under_way(const struct webhook_run *w);

#endif
