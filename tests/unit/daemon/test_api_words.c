/* The words that come with a line: what an applicant is told when the policy refuses or holds it. */
#include "tests/unit/daemon/api_world.h"
#include "daemon/store/store_domains.h"

static struct buf body;

/* A create with one thing replaced. */
static void add_changed(const char *ref, const char *from, const char *to)
{
	struct buf line;
	buf_init(&line, 1u << 16);
	add_line(&line, ref, 1);
	struct str all = buf_str(&line);
	const char *at = memmem(all.ptr, all.len, from, strlen(from));
	assert_non_null(at);
	buf_append(&body, all.ptr, (size_t)(at - all.ptr));
	buf_add(&body, str_c(to));
	buf_append(&body, at + strlen(from), all.len - (size_t)(at - all.ptr) - strlen(from));
	buf_fini(&line);
}

static void hand_in(struct world *w, char items[80])
{
	struct client c;
	buf_init(&body, 1u << 20);
	add_changed("young", "2004-05-06\",\"gender\":\"male\",\"id_number\":\"068204000001",
	            "2010-05-06\",\"gender\":\"male\",\"id_number\":\"068210000001");
	add_changed("bare",
	            "[{\"type\":\"ekyc\",\"issuer\":\"x\",\"reference\":\"K-1\",\"date\":\"2026-11-18\","
	            "\"result\":\"confirmed\"}]",
	            "[]");
	add_changed("good", "068204000001", "068204000002");
	buf_lit(&body, "{\"ref\":\"old-1\",\"op\":\"renew\",\"domain\":\"history.id.vn\",\"cur_exp_date\":"
	               "\"2026-12-01\","
	               "\"period\":1,\"if_not_free\":\"refuse\"}\n");
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, buf_str(&body));
	expect_status(&c, 202);
	snprintf(items, 80, "%.*s/items", STR_ARG(header(&c, "Location")));
	client_fini(&c);
	buf_fini(&body);
}

static const json_t *result_of(const struct client *c, const char *ref)
{
	size_t i;
	const json_t *r, *all = json_object_get(c->json, "items");
	json_array_foreach(all, i, r)
	{
		if (strcmp(text(r, "ref"), ref) == 0)
			return r;
	}
	fail_msg("no %s", ref);
	return NULL;
}

static void a_refusal_is_told_in_both_languages(void **state)
{
	struct world *w = *state;
	struct client c;
	char items[80];
	hand_in(w, items);
	get(w, &c, "an.test", items, "");
	expect_status(&c, 200);
	const json_t *young = result_of(&c, "young-1"), *bare = result_of(&c, "bare-1"),
	             *old = result_of(&c, "old-1");
	assert_string_equal(text(young, "state"), "refused");
	assert_string_equal(text(young, "reason"), "AGE_UNDER_18");
	assert_string_equal(text(young, "message"),
	                    "Người đăng ký chưa đủ 18 tuổi vào ngày đăng ký. Đăng ký lại từ ngày sinh nhật "
	                    "thứ 18, nếu khi đó quy định miễn phí "
	                    "còn hiệu lực. / "
	                    "The applicant is not yet 18 on the day of registration. Ask again from the 18th "
	                    "birthday on, if names "
	                    "are still free then.");
	/* what is held says what for */
	assert_string_equal(text(bare, "state"), "waiting");
	assert_non_null(strstr(text(bare, "message"), " / "));
	assert_string_equal(text(old, "state"), "review");
	assert_non_null(strstr(text(old, "message"), " / "));
	/* and what waits to be sent says nothing yet */
	assert_true(json_is_null(json_object_get(result_of(&c, "good-1"), "message")));
	client_fini(&c);
	get(w, &c, "an.test", "/v1/items/young-1", "");
	assert_non_null(strstr(text(c.json, "message"), "not yet 18"));
	client_fini(&c);
	get(w, &c, "an.test", items, "Accept: text/csv\r\n");
	assert_non_null(memmem(c.body.ptr, c.body.len, "Người đăng ký chưa đủ 18 tuổi", 30));
	client_fini(&c);
}

static void another_partners_name_has_words_although_no_rule_has(void **state)
{
	struct world *w = *state;
	struct client c;
	struct store_import_row row = {.domain = STR("theirs.id.vn"),
	                               .partner = w->partners[1],
	                               .account = w->accounts[1],
	                               .created = START_MS,
	                               .expires = START_MS,
	                               .grant_from = DATE_NONE};
	struct store_import i = {.rows = &row, .count = 1};
	run_op(w, &i.op, STORE_IMPORT);
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON,
	    STR("{\"ref\":\"t-1\",\"op\":\"renew\",\"domain\":\"theirs.id.vn\",\"cur_exp_date\":\"2026-12-"
	        "01\",\"period\":1,"
	        "\"if_not_free\":\"refuse\"}\n"));
	expect_status(&c, 202);
	client_fini(&c);
	get(w, &c, "an.test", "/v1/items/t-1", "");
	assert_string_equal(text(c.json, "reason"), "NOT_YOURS");
	assert_non_null(strstr(text(c.json, "message"), "thuộc về một đối tác khác"));
	assert_non_null(strstr(text(c.json, "message"), "belongs to another partner"));
	client_fini(&c);
}

/* Every reason that the shipped rules can give has words in both languages. */
static void every_reason_has_words(void **state)
{
	char line[512];
	int n = 0;
	FILE *f = fopen("policy/rules/reasons.yaml", "r");
	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		char id[64];
		if (sscanf(line, "  - id: %63[A-Z0-9_]", id) != 1)
			continue;
		n++;
		if (!policy_reason_message(decider_rules(decider), str_c(id), POLICY_VI).len ||
		    !policy_reason_message(decider_rules(decider), str_c(id), POLICY_EN).len)
			fail_msg("%s has no words", id);
	}
	fclose(f);
	assert_true(n > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_refusal_is_told_in_both_languages, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(another_partners_name_has_words_although_no_rule_has, set_up,
	                                    tear_down),
	    cmocka_unit_test(every_reason_has_words),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
