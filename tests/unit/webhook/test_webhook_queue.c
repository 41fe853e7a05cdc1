/* The queue of webhooks: pages with their cursor, order of an item, waits, switching off and on, two processes, a crash. */
#include "daemon/webhook/webhook_queue.h"
#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define P "anphat"

struct fixture {
	struct folder dir;
	char path[128];
	struct webhook_queue *q;
	struct arena a;
	struct errmsg e;
	unsigned number;
};

static void open_it(struct fixture *f)
{
	if (webhook_queue_open(f->path, &f->q, &f->e))
		fail_msg("%s", f->e.text);
}

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){0};
	folder_make(&f.dir);
	snprintf(f.path, sizeof f.path, "%s", folder_at(&f.dir, "hooks.db"));
	arena_init(&f.a);
	open_it(&f);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	webhook_queue_close(f->q);
	arena_fini(&f->a);
	return folder_remove(&f->dir);
}

/* One message for each word of `refs`; ids are "m1", "m2", … */
static void add(struct fixture *f, const char *partner, const char *refs, const char *cursor)
{
	struct webhook_message m[16];
	struct str rest = str_c(refs);
	size_t n = 0;
	while (rest.len) {
		struct str ref = str_split(&rest, ' ');
		m[n] = (struct webhook_message){.ref = arena_str(&f->a, ref).ptr, .body = "{}"};
		snprintf(m[n].id, sizeof m[n].id, "m%u", ++f->number);
		n++;
	}
	assert_int_equal(webhook_queue_add(f->q, partner, m, n, cursor, 5000, &f->e), OK);
}

/* "" when there is none. */
static struct webhook_delivery next_busy(struct fixture *f, const char *partner, int64_t now,
                                         const int64_t *busy, size_t count)
{
	struct webhook_delivery d = {.id = ""};
	enum err err = webhook_queue_next(f->q, partner, now, busy, count, &f->a, &d, &f->e);
	assert_true(err == OK || err == ERR_NOT_FOUND);
	return d;
}

static struct webhook_delivery next(struct fixture *f, const char *partner, int64_t now)
{
	return next_busy(f, partner, now, NULL, 0);
}

static void done(struct fixture *f, const char *partner, const struct webhook_delivery *d)
{
	assert_int_equal(webhook_queue_done(f->q, partner, d, 7000, &f->e), OK);
}

static void again(struct fixture *f, const char *partner, const struct webhook_delivery *d, int64_t now,
                  int64_t due)
{
	assert_int_equal(webhook_queue_again(f->q, partner, d, now, due, "status 500", &f->e), OK);
}

static int64_t count(struct fixture *f, const char *partner)
{
	int64_t n;
	assert_int_equal(webhook_queue_count(f->q, partner, &n, &f->e), OK);
	return n;
}

static struct webhook_fortune fortune(struct fixture *f, const char *url)
{
	struct webhook_fortune out;
	assert_int_equal(webhook_queue_fortune(f->q, P, url, &f->a, &out, &f->e), OK);
	return out;
}

static struct str cursor(struct fixture *f, const char *partner)
{
	struct str s;
	assert_int_equal(webhook_queue_cursor(f->q, partner, &f->a, &s, &f->e), OK);
	return s;
}

static void a_page_and_its_cursor_outlive_the_process(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(cursor(f, P).len, 0);
	add(f, P, "a b", "3-1");
	add(f, P, "", "9-1");
	add(f, "hoasen", "a", "4-2");
	webhook_queue_close(f->q);
	open_it(f);
	assert_string_equal(cursor(f, P).ptr, "9-1");
	assert_string_equal(cursor(f, "hoasen").ptr, "4-2");
	assert_int_equal(count(f, P), 2);
	struct webhook_delivery d = next(f, P, 1);
	assert_string_equal(d.id, "m1");
	assert_string_equal(d.ref.ptr, "a");
	assert_string_equal(d.body.ptr, "{}");
	assert_int_equal(d.attempts, 0);
}

static void of_an_item_one_at_a_time(void **state)
{
	struct fixture *f = *state;
	add(f, P, "a a b a b", "5-1");
	struct webhook_delivery a1 = next(f, P, 1);
	struct webhook_delivery b1 = next_busy(f, P, 1, &a1.seq, 1);
	int64_t busy[] = {b1.seq, a1.seq};
	assert_string_equal(a1.id, "m1");
	assert_string_equal(b1.id, "m3");
	assert_string_equal(next_busy(f, P, 1, busy, 2).id, "");
	done(f, P, &a1);
	assert_string_equal(next_busy(f, P, 1, busy, 1).id, "m2");
	done(f, P, &b1);
	struct webhook_delivery a2 = next(f, P, 1);
	assert_string_equal(a2.id, "m2");
	done(f, P, &a2);
	assert_string_equal(next(f, P, 1).id, "m4");
	assert_int_equal(count(f, P), 2);
}

