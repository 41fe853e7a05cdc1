/* The control socket: lines of JSON in and out, whatever the client does. */
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

static void run_echo(void *arg, struct admin_conn *c, const json_t *args)
{
	struct world *w = arg;
	w->ran++;
	admin_reply(c, json_pack("{s:O?}", "n", json_object_get(args, "n")));
}

static void run_fail(void *arg, struct admin_conn *c, const json_t *args)
{
	(void)args;
	((struct world *)arg)->ran++;
	admin_reply_error(c, "it \"cannot\" be done");
}

static void run_big(void *arg, struct admin_conn *c, const json_t *args)
{
	static char text[BIG_ANSWER];
	(void)args;
	((struct world *)arg)->ran++;
	memset(text, 'x', sizeof text - 1);
	admin_reply(c, json_pack("{s:s}", "text", text));
}

static struct asked *asked_new(struct world *w, struct admin_conn *c)
{
	struct asked *a = xcalloc(1, sizeof *a);
	a->conn = c;
	w->ran++;
	return a;
}

static void on_later(struct loop_timer *t)
{
	struct asked *a = CONTAINER_OF(t, struct asked, timer);
	struct admin_conn *c = a->conn;
	free(a);
	admin_reply(c, json_pack("{s:s}", "n", "later"));
}

static void run_later(void *arg, struct admin_conn *c, const json_t *args)
{
	struct world *w = arg;
	struct asked *a = asked_new(w, c);
	(void)args;
	a->timer.fire = on_later;
	loop_timer_set(&w->v.loop, &a->timer, LATER_MS);
}

static void run_never(void *arg, struct admin_conn *c, const json_t *args)
{
	struct world *w = arg;
	(void)args;
	if (++w->running > w->most)
		w->most = w->running;
	list_push(&w->never, &asked_new(w, c)->node);
}

static void answer_never(struct world *w)
{
	struct list_node *n;
	while ((n = list_pop(&w->never))) {
		struct asked *a = LIST_ITEM(n, struct asked, node);
		w->running--;
		admin_reply(a->conn, json_object());
		free(a);
	}
}

static void run_who(void *arg, struct admin_conn *c, const json_t *args)
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
static unsigned roles_of(void *arg, const struct admin_asker *who)
{
	unsigned roles = who->uid == 7 ? 1 : 0;
	(void)arg;
	for (size_t i = 0; i < who->group_count; i++)
		roles |= who->groups[i] == 70 ? 2 : 0;
	return roles;
}

/* ---- clients ---------------------------------------------------------------------------------------------------------------- */

static void on_open(void *arg)
{
	((struct client *)arg)->open = true;
}

static void on_data(void *arg, struct str data)
{
	buf_add(&((struct client *)arg)->in, data);
}

static void on_eof(void *arg, bool clean)
{
	(void)clean;
	((struct client *)arg)->eof = true;
}

static void on_closed(void *arg, enum err why, const char *text)
{
	struct client *c = arg;
	(void)text;
	c->stream = NULL;
	c->why = why;
}

static void connect_to(struct world *w, struct client *c)
{
	static const struct stream_events ev = {on_open, on_data, NULL, on_eof, on_closed};
	struct stream *server;
	*c = (struct client){.w = w};
	buf_init(&c->in, 64u << 20);
	mem_net_pair(w->net, &c->stream, &server);
	stream_listen(c->stream, &ev, c);
	admin_on_stream(&w->admin, server);
}

static void tell(struct client *c, const char *text)
{
	stream_write(c->stream, str_c(text));
}

static void client_fini(struct client *c)
{
	if (c->stream)
		stream_abort(c->stream);
	vloop_run_for(&c->w->v, 10);
	buf_fini(&c->in);
}

static size_t lines_of(const struct client *c)
{
	size_t n = 0;
	struct str all = buf_str(&c->in);
	for (size_t i = 0; i < all.len; i++)
		n += all.ptr[i] == '\n';
	return n;
}

static bool has(const struct client *c, const char *text)
{
	struct str all = buf_str(&c->in);
	return memmem(all.ptr, all.len, text, strlen(text)) != NULL;
}

/* The server has let go: an end of its sending, or gone. */
static bool hung_up(const struct client *c)
{
	return c->eof || !c->stream;
}

