/* One end of a stream as tests see it: what came, in which order, and what it does when it comes. */
#ifndef VNEPP_TESTS_STREAM_END_H
#define VNEPP_TESTS_STREAM_END_H

#include "daemon/net/stream.h"

#include <stdbool.h>

struct end {
	struct stream *s; /* NULL before it is handed out, and after on_closed */
	struct buf got;
	unsigned opened, drained, eofs, closed, events_after_close;
	bool eof_clean;
	enum err why;
	char text[256];
	/* What to do in events. */
	bool close_in_open, abort_in_open, close_in_data, abort_in_data, pause_in_data, close_in_eof, echo;
	bool quiet; /* this side has closed: nothing but on_closed may come */
};

extern const struct stream_events end_events;
void end_init(struct end *e);
void end_fini(struct end *e);
void end_set(void *end, struct stream *s);
void end_close(struct end *e);
void end_abort(struct end *e);
bool end_is_open(void *end);
bool end_is_closed(void *end);
bool end_has_eof(void *end);

#endif
