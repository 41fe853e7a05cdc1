/*
 * What the tests of sessions and pools share: a registry whose manners are scripted, on streams in memory under a
 * virtual clock, and an owner who counts what it is told. Included once by each test program.
 *
 * No callback may come from inside a call: PLAY_CALL() marks calls, and every callback looks.
 */
#ifndef VNEPP_TESTS_SESSION_PLAY_H
#define VNEPP_TESTS_SESSION_PLAY_H

#include "daemon/core/limits.h"
#include "daemon/session/session.h"
#include "epp/base/alloc.h"
#include "epp/command.h"
#include "epp/frame.h"
#include "epp/ns.h"
#include "tests/harness/log_capture.h"
#include "tests/harness/mem_stream.h"
#include "tests/harness/vloop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define START_MS     1795140000000LL /* 2026-11-20T02:00:00Z */
#define LATENCY_MS   5
#define CONNECT_MS   10000
#define GREETING_MS  8000
#define LOGIN_MS     7000
#define ANSWER_MS    60000
#define LOGOUT_MS    5000
#define KEEPALIVE_MS 240000
#define AGE_MS       3600000
#define PEERS_MAX    64
#define HOUR_MS      3600000

#define PLAY_EPP(body) "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\">" body "</epp>"
#define GREETING_OF(version, lang, date, objects, extensions)                                     \
	PLAY_EPP("<greeting><svID>x</svID><svDate>" date "</svDate><svcMenu><version>" version    \
	         "</version><lang>" lang "</lang>" objects "<svcExtension>" extensions            \
	         "</svcExtension></svcMenu><dcp><access><all/></access><statement><purpose>"      \
	         "<admin/></purpose><recipient><ours/></recipient><retention><none/></retention>" \
	         "</statement></dcp></greeting>")
#define NOW_DATE "2026-11-20T02:00:00Z"
#define OBJECTS  "<objURI>" EPP_URI_DOMAIN "</objURI><objURI>" EPP_URI_CONTACT "</objURI>"
#define SECDNS   "<extURI>" EPP_URI_SECDNS "</extURI>"
#define LOGINSEC "<extURI>" EPP_URI_LOGINSEC "</extURI>"
#define GREETING GREETING_OF("1.0", "en", NOW_DATE, OBJECTS, SECDNS)

struct play;

/* One connection, seen from the registry. */
struct peer {
	struct play *w;
	struct stream *s; /* NULL: closed */
	struct buf in;
	uint16_t port;
	char waiting[1200][EPP_TRID_MAX + 1]; /* clTRIDs of commands without an answer */
	size_t waiting_count;
	unsigned commands;
	bool eof;
};

/* What the registry does by itself; 0 in a code: the good one; SILENT: nothing. */
enum { SILENT = -1, HANG_UP = -2 };
struct manners {
	const char *greeting;                /* NULL: GREETING; "": none */
	struct str raw;                      /* instead of a greeting: these bytes */
	int login, logout, poll, ack, other; /* other: SILENT leaves it to the test */
	const char *login_ext;
	uint64_t msgq;          /* count on all good answers */
	const char *message_id; /* of the message in the queue; NULL: m<n> */
	bool close_after_raw, omit_trid;
};

struct play {
	struct vloop v;
	struct mem_net *net;
	struct mem_dialer dialer;
	struct log_capture log;
	struct limits limits;
	struct epp_parser *parser;
	struct manners manners;
	struct manners *manners_of; /* by port, for those that differ; NULL: none */
	uint16_t manners_port;
	struct peer *peers[PEERS_MAX]; /* owned, in the order of connecting */
	size_t peer_count;
	unsigned connects, logins, polls, acks, logouts, queue; /* queue: messages waiting */
	char last_login[8192], last_ack[512];
	bool calling;
	bool (*on_command)(struct play *w, struct peer *p, const char *xml); /* true: it has dealt with it */
};

#define PLAY_CALL(w, call)            \
	do {                          \
		(w)->calling = true;  \
		call;                 \
		(w)->calling = false; \
	} while (0)

/* ---- the registry ------------------------------------------------------------------------------------------------------ */

static UNUSED void peer_raw(struct peer *p, const void *bytes, size_t len)
{
	if (p->s)
		stream_write(p->s, str_make(bytes, len));
}

