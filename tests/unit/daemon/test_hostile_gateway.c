/*
 * A hostile registry and the whole gateway: one item, and one answer on its way that is not what it should be. For each
 * case: how the session ends, which line of the log says so, and what becomes of the item. Whatever a registry says,
 * the name is registered at most once, and nobody is told that it is theirs when it is not.
 *
 * In front of the simulated registry stands a peer that works on bytes: it lets everything through but one greeting or
 * answer. Each case runs in a process of its own, which is forgotten with all that it holds.
 */
#include "epp/base/alloc.h"
#include "epp/frame.h"
#include "epp/trid.h"
#include "tests/sim/sim.h"
#include "tests/unit/daemon/hostile_documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WALL_START 1795140000000 /* 2026-11-20T09:00:00+07:00 */
#define MIB        (1u << 20)
#define LIMIT_MS   (6u * 3600u * 1000u) /* of virtual time: more than all settling and back-off together */
#define NAME       "ten1.id.vn"
#define SEED       6 /* the memory store, name servers as attributes */

/* ---- cases ------------------------------------------------------------------------------------------------------------------ */

enum place {
	AT_GREETING,
	AT_LOGIN,
	AT_CONTACT,       /* the answer to the contact's create */
	AT_CREATE_DONE,   /* to the name's; the registry has registered it */
	AT_CREATE_UNDONE, /* … has not */
	PLACES
};
static const char *const place_names[PLACES] = {"greeting", "log-in", "contact", "create, done",
                                                "create, not done"};
static const char *const place_marks[PLACES] = {NULL, "<login>", "<contact:create", "<domain:create",
                                                "<domain:create"};

enum after { STAY, HANG_UP, RESET };

/* Bytes in place of an answer. */
struct script {
	const char *what;
	void (*make)(struct buf *out, const char *cltrid, size_t n);
	size_t n;
	enum after after;
	size_t piece;    /* 0: all at once; else the first so many bytes, the rest later */
	size_t later_ms; /* when the first or the rest comes */
	enum reading reading;
	const char *why;     /* what the log says of the session's end; NULL: it goes on */
	const char *greeted; /* … in place of a greeting */
};

struct attack {
	enum place place;
	const struct document *doc; /* or: */
	const struct script *script;
};

static void put_length(struct buf *out, uint32_t n)
{
	const unsigned char b[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
	                            (unsigned char)(n >> 8), (unsigned char)n};
	buf_append(out, b, 4);
}

static void a_length(struct buf *out, const char *cltrid, size_t n)
{
	(void)cltrid;
	put_length(out, (uint32_t)n);
	buf_lit(out, "<epp/>");
}

static void put_good(struct buf *out, const char *code, const char *cltrid)
{
	size_t before = buf_len(out);
	put_length(out, 0);
	buf_printf(out,
	           EPP_DOC(
	               "<response><result code=\"%s\"><msg>said</msg></result><trID>%s%s%s<svTRID>sv</svTRID>"
	               "</trID></response>"),
	           code, cltrid ? "<clTRID>" : "", cltrid ? cltrid : "", cltrid ? "</clTRID>" : "");
	size_t len = buf_len(out) - before;
	for (int i = 0; i < 4; i++)
		buf_data(out)[before + (size_t)i] = (char)(len >> (24 - 8 * i));
}

static void good(struct buf *out, const char *cltrid, size_t n)
{
	(void)n;
	put_good(out, "1000", cltrid);
}

static void code(struct buf *out, const char *cltrid, size_t n)
{
	char text[16];
	snprintf(text, sizeof text, "%zu", n);
	put_good(out, text, cltrid);
}

static void code_alone(struct buf *out, const char *cltrid, size_t n)
{
	(void)cltrid;
	code(out, NULL, n);
}

static void for_another(struct buf *out, const char *cltrid, size_t n)
{
	(void)n;
	(void)cltrid;
	put_good(out, "1000", "SOMEBODY-ELSES-1");
}

