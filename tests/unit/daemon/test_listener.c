/* Listening sockets: limits, Unix sockets, swapped certificates. */
#include "daemon/net/listener.h"
#include "certs/tls_ctx.h"
#include "daemon/net/dial.h"
#include "daemon/net/tcp_stream.h"
#include "tests/harness/net_fixture.h"
#include "tests/harness/stream_end.h"
#include "tests/harness/test_certs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#define CLIENTS 5

struct world {
	struct net_fixture f;
	struct dialer_net dialer;
	struct listener *listener;
	struct end clients[CLIENTS], served[CLIENTS];
	size_t served_count;
};

static void on_stream(void *arg, struct stream *s)
{
	struct world *w = arg;
	assert_true(w->served_count < CLIENTS);
	struct end *e = &w->served[w->served_count++];
	e->close_in_eof = true;
	e->s = s;
	stream_listen(s, &end_events, e);
}

static void world_init(struct world *w, struct listener_config c)
{
	*w = (struct world){0};
	net_fixture_init(&w->f);
	dialer_net_init(&w->dialer, &w->f.uv.loop);
	c.on_stream = on_stream;
	c.arg = w;
	struct errmsg m = {""};
	if (listener_open(&w->listener, &w->f.uv.loop, &c, &m) != OK)
		fail_msg("%s", m.text);
	for (size_t i = 0; i < CLIENTS; i++) {
		end_init(&w->clients[i]);
		end_init(&w->served[i]);
		w->clients[i].close_in_eof = true;
	}
}

static struct end *dial_from(struct world *w, size_t i, const char *source, struct tls_ctx *tls)
{
	struct dial_target t = {.host = "127.0.0.1",
	                        .port = listener_port(w->listener),
	                        .source_address = source,
	                        .tls = tls,
	                        .timeout_ms = 10000};
	struct end *e = &w->clients[i];
	e->s = w->dialer.dialer.dial(&w->dialer.dialer, &t);
	stream_listen(e->s, &end_events, e);
	return e;
}

static struct listener_stats stats(const struct world *w)
{
	struct listener_stats s;
	listener_stats(w->listener, &s);
	return s;
}

static bool all_closed(void *arg)
{
	const struct world *w = arg;
	for (size_t i = 0; i < CLIENTS; i++)
		if (w->clients[i].s || w->served[i].s)
			return false;
	return true;
}

static void world_fini(struct world *w)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (w->clients[i].s && !w->clients[i].quiet)
			end_close(&w->clients[i]);
	assert_true(net_fixture_run_until(&w->f, all_closed, w));
	if (w->listener)
		assert_int_equal(stats(w).open, 0);
	listener_close(&w->listener);
	listener_close(&w->listener);
	for (size_t i = 0; i < CLIENTS; i++) {
		end_fini(&w->clients[i]);
		end_fini(&w->served[i]);
	}
	net_fixture_fini(&w->f);
}

static void the_chosen_port_is_told(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, (struct listener_config){.address = "127.0.0.1:0"});
	char address[64];
	assert_true(listener_port(w.listener) > 0);
	snprintf(address, sizeof address, "127.0.0.1:%u", listener_port(w.listener));
	assert_string_equal(listener_address(w.listener), address);
	world_fini(&w);
}

static void unreadable_addresses_are_refused(void **state)
{
	(void)state;
	static const char *const addresses[] = {
	    "",         "8443",       "localhost:8443",  "127.0.0.1",
	    ":8443",    "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
	    "::1:8443", "[::1]",      "[127.0.0.1]:1",   "127.0.0.1:8443 "};
	struct net_fixture f;
	net_fixture_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		struct listener_config c = {.address = addresses[i]};
		struct listener *l;
		struct errmsg m;
		if (listener_open(&l, &f.uv.loop, &c, &m) != ERR_CONFIG || l)
			fail_msg("'%s' was taken", addresses[i]);
		assert_non_null(strstr(m.text, addresses[i]));
	}
	net_fixture_fini(&f);
}

static void a_port_in_use_is_told(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, (struct listener_config){.address = "127.0.0.1:0"});
	struct listener_config c = {.address = listener_address(w.listener)};
	struct listener *l;
	struct errmsg m;
	assert_int_equal(listener_open(&l, &w.f.uv.loop, &c, &m), ERR_BUSY);
	assert_non_null(strstr(m.text, listener_address(w.listener)));
	world_fini(&w);
}

static bool refused_one(void *arg)
{
	return stats(arg).refused > 0;
}

