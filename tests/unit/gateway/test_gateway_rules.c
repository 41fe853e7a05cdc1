/* The gateway and its rule sets: what comes into force when, by whom, over restarts, and when the store fails. */
#include "tests/unit/gateway/gateway_world.h"
#include "daemon/store/store_rules.h"

static bool ask(struct world *w, enum gateway_policy_step step, const char *key, const char *value)
{
	return world_ask(w, step, json_pack("{s:s}", key, value), &an);
}

/* An stages it for then, Bình approves it. */
static void two_bring_in(struct world *w, int wording, const char *at, const char *confirm_within)
{
	assert_true(world_stage(w, wording, at, &an));
	assert_true(world_activate(w, confirm_within, &binh));
}

/* The files in the folder are these now. */
static void reload_with(struct world *w, enum mode mode, int wording)
{
	struct policy_ruleset *r = world_rules(w, wording);
	assert_true(world_reload(w, mode, r));
	policy_unref(&r);
}

/* ---- the start --------------------------------------------------------------------------------------------------------- */

static void the_first_start_adopts_the_folder(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_STAGED, 0);
	assert_in_force(w, 0);
	assert_true(logged(w, "rules.changed step=adopted"));
	world_stop(w);
	/* From then on the store knows better than the folder. */
	world_start(w, MODE_STAGED, 1);
	assert_in_force(w, 0);
	assert_true(logged(w, "rules.differ"));
	/* … and needs it no more. */
	world_stop(w);
	world_boot(w, MODE_STAGED, NULL);
	assert_string_equal(w->why, "");
	assert_in_force(w, 0);
}

static void without_any_rule_set_it_does_not_start(void **state)
{
	struct world *w = *state;
	world_boot(w, MODE_STAGED, NULL);
	assert_non_null(strstr(w->why, "no rule set was ever in force"));
}

static void files_come_into_force_at_start_and_reload(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_FILES, 0);
	assert_in_force(w, 0);
	reload_with(w, MODE_FILES, 1);
	assert_in_force(w, 1);
	world_stop(w);
	world_start(w, MODE_FILES, 2);
	assert_in_force(w, 2);
	assert_true(ask(w, GATEWAY_POLICY_ROLL_BACK, "why", "wrong"));
	assert_in_force(w, 1);
}

static void a_reload_of_staged_rules_only_tells_the_difference(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_STAGED, 0);
	assert_false(logged(w, "rules.differ"));
	reload_with(w, MODE_STAGED, 1);
	assert_in_force(w, 0);
	assert_true(logged(w, "rules.differ"));
	json_t *s = gateway_policy_summary(w->sim.gateway), *files = json_object_get(s, "files");
	assert_string_equal(json_string_value(json_object_get(files, "state")),
	                    "differs from what is in force");
	json_decref(s);
	buf_clear(&w->log);
	assert_true(world_reload(w, MODE_STAGED, NULL));
	assert_true(logged(w, "rules.differ"));
	s = gateway_policy_summary(w->sim.gateway);
	files = json_object_get(s, "files");
	assert_string_equal(json_string_value(json_object_get(files, "state")), "does not load");
	json_decref(s);
	/* The configuration may say otherwise from now on. */
	reload_with(w, MODE_FILES, 2);
	assert_in_force(w, 2);
}

/* ---- people ------------------------------------------------------------------------------------------------------------ */

static void two_people_bring_a_rule_set_into_force(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_STAGED, 0);
	assert_refused(w, world_activate(w, NULL, &binh), "nothing is staged");
	assert_true(world_stage(w, 1, "now", &an));
	assert_in_force(w, 0);
	assert_refused(w, world_activate(w, NULL, &an), "another person");
	assert_in_force(w, 0);
	assert_true(world_activate(w, NULL, &binh));
	assert_in_force(w, 1);
	world_stop(w);
	world_start(w, MODE_STAGED, 0);
	assert_in_force(w, 1);
	assert_true(ask(w, GATEWAY_POLICY_ROLL_BACK, "why", "wrong"));
	assert_in_force(w, 0);
	assert_refused(w, ask(w, GATEWAY_POLICY_ROLL_BACK, "why", "wrong"), "no previous");
}