static int set_up(void **state)
{
	struct mem_opts opts = {.latency_ms = 1};
	struct world *w = xcalloc(1, sizeof *w);
	vloop_init(&w->v, 1795140000000ll);
	w->net = mem_net_new(&w->v.loop, &opts, 1);
	admin_init(&w->admin, &w->v.loop, commands, w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
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

/* ---- the protocol -------------------------------------------------------------------------------------------------------------- */

static void a_request_is_a_line_and_so_is_its_answer(void **state)
{
	struct world *w = *state;
	struct client c;
	connect_to(w, &c);
	tell(&c, "{\"cmd\":\"echo\",\"n\":7}\n");
	vloop_run_for(&w->v, 10);
	assert_true(has(&c, "{\"n\":7,\"ok\":true}\n"));
	tell(&c, "{\"cmd\":\"fail\"}\n");
	vloop_run_for(&w->v, 10);
	assert_true(has(&c, "{\"ok\":false,\"error\":\"it \\\"cannot\\\" be done\"}\n"));
	tell(&c, "  {\"n\":\"ạ\",\"cmd\":\"echo\"} \r\n");
	vloop_run_for(&w->v, 10);
	assert_true(has(&c, "{\"n\":\"ạ\",\"ok\":true}\n"));
	tell(&c, "{\"cmd\":\"no\"}\n{\"cmd\":\"echo\",\"n\":9}\n");
	vloop_run_for(&w->v, 10);
	assert_true(has(&c, "no such command"));
	assert_true(has(&c, "{\"n\":9,\"ok\":true}\n")); /* and it stays open */
	assert_false(hung_up(&c));
	client_fini(&c);
}

static void lines_sent_ahead_run_one_after_the_other(void **state)
{
	struct world *w = *state;
	struct client c;
	char line[64];
	connect_to(w, &c);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof line, "{\"cmd\":\"%s\",\"n\":%d}\n", i % 10 ? "echo" : "later", i);
		tell(&c, line);
	}
	vloop_run_for(&w->v, 10 * LATER_MS + 100);
	assert_int_equal(lines_of(&c), 100);
	struct str rest = buf_str(&c.in);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof line,
		         i % 10 ? "{\"n\":%d,\"ok\":true}" : "{\"n\":\"later\",\"ok\":true}", i);
		assert_true(str_eq_c(str_split(&rest, '\n'), line));
	}
	client_fini(&c);
}

static void bytes_may_come_one_by_one(void **state)
{
	struct world *w = *state;
	struct client c;
	struct mem_opts opts = {.latency_ms = 1, .piece_max = 1};
	mem_net_set_opts(w->net, &opts);
	connect_to(w, &c);
	tell(&c, "{\"cmd\":\"echo\",\"n\":1}\n{\"cmd\":\"later\"}\n{\"cmd\":\"echo\",\"n\":3}\n");
	vloop_run_for(&w->v, 1000);
	assert_string_equal(buf_cstr(&c.in),
	                    "{\"n\":1,\"ok\":true}\n{\"n\":\"later\",\"ok\":true}\n{\"n\":3,\"ok\":true}\n");
	client_fini(&c);
}

static void what_is_no_request_is_answered_and_ends_it(void **state)
{
	static const char *const bad[] = {"",
	                                  " ",
	                                  "x",
	                                  "null",
	                                  "7",
	                                  "\"status\"",
	                                  "[]",
	                                  "[{\"cmd\":\"echo\"}]",
	                                  "{}",
	                                  "{\"cmd\":null}",
	                                  "{\"cmd\":1}",
	                                  "{\"cmd\":[\"echo\"]}",
	                                  "{\"CMD\":\"echo\"}",
	                                  "{\"cmd\":\"echo\"",
	                                  "{\"cmd\":\"echo\"}{\"cmd\":\"echo\"}",
	                                  "{\"cmd\":\"echo\"} x",
	                                  "{\"cmd\":\"echo\",\"cmd\":\"echo\"}",
	                                  "{\"cmd\":\"ec\\u0000ho\"}",
	                                  "{\"cmd\":\"echo\",\"n\":\"\xff\"}",
	                                  "GET / HTTP/1.1",
	                                  "{\"cmd\":\"echo\",\"n\":1e999}"};
	struct world *w = *state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct client c;
		connect_to(w, &c);
		tell(&c, bad[i]);
		tell(&c, "\n{\"cmd\":\"echo\"}\n"); /* what follows is not looked at */
		vloop_run_for(&w->v, 10);
		if (lines_of(&c) != 1 || !has(&c, "\"ok\":false") || !hung_up(&c))
			fail_msg("%s: %s", bad[i], buf_cstr(&c.in));
		client_fini(&c);
	}
	assert_int_equal(w->ran, 0);
}