static void the_number_of_connections_is_limited(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, (struct listener_config){.address = "127.0.0.1:0", .max_connections = 2});
	for (size_t i = 0; i < 2; i++)
		assert_true(net_fixture_run_until(&w.f, end_is_open, dial_from(&w, i, NULL, NULL)));
	dial_from(&w, 2, NULL, NULL);
	assert_true(net_fixture_run_until(&w.f, refused_one, &w));
	assert_true(net_fixture_run_until(&w.f, end_has_eof, &w.clients[2]));
	assert_int_equal(stats(&w).open, 2);
	end_close(&w.clients[0]);
	assert_true(net_fixture_run_until(&w.f, end_is_closed, &w.clients[0]));
	assert_true(net_fixture_run_until(&w.f, end_is_closed, &w.served[0]));
	dial_from(&w, 3, NULL, NULL); /* there is room again */
	assert_true(net_fixture_run_until(&w.f, end_is_open, &w.served[2]));
	assert_int_equal(stats(&w).accepted, 3);
	world_fini(&w);
}

static void one_address_cannot_take_all(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, (struct listener_config){.address = "127.0.0.1:0", .max_per_address = 1});
	assert_true(net_fixture_run_until(&w.f, end_is_open, dial_from(&w, 0, "127.0.0.2", NULL)));
	dial_from(&w, 1, "127.0.0.2", NULL);
	assert_true(net_fixture_run_until(&w.f, refused_one, &w));
	dial_from(&w, 2, "127.0.0.3", NULL);
	assert_true(net_fixture_run_until(&w.f, end_is_open, &w.served[1]));
	assert_int_equal(stats(&w).open, 2);
	world_fini(&w);
}

static unsigned asked_for_room;

/* The oldest that is still there makes room. */
static bool make_room(void *arg, const char *host)
{
	struct world *w = arg;
	asked_for_room++;
	assert_true(!host || strcmp(host, "127.0.0.1") == 0);
	for (size_t i = 0; i < w->served_count; i++)
		if (w->served[i].s && !w->served[i].quiet) {
			end_abort(&w->served[i]);
			return true;
		}
	return false;
}

static void another_connection_makes_room(void **state)
{
	(void)state;
	for (int per_address = 0; per_address < 2; per_address++) {
		struct world w;
		asked_for_room = 0;
		world_init(&w, (struct listener_config){.address = "127.0.0.1:0",
		                                        .max_connections = per_address ? 0 : 2,
		                                        .max_per_address = per_address ? 2 : 0,
		                                        .make_room = make_room});
		for (size_t i = 0; i < 2; i++)
			assert_true(net_fixture_run_until(&w.f, end_is_open, dial_from(&w, i, NULL, NULL)));
		dial_from(&w, 2, NULL, NULL);
		assert_true(net_fixture_run_until(&w.f, end_is_open, &w.served[2]));
		assert_true(net_fixture_run_until(&w.f, end_is_closed, &w.served[0]));
		assert_true(asked_for_room == 1 && stats(&w).open == 2 && stats(&w).refused == 0);
		w.served[1].quiet = w.served[2].quiet = true; /* these stay */
		dial_from(&w, 3, NULL, NULL);
		assert_true(net_fixture_run_until(&w.f, refused_one, &w));
		w.served[1].quiet = w.served[2].quiet = false;
		assert_int_equal(stats(&w).open, 2);
		world_fini(&w);
	}
}

static void closing_leaves_connections_alone(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, (struct listener_config){.address = "127.0.0.1:0"});
	assert_true(net_fixture_run_until(&w.f, end_is_open, dial_from(&w, 0, NULL, NULL)));
	assert_true(net_fixture_run_until(&w.f, end_is_open, &w.served[0]));
	listener_close(&w.listener);
	w.served[0].echo = true;
	w.clients[0].close_in_data = true;
	stream_write(w.clients[0].s, STR("still there?"));
	assert_true(net_fixture_run_until(&w.f, end_is_closed, &w.clients[0]));
	assert_true(str_eq(buf_str(&w.clients[0].got), STR("still there?")));
	world_fini(&w);
}

static int connect_tcp(const struct world *w)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(listener_port(w->listener)),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* Somebody who goes on sending after the other side has closed, and listens only then. */
struct talker {
	struct net_fixture *f;
	struct loop_timer timer;
	int fd;
	unsigned left;
	bool refused;
};

static void talk_on(struct loop_timer *timer)
{
	struct talker *t = CONTAINER_OF(timer, struct talker, timer);
	static const char piece[1000];
	t->refused = t->refused || send(t->fd, piece, sizeof piece, MSG_NOSIGNAL) != (ssize_t)sizeof piece;
	if (--t->left)
		loop_timer_set(&t->f->uv.loop, timer, TCP_LINGER_MS / 5);
}

static bool has_talked(void *talker)
{
	return ((const struct talker *)talker)->left == 0;
}

