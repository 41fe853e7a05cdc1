/* How rule sets come into force and go: who may, when, and back to what. */
#include "daemon/job/rules_life.h"
#include "epp/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define NOW    1795140000000ll /* 2026-11-20T09:00:00+07:00 */
#define MINUTE 60000ll

static const struct rules_person an = {"An", "an", 1001}, binh = {"Bình", "binh", 1002};

struct play {
	struct rules_life l;
	struct errmsg e;
};

#define SAYS(p, what) assert_non_null(strstr((p)->e.text, what))

static void begin(struct play *p)
{
	rules_life_init(&p->l);
	assert_true(rules_life_take_files(&p->l, "sha256:aaaa", NOW - 10 * MINUTE));
	assert_string_equal(p->l.active, "sha256:aaaa");
}

/* Staged by An and approved by Bình for `at`. */
static void approve(struct play *p, const char *revision, instant_ms_t at, int64_t confirm_ms)
{
	assert_int_equal(rules_life_stage(&p->l, revision, at, &an, NOW, &p->e), OK);
	assert_int_equal(rules_life_approve(&p->l, &binh, confirm_ms, false, NOW, &p->e), OK);
}

static void in_force(struct play *p, const char *revision, int64_t confirm_ms)
{
	approve(p, revision, INSTANT_NONE, confirm_ms);
	assert_int_equal(rules_life_due(&p->l, NOW), RULES_DUE_EFFECT);
	rules_life_take_effect(&p->l, NOW);
	assert_string_equal(p->l.active, revision);
}

static void one_stages_another_activates(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	assert_int_equal(rules_life_approve(&p.l, &binh, 0, false, NOW, &p.e), ERR_NOT_FOUND);
	SAYS(&p, "nothing is staged");
	in_force(&p, "sha256:bbbb", 0);
	assert_string_equal(p.l.staged.revision, "");
	assert_int_equal(p.l.confirm_by, INSTANT_NONE);
	assert_int_equal(p.l.since, NOW);
	assert_int_equal(rules_life_due(&p.l, NOW + 1000 * MINUTE), RULES_DUE_NOTHING);
}

static void nobody_activates_what_they_staged(void **state)
{
	const struct rules_person other_name = {"Anh", "an", 1001}, other_login = {"An", "an2", 1003};
	struct play p;
	(void)state;
	begin(&p);
	assert_int_equal(rules_life_stage(&p.l, "sha256:bbbb", INSTANT_NONE, &an, NOW, &p.e), OK);
	assert_int_equal(rules_life_approve(&p.l, &an, 0, false, NOW, &p.e), ERR_DENIED);
	assert_int_equal(rules_life_approve(&p.l, &other_name, 0, false, NOW, &p.e), ERR_DENIED);
	SAYS(&p, "login of their own");
	assert_int_equal(rules_life_approve(&p.l, &other_login, 0, false, NOW, &p.e), ERR_DENIED);
	SAYS(&p, "was staged by An");
	assert_false(p.l.staged.approved);
	assert_int_equal(rules_life_due(&p.l, NOW + MINUTE), RULES_DUE_NOTHING);
	/* In a sandbox the first one's word is enough. */
	assert_int_equal(rules_life_approve(&p.l, &an, 0, true, NOW, &p.e), OK);
	assert_int_equal(rules_life_approve(&p.l, &binh, 0, false, NOW, &p.e), ERR_EXISTS);
	SAYS(&p, "approved already");
}

/* Whoever stages anew is the one who may not approve it. */
static void staging_anew_takes_the_place(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	approve(&p, "sha256:bbbb", NOW + MINUTE, 0);
	assert_int_equal(rules_life_stage(&p.l, "sha256:cccc", INSTANT_NONE, &binh, NOW, &p.e), OK);
	assert_false(p.l.staged.approved);
	assert_int_equal(rules_life_due(&p.l, NOW + 2 * MINUTE), RULES_DUE_NOTHING);
	assert_int_equal(rules_life_approve(&p.l, &binh, 0, false, NOW, &p.e), ERR_DENIED);
	assert_int_equal(rules_life_approve(&p.l, &an, 0, false, NOW, &p.e), OK);
	assert_int_equal(rules_life_withdraw(&p.l, &p.e), OK);
	assert_int_equal(rules_life_next(&p.l), INSTANT_NONE);
	assert_int_equal(rules_life_withdraw(&p.l, &p.e), ERR_NOT_FOUND);
}

