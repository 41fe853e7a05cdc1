/*
 * Messages on their way over HTTPS, many at a time on one thread (libcurl). The server's certificate and name are
 * verified, no redirect is followed, no proxy and no environment is heeded, answers are bounded, and unless a letter
 * allows it nothing is ever sent to an address that is not public: what counts is the address of the connection
 * itself, whatever a name resolved to before.
 */
#ifndef VNEPP_WEBHOOK_POST_H
#define VNEPP_WEBHOOK_POST_H

#include "epp/base/err.h"
#include "epp/base/str.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct webhook_poster;

#define WEBHOOK_POST_ANSWER_MAX \
	(64u << 10) /* of head and body each; nothing of them is needed but the status */

struct webhook_letter {
	const char *url, *ca_file; /* ca_file NULL: the system's authorities */
	const char *id, *signature;
	int64_t timestamp_s;
	struct str body; /* borrowed until the letter has come back */
	uint64_t timeout_ms;
	bool internal; /* any address will do */
};

struct webhook_reply {
	void *owner;            /* as given with the letter */
	int status;             /* 0: there was no answer */
	int64_t retry_after_ms; /* -1: not told */
	uint64_t took_ms;
	char trouble[256]; /* "" when the status is 2xx; else why it is not delivered, for people */
};

enum err webhook_poster_new(struct webhook_poster **out, struct errmsg *e) MUST_CHECK;
/* What is on its way is given up, without replies. */
void webhook_poster_break_off(struct webhook_poster *p);
/* The same, and the rest. NULL is fine. */
void webhook_poster_free(struct webhook_poster *p);

/* Copies all but the body. There will be one reply. */
void webhook_poster_send(struct webhook_poster *p, const struct webhook_letter *l, void *owner);
/* True: a letter has come back. */
bool webhook_poster_next(struct webhook_poster *p, struct webhook_reply *out);
/* Moves what is on its way, waiting at most `timeout_ms` for it or for one of `others`. */
void webhook_poster_wait(struct webhook_poster *p, const struct pollfd *others, size_t count,
                         uint64_t timeout_ms);

#endif