/* Equal but for the case of its letters. */
static void for_nearly(struct buf *out, const char *cltrid, size_t n)
{
	char other[EPP_TRID_MAX + 1];
	(void)n;
	snprintf(other, sizeof other, "%s", cltrid);
	other[0] ^= 0x20;
	put_good(out, "1000", other);
}

static void twice(struct buf *out, const char *cltrid, size_t n)
{
	good(out, cltrid, n);
	good(out, cltrid, n);
}

static void both_in_one(struct buf *out, const char *cltrid, size_t n)
{
	size_t before = buf_len(out);
	twice(out, cltrid, n);
	size_t len = buf_len(out) - before, half = len / 2;
	memmove(buf_data(out) + before + half, buf_data(out) + before + half + 4, half - 4);
	buf_truncate(out, buf_len(out) - 4);
	len -= 4;
	for (int i = 0; i < 4; i++)
		buf_data(out)[before + (size_t)i] = (char)(len >> (24 - 8 * i));
}

static void a_greeting(struct buf *out, const char *cltrid, size_t n)
{
	(void)cltrid;
	(void)n;
	size_t before = buf_len(out);
	put_length(out, 0);
	buf_lit(out,
	        EPP_DOC("<greeting><svID>x</svID><svDate>2026-11-20T02:00:00Z</svDate><svcMenu><version>1.0"
	                "</version><lang>en</lang><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI>"
	                "</svcMenu><dcp><access><all/></access><statement><purpose><prov/></purpose>"
	                "<recipient><ours/></recipient><retention><stated/></retention></statement></dcp>"
	                "</greeting>"));
	size_t len = buf_len(out) - before;
	for (int i = 0; i < 4; i++)
		buf_data(out)[before + (size_t)i] = (char)(len >> (24 - 8 * i));
}

static void plain_text(struct buf *out, const char *cltrid, size_t n)
{
	static const char *const texts[] = {"503 too many connections\r\n", "Access denied.\r\n",
	                                    "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
	                                    "-ERR go away\r\n", "220 mail.example ESMTP\r\n"};
	(void)cltrid;
	buf_add(out, str_c(texts[n]));
}

static void nothing(struct buf *out, const char *cltrid, size_t n)
{
	(void)out;
	(void)cltrid;
	(void)n;
}

/* The first n bytes of a good answer. */
static void first_bytes(struct buf *out, const char *cltrid, size_t n)
{
	good(out, cltrid, 0);
	buf_truncate(out, n);
}

static void zeros(struct buf *out, const char *cltrid, size_t n)
{
	(void)cltrid;
	for (size_t i = 0; i < n; i++)
		buf_byte(out, '\0');
}

