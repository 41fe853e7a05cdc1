/*
 * What the tests of the control socket share: a server with a command for every habit on streams in memory, in virtual
 * time, and clients. Included once by each test program.
 */
#ifndef VNEPP_TESTS_ADMIN_WORLD_H
#define VNEPP_TESTS_ADMIN_WORLD_H

#include "daemon/admin/admin.h"
#include "daemon/admin/admin_proto.h"
#include "epp/base/alloc.h"
#include "tests/harness/mem_stream.h"
#include "tests/harness/vloop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#define BIG_ANSWER (64u << 10)
#define LATER_MS   100

struct client {
	struct world *w;
	struct stream *stream; /* NULL: closed */
	struct buf in;
	bool open, eof;
	enum err why;
};

struct asked {
	struct list_node node;
	struct admin_conn *conn;
	struct loop_timer timer;
};

struct world {
	struct vloop v;
	struct mem_net *net;
	struct admin admin;
	struct list never; /* struct asked without an answer */
	int ran, running, most;
};

/* ---- commands ---------------------------------------------------------------------------------------------------------- */

static inline void run_echo(void *arg, struct admin_conn *c, const json_t *args)
{
	struct world *w = arg;
	w->ran++;
	admin_reply(c, json_pack("{s:O?}", "n", json_object_get(args, "n")));
}

static inline void run_fail(void *arg, struct admin_conn *c, const json_t *args)
{
	(void)args;
	((struct world *)arg)->ran++;
	admin_reply_error(c, "it \"cannot\" be done");
}

static inline void run_big(void *arg, struct admin_conn *c, const json_t *args)
{
	static char text[BIG_ANSWER];
	(void)args;
	((struct world *)arg)->ran++;
	memset(text, 'x', sizeof text - 1);
	admin_reply(c, json_pack("{s:s}", "text", text));
}

static inline struct asked *asked_new(struct world *w, struct admin_conn *c)
{
	struct asked *a = xcalloc(1, sizeof *a);
	a->conn = c;
	w->ran++;
	return a;
}

static inline void on_later(struct loop_timer *t)
{
	struct asked *a = CONTAINER_OF(t, struct asked, timer);
	struct admin_conn *c = a->conn;
	free(a);
	admin_reply(c, json_pack("{s:s}", "n", "later"));
}

static inline void run_later(void *arg, struct admin_conn *c, const json_t *args)
{
	struct world *w = arg;
	struct asked *a = asked_new(w, c);
	(void)args;
	a->timer.fire = on_later;
	loop_timer_set(&w->v.loop, &a->timer, LATER_MS);
}

static inline void run_never(void *arg, struct admin_conn *c, const json_t *args)
{
	struct world *w = arg;
	(void)args;
	if (++w->running > w->most)
		w->most = w->running;
	list_push(&w->never, &asked_new(w, c)->node);
}

static inline void answer_never(struct world *w)
{
	struct list_node *n;
	while ((n = list_pop(&w->never))) {
		struct asked *a = LIST_ITEM(n, struct asked, node);
		w->running--;
		admin_reply(a->conn, json_object());
		free(a);
	}
}

static inline void run_who(void *arg, struct admin_conn *c, const json_t *args)
{
	struct admin_asker who;
	(void)arg, (void)args;
	if (admin_asker(c, &who))
		admin_reply(c, json_pack("{s:s, s:I}", "login", who.login, "uid", (json_int_t)who.uid));
	else
		admin_reply_error(c, "nobody knows");
}

static const struct admin_command commands[] = {{"echo", 1, run_echo}, {"fail", 1, run_fail},
                                                {"big", 1, run_big},   {"later", 1, run_later},
                                                {"who", 6, run_who},   {"never", 4, run_never},
                                                {NULL, 0, NULL}};

/* user 7 may look, members of group 70 may do more; everybody else nothing. */
static inline unsigned roles_of(void *arg, const struct admin_asker *who)
{
	unsigned roles = who->uid == 7 ? 1 : 0;
	(void)arg;
	for (size_t i = 0; i < who->group_count; i++)
		roles |= who->groups[i] == 70 ? 2 : 0;
	return roles;
}

/* ---- clients ---------------------------------------------------------------------------------------------------------------- */

static inline void on_open(void *arg)
{
	((struct client *)arg)->open = true;
}

static inline void on_data(void *arg, struct str data)
{
	buf_add(&((struct client *)arg)->in, data);
}

static inline void on_eof(void *arg, bool clean)
{
	(void)clean;
	((struct client *)arg)->eof = true;
}

static inline void on_closed(void *arg, enum err why, const char *text)
{
	struct client *c = arg;
	(void)text;
	c->stream = NULL;
	c->why = why;
}

static inline void connect_as(struct world *w, struct client *c, const struct stream_peer *peer)
{
	static const struct stream_events ev = {on_open, on_data, NULL, on_eof, on_closed};
	struct stream *server;
	*c = (struct client){.w = w};
	buf_init(&c->in, 64u << 20);
	mem_net_pair(w->net, &c->stream, &server);
	if (peer)
		mem_stream_set_peer(server, peer);
	stream_listen(c->stream, &ev, c);
	admin_on_stream(&w->admin, server);
}

static inline void connect_to(struct world *w, struct client *c)
{
	connect_as(w, c, NULL);
}

static inline void tell(struct client *c, const char *text)
{
	stream_write(c->stream, str_c(text));
}

/* The same, and what comes back at once. */
static inline void say(struct client *c, const char *text)
{
	tell(c, text);
	vloop_run_for(&c->w->v, 10);
}

static inline void client_fini(struct client *c)
{
	if (c->stream)
		stream_abort(c->stream);
	vloop_run_for(&c->w->v, 10);
	buf_fini(&c->in);
}

static inline size_t lines_of(const struct client *c)
{
	size_t n = 0;
	struct str all = buf_str(&c->in);
	for (size_t i = 0; i < all.len; i++)
		n += all.ptr[i] == '\n';
	return n;
}

static inline bool has(const struct client *c, const char *text)
{
	struct str all = buf_str(&c->in);
	return memmem(all.ptr, all.len, text, strlen(text)) != NULL;
}

/* The server has let go: an end of its sending, or gone. */
static inline bool hung_up(const struct client *c)
{
	return c->eof || !c->stream;
}

static inline int set_up(void **state)
{
	struct mem_opts opts = {.latency_ms = 1};
	struct world *w = xcalloc(1, sizeof *w);
	vloop_init(&w->v, 1795140000000ll);
	w->net = mem_net_new(&w->v.loop, &opts, 1);
	admin_init(&w->admin, &w->v.loop, commands, w);
	*state = w;
	return 0;
}

static inline int tear_down(void **state)
{
	struct world *w = *state;
	answer_never(w);
	admin_close(&w->admin);
	vloop_run_for(&w->v, 20000);
	assert_int_equal(w->admin.conns.count, 0);
	assert_int_equal(mem_net_open(w->net), 0);
	mem_net_free(w->net);
	vloop_fini(&w->v);
	free(w);
	return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