static void in_a_sandbox_one_person_is_enough(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_SANDBOX, 0);
	assert_true(world_stage(w, 1, "now", &an));
	assert_true(world_activate(w, NULL, &an));
	assert_in_force(w, 1);
	world_stop(w);
	world_start(w, MODE_FILES, 0);
	assert_true(world_stage(w, 1, "now", &an));
	assert_true(world_activate(w, NULL, &an));
	assert_in_force(w, 1);
}

static void what_is_asked_wrongly_is_said(void **state)
{
	struct world *w = *state;
	const struct gateway_asker nobody = {0, NULL};
	char long_name[RULES_NAME_MAX + 1];
	memset(long_name, 'x', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	world_start(w, MODE_STAGED, 0);
	assert_refused(w, world_stage(w, 1, "tomorrow", &an), "'tomorrow' is not");
	assert_refused(w, world_stage(w, 1, "2026-02-30", &an), "is not 'now', a date");
	assert_refused(w, world_stage(w, 1, "2026-11-20", &an), "in the past");
	assert_refused(w, world_stage(w, 0, "now", &an), "in force already");
	assert_refused(w, world_stage(w, 1, "now", &nobody), "who asks is not known");
	assert_refused(w, ask(w, GATEWAY_POLICY_STAGE, "as", long_name), "at most 63 bytes");
	assert_refused(w, ask(w, GATEWAY_POLICY_STAGE, "as", "An\x1b[2J"), "control characters");
	assert_refused(w, ask(w, GATEWAY_POLICY_STAGE, "as", "An"), "say when");
	assert_refused(w, ask(w, GATEWAY_POLICY_STAGE, "at", "now"), "canonical text");
	assert_refused(w,
	               world_ask(w, GATEWAY_POLICY_STAGE,
	                         json_pack("{s:s, s:s}", "at", "now", "text", "zones: 1\n"), &an),
	               "does not load it");
	assert_refused(w, ask(w, GATEWAY_POLICY_ROLL_BACK, "as", "An"), "say why");
	assert_refused(w, ask(w, GATEWAY_POLICY_WITHDRAW, "why", "no reason"), "nothing is staged");
	assert_refused(w, ask(w, GATEWAY_POLICY_CONFIRM, "as", "An"), "nothing waits");
	assert_true(world_stage(w, 1, "now", &an));
	assert_refused(w, world_activate(w, "soon", &binh), "is not a duration");
	assert_refused(w, world_activate(w, "0s", &binh), "is not a duration");
	assert_refused(w, world_activate(w, "31d", &binh), "1 second to 30 days");
	assert_refused(
	    w, world_ask(w, GATEWAY_POLICY_ACTIVATE, json_pack("{s:s}", "revision", "sha256:00"), &binh),
	    "what is staged is sha256:");
	assert_in_force(w, 0);
}

/* The second one to ask is told to come again, a reload waits; nothing is mixed up. */
static void one_change_at_a_time(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_SANDBOX, 0);
	assert_true(world_stage(w, 1, "now", &an));
	json_t *none = json_object();
	gateway_policy(w->sim.gateway, GATEWAY_POLICY_ACTIVATE, none, &binh, world_answered, w);
	gateway_policy(w->sim.gateway, GATEWAY_POLICY_ACTIVATE, none, &binh, world_answered, w);
	assert_true(w->answered);
	assert_error(w, "try again");
	struct policy_ruleset *r = world_rules(w, 2);
	buf_clear(&w->log);
	assert_true(world_reload(w, MODE_FILES, r));
	policy_unref(&r);
	world_run(w, 1000); /* that was the first one's answer */
	assert_true(logged(w, "step=in force") && logged(w, "step=files")); /* both, one after the other */
	assert_in_force(w, 2);
	assert_true(ask(w, GATEWAY_POLICY_ROLL_BACK, "why", "x"));
	assert_in_force(w, 1);
	json_decref(none);
}

