/*
 * Slow people at the partners' API, and an honest partner beside them.
 *
 *   bench-crowd slow PORT CERTS CONNECTIONS     keeps so many slow connections until it is killed; each that the server
 *                                               ends is made again. Prints "held N ended N" every second.
 *   bench-crowd ask PORT CERTS SECONDS RATE     an honest partner's requests on one kept connection, and every tenth on
 *                                               a new one: "kept P50 P99 WORST new P50 P99 WORST failed N", milliseconds
 *
 * The slow ones come from many addresses of this machine. Of ten, four say nothing at all, two stop in the middle of
 * their hello, one says nothing after its handshake, two send a header and one a body, a byte in a second.
 */
#include "epp/base/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PER_ADDRESS   50 /* connections; fewer than one address may have */
#define PER_TICK      1 /* made in a tick at most: 1,000 in a second; most live as long as the deadline of 10 s */
#define REST_MS       5000 /* until one that did not live as long comes again: slow, not a flood */
#define TICK_MS       1    /* they know nothing of each other: never many at once */
#define BYTE_EVERY_MS 1000

enum habit { SILENT, HALF_HELLO, IDLE, SLOW_HEAD, SLOW_BODY };
static const enum habit habits[10] = {SILENT,     SILENT, SILENT,    SILENT,    HALF_HELLO,
                                      HALF_HELLO, IDLE,   SLOW_HEAD, SLOW_HEAD, SLOW_BODY};

struct slow {
	int fd; /* -1: to be made */
	enum habit habit;
	SSL *ssl;
	bool ready, said;
	int64_t made_ms, next_ms;
};

static struct sockaddr_in server = {.sin_family = AF_INET};
static SSL_CTX *tls;
static int epoll;
static unsigned long held, ended;

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void load_tls(const char *certs, const char *partner)
{
	char path[4096];
	tls = SSL_CTX_new(TLS_client_method());
	REQUIRE(tls);
	snprintf(path, sizeof path, "%s/%s.pem", certs, partner);
	REQUIRE(SSL_CTX_use_certificate_chain_file(tls, path) == 1);
	snprintf(path, sizeof path, "%s/%s.key", certs, partner);
	REQUIRE(SSL_CTX_use_PrivateKey_file(tls, path, SSL_FILETYPE_PEM) == 1);
	SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
}

/* ---- the slow ones ---------------------------------------------------------------------------------------------------- */

static void drop(struct slow *s)
{
	int64_t now_ms = now_us() / 1000;
	SSL_free(s->ssl);
	close(s->fd);
	*s = (struct slow){.fd = -1,
	                   .habit = s->habit,
	                   .next_ms = now_ms - s->made_ms < REST_MS ? now_ms + REST_MS : 0};
	held--;
	ended++;
}

static void make(struct slow *s, unsigned number)
{
	struct sockaddr_in own = {.sin_family = AF_INET,
	                          .sin_addr.s_addr =
	                              htonl((127u << 24) + (1u << 16) + 1 + number / PER_ADDRESS)};
	struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = s};
	int on = 1;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	REQUIRE(s->fd >= 0);
	(void)setsockopt(s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on); /* only saves ports */
	if (bind(s->fd, (const struct sockaddr *)&own, sizeof own) != 0 ||
	    (connect(s->fd, (const struct sockaddr *)&server, sizeof server) != 0 && errno != EINPROGRESS)) {
		close(s->fd);
		s->fd = -1;
		return;
	}
	if (s->habit >= IDLE) {
		s->ssl = SSL_new(tls);
		REQUIRE(s->ssl && SSL_set_fd(s->ssl, s->fd) == 1);
		SSL_set_connect_state(s->ssl);
		e.events |= EPOLLOUT; /* begins the handshake */
	}
	REQUIRE(epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &e) == 0);
	held++;
}

/* True: it lives. */
static bool is_alive(const struct slow *s, int r)
{
	int e = SSL_get_error(s->ssl, r);
	return r > 0 || e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE;
}

static void shake(struct slow *s)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = s};
	int r = SSL_do_handshake(s->ssl);
	s->ready = r == 1;
	if (!is_alive(s, r))
		drop(s);
	else
		REQUIRE(epoll_ctl(epoll, EPOLL_CTL_MOD, s->fd, &e) == 0);
}

