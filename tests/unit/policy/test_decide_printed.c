/* Decisions in print: what they say, and the same bytes for the same facts. */
#include "tests/unit/policy/decide_world.h"

static void cites_say_whether_they_are_verified(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	struct policy_decision d = decide(f, &facts);
	struct buf out;
	buf_init(&out, 65536);
	policy_print_common(&d, &out);
	assert_non_null(strstr(buf_cstr(&out),
	                       "{\"document\":\"507/QĐ-BKHCN\",\"clause\":\"III.2.1.2\",\"role\":"
	                       "\"eligibility\",\"verified\":false}"));
	assert_non_null(strstr(buf_cstr(&out), "{\"document\":\"826/QĐ-BTTTT\",\"clause\":\"3.2\",\"role\":"
	                                       "\"term\",\"verified\":true}"));
	buf_fini(&out);
}

static void prints_the_decision_object(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	struct policy_decision d = decide(f, &facts);
	struct buf out;
	buf_init(&out, 65536);
	policy_print_item(&d, &out);
	assert_string_equal(
	    buf_cstr(&out),
	    "\"free_years\":2,\"charged_years\":0,\"free_from\":\"2026-11-20\",\"free_until\":"
	    "\"2028-11-20\",\"services_until\":\"2028-11-20\",\"eligible_until\":\"2026-12-31\","
	    "\"fee_vnd\":{\"levy\":0,\"maintenance\":0,\"expected\":0,\"charged\":null}");
	buf_clear(&out);
	policy_print_common(&d, &out);
	assert_non_null(
	    strstr(buf_cstr(&out), ",\"services\":[\"website\",\"email\",\"cv\",\"blog\"],\"rules\""));
	assert_non_null(strstr(buf_cstr(&out),
	                       "\"outcome\":\"grant\",\"grant\":\"youth-id\",\"reasons\":[\"OK\"],"
	                       "\"flags\":[],\"needs\":[],\"waiver\":\"64/2025/TT-BTC\","
	                       "\"attribution\":{\"programme\":\"507/QĐ-BKHCN\",\"plan\":"
	                       "\"lai-chau-2026\",\"province\":\"12\",\"province_list\":"
	                       "\"2025-07-01\"},\"cites\":[{"));
	buf_fini(&out);
}

static void the_same_path_prints_the_same_common_part(void **state)
{
	struct fixture *f = *state;
	struct policy_facts a = citizen(), b = citizen();
	struct buf x, y;
	buf_init(&x, 65536);
	buf_init(&y, 65536);
	b.birth_date = on(2005, 7, 1);
	b.id_number = STR("012305123456");
	b.period = 1;
	b.at = at("2026-03-01T10:00:00");
	struct policy_decision da = decide(f, &a), db = decide(f, &b);
	policy_print_common(&da, &x);
	policy_print_common(&db, &y);
	assert_string_equal(buf_cstr(&x), buf_cstr(&y));
	buf_fini(&x);
	buf_fini(&y);
}

static void the_same_facts_give_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	struct policy_facts all[] = {citizen(), enterprise(), household(), renewal()};
	struct policy_ruleset *again = policy_load_dir("policy/rules", NULL, &f->s.d);
	assert_non_null(again);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct policy_decision a, b;
		struct buf x, y;
		memset(&a, 0xaa, sizeof a);
		memset(&b, 0x55, sizeof b);
		buf_init(&x, 65536);
		buf_init(&y, 65536);
		policy_decide(f->rules, &all[i], &a);
		policy_decide(again, &all[i], &b);
		policy_print_common(&a, &x);
		policy_print_item(&a, &x);
		policy_print_common(&b, &y);
		policy_print_item(&b, &y);
		assert_string_equal(buf_cstr(&x), buf_cstr(&y));
		assert_string_equal(a.key, b.key);
		buf_fini(&x);
		buf_fini(&y);
	}
	policy_unref(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(cites_say_whether_they_are_verified),
	    T(prints_the_decision_object),
	    T(the_same_path_prints_the_same_common_part),
	    T(the_same_facts_give_the_same_bytes),
	};
	return cmocka_run_group_tests_name("decide_printed", tests, NULL, NULL);
}