static void deep_nesting_is_no_request(void **state)
{
	struct world *w = *state;
	struct client c;
	char *text = xcalloc(200001, 1);
	memset(text, '[', 200000);
	connect_to(w, &c);
	tell(&c, "{\"cmd\":\"echo\",\"n\":");
	tell(&c, text);
	tell(&c, "\n");
	vloop_run_for(&w->v, 1000);
	assert_true(has(&c, "\"ok\":false") && hung_up(&c));
	free(text);
	client_fini(&c);
}

/* ---- limits ------------------------------------------------------------------------------------------------------------------------ */

/* A request whose line is `len` bytes without its end. */
static char *line_of(size_t len, bool end)
{
	static const char head[] = "{\"cmd\":\"echo\",\"n\":1,\"x\":\"";
	char *s = xcalloc(len + 2, 1);
	memset(s, 'x', len);
	memcpy(s, head, sizeof head - 1);
	memcpy(s + len - 2, "\"}", 2);
	if (end)
		s[len] = '\n';
	return s;
}

static void a_line_of_the_maximum_is_taken_one_more_byte_is_not(void **state)
{
	struct world *w = *state;
	for (size_t more = 0; more < 2; more++) {
		for (int end = 0; end < 2; end++) {
			struct client c;
			char *s = line_of(ADMIN_LINE_MAX + more, end);
			connect_to(w, &c);
			tell(&c, s);
			vloop_run_for(&w->v, 1000);
			if (more) {
				assert_true(has(&c, "too long") && hung_up(&c));
			} else {
				assert_false(hung_up(&c));
				assert_int_equal(lines_of(&c), end);
			}
			free(s);
			client_fini(&c);
		}
	}
	assert_int_equal(w->ran, 1);
}

static void a_line_without_end_is_cut_off(void **state)
{
	struct world *w = *state;
	struct client c;
	char *s = xcalloc((256u << 10) + 1, 1);
	memset(s, ' ', 256u << 10);
	connect_to(w, &c);
	for (int i = 0; i < 12 && !hung_up(&c); i++) {
		tell(&c, s);
		vloop_run_for(&w->v, 100);
	}
	assert_true(has(&c, "too long") && hung_up(&c));
	free(s);
	client_fini(&c);
}

/* Many whole lines are more than one line may be: they are not too long, they wait. */
static void lines_sent_ahead_may_be_more_than_one_line(void **state)
{
	struct world *w = *state;
	struct client c;
	char *s = line_of(300000, true);
	connect_to(w, &c);
	tell(&c, "{\"cmd\":\"later\"}\n");
	for (int i = 0; i < 12; i++)
		tell(&c, s);
	vloop_run_for(&w->v, 5000);
	assert_int_equal(lines_of(&c), 13);
	assert_false(hung_up(&c));
	free(s);
	client_fini(&c);
}

static void who_does_not_read_is_not_worked_for(void **state)
{
	struct world *w = *state;
	struct client c;
	connect_to(w, &c);
	vloop_run_for(&w->v, 10);
	stream_pause(c.stream);
	for (int i = 0; i < 300; i++)
		tell(&c, "{\"cmd\":\"big\"}\n");
	vloop_run_for(&w->v, 10000);
	/* what is under way, what is queued, and one more */
	assert_true(w->ran <= (int)((256u << 10) + STREAM_HIGH_WATER) / (int)BIG_ANSWER + 2);
	assert_false(hung_up(&c));
	stream_resume(c.stream);
	vloop_run_for(&w->v, 10000);
	assert_int_equal(w->ran, 300);
	assert_int_equal(lines_of(&c), 300);
	client_fini(&c);
}

static void many_clients_are_served_side_by_side(void **state)
{
	enum { CLIENTS = 300 };
	struct world *w = *state;
	struct client *c = xcalloc(CLIENTS, sizeof *c);
	for (int i = 0; i < CLIENTS; i++)
		connect_to(w, &c[i]);
	vloop_run_for(&w->v, 10);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < CLIENTS; i++)
			tell(&c[i], i % 7 == 0 ? "{\"cmd\":\"never\"}\n"
			            : i % 3    ? "{\"cmd\":\"echo\"}\n"
			                       : "{\"cmd\":\"later\"}\n");
		vloop_run_for(&w->v, 2 * LATER_MS);
	}
	/* those whose command does not end hold up nobody else */
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(lines_of(&c[i]), i % 7 == 0 ? 0 : 5);
	assert_int_equal(w->most, (CLIENTS + 6) / 7);
	for (int round = 0; round < 5; round++) {
		answer_never(w);
		vloop_run_for(&w->v, 10);
	}
	for (int i = 0; i < CLIENTS; i++) {
		assert_int_equal(lines_of(&c[i]), 5);
		client_fini(&c[i]);
	}
	free(c);
}

