/* The intrusive list: order, counts, moving, and mistakes that abort. */
#include "epp/base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct item {
	char letter;
	struct list_node node;
};

static const char *letters(const struct list *l)
{
	static char out[16];
	size_t n = 0;
	list_for_each (at, l)
		out[n++] = LIST_ITEM(at, struct item, node)->letter;
	out[n] = '\0';
	assert_int_equal(n, l->count);
	return out;
}

static void nodes_keep_their_order(void **state)
{
	struct list l;
	struct item a = {.letter = 'a'}, b = {.letter = 'b'}, c = {.letter = 'c'}, d = {.letter = 'd'};
	(void)state;
	list_init(&l);
	assert_true(list_empty(&l));
	assert_null(list_pop(&l));
	list_push(&l, &b.node);
	list_push_front(&l, &a.node);
	list_push(&l, &d.node);
	list_insert(&l, &d.node, &c.node);
	assert_string_equal(letters(&l), "abcd");
	list_remove(&b.node);
	assert_false(list_in(&b.node));
	assert_true(list_in(&a.node));
	assert_string_equal(letters(&l), "acd");
	assert_ptr_equal(list_pop(&l), &a.node);
	list_remove(&d.node);
	assert_ptr_equal(l.first, &c.node);
	assert_ptr_equal(l.last, &c.node);
	assert_ptr_equal(list_pop(&l), &c.node);
	assert_true(list_empty(&l));
	assert_null(l.first);
	assert_null(l.last);
}

static void a_list_moves_whole(void **state)
{
	struct list from, to;
	struct item a = {.letter = 'a'}, b = {.letter = 'b'}, c = {.letter = 'c'};
	(void)state;
	list_init(&from);
	list_init(&to);
	list_push(&to, &a.node);
	list_push(&from, &b.node);
	list_push(&from, &c.node);
	list_move_all(&to, &from);
	assert_string_equal(letters(&to), "abc");
	assert_true(list_empty(&from));
	assert_ptr_equal(c.node.owner, &to);
	while (list_pop(&to)) {
	}
}

static void the_safe_walk_may_remove(void **state)
{
	struct list l;
	struct item items[6];
	(void)state;
	list_init(&l);
	for (int i = 0; i < 6; i++) {
		items[i] = (struct item){.letter = (char)('a' + i)};
		list_push(&l, &items[i].node);
	}
	list_for_each_safe (n, &l)
		if (LIST_ITEM(n, struct item, node)->letter % 2)
			list_remove(n);
	assert_string_equal(letters(&l), "bdf");
}

static void push_twice(void)
{
	struct list l;
	struct item a = {0};
	list_init(&l);
	list_push(&l, &a.node);
	list_push(&l, &a.node);
}

static void remove_from_nothing(void)
{
	struct item a = {0};
	list_remove(&a.node);
}

static void insert_before_a_stranger(void)
{
	struct list l, other;
	struct item a = {0}, b = {0};
	list_init(&l);
	list_init(&other);
	list_push(&other, &a.node);
	list_insert(&l, &a.node, &b.node);
}

static bool aborts(void (*f)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		f();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void mistakes_abort(void **state)
{
	(void)state;
	assert_true(aborts(push_twice));
	assert_true(aborts(remove_from_nothing));
	assert_true(aborts(insert_before_a_stranger));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nodes_keep_their_order),
	    cmocka_unit_test(a_list_moves_whole),
	    cmocka_unit_test(the_safe_walk_may_remove),
	    cmocka_unit_test(mistakes_abort),
	};
	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