static void on_event(struct slow *s, uint32_t events)
{
	char buf[4096];
	if (s->fd < 0)
		return;
	if (events & (EPOLLERR | EPOLLHUP)) {
		drop(s);
	} else if (s->ssl && !s->ready) {
		shake(s);
	} else if (s->ssl) {
		if (!is_alive(s, SSL_read(s->ssl, buf, sizeof buf)))
			drop(s);
	} else {
		ssize_t n = recv(s->fd, buf, sizeof buf, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			drop(s);
	}
}

/* What it has to say now. */
static void speak(struct slow *s)
{
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	static const char *const first[] = {
	    [SLOW_HEAD] = "GET /v1/limits HTTP/1.1\r\nHost: localhost\r\nX: ",
	    [SLOW_BODY] =
	        "POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
	        "Content-Length: 100000\r\n\r\n{"};
	if (s->habit == HALF_HELLO && !s->said)
		(void)!send(s->fd, hello, sizeof hello - 1, MSG_NOSIGNAL); /* it may be gone, which is told */
	if (s->habit >= SLOW_HEAD && s->ready) {
		const char *text = s->said ? " " : first[s->habit];
		if (!is_alive(s, SSL_write(s->ssl, text, (int)strlen(text)))) {
			drop(s);
			return;
		}
	}
	s->said = s->habit < IDLE || s->ready;
}

static void tick(struct slow *all, unsigned count, int64_t now_ms)
{
	unsigned made = 0;
	for (unsigned i = 0; i < count; i++) {
		struct slow *s = &all[i];
		if (s->fd < 0 && made < PER_TICK && now_ms >= s->next_ms) {
			made++;
			make(s, i);
			s->made_ms = now_ms;
			s->next_ms = now_ms + BYTE_EVERY_MS;
		} else if (s->fd >= 0 && now_ms >= s->next_ms) {
			s->next_ms = now_ms + BYTE_EVERY_MS;
			speak(s);
		}
	}
}

static int slow(unsigned count)
{
	struct slow *all = calloc(count, sizeof *all);
	struct epoll_event events[256];
	int64_t next_ms = 0, told_ms = now_us() / 1000;
	REQUIRE(all);
	for (unsigned i = 0; i < count; i++) {
		all[i].fd = -1;
		all[i].habit = habits[i % 10];
	}
	epoll = epoll_create1(EPOLL_CLOEXEC);
	REQUIRE(epoll >= 0);
	for (;;) {
		int n = epoll_wait(epoll, events, 256, TICK_MS);
		for (int i = 0; i < n; i++)
			on_event(events[i].data.ptr, events[i].events);
		int64_t now_ms = now_us() / 1000;
		if (now_ms >= next_ms) {
			next_ms = now_ms + TICK_MS;
			tick(all, count, now_ms);
		}
		if (now_ms >= told_ms) {
			told_ms += 1000;
			printf("held %lu ended %lu\n", held, ended);
			fflush(stdout);
		}
	}
}

/* ---- the honest one ----------------------------------------------------------------------------------------------------- */

struct times {
	double *ms;
	size_t count;
};

static SSL *dial(void)
{
	struct timeval limit = {.tv_sec = 30};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	REQUIRE(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit); /* or it would wait for ever */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	SSL *ssl = SSL_new(tls);
	REQUIRE(ssl && SSL_set_fd(ssl, fd) == 1);
	if (connect(fd, (const struct sockaddr *)&server, sizeof server) == 0 && SSL_connect(ssl) == 1)
		return ssl;
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static void hang_up(SSL **ssl)
{
	if (!*ssl)
		return;
	close(SSL_get_fd(*ssl));
	SSL_free(*ssl);
	*ssl = NULL;
}

/* One request and its whole answer: 200. */
static bool ask_once(SSL *ssl)
{
	static const char request[] = "GET /v1/limits HTTP/1.1\r\nHost: localhost\r\n\r\n";
	char buf[65536];
	size_t have = 0;
	if (SSL_write(ssl, request, sizeof request - 1) <= 0)
		return false;
	for (;;) {
		int n = SSL_read(ssl, buf + have, (int)(sizeof buf - 1 - have));
		if (n <= 0)
			return false;
		have += (size_t)n;
		buf[have] = '\0';
		const char *end = strstr(buf, "\r\n\r\n"), *length = strstr(buf, "Content-Length: ");
		if (end && length && have >= (size_t)(end + 4 - buf) + strtoul(length + 16, NULL, 10))
			return strncmp(buf, "HTTP/1.1 200 ", 13) == 0;
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void tell(struct times *t)
{
	qsort(t->ms, t->count, sizeof *t->ms, by_size);
	printf("%.2f %.2f %.2f ", t->ms[t->count / 2], t->ms[t->count * 99 / 100], t->ms[t->count - 1]);
}

/* Requests on one connection, or each on a new one. What was late because of the one before has waited since it was due. */
static int ask(double seconds, double rate, bool keeps)
{
	size_t all = (size_t)(seconds * rate);
	struct times took = {calloc(all + 1, sizeof(double)), 0};
	unsigned failed = 0;
	int64_t start = now_us();
	SSL *line = NULL;
	REQUIRE(took.ms);
	for (size_t i = 0; i < all; i++) {
		int64_t due = start + (int64_t)((double)i * 1e6 / rate), wait = due - now_us();
		if (wait > 0)
			usleep((useconds_t)wait);
		int64_t from = wait > 0 ? now_us() : due;
		if (!line)
			line = dial();
		bool good = line && ask_once(line);
		took.ms[took.count++] = (double)(now_us() - from) / 1000;
		failed += !good;
		if (!good || !keeps)
			hang_up(&line);
	}
	hang_up(&line);
	tell(&took);
	printf("failed %u\n", failed);
	free(took.ms);
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	bool is_slow = argc == 5 && strcmp(argv[1], "slow") == 0,
	     keeps = argc == 6 && strcmp(argv[1], "keep") == 0,
	     renews = argc == 6 && strcmp(argv[1], "renew") == 0;
	if (!is_slow && !keeps && !renews) {
		fprintf(
		    stderr,
		    "usage: bench-crowd slow PORT CERTS CONNECTIONS | keep|renew PORT CERTS SECONDS RATE\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files); /* what it lacks shows as connections that are not held */
	server.sin_port = htons((uint16_t)atoi(argv[2]));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	load_tls(argv[3], is_slow ? "hoasen" : "anphat");
	return is_slow ? slow((unsigned)atoi(argv[4])) : ask(atof(argv[4]), atof(argv[5]), keeps);
}