static void a_failure_holds_up_its_item_and_no_other(void **state)
{
	struct fixture *f = *state;
	int64_t due;
	add(f, P, "a a b", "5-1");
	struct webhook_delivery a1 = next(f, P, 100);
	again(f, P, &a1, 100, 5000);
	struct webhook_delivery b = next(f, P, 4999);
	assert_string_equal(b.id, "m3");
	done(f, P, &b);
	assert_string_equal(next(f, P, 4999).id, "");
	assert_int_equal(webhook_queue_due(f->q, P, 4999, &due, &f->e), OK);
	assert_int_equal(due, 5000);
	a1 = next(f, P, 5000);
	assert_string_equal(a1.id, "m1");
	assert_int_equal(a1.attempts, 1);
	assert_int_equal(a1.first_ms, 100);
	again(f, P, &a1, 6000, 9000);
	add(f, P, "a", "6-1"); /* behind it, though due at once */
	assert_string_equal(next(f, P, 8999).id, "");
	a1 = next(f, P, 9000);
	assert_int_equal(a1.attempts, 2);
	assert_int_equal(a1.first_ms, 100);
	done(f, P, &a1);
	struct webhook_delivery a2 = next(f, P, 1); /* the item's next one is due at once */
	assert_string_equal(a2.id, "m2");
	assert_int_equal(webhook_queue_due(f->q, P, 1, &due, &f->e), OK);
	assert_int_equal(due, 0);
}

static void hurry_makes_everything_due(void **state)
{
	struct fixture *f = *state;
	add(f, P, "a b", "5-1");
	add(f, "hoasen", "c", "5-1");
	struct webhook_delivery d = next(f, P, 1), other = next(f, "hoasen", 1);
	again(f, P, &d, 1, 5000);
	again(f, "hoasen", &other, 1, 5000);
	assert_int_equal(webhook_queue_hurry(f->q, P, &f->e), OK);
	assert_string_equal(next(f, P, 1).id, "m1");
	assert_string_equal(next(f, "hoasen", 1).id, "");
}

static void a_receiver_is_switched_off_and_on(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fortune(f, "https://a").off_ms, 0);
	add(f, P, "a", "5-1");
	struct webhook_delivery d = next(f, P, 1);
	again(f, P, &d, 1, 5000);
	assert_string_equal(fortune(f, "https://a").trouble.ptr, "status 500");
	assert_int_equal(webhook_queue_switch_off(f->q, P, 77, "it is gone", &f->e), OK);
	assert_int_equal(fortune(f, "https://a").off_ms, 77);
	assert_string_equal(fortune(f, "https://a").trouble.ptr, "it is gone");
	again(f, P, &d, 1, 5000); /* one that was under way: why it is off stays */
	assert_string_equal(fortune(f, "https://a").trouble.ptr, "it is gone");
	assert_int_equal(webhook_queue_switch_on(f->q, P, &f->e), OK);
	assert_int_equal(fortune(f, "https://a").off_ms, 0);
	d = next(f, P, 1);
	assert_string_equal(d.id, "m1");
	assert_int_equal(d.attempts, 0);
	assert_int_equal(webhook_queue_switch_on(f->q, P, &f->e), ERR_NOT_FOUND);
	done(f, P, &d);
	assert_int_equal(fortune(f, "https://a").delivered_ms, 7000);
	assert_int_equal(fortune(f, "https://a").trouble.len, 0);
}

static void another_url_is_another_receiver(void **state)
{
	struct fixture *f = *state;
	(void)fortune(f, "https://a");
	add(f, P, "a", "5-1");
	struct webhook_delivery d = next(f, P, 1);
	again(f, P, &d, 1, 5000);
	assert_int_equal(webhook_queue_switch_off(f->q, P, 77, "it is gone", &f->e), OK);
	assert_int_equal(fortune(f, "https://a").off_ms, 77);
	assert_string_equal(next(f, P, 1).id, "");
	assert_int_equal(fortune(f, "https://b").off_ms, 0);
	d = next(f, P, 1);
	assert_string_equal(d.id, "m1");
	assert_int_equal(d.attempts + d.first_ms, 0);
	assert_int_equal(fortune(f, "https://b").trouble.len, 0);
}

