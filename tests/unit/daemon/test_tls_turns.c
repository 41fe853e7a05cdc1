/* Handshakes in threads: turns are kept, and whoever leaves in the middle is closed once. */
#include "certs/tls_ctx.h"
#include "daemon/net/listener.h"
#include "daemon/net/tls_turns.h"
#include "tests/harness/net_fixture.h"
#include "tests/harness/stream_end.h"
#include "tests/harness/test_certs.h"
#include "tests/harness/vloop.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- turns alone ---- */

#define JOBS 40

static atomic_uint at_work, most_at_work, worked;
static unsigned came_back;
static struct tls_turns *turns;

struct job {
	struct tls_turn turn;
	unsigned as, times; /* as: which one in the order of work */
	bool on_loop;
	pthread_t loop_thread;
};

static void job_work(struct tls_turn *turn)
{
	struct job *j = CONTAINER_OF(turn, struct job, turn);
	unsigned now = atomic_fetch_add(&at_work, 1) + 1, most = atomic_load(&most_at_work);
	while (now > most && !atomic_compare_exchange_weak(&most_at_work, &most, now))
		;
	j->on_loop = pthread_equal(pthread_self(), j->loop_thread);
	j->as = atomic_fetch_add(&worked, 1);
	atomic_fetch_sub(&at_work, 1);
}

static void job_back(struct tls_turn *turn)
{
	struct job *j = CONTAINER_OF(turn, struct job, turn);
	assert_false(turn->away);
	came_back++;
	if (j->times-- > 1)
		tls_turns_take(turns, turn);
}

static void jobs_init(struct job *jobs, unsigned times)
{
	atomic_store(&at_work, 0);
	atomic_store(&most_at_work, 0);
	atomic_store(&worked, 0);
	came_back = 0;
	for (unsigned i = 0; i < JOBS; i++)
		jobs[i] = (struct job){.turn = {.work = job_work, .back = job_back},
		                       .times = times,
		                       .loop_thread = pthread_self()};
}

static bool all_are_back(void *arg)
{
	return came_back == *(const unsigned *)arg;
}

static void threads_serve_all_in_their_order(void **state)
{
	(void)state;
	for (uint32_t threads = 1; threads <= TLS_TURNS_THREADS_MAX; threads++) {
		struct net_fixture f;
		struct job jobs[JOBS];
		unsigned expected = 2 * JOBS;
		net_fixture_init(&f);
		jobs_init(jobs, 2); /* each comes again */
		turns = tls_turns_new(&f.uv.loop, threads);
		for (unsigned i = 0; i < JOBS; i++) {
			tls_turns_take(turns, &jobs[i].turn);
			if (!jobs[i].turn.away)
				tls_turns_take(turns, &jobs[i].turn); /* keeps its place */
		}
		assert_int_equal(tls_turns_waiting(turns), JOBS - threads);
		assert_true(net_fixture_run_until(&f, all_are_back, &expected));
		assert_int_equal(atomic_load(&worked), expected);
		assert_in_range(atomic_load(&most_at_work), 1, threads);
		for (unsigned i = 0; i < JOBS; i++) {
			assert_false(jobs[i].on_loop);
			if (threads == 1)
				assert_int_equal(jobs[i].as, JOBS + i);
		}
		tls_turns_unref(&turns);
		net_fixture_fini(&f);
	}
}

static void without_threads_one_is_served_in_a_turn_of_the_loop(void **state)
{
	(void)state;
	struct vloop v;
	struct job jobs[JOBS];
	vloop_init(&v, 0);
	jobs_init(jobs, 1);
	turns = tls_turns_new(&v.loop, 0);
	for (unsigned i = 0; i < JOBS; i++)
		tls_turns_take(turns, &jobs[i].turn);
	for (unsigned i = 0; i < JOBS; i++) {
		assert_int_equal(came_back, i);
		loop_turn(&v.loop);
		assert_true(jobs[i].on_loop);
		assert_int_equal(jobs[i].as, i);
	}
	assert_int_equal(loop_next_deadline(&v.loop), LOOP_NEVER); /* and then there is nothing to do */
	tls_turns_unref(&turns);
	vloop_fini(&v);
}

static void who_leaves_is_not_served(void **state)
{
	(void)state;
	struct net_fixture f;
	struct job jobs[JOBS];
	unsigned expected = JOBS - 1;
	net_fixture_init(&f);
	jobs_init(jobs, 1);
	turns = tls_turns_new(&f.uv.loop, 1);
	for (unsigned i = 0; i < JOBS; i++)
		tls_turns_take(turns, &jobs[i].turn);
	assert_true(jobs[0].turn.away);
	tls_turn_leave(&jobs[0].turn); /* it comes back all the same */
	tls_turn_leave(&jobs[7].turn);
	tls_turn_leave(&jobs[7].turn);
	assert_true(net_fixture_run_until(&f, all_are_back, &expected));
	assert_int_equal(jobs[0].times, 0);
	assert_int_equal(jobs[7].times, 1);
	tls_turns_unref(&turns);
	net_fixture_fini(&f);
}

static void who_is_away_keeps_the_turns(void **state)
{
	(void)state;
	struct net_fixture f;
	struct job jobs[JOBS];
	net_fixture_init(&f);
	jobs_init(jobs, 1);
	turns = tls_turns_new(&f.uv.loop, 1);
	tls_turns_take(turns, &jobs[0].turn);
	tls_turns_unref(&turns);
	net_fixture_fini(&f); /* waits for it */
	assert_int_equal(came_back, 1);
}