#define BAD_LENGTH  "a frame length of "
#define UNASKED     "instead of a greeting"
#define GOES_ON     READ, NULL, UNASKED
#define ENDS(why)   REFUSED, why, why
#define CUT         REFUSED, "the connection was cut", "the peer closed without saying so"
#define ANSWER(why) REFUSED, why, UNASKED
static const struct script scripts[] = {
    {"length 0", a_length, 0, STAY, 0, 0, ENDS(BAD_LENGTH "0")},
    {"length 1", a_length, 1, STAY, 0, 0, ENDS(BAD_LENGTH "1")},
    {"length 2", a_length, 2, STAY, 0, 0, ENDS(BAD_LENGTH "2")},
    {"length 3", a_length, 3, STAY, 0, 0, ENDS(BAD_LENGTH "3")},
    {"length 4", a_length, 4, STAY, 0, 0, ENDS(BAD_LENGTH "4")},
    {"length 5", a_length, 5, STAY, 0, 0, ENDS("cannot be read")},
    {"length 2^24", a_length, 1u << 24, STAY, 0, 0, ENDS(BAD_LENGTH "16777216")},
    {"length 2^31 - 1", a_length, 0x7fffffff, STAY, 0, 0, ENDS(BAD_LENGTH "2147483647")},
    {"length 2^31", a_length, 0x80000000, STAY, 0, 0, ENDS(BAD_LENGTH "2147483648")},
    {"length 2^32 - 1", a_length, 0xffffffff, STAY, 0, 0, ENDS(BAD_LENGTH "4294967295")},
    {"1,000 zeros", zeros, 1000, STAY, 0, 0, ENDS(BAD_LENGTH "0")},
    {"a header in 1 and 3 bytes", good, 0, STAY, 1, 50, GOES_ON},
    {"a header in 2 and 2 bytes", good, 0, STAY, 2, 50, GOES_ON},
    {"a header in 3 and 1 bytes", good, 0, STAY, 3, 50, GOES_ON},
    {"a header, then the rest", good, 0, STAY, 4, 50, GOES_ON},
    {"a header and a byte, then the rest", good, 0, STAY, 5, 50, GOES_ON},
    {"a slow answer in two halves", good, 0, STAY, 60, 3000, GOES_ON},
    {"an answer just in time", good, 0, STAY, 0, 4000, GOES_ON},
    {"the answer for another command", for_another, 0, STAY, 0, 0,
     ANSWER("an answer with clTRID 'SOMEBODY-ELSES-1'")},
    {"a clTRID in other letters", for_nearly, 0, STAY, 0, 0, ANSWER("an answer with clTRID '")},
    {"the answer twice", twice, 0, STAY, 0, 0, ANSWER("an answer to nothing")},
    {"two answers in one frame", both_in_one, 0, STAY, 0, 0,
     ENDS("the document ends too early, or something follows it")},
    {"a greeting", a_greeting, 0, STAY, 0, 0, REFUSED, "a greeting that nobody asked for",
     "the greeting does not offer urn:ietf:params:xml:ns:contact-1.0"},
    {"too many connections, in words", plain_text, 0, HANG_UP, 0, 0,
     ENDS("plain text instead of a frame: 503 too many connections")},
    {"a refusal in words", plain_text, 1, HANG_UP, 0, 0,
     ENDS("plain text instead of a frame: Access denied.")},
    {"HTTP", plain_text, 2, HANG_UP, 0, 0, ENDS("plain text instead of a frame: HTTP/1.1 502")},
    {"another protocol, kept open", plain_text, 3, STAY, 0, 0,
     ENDS("plain text instead of a frame: -ERR go away")},
    {"a mail server, reset", plain_text, 4, STAY, 0, 0, ENDS("plain text instead of a frame: 220 mail")},
    {"silence", nothing, 0, STAY, 0, 0, ENDS("no answer")},
    {"a good-bye without a word", nothing, 0, HANG_UP, 0, 0, ENDS("the registry closed the connection")},
    {"a reset", nothing, 0, RESET, 0, 0, CUT},
    {"half a header, then silence", first_bytes, 2, STAY, 0, 0, ENDS("no answer")},
    {"half a header, then the end", first_bytes, 2, HANG_UP, 0, 0,
     ENDS("the registry closed in the middle of an answer")},
    {"half an answer, then silence", first_bytes, 100, STAY, 0, 0, ENDS("no answer")},
    {"half an answer, then the end", first_bytes, 100, HANG_UP, 0, 0,
     ENDS("the registry closed in the middle of an answer")},
    {"half an answer, then a reset", first_bytes, 100, RESET, 0, 0, CUT},
    {"a late answer", good, 0, STAY, 0, 60000, ENDS("no answer")},
    {"the second half late", good, 0, STAY, 60, 60000, ENDS("no answer")},
    {"1500, then silence", code_alone, 1500, STAY, 0, 0, ENDS("1500")},
    {"1500, then the end", code_alone, 1500, HANG_UP, 0, 0, ENDS("1500")},
    {"1500 for our command", code, 1500, STAY, 0, 0, ENDS("1500")},
    {"2400", code, 2400, STAY, 0, 0, NOT_IN, NULL, UNASKED},
    {"2500, then the end", code, 2500, HANG_UP, 0, 0, ENDS("2500")},
    {"2500 without clTRID", code_alone, 2500, HANG_UP, 0, 0, ENDS("2500")},
    {"2501 without clTRID", code_alone, 2501, HANG_UP, 0, 0, ENDS("2501")},
    {"2502, then the end", code, 2502, HANG_UP, 0, 0, ENDS("2502")},
    {"2502 without clTRID", code_alone, 2502, HANG_UP, 0, 0, ENDS("2502")},
};

