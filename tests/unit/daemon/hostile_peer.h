/*
 * A peer in front of the simulated registry that works on bytes: it lets everything through but one greeting or answer,
 * in whose place it sends a document or a script.
 */
#ifndef VNEPP_TESTS_HOSTILE_PEER_H
#define VNEPP_TESTS_HOSTILE_PEER_H

#include "epp/base/alloc.h"
#include "epp/frame.h"
#include "tests/sim/sim.h"
#include "tests/unit/daemon/hostile_scripts.h"

#define MIB (1u << 20)

enum place {
	AT_GREETING,
	AT_LOGIN,
	AT_CONTACT,       /* the answer to the contact's create */
	AT_CREATE_DONE,   /* to the name's; the registry has registered it */
	AT_CREATE_UNDONE, /* … has not */
	PLACES
};
static const char *const place_names[PLACES] = {"greeting", "log-in", "contact", "create, done",
                                                "create, not done"};
static const char *const place_marks[PLACES] = {NULL, "<login>", "<contact:create", "<domain:create",
                                                "<domain:create"};

struct attack {
	enum place place;
	const struct document *doc; /* or: */
	const struct script *script;
};

struct match {
	struct sim_world *w;
	const struct attack *attack;
	struct buf log; /* one line per event */
	bool struck;
	struct buf bytes; /* in place of the answer */
};

struct link {
	struct match *m;
	struct stream *s; /* the gateway's end of it; NULL: closed */
	struct regsim_conn *conn;
	struct buf in, out;             /* what has come from the gateway, from the registry */
	char swallow[EPP_TRID_MAX + 1]; /* the registry's answer to this is not passed on */
	struct loop_timer rest;
	size_t sent; /* of m->bytes */
};

static inline void end_of_script(struct link *l)
{
	const struct script *sc = l->m->attack->script;
	if (!sc || !l->s)
		return;
	if (sc->after == HANG_UP)
		stream_close(l->s);
	else if (sc->after == RESET)
		mem_stream_reset(l->s);
}

static inline void send_rest(struct loop_timer *t)
{
	struct link *l = CONTAINER_OF(t, struct link, rest);
	struct buf *b = &l->m->bytes;
	if (!l->s)
		return;
	if (buf_len(b) > l->sent)
		stream_write(l->s, str_make(buf_data(b) + l->sent, buf_len(b) - l->sent));
	end_of_script(l);
}

static inline void strike(struct link *l, const char *cltrid)
{
	const struct attack *a = l->m->attack;
	const struct script *sc = a->script;
	struct buf doc;
	l->m->struck = true;
	buf_clear(&l->m->bytes);
	LOG(&l->m->w->log, LOG_NOTICE, "peer.strikes", place_names[a->place]);
	if (sc) {
		sc->make(&l->m->bytes, cltrid, sc->n);
	} else {
		buf_init(&doc, 4u * MIB);
		compose(&doc, a->doc);
		put_frame(&l->m->bytes, buf_str(&doc), cltrid);
		buf_fini(&doc);
	}
	l->rest.fire = send_rest;
	l->sent = sc && sc->later_ms ? sc->piece : buf_len(&l->m->bytes);
	if (l->sent)
		stream_write(l->s, str_make(buf_data(&l->m->bytes), l->sent));
	loop_timer_set(&l->m->w->v.loop, &l->rest, sc ? sc->later_ms : 0);
}

/* The next whole frame with its header; empty: there is none. */
static inline struct str next_frame(struct buf *b)
{
	if (buf_len(b) < 4)
		return STR_NONE;
	size_t n = epp_frame_length(buf_str(b));
	return n <= buf_len(b) ? str_make(buf_data(b), n) : STR_NONE;
}

static inline bool cltrid_of(struct str frame, char out[EPP_TRID_MAX + 1])
{
	const char *at = memmem(frame.ptr, frame.len, "<clTRID>", 8);
	out[0] = '\0';
	if (!at)
		return false;
	at += 8;
	size_t left = (size_t)(frame.ptr + frame.len - at);
	const char *end = memchr(at, '<', left);
	return end && str_copy(out, EPP_TRID_MAX + 1, str_make(at, (size_t)(end - at)));
}

static inline void from_registry(void *arg, struct str bytes)
{
	struct link *l = arg;
	char id[EPP_TRID_MAX + 1];
	struct str frame;
	buf_add(&l->out, bytes);
	while (!str_empty(frame = next_frame(&l->out))) {
		bool ours = cltrid_of(frame, id) && strcmp(id, l->swallow) == 0;
		if (!l->m->struck && l->m->attack->place == AT_GREETING)
			strike(l, "x");
		else if (ours)
			l->swallow[0] = '\0';
		else if (l->s)
			stream_write(l->s, frame);
		buf_consume(&l->out, frame.len);
	}
}

static inline void registry_hangs_up(void *arg, bool abort)
{
	struct link *l = arg;
	if (l->s && abort)
		stream_abort(l->s);
	else if (l->s)
		stream_close(l->s);
}

static inline void on_open(void *arg)
{
	static const struct regsim_conn_events ev = {.send = from_registry, .close = registry_hangs_up};
	struct link *l = arg;
	l->conn = regsim_conn_open(l->m->w->registry, &ev, l, "");
}

static inline bool is_target(const struct match *m, struct str frame)
{
	const char *mark = place_marks[m->attack->place];
	return !m->struck && mark && memmem(frame.ptr, frame.len, mark, strlen(mark));
}

static inline void on_data(void *arg, struct str data)
{
	struct link *l = arg;
	char id[EPP_TRID_MAX + 1];
	struct str frame;
	buf_add(&l->in, data);
	while (l->s && !str_empty(frame = next_frame(&l->in))) {
		if (!is_target(l->m, frame)) {
			regsim_conn_data(l->conn, frame);
		} else {
			(void)cltrid_of(frame, id);
			if (l->m->attack->place != AT_CREATE_UNDONE) {
				memcpy(l->swallow, id, sizeof id);
				regsim_conn_data(l->conn, frame);
			}
			strike(l, id);
		}
		buf_consume(&l->in, frame.len);
	}
}

static inline void on_eof(void *arg, bool clean)
{
	(void)clean;
	stream_close(((struct link *)arg)->s);
}

static inline void on_closed(void *arg, enum err why, const char *text)
{
	struct link *l = arg;
	(void)why;
	(void)text;
	l->s = NULL;
	loop_timer_cancel(&l->m->w->v.loop, &l->rest);
	if (l->conn)
		regsim_conn_closed(l->conn);
	l->conn = NULL;
}

static inline void on_stream(void *arg, struct stream *s)
{
	static const struct stream_events ev = {
	    .on_open = on_open, .on_data = on_data, .on_eof = on_eof, .on_closed = on_closed};
	struct link *l = xcalloc(1, sizeof *l);
	l->m = arg;
	l->s = s;
	buf_init(&l->in, 8u * MIB);
	buf_init(&l->out, 8u * MIB);
	stream_listen(s, &ev, l);
}

#endif