/* ---- a listener whose peers leave ---- */

#define PEERS 60

struct crowd {
	struct net_fixture f;
	struct listener *listener;
	struct tls_ctx *server;
	struct end served[PEERS];
	size_t count;
	int fds[PEERS];   /* the peers' */
	char hello[2048]; /* their first words */
	size_t hello_len;
};

static void on_stream(void *arg, struct stream *s)
{
	struct crowd *c = arg;
	assert_true(c->count < PEERS);
	struct end *e = &c->served[c->count++];
	e->s = s;
	stream_listen(s, &end_events, e);
}

static void write_hello(struct crowd *c)
{
	struct tls_ctx *client = test_certs_client("ca", "gateway");
	struct errmsg m;
	SSL *ssl;
	assert_int_equal(tls_ctx_session(client, "localhost", &ssl, &m), OK);
	BIO *said = BIO_new(BIO_s_mem());
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), said);
	assert_int_equal(SSL_do_handshake(ssl), -1);
	int n = BIO_read(said, c->hello, sizeof c->hello);
	assert_in_range(n, 100, sizeof c->hello - 1);
	c->hello_len = (size_t)n;
	SSL_free(ssl);
	tls_ctx_unref(&client);
}

static void crowd_init(struct crowd *c)
{
	*c = (struct crowd){0};
	write_hello(c);
	net_fixture_init(&c->f);
	c->server = test_certs_server("ca", "registry");
	for (size_t i = 0; i < PEERS; i++)
		end_init(&c->served[i]);
	struct listener_config config = {
	    .address = "127.0.0.1:0", .tls = c->server, .on_stream = on_stream, .arg = c};
	struct errmsg m;
	assert_int_equal(listener_open(&c->listener, &c->f.uv.loop, &config, &m), OK);
}

static void crowd_fini(struct crowd *c)
{
	listener_close(&c->listener);
	net_fixture_fini(&c->f);
	tls_ctx_unref(&c->server);
	for (size_t i = 0; i < PEERS; i++)
		end_fini(&c->served[i]);
}

static int connect_to(const struct crowd *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(listener_port(c->listener)),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* The next peer comes and says so much of its hello. */
static int come(struct crowd *c, size_t i, size_t len)
{
	c->fds[i] = connect_to(c);
	assert_int_equal(send(c->fds[i], c->hello, len, MSG_NOSIGNAL), len);
	return c->fds[i];
}

static void leave(int fd, bool by_reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	if (by_reset)
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
	close(fd);
}

static bool all_have_come(void *arg)
{
	return ((const struct crowd *)arg)->count == PEERS;
}

static bool all_have_gone(void *arg)
{
	const struct crowd *c = arg;
	for (size_t i = 0; i < PEERS; i++)
		if (!c->served[i].closed)
			return false;
	return c->count == PEERS;
}

static void who_leaves_in_its_handshake_is_closed_once(void **state)
{
	(void)state;
	struct crowd c;
	crowd_init(&c);
	for (size_t i = 0; i < PEERS; i++) {
		int fd = come(&c, i, i % 5 == 0 ? c.hello_len / 2 : c.hello_len);
		if (i % 5 == 1) /* nobody's words, while the first are looked at */
			assert_int_equal(send(fd, c.hello + 7, 50, MSG_NOSIGNAL), 50);
		if (i % 5 == 2 || i % 5 == 3)
			leave(fd, i % 5 == 2);
	}
	assert_true(net_fixture_run_until(&c.f, all_have_come, &c));
	for (size_t i = 0; i < PEERS; i++) {
		if (i % 5 == 4 && c.served[i].s)
			end_abort(&c.served[i]); /* its hello is with a thread, or waits for one */
		if (i % 5 != 2 && i % 5 != 3)
			leave(c.fds[i], false);
	}
	assert_true(net_fixture_run_until(&c.f, all_have_gone, &c));
	for (size_t i = 0; i < PEERS; i++) {
		assert_int_equal(c.served[i].opened, 0);
		assert_int_equal(c.served[i].closed, 1);
	}
	crowd_fini(&c);
}

/* All are ended at once, and nobody waits for the threads but the loop's own end. */
static void the_end_comes_in_the_middle_of_handshakes(void **state)
{
	(void)state;
	struct crowd c;
	crowd_init(&c);
	for (size_t i = 0; i < PEERS; i++)
		(void)come(&c, i, c.hello_len);
	assert_true(net_fixture_run_until(&c.f, all_have_come, &c));
	for (size_t i = 0; i < PEERS; i++)
		end_abort(&c.served[i]);
	assert_true(net_fixture_run_until(&c.f, all_have_gone, &c));
	crowd_fini(&c);
	for (size_t i = 0; i < PEERS; i++)
		close(c.fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(threads_serve_all_in_their_order),
	    cmocka_unit_test(without_threads_one_is_served_in_a_turn_of_the_loop),
	    cmocka_unit_test(who_leaves_is_not_served),
	    cmocka_unit_test(who_is_away_keeps_the_turns),
	    cmocka_unit_test(who_leaves_in_its_handshake_is_closed_once),
	    cmocka_unit_test(the_end_comes_in_the_middle_of_handshakes),
	};
	return cmocka_run_group_tests_name("tls turns", tests, NULL, NULL);
}
