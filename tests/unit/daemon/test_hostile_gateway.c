/*
 * A hostile registry and the whole gateway: one item, and one answer on its way that is not what it should be. For each
 * case: how the session ends, which line of the log says so, and what becomes of the item. Whatever a registry says,
 * the name is registered at most once, and nobody is told that it is theirs when it is not.
 *
 * Each case runs in a process of its own, which is forgotten with all that it holds.
 */
#include "tests/unit/daemon/hostile_peer.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WALL_START 1795140000000        /* 2026-11-20T09:00:00+07:00 */
#define LIMIT_MS   (6u * 3600u * 1000u) /* of virtual time: more than all settling and back-off together */
#define NAME       "ten1.id.vn"
#define SEED       6 /* the memory store, name servers as attributes */

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
