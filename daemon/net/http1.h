/*
 * The server side of HTTP/1.1 (RFC 9112) on streams. One request at a time per connection; pipelined ones wait. Heads
 * are parsed strictly: what is ambiguous is refused (smuggling). The answers to such requests, and to timeouts and
 * limits, are made here as problem details (RFC 9457); everything else is the handler's.
 *
 * A request is valid from on_request until http_respond() or http_end() was called for it, or on_abort has returned,
 * whichever comes first; no events come for it afterwards. Events never come from inside an http_*() call. What must
 * live as long as the request goes into its arena.
 */
#ifndef VNEPP_NET_HTTP1_H
#define VNEPP_NET_HTTP1_H

#include "epp/base/arena.h"
#include "epp/base/err.h"
#include "epp/base/list.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_LINE_MAX (8u << 10) /* request line */
#define HTTP_HEAD_MAX \
	(16u << 10) /* header section; the same for trailers and chunk extensions of a message */
#define HTTP_HEADERS_MAX 64
#define HTTP_HEAD_MS     10000      /* from its first byte to its end */
#define HTTP_IDLE_MS     60000      /* between requests */
#define HTTP_BODY_MS     30000      /* without HTTP_BODY_MIN bytes of the body, or its end */
#define HTTP_BODY_MIN    (4u << 10) /* a line of a batch in four seconds: less is nobody's line */
#define HTTP_STALL_MS    60000      /* without the peer taking a byte of the answer */
#define HTTP_DISCARD_MAX \
	(1u << 20) /* of a body that nobody wants is read so much before the connection closes */
#define HTTP_PIPELINE_MAX (16u << 10) /* bytes of following requests kept while one is being answered */

struct http_conn;
struct http_request;
struct loop;
struct stream;
struct stream_peer;

struct http_field {
	struct str name, value;
};

#define HTTP_FIELD(n, v) ((struct http_field){STR(n), (v)})

/* What a handler wants to hear of its request. Any may be NULL. `arg` is the request's. */
struct http_events {
	/* A piece of the body, valid during the call. */
	void (*on_body)(struct http_request *r, struct str data);
	/* The body is complete. Comes for requests without a body, too. */
	void (*on_body_end)(struct http_request *r);
	/* The peer has taken most of what was written: go on writing. */
	void (*on_drain)(struct http_request *r);
	/* The connection is gone before the answer was complete. At most once, and the last event. */
	void (*on_abort)(struct http_request *r, enum err why);
};

#define HTTP_LENGTH_UNKNOWN UINT64_MAX

struct http_request {
	struct http_conn *conn;
	struct arena *arena; /* emptied when the request ends */
	struct str method;   /* GET HEAD POST PUT PATCH DELETE OPTIONS; others are refused */
	struct str path;     /* as sent, beginning with '/' (or "*"); not decoded */
	struct str query;    /* as sent, after '?'; empty without one */
	struct str host;
	const struct http_field *headers;
	size_t header_count;
	uint64_t content_length; /* HTTP_LENGTH_UNKNOWN when chunked; 0 without a body */
	int minor_version;       /* 0 or 1 */
	/* The handler's: to be set in on_request. */
	const struct http_events *ev;
	void *arg;
	unsigned tag;   /* for server.on_answered: what kind of request it is; 0 unless set */
	uint32_t whose; /* for server.on_over; 0 unless set */
};

/* ---- the server: a set of connections ---- */

