/* Shared by the files of the log's sink: log.c (JSON, logfmt, writing), log_journal.c, log_fold.c. */
#ifndef VNEPP_CORE_LOG_INT_H
#define VNEPP_CORE_LOG_INT_H

#include "epp/base/date.h"
#include "epp/base/logapi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first character of `s` (not empty) as it is printed, into `out` or as a view; returns the bytes of `s` that it took.
 * Control characters become \uXXXX, what is not UTF-8 becomes U+FFFD; quotes and backslashes are escaped. */
size_t log_escape(struct str s, char out[8], struct str *unit);

/* ---- log_journal.c ---- */

#define LOG_JOURNAL_MAX 16384 /* one datagram: texts stand in it twice */

/* A socket that is connected to the journal's; -1: there is none. */
int log_journal_open(const char *path);
/* One datagram of `program`; returns its length. */
size_t log_journal_format(char out[LOG_JOURNAL_MAX], const char *program, enum log_level level,
                          const char *event, const char *text, const struct log_field *fields, size_t n);
/* 32 hex digits, or NULL: this event has none. */
const char *log_journal_id(const char *event);

/* ---- log_fold.c ---- */

#define LOG_FOLD_AFTER 10    /* the same more often than this … */
#define LOG_FOLD_MS    60000 /* … within that: one line says how often */
#define LOG_FOLD_SLOTS 64
#define LOG_FOLD_ABOUT 240

/* One event with its words and fields. */
struct log_fold_slot {
	uint64_t key;
	instant_ms_t since;
	uint32_t count; /* since then; 0: the slot is free */
	enum log_level level;
	char event[48], about[LOG_FOLD_ABOUT];
};

struct log_fold {
	struct log_fold_slot slots[LOG_FOLD_SLOTS];
};

/* What was left out of the log, to be told. */
struct log_fold_told {
	uint32_t lines; /* 0: nothing */
	enum log_level level;
	char event[48], about[LOG_FOLD_ABOUT];
};

/* True: it is to be written. `told`: what must be told before, because it gave its place away or its minute is over. */
bool log_fold_take(struct log_fold *f, instant_ms_t now, enum log_level level, const char *event,
                   const char *text, const struct log_field *fields, size_t n, struct log_fold_told *told);
/* One whose minute is over (`all`: any that left something out); false: there is none. */
bool log_fold_sweep(struct log_fold *f, instant_ms_t now, bool all, struct log_fold_told *told);

#endif
