/* The log where stderr is the journal, and events that repeat. */
#include "daemon/core/log.h"
#include "daemon/core/log_int.h"
#include "epp/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static instant_ms_t now = 1795140723123; /* 2026-11-20T02:12:03.123Z */

static instant_ms_t set_wall(struct clock *c)
{
	(void)c;
	return now;
}

static struct clock set_clock = {.wall = set_wall};

struct fixture {
	char dir[64], path[100];
	int journal; /* what the journal would receive */
	FILE *file;  /* stands for stderr */
	struct log_sink sink;
	char text[65536];
};

static int setup(void **state)
{
	static struct fixture f;
	struct stat st;
	char stream[64];
	f = (struct fixture){.file = tmpfile()};
	snprintf(f.dir, sizeof f.dir, "/tmp/vnepp-journal-XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.path, sizeof f.path, "%s/socket", f.dir);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	snprintf(at.sun_path, sizeof at.sun_path, "%s", f.path);
	f.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f.journal, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(fstat(fileno(f.file), &st), 0);
	snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	unsetenv("JOURNAL_STREAM");
	close(f->journal);
	unlink(f->path);
	rmdir(f->dir);
	fclose(f->file);
	return 0;
}

static void open_log(struct fixture *f, enum config_log_format format, const char *path)
{
	log_open_at(&f->sink, format, LOG_INFO, fileno(f->file), &set_clock, path);
}

/* The next datagram; "" when there is none. */
static const char *received(struct fixture *f)
{
	ssize_t n = recv(f->journal, f->text, sizeof f->text - 1, MSG_DONTWAIT);
	f->text[n > 0 ? n : 0] = '\0';
	return f->text;
}

/* What went to stderr instead. */
static const char *on_stderr(struct fixture *f)
{
	rewind(f->file);
	size_t n = fread(f->text, 1, sizeof f->text - 1, f->file);
	f->text[n] = '\0';
	return f->text;
}

static void every_field_is_one_of_the_journals(void **state)
{
	struct fixture *f = *state;
	open_log(f, CONFIG_LOG_AUTO, f->path);
	LOG(&f->sink.log, LOG_WARNING, "item.end", "done \"x\"", F_U64("item", 17), F_I64("code", -1),
	    F_C("cltrid", "VN-1"), F_STR("empty", STR_NONE));
	assert_string_equal(received(f),
	                    "MESSAGE=item.end: done \\\"x\\\" item=17 code=-1 cltrid=VN-1 empty=\n"
	                    "PRIORITY=4\nSYSLOG_IDENTIFIER=vneppd\nVNEPP_EVENT=item.end\n"
	                    "VNEPP_ITEM=17\nVNEPP_CODE=-1\nVNEPP_CLTRID=VN-1\nVNEPP_EMPTY=\n");
	log_close(&f->sink);
	assert_string_equal(on_stderr(f), "");
}

static void important_events_have_an_id(void **state)
{
	struct fixture *f = *state;
	open_log(f, CONFIG_LOG_AUTO, f->path);
	LOG(&f->sink.log, LOG_ERROR, "start.failed", "no", F_C("instance", "i"));
	assert_non_null(strstr(received(f), "\nMESSAGE_ID="));
	assert_int_equal(strspn(strstr(f->text, "MESSAGE_ID=") + 11, "0123456789abcdef"), 32);
	assert_null(log_journal_id("item.end"));
	log_close(&f->sink);
}

/* A peer's text cannot make fields of its own. */
static void a_line_end_in_a_text_ends_no_field(void **state)
{
	struct fixture *f = *state;
	open_log(f, CONFIG_LOG_AUTO, f->path);
	LOG(&f->sink.log, LOG_INFO, "e", "a\nPRIORITY=0\n", F_C("text", "b\nMESSAGE_ID=1\x1b[2J\xff"));
	assert_null(strstr(received(f), "\nPRIORITY=0"));
	assert_null(strstr(f->text, "\nMESSAGE_ID=1"));
	assert_non_null(strstr(f->text, "VNEPP_TEXT=b\\nMESSAGE_ID=1\\u001b[2J\xef\xbf\xbd\n"));
	log_close(&f->sink);
}

static void what_is_too_long_is_cut(void **state)
{
	struct fixture *f = *state;
	static char big[20000];
	struct log_field many[40];
	memset(big, 'x', sizeof big - 1);
	open_log(f, CONFIG_LOG_AUTO, f->path);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = F_C("text", big);
	f->sink.log.write(&f->sink.log, LOG_INFO, "e", big, many, ARRAY_LEN(many));
	size_t len = strlen(received(f));
	assert_true(len > 5000 && len <= LOG_JOURNAL_MAX);
	assert_int_equal(f->text[len - 1], '\n');
	assert_non_null(strstr(f->text, "x\xe2\x80\xa6\n"));
	for (char *line = strtok(f->text, "\n"); line; line = strtok(NULL, "\n"))
		assert_non_null(strchr(line, '='));
	log_close(&f->sink);
}

/* Every event until nobody takes them any more; afterwards it is said how many were lost. */
static void a_journal_that_is_full_is_not_waited_for(void **state)
{
	struct fixture *f = *state;
	int small = 1;
	assert_int_equal(setsockopt(f->journal, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
	open_log(f, CONFIG_LOG_AUTO, f->path);
	for (unsigned i = 0; i < 5000; i++)
		LOG(&f->sink.log, LOG_INFO, "e", "m", F_U64("n", i));
	assert_true(log_dropped(&f->sink) > 0);
	while (*received(f))
		;
	LOG(&f->sink.log, LOG_INFO, "e", "last", F_U64("n", 1));
	assert_non_null(strstr(received(f), "VNEPP_EVENT=log.dropped\n"));
	assert_non_null(strstr(received(f), "MESSAGE=e: last"));
	log_close(&f->sink);
}

static void without_a_journal_lines_go_to_stderr(void **state)
{
	struct fixture *f = *state;
	open_log(f, CONFIG_LOG_AUTO, "/nonexistent/socket");
	LOG(&f->sink.log, LOG_WARNING, "e", "m", F_U64("n", 1));
	log_close(&f->sink);
	assert_non_null(strstr(on_stderr(f), "<4>{\"time\":"));
	assert_int_equal(ftruncate(fileno(f->file), 0), 0);
	rewind(f->file);
	open_log(f, CONFIG_LOG_LOGFMT, f->path); /* as somebody wants it */
	LOG(&f->sink.log, LOG_WARNING, "e", "m", F_U64("n", 1));
	log_close(&f->sink);
	assert_non_null(strstr(on_stderr(f), "<4>time="));
	assert_string_equal(received(f), "");
}

/* ---- repeated events ----------------------------------------------------------------------------------------------------------- */

static unsigned count_of(const char *text, const char *what)
{
	unsigned n = 0;
	for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
		n++;
	return n;
}

static void say(struct fixture *f, const char *registry, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		LOG(&f->sink.log, LOG_WARNING, "x.lost", "gone", F_C("registry", registry), F_U64("n", 7));
}

static void repeats_become_one_line_with_a_count(void **state)
{
	struct fixture *f = *state;
	unsetenv("JOURNAL_STREAM");
	open_log(f, CONFIG_LOG_LOGFMT, f->path);
	say(f, "a", 10 + 990);
	say(f, "b", 10); /* another field: another event, and not too often */
	now += 59999;
	log_tick(&f->sink);
	assert_null(strstr(on_stderr(f), "log.repeated"));
	now += 1;
	log_tick(&f->sink);
	log_tick(&f->sink);
	on_stderr(f);
	assert_int_equal(count_of(f->text, "event=x.lost"), 20);
	assert_int_equal(count_of(f->text, "event=log.repeated"), 1);
	assert_non_null(strstr(f->text,
	                       "level=warning event=log.repeated msg=\"the same again within a minute, not "
	                       "written each time\" of=x.lost lines=990 about=\"registry=a n=7\"\n"));
	log_close(&f->sink);
}

static void after_a_minute_it_is_new_again(void **state)
{
	struct fixture *f = *state;
	unsetenv("JOURNAL_STREAM");
	open_log(f, CONFIG_LOG_LOGFMT, f->path);
	say(f, "a", 12);
	now += 60000;
	say(f, "a", 3); /* tells of the two before, without anybody ticking */
	on_stderr(f);
	assert_int_equal(count_of(f->text, "event=x.lost"), 13);
	assert_int_equal(count_of(f->text, "of=x.lost lines=2 "), 1);
	now -= 3600000; /* the clock was set back: nothing is held for an hour */
	say(f, "a", 11);
	on_stderr(f);
	assert_int_equal(count_of(f->text, "event=x.lost"), 23);
	log_close(&f->sink);
	on_stderr(f);
	assert_int_equal(count_of(f->text, "of=x.lost lines=1 "), 1); /* the end tells what is left */
}

/* More different events than there are places: each is written, none is counted wrongly. */
static void many_kinds_at_once_lose_nothing(void **state)
{
	struct fixture *f = *state;
	unsigned lines = 0;
	char name[16];
	unsetenv("JOURNAL_STREAM");
	open_log(f, CONFIG_LOG_LOGFMT, f->path);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "r%u", i);
		say(f, name, 1);
	}
	say(f, "a", 25);
	log_close(&f->sink);
	on_stderr(f);
	lines = count_of(f->text, "event=x.lost");
	assert_int_equal(lines, 310);
	assert_int_equal(count_of(f->text, "lines=15 about=\"registry=a n=7\""), 1);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(every_field_is_one_of_the_journals),       T(important_events_have_an_id),
	    T(a_line_end_in_a_text_ends_no_field),       T(what_is_too_long_is_cut),
	    T(a_journal_that_is_full_is_not_waited_for), T(without_a_journal_lines_go_to_stderr),
	    T(repeats_become_one_line_with_a_count),     T(after_a_minute_it_is_new_again),
	    T(many_kinds_at_once_lose_nothing),
	};
	return cmocka_run_group_tests_name("log_journal", tests, NULL, NULL);
}
