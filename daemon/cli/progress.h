/*
 * Progress of a batch: a bar that redraws itself on a terminal, a plain line every few seconds elsewhere. The rate is
 * that of the last seconds, not since the start: it says what happens now.
 */
#ifndef VNEPP_CLI_PROGRESS_H
#define VNEPP_CLI_PROGRESS_H

#include "epp/base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PROGRESS_SAMPLES 32

struct progress {
	FILE *out; /* borrowed */
	bool terminal;
	unsigned columns;
	uint64_t next_us; /* when the next plain line is due */
	bool drawn;       /* a bar stands on the current line */
	struct {
		uint64_t at_us, done;
	} samples[PROGRESS_SAMPLES];
	unsigned sample_count, sample_at;
};

void progress_init(struct progress *p, FILE *out);
/* `done` of `total` lines have come to rest; `now_us` is monotonic. */
void progress_update(struct progress *p, uint64_t done, uint64_t total, uint64_t now_us);
/* Removes the bar, so that something else can be printed. */
void progress_clear(struct progress *p);

/* The text of a bar of at most `columns`: "[#####     ] 1200/2400  480/s  0:03 left". */
void progress_render(struct buf *out, unsigned columns, uint64_t done, uint64_t total, double per_s);
/* Lines per second over the samples kept; 0 when not known yet. */
double progress_rate(const struct progress *p);

#endif