static void every_step_is_kept_with_who_and_why(void **state)
{
	struct world *w = *state;
	static const char *const steps[] = {"rolled back", "in force", "approved", "staged", "adopted"};
	world_start(w, MODE_STAGED, 0);
	assert_true(world_stage(w, 1, "now", &an));
	assert_true(world_ask(w, GATEWAY_POLICY_ACTIVATE, json_pack("{s:s, s:s}", "as", "Bình", "why", "507"),
	                      &binh));
	assert_true(ask(w, GATEWAY_POLICY_ROLL_BACK, "why", "wrong fee"));
	world_stop(w);
	world_start(w, MODE_STAGED, 0);
	w->answered = false;
	gateway_policy_status(w->sim.gateway, 0, world_answered, w);
	assert_true(world_until(w, &w->answered));
	json_t *history = json_object_get(w->answer, "history");
	assert_int_equal(json_array_size(history), ARRAY_LEN(steps));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		assert_string_equal(json_string_value(json_object_get(json_array_get(history, i), "step")),
		                    steps[i]);
	json_t *approved = json_array_get(history, 2), *back = json_array_get(history, 0);
	assert_string_equal(json_string_value(json_object_get(approved, "person")), "Bình");
	assert_string_equal(json_string_value(json_object_get(approved, "login")), "binh");
	assert_string_equal(json_string_value(json_object_get(approved, "why")), "507");
	assert_string_equal(json_string_value(json_object_get(back, "login")), "an");
	assert_string_equal(json_string_value(json_object_get(back, "why")), "wrong fee");
	w->answered = false;
	gateway_policy_status(w->sim.gateway, 2, world_answered, w);
	assert_true(world_until(w, &w->answered));
	assert_int_equal(json_array_size(json_object_get(w->answer, "history")), 2);
	assert_true(json_is_true(json_object_get(w->answer, "more")));
}

/* ---- time -------------------------------------------------------------------------------------------------------------- */

static void a_date_is_waited_for_and_may_be_withdrawn(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_STAGED, 0);
	assert_true(world_stage(w, 1, "2026-11-20T10:00:00+07:00", &an));
	world_run(w, 2 * 60 * MINUTE);
	assert_in_force(w, 0); /* nobody has approved it */
	assert_true(world_activate(w, NULL, &binh));
	assert_in_force(w, 1); /* late, and at once */
	two_bring_in(w, 2, "2026-11-21", NULL);
	assert_in_force(w, 1);
	assert_refused(w, world_activate(w, NULL, &binh), "it takes effect at 2026-11-21T00:00:00+07:00");
	world_run(w,
	          (uint64_t)(instant_of_date(date_make(2026, 11, 21), HANOI_OFFSET_S) - world_now(w)) - 100);
	assert_in_force(w, 1);
	world_run(w, 500);
	assert_in_force(w, 2);
	two_bring_in(w, 3, "2026-11-22", NULL);
	assert_true(ask(w, GATEWAY_POLICY_WITHDRAW, "why", "not signed"));
	world_run(w, 3 * 24 * 60 * MINUTE);
	assert_in_force(w, 2);
}

static void not_confirmed_it_falls_back(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_STAGED, 0);
	two_bring_in(w, 1, "now", "15m");
	world_run(w, 15 * MINUTE - 1000);
	assert_in_force(w, 1);
	world_run(w, 2000);
	assert_in_force(w, 0);
	assert_true(logged(w, "step=fell back"));
	assert_refused(w, ask(w, GATEWAY_POLICY_CONFIRM, "as", "An"), "too late");
	two_bring_in(w, 2, "now", "15m");
	assert_true(ask(w, GATEWAY_POLICY_CONFIRM, "as", "An"));
	world_run(w, 60 * MINUTE);
	assert_in_force(w, 2);
}