static void who_still_sends_gets_the_last_bytes(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, (struct listener_config){.address = "127.0.0.1:0"});
	struct talker t = {.f = &w.f, .timer = {.fire = talk_on}, .left = 8, .fd = connect_tcp(&w)};
	assert_true(net_fixture_run_until(&w.f, end_is_open, &w.served[0]));
	stream_write(w.served[0].s, STR("no more"));
	end_close(&w.served[0]);
	loop_timer_set(&w.f.uv.loop, &t.timer, 0);
	assert_true(
	    net_fixture_run_until(&w.f, has_talked, &t)); /* for longer than a silent peer is waited for */
	assert_false(t.refused);
	char heard[32];
	assert_int_equal(recv(t.fd, heard, sizeof heard, 0), 7);
	assert_memory_equal(heard, "no more", 7);
	assert_int_equal(recv(t.fd, heard, sizeof heard, 0), 0);
	close(t.fd);
	assert_true(net_fixture_run_until(&w.f, end_is_closed, &w.served[0]));
	assert_int_equal(w.served[0].why, OK);
	world_fini(&w);
}

static void new_connections_use_the_swapped_certificate(void **state)
{
	(void)state;
	struct tls_ctx *client = test_certs_client("ca", "gateway"),
	               *first = test_certs_server("ca", "registry"), *second = test_certs_server("ca", "api");
	struct world w;
	world_init(&w, (struct listener_config){.address = "127.0.0.1:0", .tls = first});
	tls_ctx_unref(&first); /* the listener has its own reference */
	assert_true(net_fixture_run_until(&w.f, end_is_open, dial_from(&w, 0, NULL, client)));
	assert_string_equal(stream_peer(w.clients[0].s)->subject, "CN=registry simulator,O=vnepp test");
	listener_set_tls(w.listener, second);
	tls_ctx_unref(&second);
	assert_true(net_fixture_run_until(&w.f, end_is_open, dial_from(&w, 1, NULL, client)));
	assert_string_equal(stream_peer(w.clients[1].s)->subject, "CN=gateway API,O=vnepp test");
	w.served[0].echo = true;
	stream_write(w.clients[0].s, STR("x")); /* the old one goes on */
	w.clients[0].close_in_data = true;
	assert_true(net_fixture_run_until(&w.f, end_is_closed, &w.clients[0]));
	world_fini(&w);
	tls_ctx_unref(&client);
}

/* ---- Unix sockets ---- */

static char dir[64], path[96];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/vnepp-listener-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/s.sock", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static int connect_unix(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	memcpy(un.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&un, sizeof un), 0);
	return fd;
}

static void unix_sockets_carry_streams(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, (struct listener_config){.address = path, .unix_mode = 0660, .max_per_address = 1});
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	int fd = connect_unix(), other = connect_unix();
	assert_int_equal(write(fd, "ping", 4), 4);
	assert_true(net_fixture_run_until(&w.f, end_is_open, &w.served[1]));
	w.served[0].echo = w.served[1].echo = true;
	const struct stream_peer *peer = stream_peer(w.served[0].s);
	assert_string_equal(peer->address, "unix");
	assert_true(peer->local);
	assert_int_equal(peer->uid, getuid());
	assert_int_equal(peer->gid, getgid());
	assert_int_equal(peer->pid, getpid());
	close(fd);
	close(other);
	assert_true(net_fixture_run_until(&w.f, end_is_closed, &w.served[0]));
	assert_true(str_eq(buf_str(&w.served[0].got), STR("ping")));
	world_fini(&w);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void a_dead_socket_file_is_replaced_but_nothing_else(void **state)
{
	(void)state;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	memcpy(un.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&un, sizeof un), 0);
	close(fd); /* the file stays */
	struct world w;
	world_init(&w, (struct listener_config){.address = path});
	struct listener_config c = {.address = path};
	struct listener *l;
	struct errmsg m;
	assert_int_equal(listener_open(&l, &w.f.uv.loop, &c, &m), ERR_BUSY);
	assert_non_null(strstr(m.text, "another process"));
	world_fini(&w);

	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	struct net_fixture nf;
	net_fixture_init(&nf);
	assert_int_equal(listener_open(&l, &nf.uv.loop, &c, &m), ERR_CONFIG);
	assert_non_null(strstr(m.text, "no socket"));
	c.address = "/nonexistent/folder/s.sock";
	assert_int_not_equal(listener_open(&l, &nf.uv.loop, &c, &m), OK);
	assert_non_null(strstr(m.text, c.address));
	net_fixture_fini(&nf);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_chosen_port_is_told),
	    cmocka_unit_test(unreadable_addresses_are_refused),
	    cmocka_unit_test(a_port_in_use_is_told),
	    cmocka_unit_test(the_number_of_connections_is_limited),
	    cmocka_unit_test(one_address_cannot_take_all),
	    cmocka_unit_test(another_connection_makes_room),
	    cmocka_unit_test(closing_leaves_connections_alone),
	    cmocka_unit_test(who_still_sends_gets_the_last_bytes),
	    cmocka_unit_test(new_connections_use_the_swapped_certificate),
	    cmocka_unit_test(unix_sockets_carry_streams),
	    cmocka_unit_test(a_dead_socket_file_is_replaced_but_nothing_else),
	};
	return cmocka_run_group_tests_name("listener", tests, make_dir, remove_dir);
}
