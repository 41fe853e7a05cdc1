/* The checked state machine: moves of the table, and what happens with all others. */
#include "daemon/core/sm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IDLE, BUSY, GONE };

static const struct sm_conf conf[] = {
    [IDLE] = {"idle", SM_INITIAL, SM_TO(BUSY) | SM_TO(GONE)},
    [BUSY] = {"busy", 0, SM_TO(IDLE) | SM_TO(BUSY)},
    [GONE] = {"gone", SM_FINAL, 0},
};

static void moves_of_the_table_are_made(void **state)
{
	struct sm m;
	(void)state;
	sm_init(&m, "worker", conf, ARRAY_LEN(conf), IDLE);
	assert_int_equal(sm_state(&m), IDLE);
	assert_string_equal(sm_state_name(&m), "idle");
	assert_false(sm_is_final(&m));
	sm_move(&m, BUSY);
	sm_move(&m, BUSY);
	sm_move(&m, IDLE);
	sm_move(&m, GONE);
	assert_true(sm_is_final(&m));
	assert_string_equal(sm_state_name(&m), "gone");
}

static void a_move_can_be_asked_for(void **state)
{
	struct sm m;
	(void)state;
	sm_init(&m, "worker", conf, ARRAY_LEN(conf), IDLE);
	assert_true(sm_may(&m, BUSY));
	assert_false(sm_may(&m, IDLE));
	assert_false(sm_may(&m, 3));
	assert_false(sm_may(&m, -1));
	assert_false(sm_may(&m, 1000));
	assert_string_equal(sm_name_of(&m, 3), "?");
	assert_string_equal(sm_name_of(&m, -1), "?");
}

static void all_states_may_be_used(void **state)
{
	struct sm_conf many[SM_STATES_MAX];
	struct sm m;
	(void)state;
	for (int i = 0; i < SM_STATES_MAX; i++)
		many[i] = (struct sm_conf){"s", SM_INITIAL, UINT32_MAX};
	sm_init(&m, "many", many, SM_STATES_MAX, 31);
	sm_move(&m, 0);
	sm_move(&m, 31);
	assert_int_equal(sm_state(&m), 31);
}

/* Runs `f` in a child, which must abort with `text` on stderr. */
static void expect_abort(void (*f)(void), const char *text)
{
	char out[400] = "";
	int fds[2], status;
	assert_int_equal(pipe(fds), 0);
	pid_t child = fork();
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		(void)dup2(fds[1], STDERR_FILENO); /* else the parent sees no text and says so */
		f();
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(read(fds[0], out, sizeof out - 1) > 0);
	close(fds[0]);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	if (!strstr(out, text))
		fail_msg("wanted '%s': %s", text, out);
}

static void leave_final(void)
{
	struct sm m;
	sm_init(&m, "worker", conf, ARRAY_LEN(conf), IDLE);
	sm_move(&m, GONE);
	sm_move(&m, IDLE);
}

static void move_outside(void)
{
	struct sm m;
	sm_init(&m, "worker", conf, ARRAY_LEN(conf), IDLE);
	sm_move(&m, 32);
}

static void start_in_the_middle(void)
{
	struct sm m;
	sm_init(&m, "worker", conf, ARRAY_LEN(conf), BUSY);
}

static void final_with_moves(void)
{
	static const struct sm_conf bad[] = {{"a", SM_INITIAL | SM_FINAL, SM_TO(0)}};
	struct sm m;
	sm_init(&m, "bad", bad, 1, 0);
}

static void moves_out_of_the_table(void)
{
	static const struct sm_conf bad[] = {{"a", SM_INITIAL, SM_TO(1)}};
	struct sm m;
	sm_init(&m, "bad", bad, 1, 0);
}

static void other_moves_abort_with_both_names(void **state)
{
	(void)state;
	expect_abort(leave_final, "INVARIANT failed: worker may go from gone to idle");
	expect_abort(move_outside, "INVARIANT failed: worker may go from idle to ?");
}

static void wrong_tables_abort(void **state)
{
	(void)state;
	expect_abort(start_in_the_middle, "SM_INITIAL");
	expect_abort(final_with_moves, "SM_FINAL");
	expect_abort(moves_out_of_the_table, "known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(moves_of_the_table_are_made),
	    cmocka_unit_test(a_move_can_be_asked_for),
	    cmocka_unit_test(all_states_may_be_used),
	    cmocka_unit_test(other_moves_abort_with_both_names),
	    cmocka_unit_test(wrong_tables_abort),
	};
	return cmocka_run_group_tests_name("sm", tests, NULL, NULL);
}
