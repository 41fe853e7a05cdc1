/* Explanations: what they say, and that the change they name is the nearest and does change the outcome. */
#include "policy/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/policy/shipped.h"

static struct shipped s;
static struct policy_ruleset *rules;

static int set_up(void **state)
{
	(void)state;
	if (!shipped_init(&s))
		return 1;
	rules = shipped_load(&s);
	return rules ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	policy_unref(&rules);
	shipped_fini(&s);
	return 0;
}

static const char *explain(const struct policy_facts *f, enum policy_form form)
{
	buf_clear(&s.out);
	policy_explain(rules, f, form, &s.out);
	return buf_cstr(&s.out);
}

static void a_refusal_names_rule_clause_fact_and_change(void **state)
{
	struct policy_facts f = shipped_citizen(date_make(2002, 11, 20), "068202001234");
	(void)state;
	const char *text = explain(&f, POLICY_TEXT);
	assert_says(text, "no_grant AGE_OVER_23: refuse\nas of 2026-11-20, rules sha256:");
	assert_says(text,
	            "├─ FAIL    age-to-23: age at most 23, counted by completed_years (switch upper-age)");
	assert_says(text, "fact    birth_date = 2002-11-20\n");
	assert_says(text, "clause  QD-7: 826/QĐ-BTTTT, chú thích 4: “Từ đủ 18 tuổi đến 23 tuổi.”\n");
	assert_says(text, "gives   no_grant AGE_OVER_23\n");
	assert_says(text, "value   period-max = 10, in force 2023-06-01 to further notice");
	assert_says(text, "  => at: 2026-11-19 instead of 2026-11-20 gives grant OK_CONTESTED_AGE\n");
	assert_says(text, "     birth_date: 2002-11-21 instead of 2002-11-20 gives grant OK_CONTESTED_AGE\n");
	assert_null(strstr(text, "068202001234"));
	assert_says(text, "068202······");
}

static void an_applicant_is_told_in_both_tongues(void **state)
{
	struct policy_facts f = shipped_citizen(date_make(2010, 1, 5), "068210001234");
	(void)state;
	const char *text = explain(&f, POLICY_TEXT);
	assert_says(text,
	            "Yêu cầu: đăng ký mới tên miền “.id.vn”, thời hạn 2 năm, ngày 20/11/2026.\n"
	            "Kết quả: không thuộc diện miễn phí.\n"
	            "Phí, lệ phí nếu thực hiện: 110.000 đồng (lệ phí đăng ký 10.000 đồng; phí duy trì 2 năm "
	            "100.000 đồng).\n"
	            "Lý do: Người đăng ký chưa đủ 18 tuổi vào ngày đăng ký.\n"
	            "Quy định: 826/QĐ-BTTTT, 3.2: “công dân Việt Nam có độ tuổi từ đủ 18-23”\n");
	assert_says(text, "Thông tin đã khai: ngày sinh 05/01/2010.\nCó thể làm: ");
	assert_says(
	    text, "What was declared: date of birth 2010-01-05.\nWhat can be done: Ask again from the 18th");
	buf_clear(&s.out);
	policy_explain_applicant(rules, &f, POLICY_EN, &s.out);
	assert_null(strstr(buf_cstr(&s.out), "Yêu cầu"));
	assert_true(
	    str_starts(buf_str(&s.out), STR("Asked: registration of a name in id.vn, for 2 years, on 2026")));
}

static void what_is_missing_is_asked_for(void **state)
{
	struct policy_facts f = shipped_citizen(DATE_NONE, "068204001234");
	(void)state;
	const char *text = explain(&f, POLICY_TEXT);
	assert_says(text, "review FACT_MISSING: hold");
	assert_says(text, "MISSING age-from-18");
	assert_says(text, "=> birth_date: 2004-");
	assert_says(text, "apart) gives grant OK");
	assert_says(text, "Còn thiếu: ngày sinh.\n");
	assert_says(text, "What is missing: date of birth.\n");
	f = shipped_citizen(date_make(2004, 5, 6), "068204001234");
	f.evidence_count = 0;
	text = explain(&f, POLICY_TEXT);
	assert_says(text, "Còn thiếu: giấy tờ hoặc kết quả xác thực.\n");
	assert_says(text, "  => evidence: ekyc confirmed instead of none of the kind");
	f = shipped_citizen(date_make(2004, 5, 6), "068204001234");
	f.kind = POLICY_KIND_NONE;
	assert_says(explain(&f, POLICY_TEXT), "  => kind: citizen instead of none");
	f = shipped_citizen(date_make(2004, 5, 6), "12");
	assert_says(explain(&f, POLICY_TEXT),
	            "  => id_number: one that fits the other facts instead of this one");
}

