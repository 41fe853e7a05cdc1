/*
 * Streams in memory on any struct loop, with their own dialer and listener, so that a gateway and its registries talk
 * in one process. They keep the contract of stream.h. What happens follows from the seed and the order of calls.
 */
#ifndef VNEPP_TESTS_MEM_STREAM_H
#define VNEPP_TESTS_MEM_STREAM_H

#include "daemon/net/dial.h"
#include "daemon/net/stream.h"

#include <stdint.h>

struct loop;
struct mem_net;

struct mem_opts {
	uint64_t latency_ms; /* one way */
	uint64_t jitter_ms;  /* up to so much more, by seed; order is kept */
	size_t piece_max; /* 0: as it was flushed; 1: every byte alone; n: pieces of 1 to n bytes, by seed */
	size_t window_bytes; /* what may be under way or unread, the rest queues at the sender; 0: 256 KiB */
};

struct mem_net *mem_net_new(struct loop *loop, const struct mem_opts *opts, uint64_t seed);
/* Every stream must be closed by then. */
void mem_net_free(struct mem_net *n);
/* For bytes flushed from now on. */
void mem_net_set_opts(struct mem_net *n, const struct mem_opts *opts);
size_t mem_net_open(const struct mem_net *n); /* stream ends that exist */
/*
 * Sees every byte at the moment at which an end hands it to the network, with the nodes at both ends ("" when the other
 * one is gone) and a mark of the end's own, 0 at first, for whoever counts what the bytes mean.
 */
typedef void (*mem_tap_cb)(void *arg, const char *from, const char *to, uint64_t *mark, struct str bytes);
void mem_net_tap(struct mem_net *n, mem_tap_cb tap, void *arg);
/* Each end of the node that holds bytes back, because the other one takes no more: its mark, and how many. */
void mem_net_queued(struct mem_net *n, const char *node, void (*each)(uint64_t *mark, size_t bytes));

/* Two ends of one connection; both are opening. */
void mem_net_pair(struct mem_net *n, struct stream **a, struct stream **b);

/* ---- connecting by name. A node is a process: a crash takes all of its ends and listeners. ---- */

/* on_stream gets the accepted end, still opening, like a listener's. `node` is copied; may be "". */
void mem_net_listen(struct mem_net *n, const char *node, const char *host, uint16_t port,
                    void (*on_stream)(void *arg, struct stream *s), void *arg);
void mem_net_unlisten(struct mem_net *n, const char *host, uint16_t port);

struct mem_dialer {
	struct dialer dialer;
	struct mem_net *net; /* borrowed */
	char node[32];
	struct stream_peer
	    identity;              /* what the accepting side sees as its peer; address "memory" unless set */
	struct stream_peer server; /* what we see as ours */
};

/* Nobody listens: on_closed with ERR_CONNECT, after a round trip. The target's TLS context is not used. */
void mem_dialer_init(struct mem_dialer *d, struct mem_net *n, const char *node);

/* The node is gone, as by SIGKILL: its ends are freed without an event, its listeners too; what it had flushed may
 * still arrive, then its peers see a reset. Not from inside an event of one of its ends. */
void mem_net_crash(struct mem_net *n, const char *node);

/* ---- faults, for one end ---- */

/* The connection breaks now: bytes under way are lost, both ends get on_eof(not clean) and on_closed. */
void mem_stream_reset(struct stream *s);
/* It breaks when `bytes` more bytes of this end have been delivered to the peer. */
void mem_stream_reset_after(struct stream *s, uint64_t bytes);
/* This end sends no more (the peer gets a clean on_eof after what is under way), but still reads. Bytes written
 * afterwards vanish. */
void mem_stream_half_close(struct stream *s);
/* Nothing from this end arrives until it is switched off again; a black hole rather than an error. */
void mem_stream_stall(struct stream *s, bool on);
/* Who is at the other end of `s`, as stream_peer() tells; before its on_open. */
void mem_stream_set_peer(struct stream *s, const struct stream_peer *peer);
/* What this end has had delivered to its peer. */
uint64_t mem_stream_sent(const struct stream *s);

#endif
