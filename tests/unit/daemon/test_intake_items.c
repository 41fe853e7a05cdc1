/* Items in JSON: what is read, what is refused and with which words. */
#include "epp/base/alloc.h"
#include "epp/base/buf.h"
#include "tests/unit/daemon/item_reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

/* A citizen's create whose parts can be exchanged. */
#define APPLICANT "\"kind\":\"other\",\"name\":\"A\",\"email\":\"a@b.vn\",\"address\":{\"country\":\"US\"}"
#define CREATE(rest)                                                                                     \
	"{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"a.id.vn\",\"period\":1,\"applicant\":{" APPLICANT \
	"}" rest "}"
#define WITH(rest)                                                                                       \
	"{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"a.id.vn\",\"period\":1,\"applicant\":{" APPLICANT \
	    rest "}}"
#define RENEW(rest) "{\"op\":\"renew\",\"ref\":\"r\",\"domain\":\"a.id.vn\"" rest "}"

static void item_full_is_read(void **state)
{
	struct reading *f = *state;
	char date[DATE_TEXT_MAX];
	if (!reading_json(f, FULL))
		reading_check(f, FULL, "");
	assert_true(str_eq_c(f->req.ref, "inv-2026-000123"));
	assert_true(str_eq_c(f->req.domain, "nguyenvana.id.vn"));
	assert_int_equal(f->req.period, 2);
	assert_int_equal(f->req.applicant.kind, APPLICANT_CITIZEN);
	assert_int_equal(f->req.applicant.gender, GENDER_MALE);
	assert_string_equal(date_format(date, f->req.applicant.birth_date), "2004-05-06");
	assert_true(str_eq_c(f->req.applicant.address.ward, "Lâm Viên - Đà Lạt"));
	assert_int_equal(f->req.evidence_count, 2);
	assert_true(str_eq_c(f->req.evidence[0].issuer, "X, \"Y\""));
	assert_int_equal(f->req.evidence[1].date, DATE_NONE);
	assert_int_equal(f->req.ns_count, 2);
	assert_int_equal(f->req.ns[0].addr_count, 2);
	assert_true(str_eq_c(f->req.ns[1].name, "ns2.example.vn"));
	assert_true(str_eq_c(f->req.ds[0].digest, "D4B7"));
	assert_int_equal(f->req.ds[0].key_tag, 60485);
	assert_true(str_eq_c(f->req.services, "website,email,cv"));
	assert_int_equal(f->req.max_fee_vnd, -1);
	assert_true(
	    reading_json(f, RENEW(",\"cur_exp_date\":\"2026-12-01\",\"period\":1,\"if_not_free\":\"charge\","
	                          "\"max_fee_vnd\":300000,\"applicant\":null")));
	assert_int_equal(f->req.max_fee_vnd, 300000);
}

static void item_idn_has_both_forms(void **state)
{
	struct reading *f = *state;
	assert_true(
	    reading_json(f, "{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"Tên-Miền.id.vn\",\"period\":1,"
	                    "\"applicant\":{" APPLICANT "}}"));
	assert_true(str_starts(f->req.domain, STR("xn--")));
	assert_true(str_eq_c(f->req.domain_u, "tên-miền.id.vn"));
	assert_true(f->draft.name.idn);
}

struct bad_line {
	const char *json, *errors;
};

