/* Records of decisions: the same rules give the same bytes again, and no record tells an identity number. */
#include "daemon/job/record.h"
#include "epp/base/alloc.h"
#include "epp/base/rng.h"
#include "epp/base/yaml.h"
#include "policy/cases.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define CASES_MAX 2000

static struct policy_ruleset *rules;
static struct arena arena;
static struct diag diag;
static struct policy_facts facts[CASES_MAX];
static size_t fact_count;

static void read_case(struct yaml_node *n)
{
	if (fact_count < CASES_MAX &&
	    policy_facts_read(&arena, &diag, yaml_get(n, "facts"), &facts[fact_count]) &&
	    instant_parse(yaml_get(n, "at")->text, HANOI_OFFSET_S, &facts[fact_count].at))
		fact_count++;
}

/* The facts of all shipped cases. */
static int set_up(void **state)
{
	(void)state;
	diag_init(&diag);
	arena_init(&arena);
	rules = policy_load_dir("policy/rules", NULL, &diag);
	DIR *dir = opendir("policy/cases");
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		char path[300];
		snprintf(path, sizeof path, "policy/cases/%s", e->d_name);
		struct yaml_node *top =
		    str_ends(str_c(path), STR(".yaml")) ? yaml_load(&arena, &diag, path) : NULL;
		struct yaml_node *list = top ? yaml_get(top, "cases") : NULL;
		for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next)
			read_case(n);
	}
	if (dir)
		closedir(dir);
	return rules && fact_count > 100 ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	policy_unref(&rules);
	arena_fini(&arena);
	diag_fini(&diag);
	return 0;
}

static bool has_text(struct str in, struct str what)
{
	for (size_t i = 0; what.len && i + what.len <= in.len; i++)
		if (memcmp(in.ptr + i, what.ptr, what.len) == 0)
			return true;
	return false;
}

static void a_record_gives_the_same_bytes(void **state)
{
	struct buf record, first, again;
	struct policy_decision p;
	size_t common, common_again, numbers = 0, bytes = 0;
	(void)state;
	buf_init(&record, 1 << 20);
	buf_init(&first, 1 << 20);
	buf_init(&again, 1 << 20);
	for (size_t i = 0; i < fact_count; i++) {
		struct record r = {.stage = (enum decide_stage)(i % 4), .facts = facts[i]}, back;
		r.list = facts[i].evidence_count && i % 3 == 0 ? i + 1 : 0;
		r.line = (uint32_t)(r.list ? i : 0);
		buf_clear(&record);
		buf_clear(&first);
		buf_clear(&again);
		record_encode(&r, &record);
		bytes += buf_len(&record);
		assert_int_equal(record_decode(buf_str(&record), &back), OK);
		record_decide(rules, &r, &first, &common, &p);
		record_decide(rules, &back, &again, &common_again, &p);
		assert_int_equal(common, common_again);
		assert_string_equal(buf_cstr(&first), buf_cstr(&again));
		struct str id = facts[i].id_number;
		if (id.len == 12 && !str_ends(id, STR("000001"))) {
			numbers++;
			assert_false(has_text(buf_str(&record), str_make(id.ptr + 6, 6)));
		}
	}
	assert_true(numbers > 50);
	assert_true(bytes / fact_count < 150);
	buf_fini(&record);
	buf_fini(&first);
	buf_fini(&again);
}

/* Cut anywhere, or with any byte changed, it is refused or decided: nothing else. */
static void broken_records_are_refused(void **state)
{
	struct buf record, out;
	struct record back;
	struct policy_decision p;
	struct rng g;
	size_t common, refused = 0;
	(void)state;
	rng_init_seed(&g, 3);
	buf_init(&record, 1 << 20);
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < fact_count; i++) {
		const struct record r = {.facts = facts[i]};
		buf_clear(&record);
		record_encode(&r, &record);
		size_t len = buf_len(&record);
		char *copy = xmemdup0(buf_data(&record), len);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(record_decode(str_make(copy, cut), &back), ERR_CORRUPT);
		for (int k = 0; k < 50; k++) {
			size_t at = rng_below(&g, len);
			char was = copy[at];
			copy[at] = (char)rng_below(&g, 256);
			buf_clear(&out);
			if (record_decode(str_make(copy, len), &back) == OK)
				record_decide(rules, &back, &out, &common, &p);
			else
				refused++;
			copy[at] = was;
		}
		free(copy);
	}
	assert_true(refused > 0);
	buf_fini(&record);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_record_gives_the_same_bytes),
	    cmocka_unit_test(broken_records_are_refused),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