/* The next day's facts do not give the outcome that the named change gives: nothing nearer does. */
static void the_named_date_is_the_nearest(void **state)
{
	(void)state;
	for (int year = 1990; year <= 2012; year++) {
		char number[16], change[80], day[DATE_TEXT_MAX];
		struct policy_decision d, other;
		snprintf(number, sizeof number, "068%d%02d001234", year < 2000 ? 0 : 2, year % 100);
		struct policy_facts f = shipped_citizen(date_make(year, 3, 1), number);
		policy_decide(rules, &f, &d);
		const char *text = explain(&f, POLICY_JSON), *changes = strstr(text, "\"changes\":[");
		const char *at = strstr(changes, "{\"fact\":\"birth_date\"");
		if (!at)
			fail_msg("%d: no change of birth_date in %s", year, changes);
		snprintf(change, sizeof change, "%.60s", strstr(at, "\"to\":\"") + 6);
		char followed[16];
		date_t to, step;
		int to_year, month, dayno;
		assert_true(date_parse(str_make(change, 10), &to));
		step = to > f.birth_date ? 1 : -1;
		f.birth_date = to;
		date_split(to, &to_year, &month, &dayno);
		snprintf(followed, sizeof followed, "068%d%02d001234", to_year < 2000 ? 0 : 2, to_year % 100);
		f.id_number = str_c(followed); /* a number tells the year of birth */
		policy_decide(rules, &f, &other);
		if (other.outcome == d.outcome)
			fail_msg("%d: %s does not change it", year, date_format(day, to));
		f.birth_date = to - step;
		date_split(to - step, &to_year, &month, &dayno);
		snprintf(followed, sizeof followed, "068%d%02d001234", to_year < 2000 ? 0 : 2, to_year % 100);
		policy_decide(rules, &f, &other);
		assert_int_equal(other.outcome, d.outcome);
	}
}

static void it_is_told_for_whatever_comes(void **state)
{
	struct policy_facts none = POLICY_FACTS_NONE, renewal = POLICY_FACTS_NONE;
	(void)state;
	assert_says(explain(&none, POLICY_TEXT), "review FACT_MISSING: hold\nas of no date");
	assert_says(explain(&none, POLICY_JSON), "\"as_of\":null");
	renewal.op = POLICY_RENEW;
	renewal.zone = STR("biz.vn");
	renewal.period = 1;
	renewal.at = instant_of_date(date_make(2026, 11, 20), HANOI_OFFSET_S);
	renewal.name_known = POLICY_NO;
	assert_says(explain(&renewal, POLICY_TEXT), "Yêu cầu: gia hạn tên miền “.biz.vn”, thời hạn 1 năm");
	assert_says(explain(&renewal, POLICY_JSON),
	            "\"rule\":\"history-known\",\"condition\":false,\"result\":\"fail\"");
}

static void the_name_itself_is_told_where_it_is_known(void **state)
{
	struct policy_facts f = shipped_citizen(date_make(2004, 5, 6), "068204001234");
	(void)state;
	f.name = STR("nguyễnvăna.id.vn");
	const char *text = explain(&f, POLICY_TEXT);
	assert_says(text, "Yêu cầu: đăng ký mới tên miền “nguyễnvăna.id.vn”, thời hạn 2 năm");
	assert_says(text, "Asked: registration of nguyễnvăna.id.vn, for 2 years");
	assert_says(text, "Thời hạn miễn phí: từ ngày 20/11/2026 đến hết ngày 19/11/2028.\n");
}

/* What goes on at full fee has nothing more to do; what does not, is told what it would cost. */
static void money_is_told_and_what_it_stops(void **state)
{
	struct policy_facts f = shipped_citizen(date_make(1990, 1, 5), "068090001234");
	(void)state;
	f.charge = true;
	f.max_fee_vnd = 1000000;
	const char *text = explain(&f, POLICY_TEXT);
	assert_says(text, "không thuộc diện miễn phí. Yêu cầu được thực hiện theo mức phí thông thường.\n"
	                  "Phí, lệ phí phải nộp: 110.000 đồng");
	assert_null(strstr(text, "Có thể làm"));
	f = shipped_citizen(date_make(2004, 5, 6), "068204001234");
	f.period = 3;
	text = explain(&f, POLICY_TEXT);
	assert_says(
	    text,
	    "được miễn phí một phần. Yêu cầu chưa được thực hiện, vì khoản phải nộp chưa được chấp nhận.\n"
	    "Phí, lệ phí nếu thực hiện: 50.000 đồng (phí duy trì 1 năm 50.000 đồng).\n");
	assert_says(text, "Có thể làm: Chọn số năm ít hơn, hoặc gửi lại yêu cầu");
	assert_null(strstr(text, "Thời hạn miễn phí"));
}

