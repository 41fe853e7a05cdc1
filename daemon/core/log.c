/* The log's sink: formatting into one buffer on the stack, one write, no waiting. */
#include "daemon/core/log.h"
#include "daemon/core/log_int.h"
#include "daemon/core/log_ring.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/date.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Kept free for the end of a line that was cut: ,"cut":true}\n and the closing quote of a text. */
#define TAIL_ROOM 24

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

const char *const log_level_names[] = {"error", "warning", "notice", "info", "debug", NULL};

/* A line being written; what does not fit is left out and marks the line as cut. */
struct line {
	char text[LOG_LINE_MAX];
	size_t len;
	bool json, cut;
	bool any; /* has a field: a separator goes before the next */
};

/* ---- formatting ---- */

static bool fits(const struct line *l, size_t n)
{
	return l->len + n <= LOG_LINE_MAX - TAIL_ROOM;
}

static void put(struct line *l, struct str s)
{
	memcpy(l->text + l->len, s.ptr, s.len);
	l->len += s.len;
}

/* Length of the well-formed UTF-8 character at the front of `s`, its code point in *code; 0 when there is none. */
static size_t utf8_next(struct str s, uint32_t *code)
{
	unsigned char c = (unsigned char)s.ptr[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	*code = n == 1 ? c : c & (0x7fu >> n);
	if (n == 1)
		return 1;
	if (n > s.len || !str_is_utf8(str_make(s.ptr, n)))
		return 0;
	for (size_t i = 1; i < n; i++)
		*code = *code << 6 | ((unsigned char)s.ptr[i] & 0x3f);
	return n;
}

/* Control characters of ASCII and Latin-1, line separators, and what changes the direction of writing. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0xfeff;
}

size_t log_escape(struct str s, char out[8], struct str *unit)
{
	uint32_t code;
	size_t n = utf8_next(s, &code);
	if (n == 0) {
		*unit = STR("\xef\xbf\xbd");
		return 1;
	}
	if (code == '"' || code == '\\')
		*unit = str_make(out, (size_t)snprintf(out, 8, "\\%c", (char)code));
	else if (code == '\n')
		*unit = STR("\\n");
	else if (code == '\t')
		*unit = STR("\\t");
	else if (is_control(code))
		*unit = str_make(out, (size_t)snprintf(out, 8, "\\u%04x", (unsigned)(code & 0xffff)));
	else
		*unit = str_make(s.ptr, n);
	return n;
}

/* Between quotes; cut with "…" at LOG_VALUE_MAX or at the end of the line. */
static void put_quoted(struct line *l, struct str s)
{
	static const struct str dots = STR("\xe2\x80\xa6");
	size_t from = l->len;
	put(l, STR("\""));
	while (s.len > 0) {
		char room[8];
		struct str unit;
		size_t n = log_escape(s, room, &unit);
		if (l->len - from > LOG_VALUE_MAX || !fits(l, unit.len + dots.len)) {
			put(l, dots);
			break;
		}
		put(l, unit);
		s = str_make(s.ptr + n, s.len - n);
	}
	put(l, STR("\""));
}

/* May stand without quotes in logfmt. */
static bool is_plain(struct str s)
{
	if (s.len == 0 || s.len > 200)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f || s.ptr[i] == '"' || s.ptr[i] == '=' ||
		    s.ptr[i] == '\\')
			return false;
	return true;
}

/* Separator and key; false when the line has no room for the field. Keys are ours: they need no escaping. */
static bool put_key(struct line *l, const char *key)
{
	struct str k = str_c(key);
	if (l->cut || !fits(l, k.len + 32)) {
		l->cut = true;
		return false;
	}
	if (l->json) {
		put(l, l->any ? STR(",\"") : STR("\""));
		put(l, k);
		put(l, STR("\":"));
	} else {
		if (l->any)
			put(l, STR(" "));
		put(l, k);
		put(l, STR("="));
	}
	l->any = true;
	return true;
}

static void put_text(struct line *l, const char *key, struct str s)
{
	if (!put_key(l, key))
		return;
	if (!l->json && is_plain(s) && fits(l, s.len))
		put(l, s);
	else
		put_quoted(l, s);
}

