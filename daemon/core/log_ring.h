/* The last warnings and errors of the log, for the status page: the same words, without what a line is cut to. */
#ifndef VNEPP_CORE_LOG_RING_H
#define VNEPP_CORE_LOG_RING_H

#include "epp/base/date.h"
#include "epp/base/logapi.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_RING_MAX        50
#define LOG_RING_TEXT_MAX   240
#define LOG_RING_FIELDS_MAX 240

struct log_ring_entry {
	instant_ms_t at, last; /* the first and the newest of `count` that followed one another */
	uint64_t count;
	enum log_level level;
	char event[48];
	/* Printable text; long ones are cut. */
	char text[LOG_RING_TEXT_MAX], fields[LOG_RING_FIELDS_MAX]; /* "registry=sim account=a" */
};

struct log_ring {
	pthread_mutex_t lock;
	/* Under the lock: */
	struct log_ring_entry entries[LOG_RING_MAX]; /* a ring; the newest is before `next` */
	size_t next, used;
	uint64_t warnings, errors; /* since start */
};

void log_ring_init(struct log_ring *r);
void log_ring_fini(struct log_ring *r);
/* From any thread. One that equals the newest but for the time is counted with it. */
void log_ring_add(struct log_ring *r, instant_ms_t at, enum log_level level, const char *event,
                  const char *text, const struct log_field *fields, size_t n);
/* Copies the newest, newest first; returns how many. */
size_t log_ring_read(struct log_ring *r, struct log_ring_entry *out, size_t max, uint64_t *warnings,
                     uint64_t *errors);

#endif