static void what_a_person_approved_is_told_as_that(void **state)
{
	struct policy_facts f = shipped_citizen(date_make(2004, 5, 6), "068204001234");
	struct policy_evidence pieces[2] = {f.evidence[0],
	                                    {.type = STR("document_check"), .result = POLICY_CONTRADICTED}};
	(void)state;
	f.evidence = pieces;
	f.evidence_count = 2;
	const char *text = explain(&f, POLICY_TEXT);
	assert_says(text,
	            "Kết quả: chờ xem xét.\nLý do: Thông tin đã khai không khớp với dữ liệu đối chiếu.\n");
	assert_says(text, "Đã nộp: đối chiếu giấy tờ tùy thân: không khớp.\n");
	f.approved = STR("EVIDENCE_CONTRADICTED");
	text = explain(&f, POLICY_TEXT);
	assert_says(text, "Kết quả: được miễn phí.\n");
	assert_says(text, "Người phụ trách đã xem xét và chấp nhận: Thông tin đã khai không khớp");
	assert_null(strstr(text, "Lý do: Thông tin đã khai không khớp"));
	assert_null(strstr(text, "Có thể làm"));
}

/* Of the plans' clauses those of one's own province, not of all. */
static void clauses_of_other_provinces_are_left_out(void **state)
{
	struct policy_facts f = shipped_citizen(date_make(2004, 5, 6), "068204001234");
	(void)state;
	f.zone = STR("biz.vn");
	f.kind = POLICY_HOUSEHOLD;
	f.registration_number = STR("68B8100073");
	f.evidence_count = 0;
	f.province = STR("68");
	f.province_list = STR("2025-07-01");
	buf_clear(&s.out);
	policy_explain_applicant(rules, &f, POLICY_VI, &s.out);
	const char *text = buf_cstr(&s.out);
	assert_says(text, "Quy định: 1815/KH-UBND (Lâm Đồng), III.1");
	assert_null(strstr(text, "Cà Mau"));
	assert_null(strstr(text, "Trà Vinh"));
	assert_says(
	    text, "Được chấp nhận: giấy chứng nhận đăng ký hộ kinh doanh (có số và ngày cấp); danh sách của "
	          "Ủy ban nhân dân cấp huyện, cấp xã; danh sách của Sở Tài chính.\n");
}

static void what_follows_is_told_by_what_it_follows_from(void **state)
{
	struct policy_facts f = shipped_citizen(date_make(2004, 5, 6), "068204001234");
	(void)state;
	f.zone = STR("biz.vn");
	f.kind = POLICY_COOPERATIVE;
	f.tax_code = STR("0107004832");
	assert_says(explain(&f, POLICY_TEXT), "Thông tin đã khai: loại chủ thể hợp tác xã.\n");
	struct policy_facts r = POLICY_FACTS_NONE;
	r.op = POLICY_RENEW;
	r.zone = STR("id.vn");
	r.period = 1;
	r.at = instant_of_date(date_make(2026, 11, 20), HANOI_OFFSET_S);
	r.name_known = r.name_granted = POLICY_YES;
	r.ownership_changed = POLICY_NO;
	r.grant_from = date_make(2024, 11, 25);
	r.expires_on = date_make(2026, 11, 25);
	assert_says(
	    explain(&r, POLICY_TEXT),
	    "Thông tin ghi nhận: ngày bắt đầu được miễn phí 25/11/2024; ngày hết hạn hiện tại 25/11/2026.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_refusal_names_rule_clause_fact_and_change),
	    cmocka_unit_test(an_applicant_is_told_in_both_tongues),
	    cmocka_unit_test(what_is_missing_is_asked_for),
	    cmocka_unit_test(the_named_date_is_the_nearest),
	    cmocka_unit_test(it_is_told_for_whatever_comes),
	    cmocka_unit_test(the_name_itself_is_told_where_it_is_known),
	    cmocka_unit_test(money_is_told_and_what_it_stops),
	    cmocka_unit_test(what_a_person_approved_is_told_as_that),
	    cmocka_unit_test(clauses_of_other_provinces_are_left_out),
	    cmocka_unit_test(what_follows_is_told_by_what_it_follows_from),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
