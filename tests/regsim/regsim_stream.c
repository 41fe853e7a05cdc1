/*
 * Happy path: on_open makes a connection, bytes go both ways, the registry or the peer closes, on_closed ends both.
 * A stream that never opens has no connection. While the peer does not read, we do not read either.
 */
#include "tests/regsim/regsim_stream.h"
#include "daemon/net/stream.h"
#include "epp/base/alloc.h"
#include "tests/regsim/regsim.h"

#include <stdlib.h>

struct serving {
	struct regsim *sim; /* borrowed */
	struct stream *stream;
	struct regsim_conn *conn; /* NULL before on_open */
	bool paused;
};

static void send_bytes(void *arg, struct str bytes)
{
	struct serving *s = arg;
	stream_write(s->stream, bytes);
	if (!s->paused && stream_queued(s->stream) > STREAM_HIGH_WATER) {
		s->paused = true;
		stream_pause(s->stream);
	}
}

static void hang_up(void *arg, bool abort)
{
	struct serving *s = arg;
	if (abort)
		stream_abort(s->stream);
	else
		stream_close(s->stream);
}

static void on_open(void *arg)
{
	static const struct regsim_conn_events events = {.send = send_bytes, .close = hang_up};
	struct serving *s = arg;
	s->conn = regsim_conn_open(s->sim, &events, s, stream_peer(s->stream)->subject);
}

static void on_data(void *arg, struct str data)
{
	struct serving *s = arg;
	regsim_conn_data(s->conn, data);
}

static void on_drain(void *arg)
{
	struct serving *s = arg;
	if (!s->paused)
		return;
	s->paused = false;
	stream_resume(s->stream);
}

static void on_eof(void *arg, bool clean)
{
	struct serving *s = arg;
	(void)clean;
	stream_close(s->stream);
}

static void on_closed(void *arg, enum err why, const char *text)
{
	struct serving *s = arg;
	(void)why, (void)text;
	if (s->conn)
		regsim_conn_closed(s->conn);
	free(s);
}

void regsim_serve_stream(struct regsim *sim, struct stream *stream)
{
	static const struct stream_events events = {.on_open = on_open,
	                                            .on_data = on_data,
	                                            .on_drain = on_drain,
	                                            .on_eof = on_eof,
	                                            .on_closed = on_closed};
	struct serving *s = xcalloc(1, sizeof *s);
	s->sim = sim;
	s->stream = stream;
	stream_listen(stream, &events, s);
}
