/* A connection of the HTTP server, shared by its files. Private to net/. */
#ifndef VNEPP_NET_HTTP1_INT_H
#define VNEPP_NET_HTTP1_INT_H

#include "daemon/core/loop.h"
#include "daemon/net/http1.h"
#include "daemon/net/stream.h"

#include <llhttp.h>

/*
 * Where a connection is, in two directions. An exchange is over when the answer is ANSWER_DONE and the message has
 * been read (or given up).
 */
enum http_in {
	IN_HEAD, /* waiting for a request, or collecting its head */
	IN_BODY, /* the body is being read (and dropped, when the request has ended) */
	IN_DONE, /* all read; what comes now is the next request and waits */
	IN_DEAD, /* nothing is read any more */
};

enum http_answer { ANSWER_NONE, ANSWER_BEGUN, ANSWER_DONE };

struct http_conn {
	struct http_server *server; /* borrowed */
	struct list_node node;
	struct list_node
	    rest; /* in server->fresh or ->resting; in neither with a request under way, or when given up */
	struct stream *s; /* owned until its on_closed */
	bool open, closing, saw_eof;
	enum http_in in;
	enum http_answer answer;
	llhttp_t parser;         /* of the body; the head is looked through before it gets it */
	struct buf head;         /* what is there of the head */
	struct buf ahead;        /* came, but cannot be worked on yet */
	struct loop_task task;   /* goes on with `ahead` */
	struct loop_timer timer; /* of reading */
	struct loop_timer stall; /* of writing */
	int64_t sent_before;     /* what had left when the stall timer was set */
	uint64_t stalled_since_ms;

	struct http_request req;
	bool live; /* the handler has the request; http_conn_set_live() */
	struct arena arena;
	struct http_field fields[HTTP_HEADERS_MAX];
	bool parser_held; /* it stopped because on_body paused */
	bool has_body, message_complete, body_paused, expect_continue;
	uint64_t body_read; /* bytes of the body so far */
	uint64_t body_mark; /* … when its deadline was set */
	size_t extra;       /* bytes of trailers and chunk extensions */
	size_t dropped;     /* bytes of the body since nobody wants them */

	bool keep_alive, head_only, chunked;
	int status;           /* of the answer */
	uint64_t began_us;    /* when the request's head was complete; only with server->on_answered */
	uint64_t answer_left; /* bytes promised and not written */
	uint64_t written;     /* bytes given to the stream */
	enum err why;         /* of a break that we caused; OK: none */
};

/* http1_head.c: reads a complete head (with its empty line) into c->req. 0, or the status to refuse it with. */
int http_head_parse(struct http_conn *c, struct str head, const char **detail) MUST_CHECK;

/* What an idle connection keeps of its buffers. */
#define HTTP_KEEP_BYTES (4u << 10)

/* http1_read.c: work on bytes in IN_HEAD and IN_BODY; `in` loses what was used. */
void http_read_head(struct http_conn *c, struct str *in);
void http_read_body(struct http_conn *c, struct str *in);
/* Forgets the last exchange. */
void http_conn_begin_exchange(struct http_conn *c);

/* http1_answer.c: answers by itself and closes; nothing more is read. */
void http_conn_refuse(struct http_conn *c, int status, const char *detail);
void http_conn_continue(struct http_conn *c); /* 100 Continue, once, when it is due */

/* http1.c: the answer is complete; goes on with the next request or closes, later. */
void http_conn_answered(struct http_conn *c);
/* The handler gets the request, or has it no longer. */
void http_conn_set_live(struct http_conn *c, bool live);
/* Sets or cancels the deadline of reading, as the state demands. */
void http_conn_set_deadline(struct http_conn *c);
/* The end at once; on_closed tells the handler. */
void http_conn_break(struct http_conn *c, enum err why);
/* The handler's request is over without an answer of its own; nothing when it has none. From the loop only. */
void http_conn_tell_abort(struct http_conn *c, enum err why);
/* Something was written: watches that it leaves. */
void http_conn_wrote(struct http_conn *c, size_t len);

#endif