static void what_makes_no_sense_is_not_staged(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	assert_int_equal(rules_life_stage(&p.l, "sha256:aaaa", INSTANT_NONE, &an, NOW, &p.e), ERR_EXISTS);
	SAYS(&p, "in force already");
	assert_int_equal(rules_life_stage(&p.l, "sha256:bbbb", NOW, &an, NOW, &p.e), ERR_RANGE);
	SAYS(&p, "in the past");
	assert_string_equal(p.l.staged.revision, "");
	assert_int_equal(rules_life_stage(&p.l, "sha256:bbbb", NOW + 1, &an, NOW, &p.e), OK);
	assert_int_equal(rules_life_approve(&p.l, &binh, 999, false, NOW, &p.e), ERR_RANGE);
	assert_int_equal(rules_life_approve(&p.l, &binh, RULES_CONFIRM_MAX_MS + 1, false, NOW, &p.e),
	                 ERR_RANGE);
}

static void a_date_is_waited_for(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	approve(&p, "sha256:bbbb", NOW + MINUTE, MINUTE);
	assert_int_equal(rules_life_next(&p.l), NOW + MINUTE);
	assert_int_equal(rules_life_due(&p.l, NOW + MINUTE - 1), RULES_DUE_NOTHING);
	assert_int_equal(rules_life_due(&p.l, NOW + MINUTE), RULES_DUE_EFFECT);
	/* The daemon may come too late; confirmation counts from when it is in force. */
	rules_life_take_effect(&p.l, NOW + 5 * MINUTE);
	assert_int_equal(p.l.confirm_by, NOW + 6 * MINUTE);
	assert_int_equal(rules_life_next(&p.l), NOW + 6 * MINUTE);
}

static void a_date_that_passed_before_the_approval_is_now(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	assert_int_equal(rules_life_stage(&p.l, "sha256:bbbb", NOW + MINUTE, &an, NOW, &p.e), OK);
	assert_int_equal(rules_life_due(&p.l, NOW + 2 * MINUTE), RULES_DUE_NOTHING);
	assert_int_equal(rules_life_approve(&p.l, &binh, 0, false, NOW + 2 * MINUTE, &p.e), OK);
	assert_int_equal(rules_life_due(&p.l, NOW + 2 * MINUTE), RULES_DUE_EFFECT);
}

static void confirmed_in_time_it_stays(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	assert_int_equal(rules_life_confirm(&p.l, NOW, &p.e), ERR_NOT_FOUND);
	SAYS(&p, "nothing waits");
	in_force(&p, "sha256:bbbb", MINUTE);
	assert_int_equal(rules_life_due(&p.l, NOW + MINUTE - 1), RULES_DUE_NOTHING);
	assert_int_equal(rules_life_confirm(&p.l, NOW + MINUTE - 1, &p.e), OK);
	assert_int_equal(rules_life_due(&p.l, NOW + MINUTE), RULES_DUE_NOTHING);
	assert_string_equal(p.l.active, "sha256:bbbb");
}

static void not_confirmed_the_previous_one_comes_back(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	in_force(&p, "sha256:bbbb", MINUTE);
	assert_int_equal(rules_life_confirm(&p.l, NOW + MINUTE, &p.e), ERR_TIMEOUT);
	SAYS(&p, "too late: sha256:bbbb");
	assert_int_equal(rules_life_due(&p.l, NOW + MINUTE), RULES_DUE_FALL_BACK);
	rules_life_fall_back(&p.l, NOW + MINUTE);
	assert_string_equal(p.l.active, "sha256:aaaa");
	assert_int_equal(rules_life_due(&p.l, NOW + MINUTE), RULES_DUE_NOTHING);
	assert_int_equal(rules_life_confirm(&p.l, NOW + 2 * MINUTE, &p.e), ERR_TIMEOUT);
	SAYS(&p, "too late: sha256:bbbb");
	/* Nobody gets it back by rolling back. */
	assert_int_equal(rules_life_roll_back(&p.l, NOW + 2 * MINUTE, &p.e), ERR_NOT_FOUND);
	in_force(&p, "sha256:cccc", 0);
	assert_int_equal(rules_life_confirm(&p.l, NOW, &p.e), ERR_NOT_FOUND);
}

static void the_next_one_waits_for_the_confirmation_of_this_one(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	in_force(&p, "sha256:bbbb", 10 * MINUTE);
	assert_int_equal(rules_life_stage(&p.l, "sha256:cccc", INSTANT_NONE, &an, NOW, &p.e), OK);
	assert_int_equal(rules_life_approve(&p.l, &binh, 0, false, NOW, &p.e), ERR_BUSY);
	SAYS(&p, "waits for its own confirmation");
	approve(&p, "sha256:cccc", NOW + MINUTE, 0);
	assert_int_equal(rules_life_due(&p.l, NOW + 2 * MINUTE), RULES_DUE_NOTHING);
	assert_int_equal(rules_life_due(&p.l, NOW + 10 * MINUTE), RULES_DUE_FALL_BACK);
	rules_life_fall_back(&p.l, NOW + 10 * MINUTE);
	assert_int_equal(rules_life_due(&p.l, NOW + 10 * MINUTE), RULES_DUE_EFFECT);
	rules_life_take_effect(&p.l, NOW + 10 * MINUTE);
	assert_string_equal(p.l.active, "sha256:cccc");
	assert_int_equal(rules_life_roll_back(&p.l, NOW + 11 * MINUTE, &p.e), OK);
	assert_string_equal(p.l.active, "sha256:aaaa");
}