struct http_server {
	struct loop *loop; /* borrowed */
	/* A request's head is complete. May answer at once, or later. */
	void (*on_request)(void *arg, struct http_request *r);
	void *arg;
	struct list conns; /* the server's own from here on */
	/* Of these: who has asked nothing yet (most of all those in their handshake), and who has been answered. The others
	 * have a request under way. */
	struct list fresh, resting;
	bool draining;
	uint64_t requests, refused, aborted; /* counted since init */
	uint64_t displaced, crowded; /* connections closed to make room; times when there was none to close */
	/* For figures: an answer has been written whole, `us` after its request's head. May be NULL; set after init. Comes
	 * from inside http_respond() and http_end(): it may look at the request, and do nothing with it. */
	void (*on_answered)(void *arg, const struct http_request *r, int status, uint64_t us);
	void *answered_arg;
	/* A peer whose certificate is not accepted: the connection has ended, `text` says why. With `arg`; may be NULL. */
	void (*on_refused)(void *arg, const struct stream_peer *peer, const char *text);
	/* A request whose `whose` is set is no longer under way, however it ended; with `arg`, and as on_answered otherwise. */
	void (*on_over)(void *arg, const struct http_request *r);
};

void http_server_init(struct http_server *s, struct loop *loop,
                      void (*on_request)(void *arg, struct http_request *r), void *arg);
/* Takes over a stream that may still be opening. Fits listener_config.on_stream with the server as `arg`. */
void http_server_on_stream(void *server, struct stream *s);
/*
 * Breaks the connection that is most easily missed, so that another one can be taken: of those that have asked nothing
 * yet the oldest, or else of those with no request under way the one that has been so longest. `host`: one of that
 * address only; NULL: any. False: there is none. Fits listener_config.make_room with the server as `arg`.
 */
bool http_server_make_room(void *server, const char *host);
/* Every connection closes after the request that it is at; idle ones now. New ones are still taken, for one request. */
void http_server_drain(struct http_server *s);
/* Breaks every connection; on_abort comes for requests that are not answered, from the loop. */
void http_server_abort(struct http_server *s);

/* ---- the request ---- */

/* The field's value, names compared without case; empty when absent. The first one when there are several. */
struct str http_header(const struct http_request *r, const char *name);
size_t http_header_count(const struct http_request *r, const char *name);
/* All the fields of this name as one list, in the request's arena when there are several (RFC 9110 section 5.3). */
struct str http_header_list(const struct http_request *r, const char *name);
/* The decoded value of a query parameter, in the request's arena; false when absent or badly encoded. */
bool http_query(const struct http_request *r, const char *name, struct str *out) MUST_CHECK;
/* Decodes %XX ('+' stays); false when badly encoded or it holds a NUL. */
bool http_decode(struct arena *a, struct str s, struct str *out) MUST_CHECK;
/* Who is asking: valid during the request. */
const struct stream_peer *http_peer(const struct http_request *r);
/* Stops and restarts on_body. Slowing down a peer counts against nobody's deadline. */
void http_pause_body(struct http_request *r);
void http_resume_body(struct http_request *r);

/* ---- the answer ----
 * Date, Content-Length, Transfer-Encoding and Connection are added here; control bytes in values become spaces. Before
 * the body has come: the rest is dropped and, when it is long, the connection closed afterwards. For HEAD give the
 * answer to GET: its body is left out.
 */

/* All at once; ends the request. */
void http_respond(struct http_request *r, int status, const struct http_field *fields, size_t n,
                  struct str body);
/* An RFC 9457 problem; `detail` may be peer text. Ends the request. */
void http_problem(struct http_request *r, int status, const char *title, struct str detail);

/* In pieces. `length` in bytes, or HTTP_LENGTH_UNKNOWN (chunked; HTTP/1.0: until close). */
void http_begin(struct http_request *r, int status, const struct http_field *fields, size_t n,
                uint64_t length);
/* Not more than `length` in all. */
void http_write(struct http_request *r, struct str data);
/* The producer should wait for on_drain. */
bool http_full(const struct http_request *r);
/* Ends the request. Less written than promised: the connection is broken, so that the peer sees it. */
void http_end(struct http_request *r);
/* Breaks the connection: the answer cannot be completed. Ends the request, without on_abort. */
void http_break(struct http_request *r);

/* The standard reason phrase; "Unknown" for codes we do not know. */
const char *http_reason(int status);

#endif