static void put_field(struct line *l, const struct log_field *f)
{
	char digits[24];
	int n;
	if (f->type == LOG_FIELD_STR) {
		put_text(l, f->key, f->str);
		return;
	}
	if (f->type == LOG_FIELD_U64)
		n = snprintf(digits, sizeof digits, "%" PRIu64, f->u64);
	else
		n = snprintf(digits, sizeof digits, "%" PRId64, f->i64);
	if (put_key(l, f->key))
		put(l, str_make(digits, (size_t)n));
}

static void format(struct log_sink *s, struct line *l, enum log_level level, const char *event,
                   const char *text, const struct log_field *fields, size_t n)
{
	char time[TIME_TEXT_MAX];
	l->len = 0;
	l->json = s->json;
	l->cut = l->any = false;
	if (s->prefix) /* syslog's levels: error is 3 */
		l->len = (size_t)snprintf(l->text, sizeof l->text, "<%d>", (int)level + 3);
	if (l->json)
		put(l, STR("{"));
	put_text(l, "time", str_c(instant_format(time, s->clock->wall(s->clock), 0, true)));
	put_text(l, "level", str_c(log_level_names[level]));
	put_text(l, "event", str_c(event));
	put_text(l, "msg", str_c(text));
	for (size_t i = 0; i < n; i++)
		put_field(l, &fields[i]);
	if (l->cut)
		put(l, l->json ? STR(",\"cut\":true") : STR(" cut=true"));
	put(l, l->json ? STR("}\n") : STR("\n"));
}

/* ---- writing, under the lock ---- */

