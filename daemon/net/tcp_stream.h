/*
 * A stream over a TCP or Unix socket of libuv. Made by the dialer and the listener (tcp_open.h); others see streams.
 *
 * What is written during a turn leaves with one system call at its end. Bytes that the system does not take wait in
 * one request; what comes meanwhile waits for it. stream_close() flushes, shuts our direction down, and reads on until
 * the peer has said nothing for TCP_LINGER_MS, so that it gets our last bytes rather than a reset: a client that sends a
 * large body hears only then that it was refused.
 */
#ifndef VNEPP_NET_TCP_STREAM_H
#define VNEPP_NET_TCP_STREAM_H

#include "epp/base/err.h"

#define TCP_LINGER_MS     1000
#define TCP_LINGER_MAX_MS 30000 /* 30 MB at 10 Mbit/s; a refusal is not worth more */

struct loop;
struct stream;
struct uv_stream_s;
struct tcp_stream;

/* Whoever opens the connection for a stream that has been handed out already. */
struct tcp_opener {
	/* The stream was closed while opening: forget it, it reports its end by itself. */
	void (*cancel)(struct tcp_opener *o);
};

/* Told when the stream is gone, after its on_closed; for counting. */
struct tcp_watcher {
	void (*gone)(struct tcp_watcher *w);
};

/* An opening stream without a socket. `o` is borrowed until one of the next two calls, or its cancel(). */
struct tcp_stream *tcp_stream_new(struct loop *loop, struct tcp_opener *o);
/* The socket is connected; takes the handle (made with malloc, a uv_tcp_t or uv_pipe_t). on_open follows. */
void tcp_stream_opened(struct tcp_stream *t, struct uv_stream_s *handle);
/* It cannot be opened; on_closed follows. `text` is copied. */
void tcp_stream_failed(struct tcp_stream *t, enum err why, const char *text);

/* Borrowed until gone() was called. */
void tcp_stream_watch(struct tcp_stream *t, struct tcp_watcher *w);
struct stream *tcp_stream_base(struct tcp_stream *t);

#endif
