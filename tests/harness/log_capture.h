/* A log sink for tests: keeps every event as text; warnings and errors that nobody expected are a failure. */
#ifndef VNEPP_TESTS_LOG_CAPTURE_H
#define VNEPP_TESTS_LOG_CAPTURE_H

#include "epp/base/buf.h"
#include "epp/base/logapi.h"

#include <stdbool.h>

struct log_capture {
	struct log log;      /* hand this to the code under test; level LOG_DEBUG */
	struct buf lines;    /* "warning session.lost text key=value key=value\n" */
	struct buf expected; /* event names, '\n' after each */
};

void log_capture_init(struct log_capture *c);
/* This event may come as a warning or an error. */
void log_capture_expect(struct log_capture *c, const char *event);
size_t log_capture_count(const struct log_capture *c, const char *event);
/* Some line holds this text. */
bool log_capture_has(const struct log_capture *c, const char *text);
/* Frees. How many warnings and errors nobody had expected; they are printed to stderr. */
size_t log_capture_fini(struct log_capture *c);

#endif
