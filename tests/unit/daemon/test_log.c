/* The log's sink: both formats, hostile texts, slow readers, several threads. */
#include "daemon/core/log.h"
#include "epp/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static instant_ms_t fixed_wall(struct clock *c)
{
	return 1795140723123 + c->shift_ms; /* 2026-11-20T02:12:03.123Z */
}

static struct clock fixed = {.wall = fixed_wall};

struct fixture {
	FILE *file;
	struct log_sink sink;
	struct buf out;
};

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){.file = tmpfile()};
	assert_non_null(f.file);
	buf_init(&f.out, 16 << 20);
	unsetenv("JOURNAL_STREAM");
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	fclose(f->file);
	buf_fini(&f->out);
	return 0;
}

static void open_file_log(struct fixture *f, enum config_log_format format)
{
	log_open(&f->sink, format, LOG_INFO, fileno(f->file), &fixed);
}

/* All that was logged to the file; closes the sink. */
static const char *logged(struct fixture *f)
{
	char part[4096];
	size_t n;
	log_close(&f->sink);
	rewind(f->file);
	while ((n = fread(part, 1, sizeof part, f->file)) > 0)
		buf_append(&f->out, part, n);
	return buf_cstr(&f->out);
}

static void writes_json(void **state)
{
	struct fixture *f = *state;
	open_file_log(f, CONFIG_LOG_JSON);
	LOG(&f->sink.log, LOG_INFO, "session.ready", "logged in", F_C("registry", "a b"),
	    F_U64("session", UINT64_MAX), F_I64("late", -4));
	assert_string_equal(logged(f),
	                    "{\"time\":\"2026-11-20T02:12:03.123Z\",\"level\":\"info\","
	                    "\"event\":\"session.ready\",\"msg\":\"logged in\","
	                    "\"registry\":\"a b\",\"session\":18446744073709551615,\"late\":-4}\n");
}

static void writes_logfmt(void **state)
{
	struct fixture *f = *state;
	open_file_log(f, CONFIG_LOG_LOGFMT);
	LOG(&f->sink.log, LOG_ERROR, "store.full", "no room", F_C("path", "/a"), F_C("empty", ""),
	    F_C("none", NULL), F_C("eq", "a=b"), F_C("name", "Vi\xe1\xbb\x87t"), F_C("end", "a>"),
	    F_U64("n", 0));
	assert_string_equal(logged(f), "time=2026-11-20T02:12:03.123Z level=error event=store.full "
	                               "msg=\"no room\" path=/a empty=\"\" none=\"\" eq=\"a=b\" "
	                               "name=\"Vi\xe1\xbb\x87t\" end=a> n=0\n");
}

static void events_above_the_level_are_dropped(void **state)
{
	struct fixture *f = *state;
	open_file_log(f, CONFIG_LOG_LOGFMT);
	LOG(&f->sink.log, LOG_DEBUG, "a", "quiet", F_U64("n", 1));
	log_set_level(&f->sink, LOG_DEBUG);
	LOG(&f->sink.log, LOG_DEBUG, "b", "loud", F_U64("n", 1));
	log_set_level(&f->sink, LOG_ERROR);
	LOG(&f->sink.log, LOG_WARNING, "c", "quiet", F_U64("n", 1));
	LOG((struct log *)NULL, LOG_ERROR, "d", "nowhere", F_U64("n", 1));
	assert_string_equal(logged(f), "time=2026-11-20T02:12:03.123Z level=debug event=b msg=loud n=1\n");
}