static void rolling_back_goes_one_step_each_time(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	assert_int_equal(rules_life_roll_back(&p.l, NOW, &p.e), ERR_NOT_FOUND);
	SAYS(&p, "no previous");
	in_force(&p, "sha256:bbbb", 0);
	in_force(&p, "sha256:cccc", MINUTE);
	assert_int_equal(rules_life_roll_back(&p.l, NOW + 1, &p.e), OK);
	assert_string_equal(p.l.active, "sha256:bbbb");
	assert_int_equal(p.l.confirm_by, INSTANT_NONE);
	assert_int_equal(rules_life_confirm(&p.l, NOW + 2, &p.e), ERR_NOT_FOUND);
	assert_int_equal(rules_life_roll_back(&p.l, NOW + 1, &p.e), OK);
	assert_string_equal(p.l.active, "sha256:aaaa");
	assert_int_equal(rules_life_roll_back(&p.l, NOW + 1, &p.e), ERR_NOT_FOUND);
}

static void the_way_back_has_an_end(void **state)
{
	struct play p;
	char name[RULES_REVISION_MAX];
	(void)state;
	begin(&p);
	for (int i = 0; i < 3 * RULES_PREVIOUS_MAX; i++) {
		snprintf(name, sizeof name, "sha256:%04d", i);
		assert_true(rules_life_take_files(&p.l, name, NOW + i));
		assert_false(rules_life_take_files(&p.l, name, NOW + i));
	}
	for (int i = 3 * RULES_PREVIOUS_MAX - 2; i >= 2 * RULES_PREVIOUS_MAX - 1; i--) {
		snprintf(name, sizeof name, "sha256:%04d", i);
		assert_int_equal(rules_life_roll_back(&p.l, NOW, &p.e), OK);
		assert_string_equal(p.l.active, name);
	}
	assert_int_equal(rules_life_roll_back(&p.l, NOW, &p.e), ERR_NOT_FOUND);
}

static void what_cannot_be_loaded_needs_another_approval(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	approve(&p, "sha256:bbbb", NOW + MINUTE, MINUTE);
	rules_life_refuse(&p.l);
	assert_string_equal(p.l.staged.revision, "sha256:bbbb");
	assert_int_equal(rules_life_due(&p.l, NOW + 2 * MINUTE), RULES_DUE_NOTHING);
	assert_int_equal(rules_life_approve(&p.l, &an, 0, false, NOW, &p.e), ERR_DENIED);
	assert_int_equal(rules_life_approve(&p.l, &binh, 0, false, NOW, &p.e), OK);
}

static void files_take_what_was_staged_with_them(void **state)
{
	struct play p;
	(void)state;
	begin(&p);
	approve(&p, "sha256:bbbb", NOW + MINUTE, 0);
	assert_true(rules_life_take_files(&p.l, "sha256:cccc", NOW));
	assert_string_equal(p.l.staged.revision, "sha256:bbbb");
	assert_true(rules_life_take_files(&p.l, "sha256:bbbb", NOW));
	assert_string_equal(p.l.staged.revision, "");
	assert_int_equal(rules_life_due(&p.l, NOW + 2 * MINUTE), RULES_DUE_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_stages_another_activates),
	    cmocka_unit_test(nobody_activates_what_they_staged),
	    cmocka_unit_test(staging_anew_takes_the_place),
	    cmocka_unit_test(what_makes_no_sense_is_not_staged),
	    cmocka_unit_test(a_date_is_waited_for),
	    cmocka_unit_test(a_date_that_passed_before_the_approval_is_now),
	    cmocka_unit_test(confirmed_in_time_it_stays),
	    cmocka_unit_test(not_confirmed_the_previous_one_comes_back),
	    cmocka_unit_test(the_next_one_waits_for_the_confirmation_of_this_one),
	    cmocka_unit_test(rolling_back_goes_one_step_each_time),
	    cmocka_unit_test(the_way_back_has_an_end),
	    cmocka_unit_test(what_cannot_be_loaded_needs_another_approval),
	    cmocka_unit_test(files_take_what_was_staged_with_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
