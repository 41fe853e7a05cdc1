/* What the gateway tells of the rule sets that it keeps. */
#include "tests/unit/gateway/gateway_world.h"

/* True: answered; w->answer. */
static bool kept(struct world *w, const char *revision, uint32_t limit)
{
	w->answered = false;
	gateway_policy_kept(w->sim.gateway, revision, limit, world_answered, w);
	assert_true(world_until(w, &w->answered));
	return !w->error[0];
}

static const char *member(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* Wordings 0 and 1 were in force, 2 is, 3 is staged. */
static void begin(struct world *w)
{
	world_start(w, MODE_SANDBOX, 0);
	for (int i = 1; i <= 2; i++) {
		assert_true(world_stage(w, i, "now", &an));
		assert_true(world_activate(w, NULL, &an));
	}
	assert_true(world_stage(w, 3, "now", &an));
}

static void all_are_listed_newest_first(void **state)
{
	struct world *w = *state;
	static const char *const states[] = {"staged", "in force", "", ""};
	char revision[REVISION_MAX];
	begin(w);
	assert_true(kept(w, NULL, 0));
	json_t *list = json_object_get(w->answer, "kept");
	assert_int_equal(json_array_size(list), 4);
	for (size_t i = 0; i < 4; i++) {
		world_revision(w, 3 - (int)i, revision);
		assert_string_equal(member(json_array_get(list, i), "revision"), revision);
		assert_string_equal(member(json_array_get(list, i), "state"), states[i]);
		assert_null(member(json_array_get(list, i), "text"));
	}
	assert_true(json_is_false(json_object_get(w->answer, "more")));
	assert_true(kept(w, NULL, 3));
	assert_int_equal(json_array_size(json_object_get(w->answer, "kept")), 3);
	assert_true(json_is_true(json_object_get(w->answer, "more")));
}

static void one_is_found_by_its_name_its_beginning_or_its_state(void **state)
{
	struct world *w = *state;
	struct buf room;
	char revision[REVISION_MAX], beginning[20];
	buf_init(&room, 16u << 20);
	begin(w);
	world_revision(w, 1, revision);
	assert_true(kept(w, revision, 0));
	assert_string_equal(member(w->answer, "text"),
	                    ((void)world_text(w, 1, false, &room), buf_cstr(&room)));
	snprintf(beginning, sizeof beginning, "%.19s", revision);
	assert_true(kept(w, beginning, 0));
	assert_string_equal(member(w->answer, "revision"), revision);
	assert_true(kept(w, beginning + strlen("sha256:"), 0));
	assert_string_equal(member(w->answer, "revision"), revision);
	world_revision(w, 2, revision);
	assert_true(kept(w, "active", 0));
	assert_string_equal(member(w->answer, "revision"), revision);
	world_revision(w, 3, revision);
	assert_true(kept(w, "staged", 0));
	assert_string_equal(member(w->answer, "revision"), revision);
	assert_true(world_activate(w, NULL, &an));
	assert_refused(w, kept(w, "staged", 0), "nothing is staged");
	buf_fini(&room);
}

static void what_is_not_there_is_said(void **state)
{
	struct world *w = *state;
	char revision[2 * REVISION_MAX];
	begin(w);
	assert_refused(w, kept(w, "sha256:", 0), "more than one");
	assert_refused(w, kept(w, "sha256:xyz", 0), "begins with 'sha256:xyz'");
	assert_refused(w, kept(w, "", 0), "64 digits");
	snprintf(revision, sizeof revision, "sha256:%064d", 0);
	assert_refused(w, kept(w, revision, 0), "no rule set of this revision");
	memset(revision, 'x', sizeof revision - 1);
	revision[sizeof revision - 1] = '\0';
	assert_refused(w, kept(w, revision, 0), "64 digits");
	store_fails(w, STORE_GET_RULES);
	assert_refused(w, kept(w, NULL, 0), "no space is left");
	assert_refused(w, kept(w, "active", 0), "no space is left");
	store_works(w);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_init, world_fini)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(all_are_listed_newest_first),
	    T(one_is_found_by_its_name_its_beginning_or_its_state),
	    T(what_is_not_there_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