/* Bytes taken, 0 when nothing can be taken now. */
static size_t try_write(struct log_sink *s, const char *text, size_t len)
{
	ssize_t n;
	do {
		struct pollfd p = {.fd = s->fd, .events = POLLOUT};
		if (s->must_poll && poll(&p, 1, 0) != 1)
			return 0;
		n = s->is_socket ? send(s->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL)
		                 : write(s->fd, text, len);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

/* The rest of a line goes before everything else, or lines would mix. */
static bool write_rest(struct log_sink *s)
{
	size_t n = s->rest_len ? try_write(s, s->rest, s->rest_len) : 0;
	s->rest_len -= n;
	memmove(s->rest, s->rest + n, s->rest_len);
	return s->rest_len == 0;
}

static bool write_line(struct log_sink *s, const struct line *l)
{
	if (!write_rest(s))
		return false;
	size_t n = try_write(s, l->text, l->len);
	if (n == 0)
		return false;
	s->rest_len = l->len - n;
	memcpy(s->rest, l->text + n, s->rest_len);
	return true;
}

/* One datagram: all of it or nothing. */
static bool write_journal(struct log_sink *s, enum log_level level, const char *event, const char *text,
                          const struct log_field *fields, size_t n)
{
	char datagram[LOG_JOURNAL_MAX];
	size_t len = log_journal_format(datagram, s->program, level, event, text, fields, n);
	ssize_t sent;
	do
		sent = send(s->journal, datagram, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

static bool write_event(struct log_sink *s, enum log_level level, const char *event, const char *text,
                        const struct log_field *fields, size_t n)
{
	struct line l;
	if (s->journal >= 0)
		return write_journal(s, level, event, text, fields, n);
	format(s, &l, level, event, text, fields, n);
	return write_line(s, &l);
}

static bool report_dropped(struct log_sink *s)
{
	const struct log_field f = F_U64("lines", s->dropped);
	return write_event(s, LOG_WARNING, "log.dropped", "lines were lost: the log's reader was too slow",
	                   &f, 1);
}

static void write_or_count(struct log_sink *s, enum log_level level, const char *event, const char *text,
                           const struct log_field *fields, size_t n)
{
	if (s->dropped > 0 && report_dropped(s))
		s->dropped = 0;
	if (s->dropped > 0 || !write_event(s, level, event, text, fields, n)) {
		s->dropped++;
		atomic_fetch_add(&s->dropped_total, 1);
	}
}

static void tell_folded(struct log_sink *s, const struct log_fold_told *told)
{
	const struct log_field fields[] = {F_C("of", told->event), F_U64("lines", told->lines),
	                                   F_C("about", told->about)};
	write_or_count(s, told->level, "log.repeated",
	               "the same again within a minute, not written each time", fields, ARRAY_LEN(fields));
}

static void sweep(struct log_sink *s, bool all)
{
	struct log_fold_told told;
	while (log_fold_sweep(s->fold, s->clock->wall(s->clock), all, &told))
		tell_folded(s, &told);
}

void log_tick(struct log_sink *s)
{
	pthread_mutex_lock(&s->lock);
	sweep(s, false);
	pthread_mutex_unlock(&s->lock);
}

static void on_event(struct log *log, enum log_level level, const char *event, const char *text,
                     const struct log_field *fields, size_t n)
{
	struct log_sink *s = CONTAINER_OF(log, struct log_sink, log);
	struct log_fold_told told;
	int saved_errno = errno; /* whoever logs an error may still want it */
	instant_ms_t now = s->clock->wall(s->clock);
	if (s->ring && level <= LOG_WARNING)
		log_ring_add(s->ring, now, level, event, text, fields, n);
	pthread_mutex_lock(&s->lock);
	bool wanted = log_fold_take(s->fold, now, level, event, text, fields, n, &told);
	if (told.lines)
		tell_folded(s, &told);
	if (wanted)
		write_or_count(s, level, event, text, fields, n);
	pthread_mutex_unlock(&s->lock);
	errno = saved_errno;
}

/* ---- opening ---- */

static bool is_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
	return stream && strcmp(stream, ours) == 0;
}

/*
 * Writing must not wait, yet O_NONBLOCK on the descriptor would change it for every process that shares it. So pipes
 * and terminals are opened once more for ourselves, sockets are written to with MSG_DONTWAIT, files never make us wait.
 * Where the second opening is refused, poll() is asked before each line.
 */
static void choose_writing(struct log_sink *s, const struct stat *st)
{
	char path[64];
	s->is_socket = S_ISSOCK(st->st_mode);
	if (!S_ISFIFO(st->st_mode) && !S_ISCHR(st->st_mode))
		return;
	snprintf(path, sizeof path, "/proc/self/fd/%d", s->fd);
	int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own >= 0) {
		s->fd = own;
		s->own_fd = true;
	} else {
		s->must_poll = true;
	}
}

void log_open(struct log_sink *s, enum config_log_format format, enum log_level level, int fd,
              struct clock *clock)
{
	log_open_at(s, format, level, fd, clock, JOURNAL_SOCKET);
}

void log_open_at(struct log_sink *s, enum config_log_format format, enum log_level level, int fd,
                 struct clock *clock, const char *journal)
{
	struct stat st = {0};
	*s = (struct log_sink){.log = {.level = level, .write = on_event},
	                       .clock = clock,
	                       .program = "vneppd",
	                       .fd = fd,
	                       .journal = -1};
	s->fold = xcalloc(1, sizeof *s->fold);
	INVARIANT(pthread_mutex_init(&s->lock, NULL) == 0);
	bool terminal = isatty(fd);
	s->json = format == CONFIG_LOG_JSON || (format == CONFIG_LOG_AUTO && !terminal);
	if (fstat(fd, &st) != 0)
		return; /* a closed descriptor: every line is counted as dropped */
	s->prefix = is_journal(&st);
	if (s->prefix && format == CONFIG_LOG_AUTO)
		s->journal = log_journal_open(journal);
	choose_writing(s, &st);
}

void log_close(struct log_sink *s)
{
	sweep(s, true);
	free(s->fold);
	s->fold = NULL;
	if (s->journal >= 0)
		(void)close(s->journal); /* each datagram was taken or not */
	(void)write_rest(s);             /* the last chance; what does not go is lost */
	if (s->own_fd)
		(void)close(s->fd); /* nothing to be done about a failure */
	pthread_mutex_destroy(&s->lock);
}

void log_set_level(struct log_sink *s, enum log_level level)
{
	__atomic_store_n(&s->log.level, level, __ATOMIC_RELAXED);
}

uint64_t log_dropped(const struct log_sink *s)
{
	return atomic_load(&s->dropped_total);
}