static void hostile_text_is_escaped(void **state)
{
	struct fixture *f = *state;
	static const char text[] =
	    "a\"\\\n\t\x1b[2J\x7f\xc2\x9b\xe2\x80\xae\xff\xc3(\xed\xa0\x80\xf0\x9f\x98\x80\0z";
	open_file_log(f, CONFIG_LOG_JSON);
	LOG(&f->sink.log, LOG_INFO, "e", "m", F_STR("t", str_make(text, sizeof text - 1)));
	const char *line = logged(f);
	assert_non_null(
	    strstr(line, "\"t\":\"a\\\"\\\\\\n\\t\\u001b[2J\\u007f\\u009b\\u202e\xef\xbf\xbd\xef\xbf\xbd("
	                 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80\\u0000z\"}\n"));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void text_that_ends_inside_a_character_is_safe(void **state)
{
	struct fixture *f = *state;
	open_file_log(f, CONFIG_LOG_JSON);
	LOG(&f->sink.log, LOG_INFO, "e", "m", F_STR("t", str_make("x\xe1\xbb\x87", 3)));
	assert_non_null(strstr(logged(f), "\"t\":\"x\xef\xbf\xbd\xef\xbf\xbd\"}"));
}

/* Logs `count` texts of `len` bytes each and checks that what comes out is one good JSON line. */
static void log_long(struct fixture *f, size_t count, size_t len, const char *unit, bool cut)
{
	struct log_field fields[64];
	struct buf text;
	buf_init(&text, 1 << 20);
	while (buf_len(&text) < len)
		buf_add(&text, str_c(unit));
	for (size_t i = 0; i < count; i++)
		fields[i] = F_STR("text", buf_str(&text));
	open_file_log(f, CONFIG_LOG_JSON);
	f->sink.log.write(&f->sink.log, LOG_INFO, "e", "m", fields, count);
	const char *line = logged(f);
	assert_in_range(buf_len(&f->out), 1, LOG_LINE_MAX);
	assert_ptr_equal(strchr(line, '\n'), line + buf_len(&f->out) - 1);
	json_t *json = json_loads(line, 0, NULL);
	assert_non_null(json);
	assert_int_equal(json_is_true(json_object_get(json, "cut")), cut);
	json_decref(json);
	buf_fini(&text);
}

static void long_texts_are_cut(void **state)
{
	log_long(*state, 1, 100000, "x", false);
	struct fixture *f = *state;
	assert_in_range(buf_len(&f->out), LOG_VALUE_MAX, LOG_VALUE_MAX + 120);
	assert_non_null(strstr(buf_cstr(&f->out), "x\xe2\x80\xa6\"}\n"));
}

static void long_lines_are_cut(void **state)
{
	log_long(*state, 60, 900, "\x01", true);
}

static void lines_are_cut_at_any_length(void **state)
{
	struct fixture *f = *state;
	for (size_t len = 180; len < 260; len++) {
		log_long(f, 40, len, "\xe1\xbb\x87\x01", true);
		buf_clear(&f->out);
		rewind(f->file);
		assert_int_equal(ftruncate(fileno(f->file), 0), 0);
	}
}

static void the_journal_gets_priorities(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	char stream[64];
	assert_int_equal(fstat(fileno(f->file), &st), 0);
	snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	open_file_log(f, CONFIG_LOG_AUTO);
	LOG(&f->sink.log, LOG_WARNING, "e", "m", F_U64("n", 1));
	assert_non_null(strstr(logged(f), "<4>{\"time\":"));
	unsetenv("JOURNAL_STREAM");
}

static void a_terminal_gets_logfmt(void **state)
{
	struct fixture *f = *state;
	int pty = posix_openpt(O_RDWR | O_NOCTTY);
	if (pty < 0 || grantpt(pty) != 0 || unlockpt(pty) != 0)
		skip(); /* no pseudo-terminals here */
	int tty = open(ptsname(pty), O_RDWR | O_NOCTTY);
	assert_true(tty >= 0);
	log_open(&f->sink, CONFIG_LOG_AUTO, LOG_INFO, tty, &fixed);
	LOG(&f->sink.log, LOG_INFO, "e", "m", F_U64("n", 1));
	char text[200];
	ssize_t n = read(pty, text, sizeof text);
	assert_true(n > 5 && memcmp(text, "time=", 5) == 0);
	log_close(&f->sink);
	close(tty);
	close(pty);
}

static void log_numbered(struct log_sink *s, unsigned from, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		LOG(&s->log, LOG_INFO, "e", "some words that make the line longer", F_U64("n", from + i));
}

/* Reads without waiting until nothing is left. */
static void drain(struct fixture *f, int fd)
{
	char part[4096];
	ssize_t n;
	while ((n = read(fd, part, sizeof part)) > 0)
		buf_append(&f->out, part, (size_t)n);
}

static size_t count_lines(const char *text, const char *word)
{
	size_t n = 0;
	for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
		const char *end = strchr(at, '\n');
		assert_non_null(end);
		assert_memory_equal(at, "time=", 5);
		n += memmem(at, (size_t)(end - at), word, strlen(word)) != NULL;
	}
	return n;
}