static const struct bad_line bad_lines[] = {
    {"", "1  SYNTAX"},
    {"{", "2  SYNTAX"},
    {"[]", "1  WRONG_TYPE"},
    {"null", "1  WRONG_TYPE"},
    {"{} x", "4  SYNTAX"},
    {"{}", "0 ref MISSING; 0 op MISSING; 0 domain MISSING; 0 period MISSING"},
    {CREATE(",\"x\":1"), "140 x UNKNOWN_MEMBER"},
    {CREATE(",\"domian\":\"x.vn\""), "140 domian UNKNOWN_MEMBER"},
    {CREATE(",\"ref\":\"r\""), "146 ref DUPLICATE"},
    {CREATE(",\"period\":2"), "149 period DUPLICATE"},
    {CREATE(",\"cur_exp_date\":\"2026-01-01\""), "155 cur_exp_date NOT_ALLOWED"},
    {CREATE(",\"max_fee_vnd\":1"), "154 max_fee_vnd NOT_ALLOWED"},
    {CREATE(",\"if_not_free\":\"charge\""), "0 max_fee_vnd MISSING"},
    {CREATE(",\"if_not_free\":\"charg\",\"max_fee_vnd\":1"), "154 if_not_free NOT_ONE_OF"},
    {CREATE(",\"if_not_free\":\"charge\",\"max_fee_vnd\":-1"), "177 max_fee_vnd OUT_OF_RANGE"},
    {CREATE(",\"if_not_free\":\"charge\",\"max_fee_vnd\":1.5"), "177 max_fee_vnd WRONG_TYPE"},
    {CREATE(",\"if_not_free\":\"charge\",\"max_fee_vnd\":\"1\""), "177 max_fee_vnd WRONG_TYPE"},
    {CREATE(",\"ns\":{}"), "145 ns WRONG_TYPE"},
    {CREATE(",\"ns\":[1]"), "146 ns[0] WRONG_TYPE"},
    {CREATE(",\"ns\":[{}]"), "146 ns[0].name MISSING"},
    {CREATE(",\"ns\":[{\"name\":\"a_b.vn\"}]"), "154 ns[0].name BAD_NAME"},
    {CREATE(",\"ns\":[{\"name\":\"vn\"}]"), "154 ns[0].name BAD_NAME"},
    {CREATE(",\"ns\":[{\"name\":\"a.vn\"},{\"name\":\"A.vn\"}]"), "0 ns[1].name DUPLICATE"},
    {CREATE(",\"ns\":[{\"name\":\"a.vn\",\"addrs\":[\"1.2.3\"]}]"), "170 ns[0].addrs BAD_ADDRESS"},
    {CREATE(",\"ns\":[{\"name\":\"a.vn\",\"addrs\":[7]}]"), "170 ns[0].addrs WRONG_TYPE"},
    {CREATE(",\"ns\":[{\"name\":\"a.vn\",\"addrs\":\"1.2.3.4\"}]"), "169 ns[0].addrs WRONG_TYPE"},
    {CREATE(",\"ns\":[{\"nam\":\"a.vn\"}]"), "147 ns[0].nam UNKNOWN_MEMBER; 146 ns[0].name MISSING"},
    {CREATE(",\"ns\":[{\"name\":\"a1.vn\"},{\"name\":\"a2.vn\"},{\"name\":\"a3.vn\"},{\"name\":\"a4.vn\"},{"
            "\"name\":\"a5.vn\"},{\"name\":\"a6.vn\"},{\"name\":\"a7.vn\"},{\"name\":\"a8.vn\"},{\"name\":"
            "\"a9.vn\"},{\"name\":\"b0.vn\"},{\"name\":\"b1.vn\"},{\"name\":\"b2.vn\"},{\"name\":\"b3.vn\"},{"
            "\"name\":\"b4.vn\"}]"),
     "367 ns TOO_MANY"},
    {CREATE(",\"ds\":[{\"key_tag\":65536,\"alg\":13,\"digest_type\":2,\"digest\":\"00\"}]"),
     "157 ds[0].key_tag OUT_OF_RANGE"},
    {CREATE(",\"ds\":[{\"key_tag\":1,\"alg\":256,\"digest_type\":2,\"digest\":\"0g\"}]"),
     "165 ds[0].alg OUT_OF_RANGE; 194 ds[0].digest BAD_DIGEST"},
    {CREATE(",\"ds\":[{\"key_tag\":1,\"alg\":13,\"digest_type\":2,\"digest\":\"000\"}]"),
     "193 ds[0].digest BAD_DIGEST"},
    {CREATE(",\"ds\":[{\"key_tag\":1}]"),
     "146 ds[0].alg MISSING; 146 ds[0].digest_type MISSING; 146 ds[0].digest MISSING"},
    {CREATE(",\"services\":[\"Web\"]"), "152 services BAD_WORD"},
    {CREATE(",\"services\":\"web\""), "151 services WRONG_TYPE"},
    {CREATE(",\"services\":[null]"), "152 services WRONG_TYPE"},
    {CREATE(",\"evidence\":[{\"issuer\":\"x\"}]"), "152 evidence[0].type MISSING"},
    {CREATE(",\"evidence\":[{\"type\":\"ekyc\",\"date\":\"2026-13-01\"}]"),
     "174 evidence[0].date NOT_A_DATE"},
    {CREATE(",\"evidence\":[{\"type\":\"ekyc\",\"result\":\"ok\"}]"), "176 evidence[0].result NOT_ONE_OF"},
    {CREATE(",\"evidence\":[{\"type\":\"ekyc\"},{\"type\":\"e kyc\"}]"), "176 evidence[1].type BAD_WORD"},
    {CREATE(",\"contacts\":{\"admin\":\"ab\"}"), "160 contacts.admin BAD_CONTACT"},
    {CREATE(",\"contacts\":{\"admin\":\"12345678901234567\"}"), "160 contacts.admin TOO_LONG"},
    {CREATE(",\"contacts\":{\"owner\":\"abc\"}"), "152 contacts.owner UNKNOWN_MEMBER"},
    {CREATE(",\"contacts\":[]"), "151 contacts WRONG_TYPE"},
    {WITH(",\"phone\":\"0912345678\""), "147 applicant.phone BAD_PHONE"},
    {WITH(",\"phone\":\"+84912345678\""), "147 applicant.phone BAD_PHONE"},
    {WITH(",\"phone\":\"+84.12345678901234567\""), "147 applicant.phone TOO_LONG"},
    {WITH(",\"phone\":84912345678"), "147 applicant.phone WRONG_TYPE"},
    {WITH(",\"gender\":\"m\""), "148 applicant.gender NOT_ONE_OF"},
    {WITH(",\"citizenship\":\"Vietnam\""), "153 applicant.citizenship BAD_COUNTRY"},
    {WITH(",\"citizenship\":\"vn\""), "153 applicant.citizenship BAD_COUNTRY"},
    {WITH(",\"citizenship\":\"XX\""), "153 applicant.citizenship BAD_COUNTRY"},
    {WITH(",\"birth_date\":\"06/05/2004\""), "152 applicant.birth_date NOT_A_DATE"},
    {WITH(",\"birth_date\":\"2026-02-30\""), "152 applicant.birth_date NOT_A_DATE"},
    {WITH(",\"id_number\":\"\""), "151 applicant.id_number EMPTY"},
    {WITH(",\"id_number\":\"12 34\""), "151 applicant.id_number BAD_CODE"},
    {WITH(",\"id_number\":123"), "151 applicant.id_number WRONG_TYPE"},
    {WITH(",\"tax_code\":\"0123456789012345678901234567890123\""), "150 applicant.tax_code TOO_LONG"},
    {WITH(",\"registration_exempt\":\"true\""), "161 applicant.registration_exempt WRONG_TYPE"},
    {WITH(",\"birthdate\":\"2004-05-06\""), "139 applicant.birthdate UNKNOWN_MEMBER"},
    {WITH(",\"email\":\"b@c.vn\""), "147 applicant.email DUPLICATE"},
    {"{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"a.id.vn\",\"period\":1,\"applicant\":{\"kind\":"
     "\"citizen\",\"name\":\"A\",\"email\":\"a@b.vn\",\"address\":{\"country\":\"VN\"}}}",
     "0 applicant.address.province MISSING; 0 applicant.citizenship MISSING; 0 applicant.birth_date MISSING; "
     "0 applicant.id_number MISSING"},
    {"{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"a.id.vn\",\"period\":1,\"applicant\":{\"kind\":"
     "\"enterprise\",\"name\":\"A\",\"email\":\"a@b\",\"birth_date\":\"2000-01-01\",\"address\":{\"country\":"
     "\"VN\",\"province\":\"1\"}}}",
     "108 applicant.email BAD_EMAIL; 177 applicant.address.province BAD_PROVINCE; 0 applicant.tax_code "
     "MISSING; 0 applicant.founded_on MISSING; 127 applicant.birth_date NOT_ALLOWED"},
    {"{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"a.id.vn\",\"period\":1,\"applicant\":{\"kind\":"
     "\"household_business\",\"name\":\"A\",\"email\":\"a@b.vn\",\"registration_number\":\"41X8\","
     "\"registration_exempt\":true,\"address\":{\"country\":\"VN\",\"province\":\"01\",\"province_list\":"
     "\"2025\"}}}",
     "239 applicant.address.province_list NOT_A_DATE; 0 applicant.registered_on MISSING; 176 "
     "applicant.registration_exempt NOT_ALLOWED"},
    {"{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"a.id.vn\",\"period\":1,\"applicant\":{\"kind\":"
     "\"person\",\"name\":\" \",\"email\":\"a b@c.vn\"}}",
     "76 applicant.kind NOT_ONE_OF; 92 applicant.name EMPTY; 104 applicant.email BAD_EMAIL; 0 "
     "applicant.address MISSING"},
    {"{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"a.id.vn\",\"period\":1,\"applicant\":{\"name\":"
     "\"A\\u0007B\",\"email\":\"a..b@c.vn\",\"address\":\"x\"}}",
     "76 applicant.name BAD_CHARACTER; 95 applicant.email BAD_EMAIL; 117 applicant.address WRONG_TYPE; 0 "
     "applicant.kind MISSING; 0 applicant.address.country MISSING"},
    {"{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"a.id.vn\",\"period\":1}", "0 applicant MISSING"},
    {"{\"ref\":\"r\",\"op\":\"delete\",\"domain\":\"a.id.vn\",\"period\":1}", "17 op NOT_ONE_OF"},
    {RENEW(""), "0 period MISSING; 0 cur_exp_date MISSING"},
    {RENEW(",\"period\":1,\"cur_exp_date\":\"2026-1-1\""), "70 cur_exp_date NOT_A_DATE"},
    {RENEW(",\"period\":0,\"cur_exp_date\":\"2026-01-01\""), "53 period OUT_OF_RANGE"},
    {RENEW(",\"period\":11,\"cur_exp_date\":\"2026-01-01\""), "53 period OUT_OF_RANGE"},
    {RENEW(",\"period\":\"1\",\"cur_exp_date\":\"2026-01-01\""), "53 period WRONG_TYPE"},
    {RENEW(",\"period\":1,\"cur_exp_date\":\"2026-01-01\",\"ns\":[],\"ds\":[],\"services\":[],\"contacts\":{}"
           ",\"applicant\":{}"),
     "124 contacts NOT_ALLOWED; 88 ns NOT_ALLOWED; 96 ds NOT_ALLOWED; 110 services NOT_ALLOWED; 0 "
     "applicant.kind MISSING; 0 applicant.name MISSING; 0 applicant.email MISSING; 0 applicant.address "
     "MISSING"},
    {RENEW(",\"period\":1,\"cur_exp_date\":20260101"), "70 cur_exp_date WRONG_TYPE"},
    {RENEW(",\"period\":99999999999999999999,\"cur_exp_date\":\"2026-01-01\""), "53 period WRONG_TYPE"},
    {"{\"ref\":\"a b\",\"op\":\"renew\",\"domain\":\"a..vn\",\"period\":1,\"cur_exp_date\":\"2026-01-01\"}",
     "8 ref BAD_REF; 36 domain BAD_NAME"},
    {"{\"ref\":\"đ\",\"op\":\"renew\",\"domain\":\"tên_miền.vn\",\"period\":1,\"cur_exp_date\":\"2026-01-"
     "01\"}",
     "8 ref BAD_REF; 34 domain BAD_NAME"},
    {"{\"ref\":7,\"op\":\"renew\",\"domain\":\"-a.vn\",\"period\":1,\"cur_exp_date\":\"2026-01-01\"}",
     "8 ref WRONG_TYPE; 32 domain BAD_NAME"},
    {"{\"ref\":\"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\",\"op\":\"renew\","
     "\"domain\":\"xn--a.vn\",\"period\":1,\"cur_exp_date\":\"2026-01-01\"}",
     "8 ref TOO_LONG; 98 domain BAD_NAME"},
    {"{\"ref\":\"r\",}", "12  SYNTAX"},
    {"{\"ref\" \"r\"}", "8  SYNTAX"},
    {"{ref:1}", "2  SYNTAX"},
    {"{\"ref\":\"r\" \"op\":1}", "12  SYNTAX"},
    {"{\"ref\":'r'}", "8  SYNTAX"},
    {"{\"period\":01}", "11  SYNTAX"},
    {"{\"period\":1.}", "13  SYNTAX"},
    {"{\"period\":NaN}", "11  SYNTAX"},
    {"{\"period\":-}", "12  SYNTAX"},
    {"{\"period\":1e}", "13  SYNTAX"},
    {"{\"ref\":\"\\x\"}", "10  SYNTAX"},
    {"{\"ref\":\"\\u00g0\"}", "11  SYNTAX"},
    {"{\"ref\":\"\\u0000\"}", "9  SYNTAX"},
    {"{\"ref\":\"\\ud800\"}", "9  SYNTAX"},
    {"{\"ref\":\"\\udc00x\"}", "9  SYNTAX"},
    {"{\"ref\":\"a", "10  SYNTAX"},
    {"{\"ref\":\"a\tb\"}", "10  SYNTAX"},
    {"{\"ref\":\"\xC0\xAF\"}", "9  SYNTAX"},
    {"{\"ref\":tru}", "8  SYNTAX"},
    {"{\"ns\":[{},]}", "8 ns[0].name MISSING; 11  SYNTAX"},
    {"{\"ns\":[{} {}]}", "8 ns[0].name MISSING; 11  SYNTAX"},
    {"{\"ns\":[}", "8  SYNTAX"},
    {"{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
     "2 x UNKNOWN_MEMBER; 37  SYNTAX"},
};