/* ---- the peer ---------------------------------------------------------------------------------------------------------------- */

struct match {
	struct sim_world *w;
	const struct attack *attack;
	struct buf log; /* one line per event */
	bool struck;
	struct buf bytes; /* in place of the answer */
};

struct link {
	struct match *m;
	struct stream *s; /* the gateway's end of it; NULL: closed */
	struct regsim_conn *conn;
	struct buf in, out;             /* what has come from the gateway, from the registry */
	char swallow[EPP_TRID_MAX + 1]; /* the registry's answer to this is not passed on */
	struct loop_timer rest;
	size_t sent; /* of m->bytes */
};

static void end_of_script(struct link *l)
{
	const struct script *sc = l->m->attack->script;
	if (!sc || !l->s)
		return;
	if (sc->after == HANG_UP)
		stream_close(l->s);
	else if (sc->after == RESET)
		mem_stream_reset(l->s);
}

static void send_rest(struct loop_timer *t)
{
	struct link *l = CONTAINER_OF(t, struct link, rest);
	struct buf *b = &l->m->bytes;
	if (!l->s)
		return;
	if (buf_len(b) > l->sent)
		stream_write(l->s, str_make(buf_data(b) + l->sent, buf_len(b) - l->sent));
	end_of_script(l);
}

static void strike(struct link *l, const char *cltrid)
{
	const struct attack *a = l->m->attack;
	const struct script *sc = a->script;
	struct buf doc;
	l->m->struck = true;
	buf_clear(&l->m->bytes);
	LOG(&l->m->w->log, LOG_NOTICE, "peer.strikes", place_names[a->place]);
	if (sc) {
		sc->make(&l->m->bytes, cltrid, sc->n);
	} else {
		buf_init(&doc, 4u * MIB);
		compose(&doc, a->doc);
		put_frame(&l->m->bytes, buf_str(&doc), cltrid);
		buf_fini(&doc);
	}
	l->rest.fire = send_rest;
	l->sent = sc && sc->later_ms ? sc->piece : buf_len(&l->m->bytes);
	if (l->sent)
		stream_write(l->s, str_make(buf_data(&l->m->bytes), l->sent));
	loop_timer_set(&l->m->w->v.loop, &l->rest, sc ? sc->later_ms : 0);
}

/* The next whole frame with its header; empty: there is none. */
static struct str next_frame(struct buf *b)
{
	if (buf_len(b) < 4)
		return STR_NONE;
	size_t n = epp_frame_length(buf_str(b));
	return n <= buf_len(b) ? str_make(buf_data(b), n) : STR_NONE;
}

static bool cltrid_of(struct str frame, char out[EPP_TRID_MAX + 1])
{
	const char *at = memmem(frame.ptr, frame.len, "<clTRID>", 8);
	out[0] = '\0';
	if (!at)
		return false;
	at += 8;
	size_t left = (size_t)(frame.ptr + frame.len - at);
	const char *end = memchr(at, '<', left);
	return end && str_copy(out, EPP_TRID_MAX + 1, str_make(at, (size_t)(end - at)));
}

static void from_registry(void *arg, struct str bytes)
{
	struct link *l = arg;
	char id[EPP_TRID_MAX + 1];
	struct str frame;
	buf_add(&l->out, bytes);
	while (!str_empty(frame = next_frame(&l->out))) {
		bool ours = cltrid_of(frame, id) && strcmp(id, l->swallow) == 0;
		if (!l->m->struck && l->m->attack->place == AT_GREETING)
			strike(l, "x");
		else if (ours)
			l->swallow[0] = '\0';
		else if (l->s)
			stream_write(l->s, frame);
		buf_consume(&l->out, frame.len);
	}
}

static void registry_hangs_up(void *arg, bool abort)
{
	struct link *l = arg;
	if (l->s && abort)
		stream_abort(l->s);
	else if (l->s)
		stream_close(l->s);
}