static void peer_frame(struct peer *p, const char *xml)
{
	size_t len = strlen(xml) + 4;
	unsigned char head[4] = {(unsigned char)(len >> 24), (unsigned char)(len >> 16),
	                         (unsigned char)(len >> 8), (unsigned char)len};
	peer_raw(p, head, 4);
	peer_raw(p, xml, len - 4);
}

static UNUSED void peer_close(struct peer *p)
{
	if (p->s)
		stream_close(p->s);
}

/* `cltrid` NULL: none. `rest` stands between result and trID. */
static void peer_answer_as(struct peer *p, int code, const char *cltrid, const char *rest)
{
	static char xml[8192];
	char trid[128] = "";
	if (cltrid)
		snprintf(trid, sizeof trid, "<clTRID>%s</clTRID>", cltrid);
	snprintf(xml, sizeof xml,
	         PLAY_EPP("<response><result code=\"%d\"><msg>said</msg></result>%s<trID>%s"
	                  "<svTRID>sv-1</svTRID></trID></response>"),
	         code, rest ? rest : "", trid);
	peer_frame(p, xml);
}

/* This command, which does not wait: a test looks at it first. */
static UNUSED void peer_answer_to(struct peer *p, const char *xml, int code)
{
	char id[EPP_TRID_MAX + 1];
	assert_int_equal(sscanf(strstr(xml, "<clTRID>"), "<clTRID>%64[^<]", id), 1);
	peer_answer_as(p, code, id, NULL);
}

/* The oldest command that waits. */
static UNUSED void peer_answer(struct peer *p, int code)
{
	assert_true(p->waiting_count > 0);
	char msgq[64] = "";
	if (p->w->manners.msgq)
		snprintf(msgq, sizeof msgq, "<msgQ count=\"%d\" id=\"x\"/>", (int)p->w->manners.msgq);
	peer_answer_as(p, code, p->w->manners.omit_trid ? NULL : p->waiting[0], msgq);
	p->waiting_count--;
	memmove(p->waiting[0], p->waiting[1], p->waiting_count * sizeof p->waiting[0]);
}

static const struct manners *manners_for(const struct peer *p)
{
	return p->w->manners_of && p->w->manners_port == p->port ? p->w->manners_of : &p->w->manners;
}

static void act(struct peer *p, int code, const char *cltrid, const char *rest)
{
	if (code == HANG_UP)
		peer_close(p);
	else if (code != SILENT)
		peer_answer_as(p, code, manners_for(p)->omit_trid ? NULL : cltrid, rest);
}

static const char *message_id(const struct play *w)
{
	static char id[32];
	snprintf(id, sizeof id, "m%u", w->acks + 1);
	return w->manners.message_id ? w->manners.message_id : id;
}

static void on_poll(struct peer *p, const char *cltrid, int code)
{
	struct play *w = p->w;
	char rest[2048] = "";
	w->polls++;
	if (code == 0 && w->queue > 0)
		snprintf(rest, sizeof rest,
		         "<msgQ count=\"%u\" id=\"%s\"><qDate>" NOW_DATE "</qDate><msg>text</msg></msgQ>",
		         w->queue, message_id(w));
	act(p, code ? code : w->queue ? 1301 : 1300, cltrid, rest);
}

static void on_ack(struct peer *p, const char *xml, const char *cltrid, int code)
{
	struct play *w = p->w;
	snprintf(w->last_ack, sizeof w->last_ack, "%s", strstr(xml, "msgID="));
	if ((code == 0 || code == HANG_UP) && w->queue > 0)
		w->queue--;
	w->acks++;
	act(p, code ? code : 1000, cltrid, NULL);
}