static void who_says_nothing_is_hung_up_on_but_not_who_waits(void **state)
{
	struct world *w = *state;
	struct client quiet, waits, asks;
	connect_to(w, &quiet);
	connect_to(w, &waits);
	connect_to(w, &asks);
	tell(&waits, "{\"cmd\":\"never\"}\n");
	for (int i = 0; i < 4; i++) {
		tell(&asks, "{\"cmd\":\"echo\"}\n");
		vloop_run_for(&w->v, ADMIN_IDLE_MS / 3);
	}
	assert_true(hung_up(&quiet));
	assert_false(hung_up(&waits) || hung_up(&asks));
	/* answered at last, it may ask again for as long */
	answer_never(w);
	vloop_run_for(&w->v, ADMIN_IDLE_MS - 1000);
	assert_true(has(&waits, "true") && !hung_up(&waits));
	vloop_run_for(&w->v, 2000);
	assert_true(hung_up(&waits));
	client_fini(&quiet);
	client_fini(&waits);
	client_fini(&asks);
}

/* ---- going ------------------------------------------------------------------------------------------------------------------------------ */

enum parting { BREAKS, CLOSES, SAYS_NO_MORE, PARTINGS };

static void part(struct client *c, enum parting how)
{
	if (how == BREAKS)
		mem_stream_reset(c->stream);
	else if (how == CLOSES)
		stream_close(c->stream);
	else
		mem_stream_half_close(c->stream);
}

static void a_client_may_go_at_every_byte(void **state)
{
	static const char text[] =
	    "{\"cmd\":\"echo\",\"n\":1}\n{\"cmd\":\"later\"}\n{\"cmd\":\"never\"}\n{\"cmd\":\"echo\"}\n";
	struct world *w = *state;
	for (size_t n = 0; n < sizeof text; n++) {
		for (int how = 0; how < PARTINGS; how++) {
			/* at once, or when all is under way, or when it has been answered as far as it goes */
			for (unsigned wait = 0; wait < 3; wait++) {
				struct client c;
				connect_to(w, &c);
				vloop_run_for(&w->v, 5);
				stream_write(c.stream, str_make(text, n));
				if (wait)
					vloop_run_for(&w->v, wait == 1 ? 2 : 2 * LATER_MS);
				part(&c, (enum parting)how);
				vloop_run_for(&w->v, 2 * LATER_MS);
				answer_never(w);
				vloop_run_for(&w->v, 2 * LATER_MS);
				if (w->admin.conns.count != 0)
					fail_msg("byte %zu, parting %d, wait %u: a connection stayed", n, how,
					         wait);
				client_fini(&c);
			}
		}
	}
}

static void who_has_said_all_gets_all_answers(void **state)
{
	struct world *w = *state;
	struct client c;
	connect_to(w, &c);
	tell(&c,
	     "{\"cmd\":\"echo\",\"n\":1}\n{\"cmd\":\"later\"}\n{\"cmd\":\"echo\",\"n\":2}\n{\"cmd\":\"ec");
	vloop_run_for(&w->v, 2);
	mem_stream_half_close(c.stream);
	vloop_run_for(&w->v, 2 * LATER_MS);
	assert_string_equal(buf_cstr(&c.in),
	                    "{\"n\":1,\"ok\":true}\n{\"n\":\"later\",\"ok\":true}\n{\"n\":2,\"ok\":true}\n");
	assert_true(hung_up(&c));
	client_fini(&c);
}

static void a_command_outlives_its_client(void **state)
{
	struct world *w = *state;
	struct client c;
	connect_to(w, &c);
	tell(&c, "{\"cmd\":\"never\"}\n{\"cmd\":\"echo\"}\n");
	vloop_run_for(&w->v, 10);
	mem_stream_reset(c.stream);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->admin.conns.count, 1);
	answer_never(w);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->admin.conns.count, 0);
	assert_int_equal(w->ran, 1); /* what it had sent ahead is not done for nobody */
	client_fini(&c);
}