static void check_table(struct reading *f, const struct bad_line *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_false(reading_json(f, t[i].json));
		reading_check(f, t[i].json, t[i].errors);
		for (size_t k = 0; k < f->errors.count; k++) {
			assert_int_equal(f->errors.list[k].at.line, 7);
			assert_true(f->errors.list[k].expected.len > 0);
		}
	}
}

static void item_bad_lines_are_told_with_place_and_reason(void **state)
{
	assert_true(ARRAY_LEN(bad_lines) >= 60);
	check_table(*state, bad_lines, ARRAY_LEN(bad_lines));
}

/* Syntax is refused exactly where a library that is known to be strict refuses it. */
static void item_syntax_agrees_with_a_strict_parser(void **state)
{
	static const char *const texts[] = {
	    "{\"ref\":\"\\ud83d\\ude00\"}",
	    "{\"ref\":\"\\ud83d\\ud83d\"}",
	    "{\"ref\":\"\\u00e9\\/\"}",
	    "{\"period\":-0}",
	    "{\"period\":1E+2}",
	    "{\"period\":+1}",
	    "{\"period\":.5}",
	    "{\"period\":0x1}",
	    "{\"period\":1e5}",
	    "{\"ref\":\"\x7f\"}",
	    "{\"ref\":\"\xed\xa0\x80\"}",
	    "{\"ref\":\"\xf4\x90\x80\x80\"}",
	    " {} ",
	    "\f{}",
	    "{}{}",
	    "{\"a\":true,\"b\":false,\"c\":null}",
	    "{\"a\":True}",
	    "{\"a\":nul}",
	    "{\"a\":truex}",
	    "{\"a\" : [ 1 , 2 ] }",
	    "{\"a\":[1,,2]}",
	    "{\"a\":[,1]}",
	    "{,}",
	    "{\"a\":1,,}",
	    "{\"a\":\"\\\"}",
	    "{\"a\":\"\\u12\"}",
	    "{\"a\":1}}",
	    "{\"\":1}",
	    "{/**/}",
	    "{\"a\":Infinity}",
	    "{\"a\":--1}",
	    "{\"a\":1 2}",
	    "{\"a\":\"\n\"}",
	    "{\"a\":[}",
	    "{\"a\":{]}",
	};
	struct reading *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		json_error_t e;
		json_t *tree = json_loadb(texts[i], strlen(texts[i]), JSON_REJECT_DUPLICATES, &e);
		bool syntax = true;
		reading_json(f, texts[i]);
		for (size_t k = 0; k < f->errors.count; k++)
			syntax = syntax && strcmp(f->errors.list[k].reason, "SYNTAX") != 0;
		if (syntax != (tree != NULL))
			print_error("%s: %s\n", texts[i], reading_errors(f));
		assert_int_equal(syntax, tree != NULL);
		json_decref(tree);
	}
}

