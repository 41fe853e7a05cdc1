/*
 * The log's sink: one line per event on a file descriptor, JSON or logfmt.
 *
 *   {"time":"2026-11-20T02:12:03.123Z","level":"info","event":"session.ready","msg":"logged in","session":4}
 *   time=2026-11-20T02:12:03.123Z level=info event=session.ready msg="logged in" session=4
 *
 * Texts may come from a peer: control characters (those that turn writing around among them) are written as \uXXXX,
 * bytes that are not UTF-8 as U+FFFD, long texts are cut and end in "…". A line that the reader does not take at once
 * is dropped and counted; the next line that can be written is preceded by a "log.dropped" event with the count.
 * Nothing here ever blocks or fails. Any thread may log.
 *
 * Where stderr is the journal, its own protocol is used: each field is one of the journal's (VNEPP_ITEM=17), and important
 * events have a MESSAGE_ID.
 *
 * The same event with the same words and fields is written ten times within a minute; then it is counted, and one
 * "log.repeated" says what (`of`, `about`) and how often (`lines`).
 */
#ifndef VNEPP_CORE_LOG_H
#define VNEPP_CORE_LOG_H

#include "daemon/core/config.h"
#include "epp/base/clock.h"
#include "epp/base/logapi.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LOG_LINE_MAX  4096 /* with the newline; PIPE_BUF, so that lines of several writers do not mix */
#define LOG_VALUE_MAX 1000 /* bytes of one text that are kept, so that one cannot push out the others */

struct log_fold;
struct log_ring;

struct log_sink {
	struct log log;      /* hand this to whoever logs */
	struct clock *clock; /* borrowed; its wall() is called from any thread */
	const char *program; /* who the journal is told that we are: "vneppd" unless set after opening */
	int fd;              /* borrowed, unless `own_fd` */
	int journal;         /* owned; -1: `fd` is written to */
	bool own_fd, is_socket, must_poll;
	bool json, prefix;
	pthread_mutex_t lock;
	/* Under the lock: */
	uint64_t dropped;      /* since the last line that was written */
	struct log_fold *fold; /* owned */
	char rest[LOG_LINE_MAX];
	size_t rest_len; /* of a line that was written in part */
	atomic_uint_least64_t dropped_total;
	struct log_ring
	    *ring; /* borrowed; gets warnings and errors, too; NULL: none. Set before threads log. */
};

/* "error", "warning", …: by enum log_level; NULL-terminated. */
extern const char *const log_level_names[];

/*
 * AUTO is logfmt on a terminal, the journal's own fields where `fd` is the journal (JOURNAL_STREAM) and it answers, and
 * JSON elsewhere. Another format there, or a journal that does not answer: lines begin with their "<priority>". `fd` is borrowed and its flags are left alone: other processes may share it.
 */
void log_open(struct log_sink *s, enum config_log_format format, enum log_level level, int fd,
              struct clock *clock);
/* The same with the journal's socket elsewhere. */
void log_open_at(struct log_sink *s, enum config_log_format format, enum log_level level, int fd,
                 struct clock *clock, const char *journal);
/* Now and then, from any thread: tells what was left out and is not repeated any more. */
void log_tick(struct log_sink *s);
#define LOG_TICK_MS 10000
/* Nobody may log any more. */
void log_close(struct log_sink *s);
/* From any thread. */
void log_set_level(struct log_sink *s, enum log_level level);
uint64_t log_dropped(const struct log_sink *s);

#endif
