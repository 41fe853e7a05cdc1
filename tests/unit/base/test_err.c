/* The error enum, messages with context, and allocations that must not wrap. */
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void every_code_has_name_text_and_class(void **state)
{
	(void)state;
	for (int e = 0; e < ERR__COUNT; e++) {
		assert_true(strlen(err_name((enum err)e)) > 0);
		assert_true(strlen(err_text((enum err)e)) > 0);
		for (int other = 0; other < e; other++)
			assert_string_not_equal(err_name((enum err)e), err_name((enum err)other));
		assert_int_equal(err_class((enum err)e) == ERR_CLASS_NONE, e == OK);
	}
	assert_string_equal(err_name(ERR_TIMEOUT), "ERR_TIMEOUT");
	assert_string_equal(err_text(ERR_TIMEOUT), "timed out");
	assert_int_equal(err_class(ERR_TIMEOUT), ERR_CLASS_RETRY);
	assert_int_equal(err_class(ERR_FRAME), ERR_CLASS_PEER);
}

static void a_code_that_does_not_exist_is_internal(void **state)
{
	(void)state;
	assert_string_equal(err_name(ERR__COUNT), "ERR_INTERNAL");
	assert_string_equal(err_name((enum err)9999), "ERR_INTERNAL");
	assert_int_equal(err_class((enum err)9999), ERR_CLASS_PERMANENT);
}

static void context_goes_in_front(void **state)
{
	struct errmsg m;
	(void)state;
	assert_int_equal(err_set(&m, ERR_IO, "no %s", "disk"), ERR_IO);
	assert_int_equal(err_wrap(&m, ERR_CONFIG, "file %d", 7), ERR_CONFIG);
	assert_string_equal(m.text, "file 7: no disk");
	assert_int_equal(err_set(NULL, ERR_IO, "nobody listens"), ERR_IO);
	assert_int_equal(err_wrap(NULL, ERR_IO, "nobody listens"), ERR_IO);
}

static void long_messages_are_cut(void **state)
{
	struct errmsg m;
	char longer[2 * ERRMSG_MAX];
	(void)state;
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	(void)err_set(&m, ERR_IO, "%s", longer);
	assert_int_equal(strlen(m.text), ERRMSG_MAX - 1);
	(void)err_wrap(&m, ERR_IO, "before");
	assert_int_equal(strlen(m.text), ERRMSG_MAX - 1);
	assert_memory_equal(m.text, "before: xxx", 11);
	(void)err_wrap(&m, ERR_IO, "%s", longer);
	assert_int_equal(strlen(m.text), ERRMSG_MAX - 1);
}

static void checks_count_and_go_on(void **state)
{
	int saved = dup(STDERR_FILENO);
	unsigned long before = check_count();
	(void)state;
	close(STDERR_FILENO);
	assert_true(CHECK(1 + 1 == 2));
	assert_false(CHECK(1 + 1 == 3));
	(void)dup2(saved, STDERR_FILENO); /* the words of a failing test would be lost, no more */
	close(saved);
	assert_int_equal(check_count(), before + 1);
}

static void memory_is_given(void **state)
{
	(void)state;
	char *s = xstrdup("abc"), *none = xmalloc(0);
	assert_string_equal(s, "abc");
	free(s);
	free(none);
	s = xmemdup0("a\0b", 3);
	assert_memory_equal(s, "a\0b\0", 4);
	free(s);
	s = xmemdup0(NULL, 0);
	assert_string_equal(s, "");
	s = xrealloc(s, 10, 10);
	free(s);
	unsigned char *zero = xcalloc(10, 10);
	for (int i = 0; i < 100; i++)
		assert_int_equal(zero[i], 0);
	free(zero);
}

static void a_product_that_wraps_aborts(void **state)
{
	int status;
	(void)state;
	pid_t child = fork();
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		free(xrealloc(NULL, SIZE_MAX / 2, 4));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_code_has_name_text_and_class),
	    cmocka_unit_test(a_code_that_does_not_exist_is_internal),
	    cmocka_unit_test(context_goes_in_front),
	    cmocka_unit_test(long_messages_are_cut),
	    cmocka_unit_test(checks_count_and_go_on),
	    cmocka_unit_test(memory_is_given),
	    cmocka_unit_test(a_product_that_wraps_aborts),
	};
	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
