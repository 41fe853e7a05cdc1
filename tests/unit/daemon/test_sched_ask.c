/* Names asked of a registry: within its limits, beside what is sent, and never longer than somebody waits. */
#include "tests/unit/daemon/sched_world.h"

#define NAMES_MAX 400
#define WAIT_MS   20000

/* One <check> under way; what precedes it stands in the pool's list, so that it takes its place in the window. */
struct asked {
	struct flight flight;
	char names[64][80];
	size_t count;
};

static struct {
	struct world *w;
	size_t commands, largest, names;
	uint64_t sent_ms[NAMES_MAX];
	int say; /* as enum say */
} reg;

static bool is_taken(const char *name)
{
	return strncmp(name, "taken", 5) == 0;
}

static void answer(struct loop_timer *t)
{
	struct asked *a = CONTAINER_OF(t, struct asked, flight.timer);
	struct session_command *cmd = a->flight.cmd;
	struct pool *p = a->flight.pool;
	struct epp_chk_item items[64];
	struct epp_response r = code_only(reg.say > 0 ? reg.say : 1000);
	for (size_t i = 0; i < a->count; i++) /* in another order than asked */
		items[a->count - 1 - i] =
		    (struct epp_chk_item){str_c(a->names[i]), !is_taken(a->names[i]),
		                          is_taken(a->names[i]) ? STR("In use") : STR_NONE};
	if (reg.say == SAY_WELL)
		r.data = (struct epp_resdata){.kind = EPP_RES_DOMAIN_CHK, .chk = {items, a->count}};
	list_remove(&a->flight.node);
	if (reg.say >= 0)
		cmd->done(cmd, SESSION_ANSWERED, &r, NULL);
	else
		cmd->done(cmd, SESSION_UNKNOWN, NULL, "the connection broke");
	free(a);
	sched_on_room(p->account);
}

static void read_names(struct asked *a, struct str frame)
{
	static const char open[] = "name>";
	const char *at = frame.ptr, *end = frame.ptr + frame.len;
	while ((at = memmem(at, (size_t)(end - at), open, sizeof open - 1))) {
		at += sizeof open - 1;
		size_t len = strcspn(at, "<");
		if (len && at[len + 1] == '/' && a->count < ARRAY_LEN(a->names))
			assert_true(str_copy(a->names[a->count++], sizeof a->names[0], str_make(at, len)));
	}
}

static bool take(struct world *w, struct pool *p, struct session_command *c, struct str frame)
{
	if (!strstr(c->cltrid, "-0-0-k-"))
		return false;
	struct asked *a = xcalloc(1, sizeof *a);
	a->flight = (struct flight){.pool = p, .cmd = c, .timer = {.fire = answer}};
	read_names(a, frame);
	assert_true(reg.commands < NAMES_MAX);
	reg.sent_ms[reg.commands++] = loop_now(&w->v.loop);
	reg.names += a->count;
	if (a->count > reg.largest)
		reg.largest = a->count;
	list_push(&p->flights, &a->flight.node);
	if (reg.say != SAY_NEVER)
		loop_timer_set(&w->v.loop, &a->flight.timer, LATENCY_MS);
	return true;
}

/* ---- who asks ------------------------------------------------------------------------------------------------------------ */

struct asker {
	bool told;
	char why[80];
	size_t is[3], count;
	char reason[80]; /* of the last that is not free */
	uint64_t at_ms;
};

static void on_asked(void *arg, const char *why, const struct sched_name_answer *answers, size_t count)
{
	struct asker *a = arg;
	assert_false(a->told);
	a->told = true;
	a->count = count;
	a->at_ms = loop_now(&reg.w->v.loop);
	(void)snprintf(a->why, sizeof a->why, "%s", why ? why : "");
	for (size_t i = 0; i < count; i++) {
		a->is[answers[i].is]++;
		if (answers[i].is != SCHED_NAME_FREE)
			(void)snprintf(a->reason, sizeof a->reason, "%.*s", STR_ARG(answers[i].reason));
	}
}

