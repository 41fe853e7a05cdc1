/* Facts that rule files declare, from a batch line to the decision. */
#include "daemon/job/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/daemon/item_reading.h"
#include "tests/unit/policy/shipped.h"

struct fixture {
	struct reading r;
	struct shipped shipped;
	struct policy_ruleset *rules;
};

static int set_up(void **state)
{
	static struct fixture f;
	reading_init(&f.r);
	assert_true(shipped_init(&f.shipped));
	assert_true(shipped_replace(
	    &f.shipped, "facts.yaml", "facts:\n",
	    "facts:\n"
	    "  - {id: attended, type: flag, vi: \"đã học\", en: \"attended\"}\n"
	    "  - {id: staff, type: number, min: 0, max: 99, vi: \"số người\", en: \"staff\"}\n"));
	assert_true(shipped_replace(
	    &f.shipped, "grants.yaml", "      - id: age-from-18\n",
	    "      - id: attended\n        require: {fact: attended, in: [\"true\"]}\n"
	    "        otherwise: {outcome: no_grant, reason: AGE_OVER_23}\n        cite: [QD-6]\n"
	    "      - id: staff\n        require: {fact: staff, max: 10}\n"
	    "        otherwise: {outcome: no_grant, reason: AGE_OVER_23}\n        cite: [QD-6]\n"
	    "      - id: age-from-18\n"));
	f.rules = shipped_load(&f.shipped);
	assert_non_null(f.rules);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	policy_unref(&f->rules);
	shipped_fini(&f->shipped);
	reading_fini(&f->r);
	return 0;
}

#define CREATE(facts)                                                                                    \
	"{\"ref\":\"a\",\"op\":\"create\",\"domain\":\"an.id.vn\",\"period\":2,\"applicant\":{\"kind\":" \
	"\"citizen\",\"name\":\"A\",\"citizenship\":\"VN\",\"birth_date\":\"2004-05-06\",\"gender\":"    \
	"\"male\","                                                                                      \
	"\"id_number\":\"068204001234\",\"email\":\"a@example.vn\",\"address\":{\"province\":\"68\","    \
	"\"country\":\"VN\"}},\"evidence\":[{\"type\":\"ekyc\",\"result\":\"confirmed\"}]" facts "}"

static bool read_json(struct fixture *f, const char *text)
{
	return reading_json(&f->r, text) && item_draft_check_facts(&f->r.draft, f->rules);
}

static const char *errors_text(struct fixture *f)
{
	buf_clear(&f->r.text);
	for (size_t i = 0; i < f->r.errors.count; i++) {
		const struct line_error *e = &f->r.errors.list[i];
		buf_printf(&f->r.text, "%s%.*s %s: %.*s", i ? "; " : "", STR_ARG(e->field), e->reason,
		           STR_ARG(e->expected));
	}
	return buf_cstr(&f->r.text);
}

static void facts_are_read_in_order_of_their_names(void **state)
{
	struct fixture *f = *state;
	assert_true(read_json(f, CREATE(",\"facts\":{\"staff\":3,\"attended\":true}")));
	assert_int_equal(f->r.req.fact_count, 2);
	assert_true(str_eq_c(f->r.req.facts[0].name, "attended"));
	assert_true(str_eq_c(f->r.req.facts[0].value, "true"));
	assert_true(str_eq_c(f->r.req.facts[1].name, "staff"));
	assert_true(str_eq_c(f->r.req.facts[1].value, "3"));
	assert_true(read_json(f, CREATE(",\"facts\":{\"staff\":null}")));
	assert_int_equal(f->r.req.fact_count, 0);
}

static void csv_has_a_column_for_each(void **state)
{
	static const char header[] = "ref,op,domain,period,cur_exp_date,facts.staff,facts.attended";
	static const char record[] = "a,renew,an.id.vn,1,2027-01-01,3,";
	struct fixture *f = *state;
	struct item_csv csv;
	assert_true(reading_csv(&f->r, header, record));
	assert_int_equal(f->r.req.fact_count, 1);
	assert_true(str_eq_c(f->r.req.facts[0].value, "3"));
	static const char *const bad[] = {"ref,facts.staff,facts.staff", "ref,facts.", "ref,facts.a-b",
	                                  "ref,facts"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(reading_csv_header(&f->r, &csv, bad[i]));
}

static void wrong_facts_are_refused_with_what_is_expected(void **state)
{
	static const struct {
		const char *text, *errors;
	} rows[] = {
	    {CREATE(",\"facts\":{\"nobody\":1}"), "facts.nobody BAD_FACT: a fact that the rules ask for: "
	                                          "attended, staff, certificate_on, enterprise_size"},
	    {CREATE(",\"facts\":{\"staff\":100}"), "facts.staff BAD_FACT: a whole number from 0 to 99"},
	    {CREATE(",\"facts\":{\"attended\":\"yes\"}"), "facts.attended BAD_FACT: one of false, true"},
	    {CREATE(",\"facts\":{\"attended\":[true]}"),
	     "facts.attended WRONG_TYPE: a whole number, a string, true or false"},
	    {CREATE(",\"facts\":{\"staff\":1,\"staff\":1}"), "facts.staff DUPLICATE: this member only once"},
	    {CREATE(",\"facts\":[]"), "facts WRONG_TYPE: an object"},
	    {CREATE(",\"facts\":{\"Staff\":1}"),
	     "facts UNKNOWN_MEMBER: names of small letters, digits and '_'"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_false(read_json(f, rows[i].text));
		assert_string_equal(errors_text(f), rows[i].errors);
	}
}

static void they_decide(void **state)
{
	static const struct {
		const char *text, *reason;
		enum item_state state;
	} rows[] = {
	    {CREATE(",\"facts\":{\"staff\":10,\"attended\":true}"), "OK", ITEM_QUEUED},
	    {CREATE(",\"facts\":{\"staff\":11,\"attended\":true}"), "AGE_OVER_23", ITEM_REFUSED},
	    {CREATE(",\"facts\":{\"attended\":true}"), "FACT_MISSING", ITEM_WAITING},
	};
	static const struct decide_ledger none = {.grant_from = DATE_NONE, .expires_on = DATE_NONE};
	static const uint8_t key[32];
	struct fixture *f = *state;
	struct decider *d = decider_new(policy_ref(f->rules), key);
	struct decide_outcome out;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item_request back;
		struct buf blob;
		assert_true(read_json(f, rows[i].text));
		buf_init(&blob, 64 << 10);
		item_encode(&f->r.req, &blob);
		assert_int_equal(item_decode(buf_str(&blob), &back), OK);
		decide_item(d, &back, &none, DECIDE_ADMISSION,
		            instant_of_date(date_make(2026, 11, 20), HANOI_OFFSET_S), &f->r.text, &out);
		assert_string_equal(out.reason, rows[i].reason);
		assert_int_equal(out.state, rows[i].state);
		buf_fini(&blob);
	}
	decider_unref(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(facts_are_read_in_order_of_their_names, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(csv_has_a_column_for_each, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(wrong_facts_are_refused_with_what_is_expected, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(they_decide, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
