/* The events of one end, counted and checked against what a stream promises. */
#include "tests/harness/stream_end.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static void seen(struct end *e)
{
	e->events_after_close += e->quiet || e->closed;
}

void end_close(struct end *e)
{
	e->quiet = true;
	stream_close(e->s);
}

void end_abort(struct end *e)
{
	e->quiet = true;
	stream_abort(e->s);
}

static void on_open(void *arg)
{
	struct end *e = arg;
	seen(e);
	e->opened++;
	if (e->close_in_open)
		end_close(e);
	if (e->abort_in_open)
		end_abort(e);
}

static void on_data(void *arg, struct str data)
{
	struct end *e = arg;
	seen(e);
	assert_true(e->opened == 1 && e->eofs == 0 && data.len > 0);
	buf_add(&e->got, data);
	if (e->echo)
		stream_write(e->s, data);
	if (e->pause_in_data)
		stream_pause(e->s);
	if (e->close_in_data)
		end_close(e);
	if (e->abort_in_data)
		end_abort(e);
}

static void on_drain(void *arg)
{
	struct end *e = arg;
	seen(e);
	e->drained++;
	assert_true(stream_queued(e->s) < STREAM_LOW_WATER);
}

static void on_eof(void *arg, bool clean)
{
	struct end *e = arg;
	seen(e);
	e->eofs++;
	e->eof_clean = clean;
	if (e->close_in_eof)
		end_close(e);
}

static void on_closed(void *arg, enum err why, const char *text)
{
	struct end *e = arg;
	assert_non_null(text);
	assert_int_equal(e->closed, 0);
	e->closed++;
	e->why = why;
	snprintf(e->text, sizeof e->text, "%s", text);
	e->s = NULL;
}

const struct stream_events end_events = {
    .on_open = on_open, .on_data = on_data, .on_drain = on_drain, .on_eof = on_eof, .on_closed = on_closed};

void end_init(struct end *e)
{
	*e = (struct end){0};
	buf_init(&e->got, 64u << 20);
}

void end_fini(struct end *e)
{
	assert_int_equal(e->events_after_close, 0);
	assert_true(e->eofs <= 1 && e->opened <= 1);
	buf_fini(&e->got);
}

void end_set(void *end, struct stream *s)
{
	struct end *e = end;
	e->s = s;
}

bool end_is_open(void *end)
{
	return ((struct end *)end)->opened > 0;
}

bool end_is_closed(void *end)
{
	return ((struct end *)end)->closed > 0;
}

bool end_has_eof(void *end)
{
	const struct end *e = end;
	return e->eofs > 0 || e->closed > 0;
}