static void on_open(void *arg)
{
	static const struct regsim_conn_events ev = {.send = from_registry, .close = registry_hangs_up};
	struct link *l = arg;
	l->conn = regsim_conn_open(l->m->w->registry, &ev, l, "");
}

static bool is_target(const struct match *m, struct str frame)
{
	const char *mark = place_marks[m->attack->place];
	return !m->struck && mark && memmem(frame.ptr, frame.len, mark, strlen(mark));
}

static void on_data(void *arg, struct str data)
{
	struct link *l = arg;
	char id[EPP_TRID_MAX + 1];
	struct str frame;
	buf_add(&l->in, data);
	while (l->s && !str_empty(frame = next_frame(&l->in))) {
		if (!is_target(l->m, frame)) {
			regsim_conn_data(l->conn, frame);
		} else {
			(void)cltrid_of(frame, id);
			if (l->m->attack->place != AT_CREATE_UNDONE) {
				memcpy(l->swallow, id, sizeof id);
				regsim_conn_data(l->conn, frame);
			}
			strike(l, id);
		}
		buf_consume(&l->in, frame.len);
	}
}

static void on_eof(void *arg, bool clean)
{
	(void)clean;
	stream_close(((struct link *)arg)->s);
}

static void on_closed(void *arg, enum err why, const char *text)
{
	struct link *l = arg;
	(void)why;
	(void)text;
	l->s = NULL;
	loop_timer_cancel(&l->m->w->v.loop, &l->rest);
	if (l->conn)
		regsim_conn_closed(l->conn);
	l->conn = NULL;
}

static void on_stream(void *arg, struct stream *s)
{
	static const struct stream_events ev = {
	    .on_open = on_open, .on_data = on_data, .on_eof = on_eof, .on_closed = on_closed};
	struct link *l = xcalloc(1, sizeof *l);
	l->m = arg;
	l->s = s;
	buf_init(&l->in, 8u * MIB);
	buf_init(&l->out, 8u * MIB);
	stream_listen(s, &ev, l);
}

/* ---- one case ---------------------------------------------------------------------------------------------------------------- */

static struct match *match; /* for the log */

static void write_event(struct log *log, enum log_level level, const char *event, const char *msg,
                        const struct log_field *fields, size_t n)
{
	struct buf *out = &match->log;
	(void)log;
	buf_printf(out, "%llu %d %s %s", (unsigned long long)(match->w->v.now_us / 1000), (int)level, event,
	           msg ? msg : "");
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, " %s=", fields[i].key);
		if (fields[i].type == LOG_FIELD_STR)
			buf_add(out, fields[i].str);
		else
			buf_printf(out, "%lld", (long long)fields[i].i64);
	}
	buf_lit(out, "\n");
}

/* Lines of this event that hold `text`. */
static size_t lines(const char *event, const char *text)
{
	size_t n = 0;
	struct str rest = buf_str(&match->log);
	while (!str_empty(rest)) {
		struct str line = str_split(&rest, '\n');
		n += memmem(line.ptr, line.len, event, strlen(event)) &&
		     memmem(line.ptr, line.len, text, strlen(text));
	}
	return n;
}

static const char *const accounts[] = {"gateway1", "gateway2"};

static void make_world(struct match *m, const struct sim_setup *setup)
{
	struct sim_world *w = xcalloc(1, sizeof *w);
	const struct mem_opts opts = {.latency_ms = 5};
	struct regsim_account list[ARRAY_LEN(accounts)] = {{0}};
	struct regsim_options o;
	m->w = w;
	w->setup = setup;
	w->seed = SEED;
	w->imported = true; /* there is nothing to import */
	w->log = (struct log){.level = LOG_DEBUG, .write = write_event};
	rng_init_seed(&w->rng, SEED);
	vloop_init(&w->v, WALL_START);
	w->net = mem_net_new(&w->v.loop, &opts, SEED);
	regsim_options_init(&o);
	for (size_t i = 0; i < ARRAY_LEN(accounts); i++)
		list[i] = (struct regsim_account){.login = accounts[i],
		                                  .password = "secret-password",
		                                  .balance_vnd = INT64_MAX / 4};
	o.accounts = list;
	o.account_count = ARRAY_LEN(list);
	o.date_offset_s = HANOI_OFFSET_S;
	o.ledger = REGSIM_LEDGER_TRANSFORMS;
	o.grammar = getenv("VNEPP_GRAMMAR");
	w->registry = regsim_new(&o, &w->v.loop);
	INVARIANT(w->registry);
	mem_net_listen(w->net, "registry", "registry", 700, on_stream, m);
	sim_disk_init(w);
	sim_boot(w);
}