/* A reader that does not read: lines are lost and counted, the writer goes on, nothing is torn. */
static void check_slow_reader(struct fixture *f, int reader, int writer)
{
	assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	int flags = fcntl(writer, F_GETFL);
	log_open(&f->sink, CONFIG_LOG_LOGFMT, LOG_INFO, writer, &fixed);
	log_numbered(&f->sink, 0, 20000);
	uint64_t lost = log_dropped(&f->sink);
	assert_in_range(lost, 1, 19999);
	drain(f, reader);
	log_numbered(&f->sink, 20000, 1);
	drain(f, reader);
	assert_int_equal(log_dropped(&f->sink), lost);
	assert_int_equal(fcntl(writer, F_GETFL), flags);
	log_close(&f->sink);
	char report[64];
	snprintf(report, sizeof report, "event=log.dropped msg=\"lines were lost: the log's reader");
	assert_int_equal(count_lines(buf_cstr(&f->out), report), 1);
	snprintf(report, sizeof report, " lines=%llu", (unsigned long long)lost);
	assert_int_equal(count_lines(buf_cstr(&f->out), report), 1);
	assert_int_equal(count_lines(buf_cstr(&f->out), "event=e"), 20001 - lost);
	close(reader);
	close(writer);
}

static void a_full_pipe_loses_lines_but_does_not_block(void **state)
{
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	check_slow_reader(*state, fds[0], fds[1]);
}

static void a_full_socket_loses_lines_but_does_not_block(void **state)
{
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	check_slow_reader(*state, fds[0], fds[1]);
}

static void a_reader_that_is_gone_is_survived(void **state)
{
	struct fixture *f = *state;
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[0]);
	log_open(&f->sink, CONFIG_LOG_AUTO, LOG_INFO, fds[1], &fixed);
	log_numbered(&f->sink, 0, 3);
	assert_int_equal(log_dropped(&f->sink), 3);
	log_close(&f->sink);
	close(fds[1]);
	log_open(&f->sink, CONFIG_LOG_AUTO, LOG_INFO, fds[1], &fixed); /* a closed descriptor */
	log_numbered(&f->sink, 0, 3);
	assert_int_equal(log_dropped(&f->sink), 3);
	log_close(&f->sink);
}

static void *log_from_thread(void *arg)
{
	log_numbered(arg, 0, 500);
	return NULL;
}

static void threads_do_not_mix_lines(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[4];
	open_file_log(f, CONFIG_LOG_LOGFMT);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_from_thread, &f->sink), 0);
	for (int i = 0; i < 20; i++)
		log_set_level(&f->sink, i % 2 ? LOG_INFO : LOG_DEBUG);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(count_lines(logged(f), "event=e msg=\"some words that make the line longer\" n="),
	                 2000);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(writes_json),
	    TEST(writes_logfmt),
	    TEST(events_above_the_level_are_dropped),
	    TEST(hostile_text_is_escaped),
	    TEST(text_that_ends_inside_a_character_is_safe),
	    TEST(long_texts_are_cut),
	    TEST(long_lines_are_cut),
	    TEST(lines_are_cut_at_any_length),
	    TEST(the_journal_gets_priorities),
	    TEST(a_terminal_gets_logfmt),
	    TEST(a_full_pipe_loses_lines_but_does_not_block),
	    TEST(a_full_socket_loses_lines_but_does_not_block),
	    TEST(a_reader_that_is_gone_is_survived),
	    TEST(threads_do_not_mix_lines),
	};
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