/* Every cut of a good line is refused, without reading past its end. */
static void item_cut_anywhere_is_refused(void **state)
{
	struct reading *f = *state;
	for (size_t n = 0; n + 1 < sizeof FULL; n++) {
		char *text = xmemdup0(FULL, n);
		arena_reset(&f->arena);
		assert_false(reading_json(f, text));
		free(text);
	}
}

static void item_errors_of_one_line_are_capped(void **state)
{
	struct reading *f = *state;
	buf_clear(&f->text);
	buf_lit(&f->text, "{\"a0\":1");
	for (int i = 1; i < 100; i++)
		buf_printf(&f->text, ",\"a%d\":1", i);
	buf_lit(&f->text, "}");
	char *text = xstrdup(buf_cstr(&f->text));
	assert_false(reading_json(f, text));
	assert_int_equal(f->errors.count, LINE_ERRORS_EACH);
	assert_int_equal(f->errors.total, 104);
	assert_int_equal(f->errors.bad_lines, 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, reading_set_up, reading_tear_down)
	    TEST(item_full_is_read),
	    TEST(item_idn_has_both_forms),
	    TEST(item_bad_lines_are_told_with_place_and_reason),
	    TEST(item_syntax_agrees_with_a_strict_parser),
	    TEST(item_cut_anywhere_is_refused),
	    TEST(item_errors_of_one_line_are_capped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