/* What time would have done while nobody was there is done before the first decision: on_ready comes after it. */
static void deadlines_hold_over_a_restart(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_STAGED, 0);
	two_bring_in(w, 1, "now", "15m");
	world_kill(w);
	world_run(w, 5 * MINUTE);
	world_start(w, MODE_STAGED, 0);
	assert_in_force(w, 1);
	two_bring_in(w, 2, "2026-11-20T12:00:00+07:00", "1h");
	world_kill(w);
	world_run(w, 20 * MINUTE);
	world_start(w, MODE_STAGED, 0);
	assert_in_force(w, 0);
	world_kill(w);
	world_run(w, 5 * 60 * MINUTE);
	world_start(w, MODE_STAGED, 0);
	assert_in_force(w, 2); /* its hour begins now */
	world_kill(w);
	world_run(w, 50 * MINUTE);
	world_start(w, MODE_STAGED, 0);
	assert_in_force(w, 2);
	world_run(w, 20 * MINUTE);
	assert_in_force(w, 0);
	/* Both passed while it was down: first back, then on. */
	two_bring_in(w, 3, "now", "15m");
	two_bring_in(w, 4, "2026-11-20T23:00:00+07:00", NULL);
	world_kill(w);
	world_run(w, 24 * 60 * MINUTE);
	world_start(w, MODE_STAGED, 0);
	assert_in_force(w, 4);
	assert_true(ask(w, GATEWAY_POLICY_ROLL_BACK, "why", "x"));
	assert_in_force(w, 0);
}

/* ---- what goes wrong --------------------------------------------------------------------------------------------------- */

static void a_store_that_fails_changes_nothing(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_STAGED, 0);
	store_fails(w, STORE_RULES_KEEP);
	assert_refused(w, world_stage(w, 1, "now", &an), "no space is left");
	store_works(w);
	assert_true(world_stage(w, 1, "now", &an));
	w->store.failing = true;
	assert_false(world_activate(w, NULL, &binh));
	assert_in_force(w, 0);
	w->store.type = STORE_GET_RULES;
	assert_false(world_activate(w, NULL, &binh));
	assert_in_force(w, 0);
	store_works(w);
	assert_true(world_activate(w, "1m", &binh));
	/* What time wants is tried again. */
	store_fails(w, STORE_RULES_KEEP);
	world_run(w, 5 * MINUTE);
	assert_in_force(w, 1);
	assert_true(logged(w, "rules.failed"));
	store_works(w);
	world_run(w, MINUTE);
	assert_in_force(w, 0);
}

static void a_reload_that_cannot_be_kept_changes_nothing(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_FILES, 0);
	store_fails(w, STORE_RULES_KEEP);
	struct policy_ruleset *r = world_rules(w, 1);
	assert_refused(w, world_reload(w, MODE_FILES, r), "no space is left");
	assert_in_force(w, 0);
	store_works(w);
	assert_true(world_reload(w, MODE_FILES, r));
	policy_unref(&r);
	assert_in_force(w, 1);
}

/* The kept text, replaced by one that this program does not load, as after an update of it. */
static void spoil(struct world *w, int wording, const char *text)
{
	char revision[REVISION_MAX];
	struct arena a = {0};
	world_revision(w, wording, revision);
	struct store_rules_keep k = {.revision = str_c(revision), .text = str_c(text)};
	assert_int_equal(world_play(w, &k.op, STORE_RULES_KEEP), OK);
	assert_true(k.added); /* before it is staged: what is kept first stays */
	arena_fini(&a);
}

static void what_does_not_load_any_more_is_refused(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_STAGED, 0);
	spoil(w, 1, "zones: 1\n");
	assert_true(world_stage(w, 1, "now", &an));
	assert_refused(w, world_activate(w, NULL, &binh), "does not load in this version");
	assert_in_force(w, 0);
	/* For a date: it is refused when that comes, and needs another approval. */
	two_bring_in(w, 1, "2026-11-20T10:00:00+07:00", NULL);
	world_run(w, 2 * 60 * MINUTE);
	assert_in_force(w, 0);
	assert_true(logged(w, "rules.refused"));
	assert_true(logged(w, "step=refused"));
	/* … also when it comes while the daemon is down. */
	buf_clear(&w->log);
	two_bring_in(w, 1, "2026-11-20T12:00:00+07:00", NULL);
	world_stop(w);
	world_run(w, 3 * 60 * MINUTE);
	world_start(w, MODE_STAGED, 0);
	assert_in_force(w, 0);
	assert_true(logged(w, "rules.refused"));
	assert_refused(w, world_activate(w, NULL, &binh), "does not load in this version");
}