static void giving_up_is_no_success(void **state)
{
	struct fixture *f = *state;
	(void)fortune(f, "https://a");
	add(f, P, "a a", "5-1");
	struct webhook_delivery d = next(f, P, 1);
	again(f, P, &d, 1, 5000);
	assert_int_equal(webhook_queue_done(f->q, P, &d, 0, &f->e), OK);
	assert_int_equal(fortune(f, "https://a").delivered_ms, 0);
	assert_string_equal(fortune(f, "https://a").trouble.ptr, "status 500");
	assert_string_equal(next(f, P, 1).id, "m2");
}

static void one_process_delivers_and_others_may_look(void **state)
{
	struct fixture *f = *state;
	struct webhook_queue *second;
	struct webhook_standing s;
	(void)fortune(f, "https://a");
	add(f, P, "a b", "5-1");
	assert_int_equal(webhook_queue_open(f->path, &second, &f->e), ERR_LOCKED);
	assert_non_null(strstr(f->e.text, "another vnepp-webhookd"));
	assert_int_equal(webhook_queue_switch_off(f->q, P, 77, "it is gone", &f->e), OK);
	assert_false(webhook_queue_was_touched(f->q));
	assert_int_equal(webhook_queue_open_beside(f->path, &second, &f->e), OK);
	assert_int_equal(webhook_queue_standing(second, P, &f->a, &s, &f->e), OK);
	assert_int_equal(s.waiting, 2);
	assert_int_equal(s.oldest_ms, 5000);
	assert_int_equal(s.fortune.off_ms, 77);
	assert_false(webhook_queue_was_touched(f->q)); /* looking is not touching */
	assert_int_equal(webhook_queue_switch_on(second, P, &f->e), OK);
	assert_true(webhook_queue_was_touched(f->q));
	assert_false(webhook_queue_was_touched(f->q));
	webhook_queue_close(second);
	assert_int_equal(webhook_queue_standing(f->q, "nobody", &f->a, &s, &f->e), OK);
	assert_int_equal(s.waiting + s.oldest_ms + s.fortune.off_ms, 0);
}

/* A child adds pages and is killed in the midst: what the cursor says is there, and nothing else. */
static void a_kill_leaves_whole_pages(void **state)
{
	struct fixture *f = *state;
	webhook_queue_close(f->q);
	for (int round = 0; round < 5; round++) {
		int ready[2];
		char byte;
		assert_int_equal(pipe(ready), 0);
		pid_t child = fork();
		if (child == 0) {
			struct webhook_message m[] = {{.ref = "a", .body = "{}", .id = "x"},
			                              {.ref = "b", .body = "{}", .id = "y"}};
			char text[32];
			int64_t have;
			struct errmsg e;
			if (webhook_queue_open(f->path, &f->q, &e) || webhook_queue_count(f->q, P, &have, &e))
				_exit(1);
			for (int64_t n = have + 2;; n += 2) {
				snprintf(text, sizeof text, "%lld", (long long)n);
				if (webhook_queue_add(f->q, P, m, 2, text, 1, &e) ||
				    write(ready[1], "x", 1) != 1)
					_exit(1);
			}
		}
		for (int i = 0; i < 20 + round * 7; i++)
			assert_int_equal(read(ready[0], &byte, 1), 1);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		close(ready[0]);
		close(ready[1]);
		open_it(f);
		int64_t n;
		assert_true(str_to_i64(cursor(f, P), &n));
		assert_int_equal(n, count(f, P));
		if (round < 4)
			webhook_queue_close(f->q);
	}
}

static void what_is_no_database_is_refused(void **state)
{
	struct fixture *f = *state;
	struct webhook_queue *other;
	const char *path = folder_at(&f->dir, "rubbish");
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		assert_true(fputs("this is no database\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(webhook_queue_open(path, &other, &f->e), ERR_CORRUPT);
	assert_non_null(strstr(f->e.text, path));
	assert_int_equal(webhook_queue_open_beside(folder_at(&f->dir, "none"), &other, &f->e), ERR_NOT_FOUND);
	assert_int_equal(webhook_queue_open(folder_at(&f->dir, "none/hooks.db"), &other, &f->e), ERR_IO);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {T(a_page_and_its_cursor_outlive_the_process),
	                                   T(of_an_item_one_at_a_time),
	                                   T(a_failure_holds_up_its_item_and_no_other),
	                                   T(hurry_makes_everything_due),
	                                   T(a_receiver_is_switched_off_and_on),
	                                   T(another_url_is_another_receiver),
	                                   T(giving_up_is_no_success),
	                                   T(one_process_delivers_and_others_may_look),
	                                   T(a_kill_leaves_whole_pages),
	                                   T(what_is_no_database_is_refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
