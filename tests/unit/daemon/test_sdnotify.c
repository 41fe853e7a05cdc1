/* Notifications to the service manager, received by a socket of our own. */
#include "daemon/core/sdnotify.h"
#include "epp/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	char dir[64], path[128];
	int fd;
	struct sdnotify n;
};

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){.dir = "/tmp/vnepp-notify-XXXXXX", .fd = -1, .n.fd = -1};
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.path, sizeof f.path, "%s/socket", f.dir);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sdnotify_fini(&f->n);
	if (f->fd >= 0)
		close(f->fd);
	unlink(f->path);
	return rmdir(f->dir);
}

/* Binds `name`, whose first byte is NUL for an abstract one. */
static void listen_at(struct fixture *f, const char *name, size_t len)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	memcpy(a.sun_path, name, len);
	f->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(f->fd >= 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	assert_int_equal(bind(f->fd, (const struct sockaddr *)&a, size), 0);
}

static void start(struct fixture *f)
{
	listen_at(f, f->path, strlen(f->path));
	setenv("NOTIFY_SOCKET", f->path, 1);
	sdnotify_init(&f->n);
	assert_true(sdnotify_is_on(&f->n));
}

static const char *received(struct fixture *f)
{
	static char text[2048];
	ssize_t n = recv(f->fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static uint64_t fixed_mono(struct clock *c)
{
	(void)c;
	return 1234567890;
}

static void states_are_told(void **state)
{
	struct fixture *f = *state;
	struct clock clock = {.mono_us = fixed_mono};
	start(f);
	sdnotify_ready(&f->n);
	assert_string_equal(received(f), "READY=1");
	sdnotify_reloading(&f->n, &clock);
	assert_string_equal(received(f), "RELOADING=1\nMONOTONIC_USEC=1234567890");
	sdnotify_watchdog(&f->n);
	assert_string_equal(received(f), "WATCHDOG=1");
	sdnotify_stopping(&f->n);
	assert_string_equal(received(f), "STOPPING=1");
}

static void a_status_is_one_line(void **state)
{
	struct fixture *f = *state;
	char longer[2000];
	start(f);
	sdnotify_status(&f->n, "%d sessions\nREADY=1\x1b", 4);
	assert_string_equal(received(f), "STATUS=4 sessions READY=1 ");
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	sdnotify_status(&f->n, "%s", longer);
	assert_in_range(strlen(received(f)), 400, 520);
}

static void abstract_sockets_are_known(void **state)
{
	struct fixture *f = *state;
	char name[100];
	int len = snprintf(name, sizeof name, "@vnepp-test-%ld", (long)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	name[0] = '\0';
	listen_at(f, name, (size_t)len);
	sdnotify_init(&f->n);
	sdnotify_ready(&f->n);
	assert_string_equal(received(f), "READY=1");
}

static void nobody_asked(void **state)
{
	struct fixture *f = *state;
	sdnotify_init(&f->n);
	assert_false(sdnotify_is_on(&f->n));
	sdnotify_ready(&f->n);
	sdnotify_status(&f->n, "words");
	assert_int_equal(sdnotify_watchdog_ms(&f->n), 0);
}

static void strange_addresses_are_ignored(void **state)
{
	struct fixture *f = *state;
	char longer[300];
	memset(longer, 'x', sizeof longer);
	longer[0] = '/';
	longer[sizeof longer - 1] = '\0';
	const char *const strange[] = {"", "/", "@", "relative", "vsock:2:1", longer};
	for (size_t i = 0; i < ARRAY_LEN(strange); i++) {
		setenv("NOTIFY_SOCKET", strange[i], 1);
		sdnotify_init(&f->n);
		assert_false(sdnotify_is_on(&f->n));
	}
}

static void a_listener_that_is_gone_is_survived(void **state)
{
	struct fixture *f = *state;
	start(f);
	unlink(f->path);
	sdnotify_ready(&f->n);
	for (int i = 0; i < 5000; i++) /* nor one that does not read */
		sdnotify_watchdog(&f->n);
}

static void a_full_listener_does_not_block(void **state)
{
	struct fixture *f = *state;
	start(f);
	for (int i = 0; i < 20000; i++)
		sdnotify_watchdog(&f->n);
	assert_string_equal(received(f), "WATCHDOG=1");
}

static uint64_t watchdog(struct fixture *f, const char *usec, const char *pid)
{
	sdnotify_fini(&f->n);
	setenv("WATCHDOG_USEC", usec, 1);
	if (pid)
		setenv("WATCHDOG_PID", pid, 1);
	sdnotify_init(&f->n);
	return sdnotify_watchdog_ms(&f->n);
}

static void the_watchdog_is_fed_twice_as_often_as_asked(void **state)
{
	struct fixture *f = *state;
	char pid[32];
	start(f);
	assert_int_equal(watchdog(f, "30000000", NULL), 15000);
	assert_int_equal(watchdog(f, "100", NULL), 1);
	assert_int_equal(watchdog(f, "0", NULL), 0);
	assert_int_equal(watchdog(f, "-5", NULL), 0);
	assert_int_equal(watchdog(f, "soon", NULL), 0);
	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	assert_int_equal(watchdog(f, "4000000", pid), 2000);
	assert_int_equal(watchdog(f, "4000000", "1"), 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(states_are_told),
	    TEST(a_status_is_one_line),
	    TEST(abstract_sockets_are_known),
	    TEST(nobody_asked),
	    TEST(strange_addresses_are_ignored),
	    TEST(a_listener_that_is_gone_is_survived),
	    TEST(a_full_listener_does_not_block),
	    TEST(the_watchdog_is_fed_twice_as_often_as_asked),
	};
	return cmocka_run_group_tests_name("sdnotify", tests, NULL, NULL);
}