/* The text of another revision under this one's name is not taken for it. */
static void a_kept_text_must_be_its_revision(void **state)
{
	struct world *w = *state;
	struct buf room;
	buf_init(&room, 16u << 20);
	world_start(w, MODE_STAGED, 0);
	buf_clear(&w->log);
	(void)world_text(w, 2, false, &room);
	spoil(w, 1, buf_cstr(&room));
	assert_true(world_stage(w, 1, "now", &an));
	assert_refused(w, world_activate(w, NULL, &binh), "of another revision");
	assert_in_force(w, 0);
	buf_fini(&room);
}

static void set_life(struct world *w, const char *text)
{
	struct store_setting s = {.name = "policy", .value = str_c(text)};
	assert_int_equal(world_play(w, &s.op, STORE_SETTING), OK);
}

static void a_start_without_its_rule_set_says_so(void **state)
{
	struct world *w = *state;
	static const char life[] =
	    "{\"active\":\"%s\",\"since\":1,\"confirm_by\":null,\"previous\":[],\"staged\":{\"revision\":"
	    "\"\","
	    "\"by\":{\"name\":\"\",\"login\":\"\",\"uid\":0},\"staged_at\":null,\"at\":null,\"approved\":"
	    "false,"
	    "\"approver\":{\"name\":\"\",\"login\":\"\",\"uid\":0},\"approved_at\":null,\"confirm_ms\":0},"
	    "\"lapsed\":\"\",\"lapsed_at\":null}";
	char text[1024], revision[REVISION_MAX];
	snprintf(text, sizeof text, life, "sha256:00");
	set_life(w, text);
	world_boot(w, MODE_STAGED, NULL);
	assert_non_null(strstr(w->why, "no rule set of this revision is kept"));
	world_stop(w);
	spoil(w, 1, "zones: 1\n");
	world_revision(w, 1, revision);
	snprintf(text, sizeof text, life, revision);
	set_life(w, text);
	world_boot(w, MODE_STAGED, NULL);
	assert_non_null(strstr(w->why, "does not load in this version"));
	world_stop(w);
	set_life(w, "{\"active\":\"sha256:00\"}");
	world_boot(w, MODE_STAGED, NULL);
	assert_non_null(strstr(w->why, "cannot be read"));
	world_stop(w);
	/* Files help in any case but the last: what cannot be read may not be written over. */
	world_boot(w, MODE_FILES, NULL);
	assert_non_null(strstr(w->why, "cannot be read"));
	world_stop(w);
	set_life(w, text);
	world_start(w, MODE_FILES, 0);
	assert_in_force(w, 0);
}

static void a_stop_in_the_middle_of_a_change_ends(void **state)
{
	struct world *w = *state;
	world_start(w, MODE_STAGED, 0);
	assert_true(world_stage(w, 1, "now", &an));
	json_t *none = json_object();
	w->answered = false;
	gateway_policy(w->sim.gateway, GATEWAY_POLICY_ACTIVATE, none, &binh, world_answered, w);
	json_decref(none);
	mem_net_unlisten(w->sim.net, "api", 443);
	gateway_stop(w->sim.gateway);
	assert_true(world_until(w, &w->answered));
	assert_true(world_until(w, &w->sim.stopped));
	mem_net_listen(w->sim.net, "gateway", "api", 443, http_server_on_stream,
	               gateway_http(w->sim.gateway));
	world_stop(w);
	world_start(w, MODE_STAGED, 0);
	assert_in_force(w, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_init, world_fini)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_first_start_adopts_the_folder),
	    T(without_any_rule_set_it_does_not_start),
	    T(files_come_into_force_at_start_and_reload),
	    T(a_reload_of_staged_rules_only_tells_the_difference),
	    T(two_people_bring_a_rule_set_into_force),
	    T(in_a_sandbox_one_person_is_enough),
	    T(what_is_asked_wrongly_is_said),
	    T(one_change_at_a_time),
	    T(every_step_is_kept_with_who_and_why),
	    T(a_date_is_waited_for_and_may_be_withdrawn),
	    T(not_confirmed_it_falls_back),
	    T(deadlines_hold_over_a_restart),
	    T(a_store_that_fails_changes_nothing),
	    T(a_reload_that_cannot_be_kept_changes_nothing),
	    T(what_does_not_load_any_more_is_refused),
	    T(a_kept_text_must_be_its_revision),
	    T(a_start_without_its_rule_set_says_so),
	    T(a_stop_in_the_middle_of_a_change_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