static void ask(struct world *w, struct asker *a, const char *prefix, size_t n)
{
	struct arena arena = {0};
	struct str *names = arena_alloc(&arena, n * sizeof *names);
	for (size_t i = 0; i < n; i++)
		names[i] = arena_printf(&arena, "%s%zu.id.vn", prefix, i);
	*a = (struct asker){.told = false};
	sched_ask_names(w->sched, w->accounts[0], w->partners[0], names, n, WAIT_MS, on_asked, a);
	arena_fini(&arena); /* they were copied */
	assert_false(a->told);
}

static bool is_told(void *arg)
{
	return ((struct asker *)arg)->told;
}

static void wait_for(struct world *w, struct asker *a)
{
	assert_true(vloop_run_until(&w->v, is_told, a, 60000));
}

/* So many names in one command. */
static struct world *begin(void **state, unsigned check_names)
{
	struct world *w = *state;
	struct job_registry facts = {.login = STR("gateway1"),
	                             .date_offset_s = HANOI_S,
	                             .settle_ms = SETTLE_MS};
	facts.check_names = check_names;
	sched_set_account(w->pools[0].account, &w->pools[0], &facts);
	w->other = take;
	memset(&reg, 0, sizeof reg);
	reg.w = w;
	sched_start(w->sched);
	vloop_settle(&w->v);
	return w;
}

/* ---- tests --------------------------------------------------------------------------------------------------------------- */

static void names_go_in_groups(void **state)
{
	struct asker free_ones, taken;
	struct world *w = begin(state, 10);
	ask(w, &free_ones, "free", 25);
	ask(w, &taken, "taken", 3);
	wait_for(w, &free_ones);
	wait_for(w, &taken);
	assert_string_equal(free_ones.why, "");
	assert_int_equal(free_ones.is[SCHED_NAME_FREE], 25);
	assert_int_equal(taken.is[SCHED_NAME_TAKEN], 3);
	assert_string_equal(taken.reason, "In use");
	assert_int_equal(reg.commands, 4);
	assert_int_equal(reg.largest, 10);
}

/* The ceiling of checks holds, however many are asked about. */
static void the_limits_hold(void **state)
{
	struct limit of[LIMIT_CLASS__COUNT] = {[LIMIT_CHECK] = {.max = 5}};
	static struct asker a; /* whoever is not answered hears the end, after the test */
	struct world *w = begin(state, 1);
	limits_set(&w->pools[0].limits, (struct limit){.max = 50}, of, loop_now_us(&w->v.loop));
	ask(w, &a, "free", 40);
	wait_for(w, &a);
	assert_int_equal(a.is[SCHED_NAME_FREE], 40);
	for (size_t i = 0; i + 5 < reg.commands; i++)
		assert_true(reg.sent_ms[i + 5] - reg.sent_ms[i] >= 1000);
}

static void nobody_waits_for_ever(void **state)
{
	static struct asker a; /* whoever is not answered hears the end, after the test */
	struct world *w = begin(state, 10);
	uint64_t from = loop_now(&w->v.loop);
	reg.say = SAY_NEVER;
	ask(w, &a, "free", 25);
	wait_for(w, &a);
	assert_int_equal(a.at_ms - from, WAIT_MS);
	assert_string_equal(a.why, "the registry has not answered in time");
	assert_int_equal(a.is[SCHED_NAME_UNKNOWN], 25);
	/* What comes later is thrown away. */
	list_for_each (n, &w->pools[0].flights)
		loop_timer_set(&w->v.loop, &LIST_ITEM(n, struct flight, node)->timer, 1);
	vloop_run_until(&w->v, has_stopped, w, 100);
	assert_int_equal(w->pools[0].flights.count, 0);
}