static void make_batch(struct sim_world *w)
{
	struct sim_batch *b = &w->batches[0];
	sim_http_init(&b->http, w, 0);
	b->world = w;
	b->line_count = 1;
	b->results = json_array();
	w->batch_count = 1;
	buf_init(&b->lines, 1u << 16);
	buf_lit(
	    &b->lines,
	    "{\"ref\":\"r-1\",\"op\":\"create\",\"domain\":\"" NAME "\",\"period\":2,\"applicant\":{\"kind\":"
	    "\"citizen\",\"name\":\"Trần Thị A\",\"citizenship\":\"VN\",\"birth_date\":\"2006-03-15\","
	    "\"gender\":\"male\",\"id_number\":\"068206000001\",\"phone\":\"+84.912345678\","
	    "\"email\":\"a@example.vn\",\"address\":{\"street\":\"12 Hùng Vương\",\"ward\":\"Xuân Hương\","
	    "\"province\":\"68\",\"province_list\":\"2025-07-01\",\"country\":\"VN\"}},\"evidence\":[{"
	    "\"type\":\"ekyc\",\"issuer\":\"sim\",\"reference\":\"K-1\",\"date\":\"2026-11-20\","
	    "\"result\":\"confirmed\"}],\"ns\":[{\"name\":\"ns1.example.net\"},{\"name\":"
	    "\"ns2.example.net\"}],\"if_not_free\":\"refuse\"}\n");
	sim_batch_start(b, 2000);
}

static void run_to_rest(struct sim_world *w)
{
	uint64_t limit = w->v.now_us / 1000 + LIMIT_MS;
	while (!w->why[0] && w->batches[0].state != SIM_FETCHED && w->v.now_us / 1000 < limit && sim_step(w))
		;
}

/* What the item's end must be. */
struct fate {
	const char *state; /* NULL: it waits in the queue */
	int attempts, created;
	const char *event; /* what the log says of it */
};

/* 2004 refuses the command; as an answer to the log-in it is for an operator, like a wrong password. */
static struct fate refused_fate(enum place p)
{
	if (p == AT_LOGIN)
		return (struct fate){NULL, 0, 0, " pool.stopped "};
	return (struct fate){"failed", 1, p == AT_CREATE_DONE, " item.end failed"};
}

static struct fate fate_of(const struct attack *a)
{
	const char *what = a->doc ? a->doc->what : a->script->what;
	struct fate well = {"done", a->place == AT_CREATE_UNDONE ? 2 : 1, 1, " item.end done"};
	if (strstr(what, " results") && a->doc->reading != REFUSED && a->place != AT_GREETING)
		return refused_fate(a->place);
	if (strcmp(what, "a greeting") == 0 && a->place == AT_GREETING)
		return refused_fate(AT_LOGIN); /* it offers no contacts, which we are to make */
	if (strcmp(what, "2501 without clTRID") == 0 && a->place == AT_LOGIN)
		return refused_fate(AT_LOGIN);
	if (strcmp(what, "2502, then the end") == 0 && a->place == AT_CREATE_UNDONE)
		well.attempts = 1; /* it says itself that nothing was done */
	return well;
}

static const char *why_of(const struct attack *a)
{
	if (a->script)
		return a->place == AT_GREETING ? a->script->greeted : a->script->why;
	return a->place == AT_GREETING && is_whole_answer(a->doc) ? UNASKED : a->doc->why;
}

