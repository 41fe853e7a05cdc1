/* The partner's HTTP side: any bytes in pieces of any size end in answers or a closed connection, and never in a
 * request that is neither answered nor aborted. */
#include "daemon/net/http1.h"
#include "daemon/net/stream.h"
#include "epp/base/check.h"
#include "tests/harness/mem_stream.h"
#include "tests/harness/vloop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
	struct stream *stream;
	struct str bytes;
	bool closed;
};

static unsigned open_requests;

static void on_body_end(struct http_request *r)
{
	open_requests--;
	http_respond(r, 200, NULL, 0, STR("ok"));
}

static void on_abort(struct http_request *r, enum err why)
{
	(void)r;
	(void)why;
	open_requests--;
}

static const struct http_events events = {.on_body_end = on_body_end, .on_abort = on_abort};

static void on_request(void *arg, struct http_request *r)
{
	(void)arg;
	open_requests++;
	REQUIRE(r->path.len > 0 && r->method.len > 0);
	r->ev = &events;
}

static void on_open(void *arg)
{
	struct peer *p = arg;
	if (p->bytes.len)
		stream_write(p->stream, p->bytes);
}

static void on_eof(void *arg, bool clean)
{
	(void)clean;
	stream_close(((struct peer *)arg)->stream);
}

static void on_closed(void *arg, enum err why, const char *text)
{
	(void)why;
	REQUIRE(text);
	((struct peer *)arg)->closed = true;
}

static const struct stream_events peer_events = {.on_open = on_open,
                                                 .on_eof = on_eof,
                                                 .on_closed = on_closed};

static bool is_closed(void *arg)
{
	return ((struct peer *)arg)->closed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct mem_opts opts = {.latency_ms = 1, .piece_max = (size_t)data[0] + 1};
	struct peer p = {.bytes = str_make((const char *)data + 1, size - 1)};
	struct http_server server;
	struct stream *ours;
	struct vloop v;
	vloop_init(&v, 1795168800000);
	struct mem_net *net = mem_net_new(&v.loop, &opts, 1);
	http_server_init(&server, &v.loop, on_request, NULL);
	mem_net_pair(net, &ours, &p.stream);
	stream_listen(p.stream, &peer_events, &p);
	http_server_on_stream(&server, ours);
	REQUIRE(vloop_run_until(&v, is_closed, &p, 3600000)); /* idle connections have a limit */
	vloop_settle(&v);
	REQUIRE(open_requests == 0);
	mem_net_free(net);
	vloop_fini(&v);
	return 0;
}