static void on_command(struct peer *p, const char *xml)
{
	struct play *w = p->w;
	const struct manners *m = manners_for(p);
	char id[EPP_TRID_MAX + 1] = "";
	const char *at = strstr(xml, "<clTRID>");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "<clTRID>%64[^<]", id), 1);
	p->commands++;
	if (w->on_command && w->on_command(w, p, xml))
		return;
	if (strstr(xml, "<login>")) {
		w->logins++;
		snprintf(w->last_login, sizeof w->last_login, "%s", xml);
		act(p, m->login ? m->login : 1000, id, m->login_ext);
	} else if (strstr(xml, "<logout")) {
		w->logouts++;
		act(p, m->logout ? m->logout : 1500, id, NULL);
		if (m->logout == 0)
			peer_close(p);
	} else if (strstr(xml, "op=\"req\"")) {
		on_poll(p, id, m->poll);
	} else if (strstr(xml, "op=\"ack\"")) {
		on_ack(p, xml, id, m->ack);
	} else if (m->other != SILENT) {
		char msgq[64] = "";
		if (m->msgq)
			snprintf(msgq, sizeof msgq, "<msgQ count=\"%d\" id=\"x\"/>", (int)m->msgq);
		act(p, m->other ? m->other : 1000, id, msgq);
	} else {
		assert_true(p->waiting_count < ARRAY_LEN(p->waiting));
		memcpy(p->waiting[p->waiting_count++], id, sizeof id);
	}
}

static void peer_data(void *arg, struct str data)
{
	struct peer *p = arg;
	struct str xml;
	size_t used;
	buf_add(&p->in, data);
	while (p->s && epp_frame_next(buf_str(&p->in), 1u << 20, &xml, &used) == OK) {
		char *text = xmalloc(xml.len + 1);
		memcpy(text, xml.ptr, xml.len);
		text[xml.len] = '\0';
		buf_consume(&p->in, used);
		on_command(p, text);
		free(text);
	}
}

static void peer_open(void *arg)
{
	struct peer *p = arg;
	const struct manners *m = manners_for(p);
	if (m->raw.ptr)
		peer_raw(p, m->raw.ptr, m->raw.len);
	else if (!m->greeting || m->greeting[0])
		peer_frame(p, m->greeting ? m->greeting : GREETING);
	if (m->close_after_raw)
		peer_close(p);
}

static void peer_eof(void *arg, bool clean)
{
	struct peer *p = arg;
	(void)clean;
	p->eof = true;
	peer_close(p);
}

static void peer_closed(void *arg, enum err why, const char *text)
{
	struct peer *p = arg;
	(void)why;
	(void)text;
	p->s = NULL;
}

struct port {
	struct play *w;
	uint16_t port;
};

static void on_connection(void *arg, struct stream *s)
{
	static const struct stream_events ev = {
	    .on_open = peer_open, .on_data = peer_data, .on_eof = peer_eof, .on_closed = peer_closed};
	struct port *port = arg;
	struct play *w = port->w;
	struct peer *p = xcalloc(1, sizeof *p);
	assert_true(w->peer_count < PEERS_MAX);
	*p = (struct peer){.w = w, .s = s, .port = port->port};
	buf_init(&p->in, 4u << 20);
	w->peers[w->peer_count++] = p;
	w->connects++;
	stream_listen(s, &ev, p);
}

/* The peer of the newest connection. */
static UNUSED struct peer *last_peer(struct play *w)
{
	assert_true(w->peer_count > 0);
	return w->peers[w->peer_count - 1];
}

static UNUSED size_t peers_open(const struct play *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->peer_count; i++)
		n += w->peers[i]->s != NULL;
	return n;
}

/* ---- the world ----------------------------------------------------------------------------------------------------------- */

static const char *const all_objects[] = {EPP_URI_DOMAIN, EPP_URI_CONTACT, EPP_URI_HOST};
static const char *const all_extensions[] = {EPP_URI_SECDNS, EPP_URI_LOGINSEC};
static struct port ports[2];

static UNUSED void play_listen(struct play *w, uint16_t port, bool answers)
{
	struct port *p = &ports[port - 700];
	*p = (struct port){w, port};
	mem_net_listen(w->net, "registry", "registry", port, answers ? on_connection : NULL, p);
}

static void play_open(struct play *w)
{
	static const struct limit none[LIMIT_CLASS__COUNT];
	struct mem_opts o = {.latency_ms = LATENCY_MS};
	*w = (struct play){0};
	vloop_init(&w->v, START_MS);
	w->net = mem_net_new(&w->v.loop, &o, 1);
	mem_dialer_init(&w->dialer, w->net, "gateway");
	log_capture_init(&w->log);
	limits_init(&w->limits, (struct limit){0}, none, loop_now_us(&w->v.loop));
	w->parser = epp_parser_new();
}

/* A registry that is there. */
static UNUSED void play_open_listening(struct play *w)
{
	play_open(w);
	play_listen(w, 700, true);
}

