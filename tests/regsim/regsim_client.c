/* The raw client. */
#include "tests/regsim/regsim_client.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_MAX (64u << 20)

static void on_send(void *arg, struct str bytes)
{
	struct regsim_client *c = arg;
	REQUIRE(!c->closed);
	buf_add(&c->in, bytes);
	c->sends++;
}

static void on_close(void *arg, bool abort)
{
	struct regsim_client *c = arg;
	REQUIRE(!c->closed);
	c->closed = true;
	c->aborted = abort;
}

void regsim_client_open(struct regsim_client *c, struct vloop *loop, struct regsim *sim, const char *subject)
{
	static const struct regsim_conn_events events = {.send = on_send, .close = on_close};
	*c = (struct regsim_client){.loop = loop};
	buf_init(&c->in, IN_MAX);
	c->conn = regsim_conn_open(sim, &events, c, subject);
}

void regsim_client_fini(struct regsim_client *c)
{
	if (c->conn)
		regsim_conn_closed(c->conn);
	buf_fini(&c->in);
	c->conn = NULL;
}

void regsim_client_frame(struct buf *out, const char *xml)
{
	size_t n = strlen(xml) + 4;
	const unsigned char header[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
	                                 (unsigned char)(n >> 8), (unsigned char)n};
	buf_append(out, header, sizeof header);
	buf_add(out, str_c(xml));
}

void regsim_client_send_raw(struct regsim_client *c, const void *bytes, size_t len)
{
	/* A copy of exactly this size lets the sanitizer see reads beyond the end. */
	char *copy = malloc(len ? len : 1);
	REQUIRE(copy);
	memcpy(copy, bytes, len);
	regsim_conn_data(c->conn, str_make(copy, len));
	free(copy);
}

void regsim_client_send(struct regsim_client *c, const char *xml)
{
	struct buf out;
	buf_init(&out, IN_MAX);
	regsim_client_frame(&out, xml);
	regsim_client_send_raw(c, buf_data(&out), buf_len(&out));
	buf_fini(&out);
}

static size_t frame_len(struct regsim_client *c)
{
	const unsigned char *p = (const unsigned char *)buf_data(&c->in);
	if (buf_len(&c->in) < 4)
		return 0;
	size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | (size_t)p[3];
	return n >= 4 && n <= buf_len(&c->in) ? n : 0;
}

static bool has_frame(struct regsim_client *c)
{
	return c->closed || frame_len(c) != 0;
}

/* Moves the clock from deadline to deadline, no further than needed. */
static void wait_for_frame(struct regsim_client *c, uint64_t max_ms)
{
	uint64_t end = c->loop->now_us / 1000 + max_ms;
	vloop_settle(c->loop);
	while (!has_frame(c)) {
		uint64_t next = loop_next_deadline(&c->loop->loop), now = c->loop->now_us / 1000;
		if (next > end)
			return vloop_run_for(c->loop, end - now);
		vloop_run_for(c->loop, next > now ? next - now : 0);
	}
}

const char *regsim_client_take(struct regsim_client *c, uint64_t max_ms)
{
	static char text[1u << 20]; /* of the last answer, for whoever compares it */
	if (!has_frame(c))
		wait_for_frame(c, max_ms);
	size_t n = frame_len(c);
	if (!n || !str_copy(text, sizeof text, str_make(buf_data(&c->in) + 4, n - 4)))
		return NULL;
	buf_consume(&c->in, n);
	return text;
}

const char *regsim_client_ask(struct regsim_client *c, const char *xml)
{
	regsim_client_send(c, xml);
	return regsim_client_take(c, 60000);
}

int regsim_client_code(const char *answer)
{
	const char *at = answer ? strstr(answer, "<result code=\"") : NULL;
	return at ? atoi(at + 14) : 0;
}

int regsim_client_ask_code(struct regsim_client *c, const char *xml)
{
	return regsim_client_code(regsim_client_ask(c, xml));
}

int regsim_client_login(struct regsim_client *c, const char *login, const char *password)
{
	char xml[2048];
	const char *answer = regsim_client_take(c, 0);
	snprintf(
	    xml, sizeof xml,
	    REGSIM_CMD(
	        "<login><clID>%s</clID><pw>%s</pw><options><version>1.0</version><lang>en</lang></options>"
	        "<svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI>"
	        "<objURI>urn:ietf:params:xml:ns:contact-1.0</objURI>"
	        "<objURI>urn:ietf:params:xml:ns:host-1.0</objURI>"
	        "<svcExtension><extURI>urn:ietf:params:xml:ns:secDNS-1.1</extURI></svcExtension>"
	        "</svcs></login>",
	        "LOGIN-1"),
	    login, password);
	answer = regsim_client_ask(c, xml);
	return regsim_client_code(answer);
}
