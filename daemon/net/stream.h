/*
 * A byte stream, whatever carries it: TCP, TLS over another stream, or memory in tests. One contract for all.
 *
 *   Events come from the loop, never from inside a stream_*() call. on_closed is the last event ever; after it the
 *   stream frees itself, so the owner drops its pointer there. From inside any event the owner may write, pause,
 *   resume and close; the stream stays valid until on_closed has returned.
 *
 *   Opening    on_open comes once: TCP connected; TLS handshake done and the peer's name and chain verified. Nothing
 *              is delivered before. A stream that cannot open goes straight to on_closed.
 *   Writing    bytes are appended to stream_out() and leave together at the end of the turn. Writing before on_open
 *              is allowed. stream_queued() is what has not reached the system yet; above STREAM_HIGH_WATER a
 *              producer should wait for on_drain (queue under STREAM_LOW_WATER). At STREAM_MAX_QUEUED the stream is
 *              closed with ERR_FULL: the peer does not read. on_drain may also come when the high mark was not reached.
 *   Reading    on_data hands out a view that is valid during the call. After stream_pause() none comes
 *              until stream_resume(); the peer is slowed down by its own full buffers.
 *   End        on_eof: the peer will send no more. `clean` is false when TLS ended without close_notify, or the
 *              connection was reset: bytes may be missing. The owner then usually closes; on_eof comes at most once.
 *              After a reset on_closed follows by itself, after an end of the peer's sending it does not: writing
 *              goes on until the owner closes.
 *   Closing    stream_close() flushes what is queued, says good-bye (TLS close_notify), and gives up after
 *              STREAM_CLOSE_MS (ERR_TIMEOUT). Before on_open it gives up opening, as stream_abort() does.
 *              stream_abort() drops what is queued; on_closed then says ERR_CANCELED. Both may be called at any time
 *              and repeatedly; no event but on_closed comes afterwards. An abort overtakes a close.
 */
#ifndef VNEPP_NET_STREAM_H
#define VNEPP_NET_STREAM_H

#include "epp/base/buf.h"
#include "epp/base/err.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define STREAM_HIGH_WATER (256u << 10) /* enough to keep a 100 Mbit/s link busy for 20 ms */
#define STREAM_LOW_WATER  (64u << 10)
#define STREAM_MAX_QUEUED (16u << 20) /* a peer this far behind does not read at all */
#define STREAM_CLOSE_MS   5000        /* long enough for a round trip around the world and back */

#define STREAM_PEER_GROUPS 32 /* people are in a dozen */

struct stream;

struct stream_events {
	void (*on_open)(void *arg);
	void (*on_data)(void *arg, struct str data);
	void (*on_drain)(void *arg);
	void (*on_eof)(void *arg, bool clean);
	/* `why` is OK after stream_close() went well; `text` says more, never NULL, valid during the call. */
	void (*on_closed)(void *arg, enum err why, const char *text);
};

struct stream_ops {
	struct buf *(*out)(struct stream *s);
	void (*flush)(struct stream *s);
	size_t (*queued)(const struct stream *s);
	void (*pause)(struct stream *s);
	void (*resume)(struct stream *s);
	void (*close)(struct stream *s);
	void (*abort)(struct stream *s);
	const struct stream_peer *(*peer)(const struct stream *s);
};

/* Who is at the other end; known from on_open on. */
struct stream_peer {
	char address[64]; /* "192.0.2.1:49152", "[2001:db8::1]:700", "unix", "memory" */
	bool local;       /* a Unix socket: who connected, in the kernel's words, is in the next five */
	uint32_t uid, gid;
	int32_t pid;
	uint32_t groups[STREAM_PEER_GROUPS]; /* supplementary ones; none when they are more */
	uint32_t group_count;
	bool tls;
	char tls_version[16];
	char subject[256];    /* certificate subject, RFC 2253; empty without one */
	char fingerprint[65]; /* SHA-256 of the certificate, hex; empty without one */
	char spki_pin[65];    /* SHA-256 of its public key, hex; empty without one */
	char san_dns[4][128]; /* first DNS names of the certificate; unused ones are empty */
	char san_uri[4][128]; /* first URIs of the certificate; unused ones are empty */
	int64_t
	    not_after; /* when the certificate ceases to be valid, milliseconds since 1970; 0 without one */
};

/* The common head of every implementation (embed it first). */
struct stream {
	const struct stream_ops *ops;
	struct stream_events ev; /* handlers may be NULL but for on_closed */
	void *arg;               /* handed to every event */
};

/* Sets who is told. Called before the loop's next turn after the stream was made, and whenever the owner changes. */
static inline void stream_listen(struct stream *s, const struct stream_events *ev, void *arg)
{
	s->ev = *ev;
	s->arg = arg;
}

/* The buffer to append to; call stream_flush() after appending. Its content leaves at the end of the turn. */
static inline struct buf *stream_out(struct stream *s)
{
	return s->ops->out(s);
}

static inline void stream_flush(struct stream *s)
{
	s->ops->flush(s);
}

static inline void stream_write(struct stream *s, struct str bytes)
{
	buf_add(s->ops->out(s), bytes);
	s->ops->flush(s);
}

static inline size_t stream_queued(const struct stream *s)
{
	return s->ops->queued(s);
}

static inline void stream_pause(struct stream *s)
{
	s->ops->pause(s);
}

static inline void stream_resume(struct stream *s)
{
	s->ops->resume(s);
}

static inline void stream_close(struct stream *s)
{
	s->ops->close(s);
}

static inline void stream_abort(struct stream *s)
{
	s->ops->abort(s);
}

static inline const struct stream_peer *stream_peer(const struct stream *s)
{
	return s->ops->peer(s);
}

#endif
