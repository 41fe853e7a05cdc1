/*
 * What is still to be delivered, how far each partner's changes were read, and how each receiver fares: a small
 * SQLite file. A page of changes and the cursor behind it are one transaction, and ids follow from the changes, so
 * that whatever a crash or a loss of power takes away is read again and gets the same ids. For one thread; another
 * process may look, and switch receivers on.
 */
#ifndef VNEPP_WEBHOOK_QUEUE_H
#define VNEPP_WEBHOOK_QUEUE_H

#include "daemon/webhook/webhook_sign.h"
#include "epp/base/arena.h"
#include "epp/base/err.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct webhook_queue;

/* Times are in milliseconds since 1970; 0: never. */

/* One message. Texts are borrowed. */
struct webhook_message {
	const char *ref, *body;
	char id[WEBHOOK_ID_MAX];
};

struct webhook_delivery {
	int64_t seq;
	struct str ref, body; /* NUL-terminated, in the arena */
	char id[WEBHOOK_ID_MAX];
	int64_t attempts, first_ms; /* failed ones so far; when the first one was */
};

struct webhook_fortune {
	int64_t delivered_ms; /* last success */
	int64_t off_ms;       /* since when it is switched off; 0: it is on */
	struct str
	    trouble; /* the last failure since the last success, or why it is off; NUL-terminated, in the arena */
};

struct webhook_standing {
	struct str partner;
	int64_t waiting, oldest_ms; /* messages, and since when the oldest one waits */
	struct webhook_fortune fortune;
};

/* Makes what is missing. ERR_LOCKED: another process delivers from it. */
enum err webhook_queue_open(const char *path, struct webhook_queue **out, struct errmsg *e) MUST_CHECK;
/* For a look, or to switch a receiver on, while another process delivers. ERR_NOT_FOUND: there is no such file. */
enum err webhook_queue_open_beside(const char *path, struct webhook_queue **out, struct errmsg *e) MUST_CHECK;
void webhook_queue_close(struct webhook_queue *q);
/* True once after another process has written. */
bool webhook_queue_was_touched(struct webhook_queue *q);

/* Empty: nothing was read yet. */
enum err webhook_queue_cursor(struct webhook_queue *q, const char *partner, struct arena *a, struct str *out,
                              struct errmsg *e) MUST_CHECK;
enum err webhook_queue_add(struct webhook_queue *q, const char *partner, const struct webhook_message *m,
                           size_t count, const char *cursor, int64_t now_ms, struct errmsg *e) MUST_CHECK;
enum err webhook_queue_count(struct webhook_queue *q, const char *partner, int64_t *out,
                             struct errmsg *e) MUST_CHECK;

/*
 * The next one that is due, that no earlier one of the same item stands before, and that is not among `busy`.
 * ERR_NOT_FOUND: none.
 */
enum err webhook_queue_next(struct webhook_queue *q, const char *partner, int64_t now_ms, const int64_t *busy,
                            size_t busy_count, struct arena *a, struct webhook_delivery *out,
                            struct errmsg *e) MUST_CHECK;
/* When the next one is due that is not now; 0: none is. */
enum err webhook_queue_due(struct webhook_queue *q, const char *partner, int64_t now_ms, int64_t *out,
                           struct errmsg *e) MUST_CHECK;
/* Delivered, or given up: the item's next one is due. `delivered_ms` 0: given up. */
enum err webhook_queue_done(struct webhook_queue *q, const char *partner, const struct webhook_delivery *d,
                            int64_t delivered_ms, struct errmsg *e) MUST_CHECK;
/* It failed; it and the item's later ones wait until then. */
enum err webhook_queue_again(struct webhook_queue *q, const char *partner, const struct webhook_delivery *d,
                             int64_t now_ms, int64_t due_ms, const char *trouble,
                             struct errmsg *e) MUST_CHECK;
/* Whatever of the partner's waits is due at once: somebody answers there again. */
enum err webhook_queue_hurry(struct webhook_queue *q, const char *partner, struct errmsg *e) MUST_CHECK;

/* Of a receiver: another URL begins anew. */
enum err webhook_queue_fortune(struct webhook_queue *q, const char *partner, const char *url, struct arena *a,
                               struct webhook_fortune *out, struct errmsg *e) MUST_CHECK;
enum err webhook_queue_switch_off(struct webhook_queue *q, const char *partner, int64_t now_ms,
                                  const char *why, struct errmsg *e) MUST_CHECK;
/* Everything that waits is due. ERR_NOT_FOUND: it is not switched off. */
enum err webhook_queue_switch_on(struct webhook_queue *q, const char *partner, struct errmsg *e) MUST_CHECK;
enum err webhook_queue_standing(struct webhook_queue *q, const char *partner, struct arena *a,
                                struct webhook_standing *out, struct errmsg *e) MUST_CHECK;

#endif