static void who_cannot_be_asked_is_told_of_soon(void **state)
{
	static struct asker a; /* whoever is not answered hears the end, after the test */
	struct world *w = begin(state, 10);
	uint64_t from = loop_now(&w->v.loop);
	w->pools[0].slots = 0;
	ask(w, &a, "free", 2);
	wait_for(w, &a);
	assert_string_equal(a.why, "the registry cannot be reached at the moment");
	assert_in_range(a.at_ms - from, 1, 5000);
	ask(w, &a, "free", 2);
	vloop_run_until(&w->v, is_told, &a, 500);
	w->pools[0].slots = 4; /* a session becomes ready */
	sched_on_room(w->pools[0].account);
	wait_for(w, &a);
	assert_int_equal(a.is[SCHED_NAME_FREE], 2);
	struct sched_hold hold = {.account = w->accounts[0]};
	sched_set_holds(w->sched, &hold, 1);
	ask(w, &a, "free", 2);
	wait_for(w, &a);
	assert_string_equal(a.why, "sending is paused by an operator");
	sched_set_holds(w->sched, NULL, 0);
	reg.say = 2400;
	ask(w, &a, "free", 2);
	wait_for(w, &a);
	assert_int_equal(a.is[SCHED_NAME_UNKNOWN], 2);
	assert_string_equal(a.reason, "2400 words");
	reg.say = SAY_LOST;
	ask(w, &a, "free", 2);
	wait_for(w, &a);
	assert_string_equal(a.reason, "the connection broke");
}

static void a_stop_answers_who_waits(void **state)
{
	static struct asker a; /* whoever is not answered hears the end, after the test */
	struct world *w = begin(state, 1);
	ask(w, &a, "free", 50);
	vloop_run_until(&w->v, is_told, &a, 30);
	sched_stop(w->sched);
	wait_for(w, &a);
	assert_string_equal(a.why, "the gateway stops");
	assert_true(a.is[SCHED_NAME_FREE] > 0 && a.is[SCHED_NAME_UNKNOWN] > 0);
}

/* What is handed in goes first; a tenth is for those who ask. */
static void questions_do_not_hold_up_what_is_sent(void **state)
{
	struct limit none[LIMIT_CLASS__COUNT] = {{0}};
	static struct asker a; /* whoever is not answered hears the end, after the test */
	struct world *w = begin(state, 1);
	limits_set(&w->pools[0].limits, (struct limit){.max = 50}, none, loop_now_us(&w->v.loop));
	admit_many(w, 0, 0, "many", 600);
	vloop_run_until(&w->v, is_told, &a, 1500);
	size_t before = w->sent_count;
	ask(w, &a, "free", 300);
	vloop_run_until(&w->v, is_told, &a, 5000);
	size_t sent = w->sent_count - before;
	assert_in_range(reg.commands, 20, 30); /* of 250 in five seconds */
	assert_in_range(sent, 215, 235);
}

/* Nobody's many names keep another one waiting. */
static void those_who_ask_take_turns(void **state)
{
	struct asker many, few;
	struct world *w = begin(state, 1);
	struct limit none[LIMIT_CLASS__COUNT] = {{0}};
	limits_set(&w->pools[0].limits, (struct limit){.max = 20}, none, loop_now_us(&w->v.loop));
	ask(w, &many, "free", 300);
	vloop_run_until(&w->v, is_told, &many, 3000);
	uint64_t from = loop_now(&w->v.loop);
	ask(w, &few, "taken", 5);
	wait_for(w, &few);
	assert_true(few.at_ms - from < 2000);
	assert_false(many.told);
	wait_for(w, &many);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(names_go_in_groups),       TEST(the_limits_hold),
	    TEST(nobody_waits_for_ever),    TEST(who_cannot_be_asked_is_told_of_soon),
	    TEST(a_stop_answers_who_waits), TEST(questions_do_not_hold_up_what_is_sent),
	    TEST(those_who_ask_take_turns),
	};
	return cmocka_run_group_tests_name("sched/sched_ask", tests, rules_load, rules_drop);
}