static bool nothing_open(void *arg)
{
	return mem_net_open(((struct play *)arg)->net) == 0;
}

/* All sessions have closed by then. */
static void play_close(struct play *w)
{
	for (size_t i = 0; i < w->peer_count; i++)
		if (w->peers[i]->s)
			stream_abort(w->peers[i]->s);
	assert_true(vloop_run_until(&w->v, nothing_open, w, HOUR_MS));
	for (size_t i = 0; i < w->peer_count; i++) {
		buf_fini(&w->peers[i]->in);
		free(w->peers[i]);
	}
	assert_int_equal(w->limits.all.claims, 0);
	mem_net_free(w->net);
	limits_fini(&w->limits);
	epp_parser_free(w->parser);
	assert_int_equal(log_capture_fini(&w->log), 0);
	vloop_fini(&w->v);
}

static struct session_config play_session_config(struct play *w)
{
	return (struct session_config){
	    .loop = &w->v.loop,
	    .dialer = &w->dialer.dialer,
	    .limits = &w->limits,
	    .parser = w->parser,
	    .log = &w->log.log,
	    .registry = "reg",
	    .account = "acc",
	    .host = "registry",
	    .port = 700,
	    .login = "gateway1",
	    .password = {"secret-pw"},
	    .language = "en",
	    .objects = all_objects,
	    .object_count = ARRAY_LEN(all_objects),
	    .extensions = all_extensions,
	    .extension_count = ARRAY_LEN(all_extensions),
	    .window = 4,
	    .connect_ms = CONNECT_MS,
	    .tls_ms = CONNECT_MS,
	    .greeting_ms = GREETING_MS,
	    .login_ms = LOGIN_MS,
	    .answer_ms = ANSWER_MS,
	    .logout_ms = LOGOUT_MS,
	    .keepalive_ms = KEEPALIVE_MS,
	    .max_age_ms = AGE_MS,
	    .id = 1,
	    .trid_prefix = "S1",
	};
}

static UNUSED uint64_t now_of(struct play *w)
{
	return loop_now(&w->v.loop);
}

/* ---- commands -------------------------------------------------------------------------------------------------------------- */

struct cmd {
	struct session_command c;
	struct play *w;
	unsigned done;
	enum session_outcome outcome;
	int code;
	char text[160];
	size_t pad; /* bytes in the frame beside the command itself */
	bool unbuildable;
	bool frees; /* itself, when done */
	void (*then)(struct cmd *c);
};

static enum err cmd_build(struct session_command *c, struct buf *out, struct errmsg *e)
{
	struct cmd *m = CONTAINER_OF(c, struct cmd, c);
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid)};
	struct str name = STR("abc.vn");
	if (m->unbuildable)
		return err_set(e, ERR_INVALID, "unbuildable");
	if (m->pad == 0)
		return epp_build_domain_check(out, &cmd, &name, 1, e);
	size_t at = epp_frame_begin(out);
	buf_printf(out, "<x><clTRID>%s</clTRID>", c->cltrid);
	for (size_t i = 0; i < m->pad; i++)
		buf_byte(out, ' ');
	buf_add(out, STR("</x>"));
	return epp_frame_end(out, at);
}

static unsigned cmds_done; /* of all; reset by who counts */

static void cmd_done(struct session_command *c, enum session_outcome outcome, const struct epp_response *r,
                     const char *text)
{
	struct cmd *m = CONTAINER_OF(c, struct cmd, c);
	assert_false(m->w->calling);
	assert_int_equal(m->done++, 0);
	assert_false(list_in(&c->node));
	cmds_done++;
	m->outcome = outcome;
	m->code = r ? epp_response_code(r) : 0;
	assert_true((outcome == SESSION_ANSWERED) == (r != NULL));
	assert_true((outcome == SESSION_ANSWERED) == (text == NULL));
	snprintf(m->text, sizeof m->text, "%s", text ? text : "");
	if (m->then)
		m->then(m);
	if (m->frees)
		free(m);
}

static UNUSED void cmd_init(struct cmd *m, struct play *w, unsigned n)
{
	*m = (struct cmd){.w = w, .c = {.build = cmd_build, .done = cmd_done}};
	snprintf(m->c.cltrid, sizeof m->c.cltrid, "VN-%u", n);
}

#endif