static void judge_log(struct match *m)
{
	const struct attack *a = m->attack;
	enum reading reading = a->doc ? a->doc->reading : a->script->reading;
	const char *why = why_of(a);
	if (!m->struck)
		sim_wrong(m->w, "the peer had no opportunity");
	if (why && lines(" session.closed ", why) != 1)
		sim_wrong(m->w, "%zu lines session.closed say '%s'", lines(" session.closed ", why), why);
	if (!why && (reading == READ || a->place > AT_LOGIN) && lines(" 1 session.closed ", "") != 0)
		sim_wrong(m->w, "a session has ended");
}

static void judge_item(struct match *m)
{
	struct fate f = fate_of(m->attack);
	const json_t *r = json_array_get(m->w->batches[0].results, 0);
	const char *state = json_string_value(json_object_get(r, "state"));
	int attempts = (int)json_integer_value(json_object_get(r, "attempts"));
	struct regsim_domain_view d;
	if (!regsim_domain(m->w->registry, STR(NAME), &d))
		d.times_created = 0;
	if (lines(f.event, "") == 0)
		sim_wrong(m->w, "the log has no line %s", f.event);
	if ((state ? !f.state || strcmp(state, f.state) != 0 : f.state != NULL) || attempts != f.attempts ||
	    (int)d.times_created != f.created)
		sim_wrong(m->w, "the item is %s after %d attempts, registered %u times; not %s, %d, %d",
		          state ? state : "queued", attempts, d.times_created, f.state ? f.state : "queued",
		          f.attempts, f.created);
}

static void play(const struct sim_setup *setup, const struct attack *a, char why[512])
{
	struct match *m = match = xcalloc(1, sizeof *m);
	m->attack = a;
	buf_init(&m->log, 64u * MIB);
	buf_init(&m->bytes, 4u * MIB);
	make_world(m, setup);
	make_batch(m->w);
	run_to_rest(m->w);
	judge_log(m);
	judge_item(m);
	if (regsim_stats(m->w->registry)->xsd_failed)
		sim_wrong(m->w, "a frame is not valid");
	if (m->w->why[0] && getenv("VERBOSE"))
		fprintf(stderr, "%s", buf_cstr(&m->log));
	memcpy(why, m->w->why, 512);
}

/* ---- all of them --------------------------------------------------------------------------------------------------------- */

static struct sim_setup setup;

static unsigned run_case(const struct attack *a)
{
	int fds[2], status;
	char why[512] = "the process died";
	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		play(&setup, a, why);
		_exit(write(fds[1], why, sizeof why) == (ssize_t)sizeof why ? 0 : 1);
	}
	close(fds[1]);
	(void)!read(fds[0], why, sizeof why);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!why[0])
		return 0;
	printf("%s as %s: %s\n", a->doc ? a->doc->what : a->script->what, place_names[a->place], why);
	return 1;
}

static void every_document(void **state)
{
	unsigned wrong = 0, n = 0;
	(void)state;
	for (int p = 0; p < PLACES; p++) {
		for (size_t i = 0; i < ARRAY_LEN(documents); i++, n++)
			wrong += run_case(&(struct attack){(enum place)p, &documents[i], NULL});
		for (size_t i = 0; p >= AT_CONTACT && i < ARRAY_LEN(large); i++, n++)
			wrong += run_case(&(struct attack){(enum place)p, &large[i], NULL});
	}
	printf("%u cases\n", n);
	assert_int_equal(wrong, 0);
}

static void every_script(void **state)
{
	unsigned wrong = 0, n = 0;
	(void)state;
	for (int p = 0; p < PLACES; p++)
		for (size_t i = 0; i < ARRAY_LEN(scripts); i++, n++)
			wrong += run_case(&(struct attack){(enum place)p, NULL, &scripts[i]});
	printf("%u cases\n", n);
	assert_int_equal(wrong, 0);
}

static int set_up(void **state)
{
	(void)state;
	sim_setup_init(&setup);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sim_setup_fini(&setup);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_document), cmocka_unit_test(every_script)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