/* The kernel's word, and the system's name for it. */
static void commands_know_who_asks(void **state)
{
	struct world *w = *state;
	struct client c;
	struct stream *server;
	static const struct stream_events ev = {on_open, on_data, NULL, on_eof, on_closed};
	const struct stream_peer peers[] = {{.address = "unix", .local = true, .uid = 0},
	                                    {.address = "unix", .local = true, .uid = 4294967291u},
	                                    {.address = "memory"}};
	const char *const answers[] = {"\"login\":\"root\",\"uid\":0,",
	                               "\"login\":\"uid 4294967291\",\"uid\":4294967291,", "nobody knows"};
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		c = (struct client){.w = w};
		buf_init(&c.in, 1u << 16);
		mem_net_pair(w->net, &c.stream, &server);
		mem_stream_set_peer(server, &peers[i]);
		stream_listen(c.stream, &ev, &c);
		admin_on_stream(&w->admin, server);
		tell(&c, "{\"cmd\":\"who\"}\n");
		vloop_run_for(&w->v, 20);
		assert_true(has(&c, answers[i]));
		client_fini(&c);
	}
}

static void closing_waits_for_commands_only(void **state)
{
	struct world *w = *state;
	struct client a, b;
	connect_to(w, &a);
	connect_to(w, &b);
	tell(&b, "{\"cmd\":\"never\"}\n");
	vloop_run_for(&w->v, 10);
	admin_close(&w->admin);
	admin_close(&w->admin);
	vloop_run_for(&w->v, 1000);
	assert_true(hung_up(&a) && hung_up(&b));
	assert_int_equal(w->admin.conns.count, 1);
	answer_never(w);
	vloop_run_for(&w->v, 10);
	assert_int_equal(w->admin.conns.count, 0);
	client_fini(&a);
	client_fini(&b);
}

/* One question of somebody with these identifiers; true when the answer has the text. */
static bool answers(struct world *w, const struct stream_peer *peer, const char *cmd, const char *text)
{
	static const struct stream_events ev = {on_open, on_data, NULL, on_eof, on_closed};
	struct stream *server;
	struct client c = {.w = w};
	char line[64];
	buf_init(&c.in, 64u << 10);
	mem_net_pair(w->net, &c.stream, &server);
	stream_listen(c.stream, &ev, &c);
	mem_stream_set_peer(server, peer);
	admin_on_stream(&w->admin, server);
	snprintf(line, sizeof line, "{\"cmd\":\"%s\"}\n", cmd);
	tell(&c, line);
	vloop_run_for(&w->v, 10);
	bool found = has(&c, text);
	client_fini(&c);
	return found;
}

static void what_needs_a_role_is_refused_without_it(void **state)
{
	static const char *const names[] = {"viewer", "operator", "admin", NULL};
	struct world *w = *state;
	struct stream_peer looker = {.local = true, .uid = 7},
	                   member = {.local = true, .uid = 8, .groups = {5, 70}, .group_count = 2},
	                   stranger = {.local = true, .uid = 4294967291u}, unknown = {.local = false};
	w->admin.access = (struct admin_access){.roles_of = roles_of, .role_names = names};
	assert_true(answers(w, &looker, "echo", "\"ok\":true"));
	int ran = w->ran;
	assert_true(answers(w, &looker, "who", "'who' needs the role operator or admin; "));
	assert_true(answers(w, &looker, "who", " has viewer (admin.roles in the configuration)"));
	assert_true(answers(w, &member, "who", "\"uid\":8"));
	assert_true(answers(w, &member, "never", "'never' needs the role admin; "));
	assert_true(
	    answers(w, &member, "echo", " has operator (")); /* roles are what roles_of() says, no more */
	assert_true(answers(w, &stranger, "echo", "needs the role viewer; uid 4294967291 has none"));
	assert_true(answers(w, &unknown, "echo", "needs the role viewer; whoever asks has none"));
	assert_true(answers(w, &stranger, "no", "no such command"));
	assert_int_equal(w->ran, ran); /* nothing of what was refused has run */
	w->admin.access = (struct admin_access){.roles_of = NULL};
	assert_true(answers(w, &stranger, "echo", "\"ok\":true"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_request_is_a_line_and_so_is_its_answer),
	    T(lines_sent_ahead_run_one_after_the_other),
	    T(bytes_may_come_one_by_one),
	    T(what_is_no_request_is_answered_and_ends_it),
	    T(deep_nesting_is_no_request),
	    T(a_line_of_the_maximum_is_taken_one_more_byte_is_not),
	    T(a_line_without_end_is_cut_off),
	    T(lines_sent_ahead_may_be_more_than_one_line),
	    T(who_does_not_read_is_not_worked_for),
	    T(many_clients_are_served_side_by_side),
	    T(who_says_nothing_is_hung_up_on_but_not_who_waits),
	    T(a_client_may_go_at_every_byte),
	    T(who_has_said_all_gets_all_answers),
	    T(a_command_outlives_its_client),
	    T(commands_know_who_asks),
	    T(what_needs_a_role_is_refused_without_it),
	    T(closing_waits_for_commands_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
