/* Domain names: both forms, the letters of Vietnamese, and everything that must be refused. */
#include "epp/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

static struct epp_name name;
static struct errmsg msg;

static void expect(const char *in, const char *ascii, const char *unicode)
{
	enum err err = epp_name_parse(str_c(in), &name, &msg);
	if (err != OK)
		fail_msg("%s: %s", in, msg.text);
	assert_string_equal(name.ascii, ascii);
	assert_string_equal(name.unicode, unicode);
	assert_int_equal(name.ascii_len, strlen(ascii));
	assert_int_equal(name.unicode_len, strlen(unicode));
	assert_int_equal(name.idn, strcmp(ascii, unicode) != 0);
}

static void refused(const char *in, enum err want, const char *part)
{
	msg.text[0] = '\0';
	enum err err = epp_name_parse(str_c(in), &name, &msg);
	if (err != want)
		fail_msg("\"%s\" gives %s, not %s", in, err_name(err), err_name(want));
	if (!strstr(msg.text, part))
		fail_msg("\"%s\": \"%s\" has no \"%s\"", in, msg.text, part);
	assert_int_equal(name.ascii_len, 0);
}

static void ascii_names_are_taken(void **state)
{
	(void)state;
	expect("nguyenvana.id.vn", "nguyenvana.id.vn", "nguyenvana.id.vn");
	expect("ABC-123.Biz.VN", "abc-123.biz.vn", "abc-123.biz.vn");
	expect("a.vn.", "a.vn", "a.vn");
	expect("1.vn", "1.vn", "1.vn");
	expect("vn", "vn", "vn");
}

/* The ASCII forms here come from an independent encoder. */
static void vietnamese_names_have_both_forms(void **state)
{
	(void)state;
	expect("tiếngviệt.vn", "xn--tingvit-5t4cyc.vn", "tiếngviệt.vn");
}

static void vietnamese_letters_round_trip(void **state)
{
	static const char *const words[] = {
	    "đà-lạt",         "hồ-chí-minh",  "hà-nội",     "cà-phê-sữa-đá", "phở24",
	    "thừa-thiên-huế", "nguyễn-văn-a", "ăâđêôơư",    "àáảãạằắẳẵặ",    "ầấẩẫậèéẻẽẹ",
	    "ềếểễệìíỉĩị",     "òóỏõọồốổỗộ",   "ờớởỡợùúủũụ", "ừứửữựỳýỷỹỵ",
	};
	struct epp_name again;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char text[200];
		snprintf(text, sizeof(text), "%s.id.vn", words[i]);
		if (epp_name_parse(str_c(text), &name, &msg) != OK)
			fail_msg("%s: %s", text, msg.text);
		assert_string_equal(name.unicode, text);
		assert_true(name.idn);
		assert_memory_equal(name.ascii, "xn--", 4);
		assert_int_equal(epp_name_parse(str_c(name.ascii), &again, &msg), OK);
		assert_string_equal(again.ascii, name.ascii);
		assert_string_equal(again.unicode, name.unicode);
	}
}

static void capitals_and_combining_marks_are_folded(void **state)
{
	(void)state;
	expect("ĐÀ-LẠT.VN", "xn---lt-8ka8vx53n.vn", "đà-lạt.vn");
	struct epp_name composed = name;
	/* d-stroke, a + grave, hyphen, l, a + dot below, t: decomposed */
	assert_int_equal(epp_name_parse(STR("Đa\xcc\x80-la\xcc\xa3t.vn"), &name, &msg), OK);
	assert_string_equal(name.ascii, composed.ascii);
	assert_string_equal(name.unicode, "đà-lạt.vn");
}

static void wrong_names_are_refused(void **state)
{
	(void)state;
	refused("", ERR_INVALID, "empty");
	refused(".", ERR_INVALID, "empty");
	refused("a..vn", ERR_INVALID, "label 2 is empty");
	refused(".vn", ERR_INVALID, "label 1 is empty");
	refused("a.vn..", ERR_INVALID, "empty");
	refused("ten_mien.vn", ERR_INVALID, "\"ten_mien\"");
	refused("tên_miền.vn", ERR_INVALID, "\"tên_miền\"");
	refused("-a.vn", ERR_INVALID, "hyphen");
	refused("a-.vn", ERR_INVALID, "hyphen");
	refused("ab--c.vn", ERR_INVALID, "third and fourth");
	refused("ế-.vn", ERR_INVALID, "hyphen");
	refused("a b.vn", ERR_INVALID, "letter");
	refused("a\tb.vn", ERR_INVALID, "label 1 has");
	refused("a@b.vn", ERR_INVALID, "letter");
	refused("*.vn", ERR_INVALID, "letter");
}

static void other_scripts_are_refused(void **state)
{
	(void)state;
	refused("vi\xd0\xb5tnam.vn", ERR_INVALID, "Vietnamese");   /* Cyrillic e */
	refused("\xd0\xb0pple.vn", ERR_INVALID, "Vietnamese");     /* Cyrillic a */
	refused("\xc3\x90\xc3\xa0.vn", ERR_INVALID, "Vietnamese"); /* Eth in place of D-stroke */
	refused("stra\xc3\x9f"
	        "e.vn",
	        ERR_INVALID, "Vietnamese");
	refused("\xe4\xb8\xad.vn", ERR_INVALID, "Vietnamese");
	refused("\xef\xbd\x81.vn", ERR_INVALID, "Vietnamese"); /* full-width a */
	refused("a\xe3\x80\x82vn", ERR_INVALID, "Vietnamese"); /* ideographic full stop */
	refused("a\xe2\x80\x8d"
	        "b.vn",
	        ERR_INVALID, "Vietnamese"); /* joiner */
	refused("\xf0\x9f\x98\x80.vn", ERR_INVALID, "Vietnamese");
	refused("xn--80ak6aa92e.vn", ERR_INVALID, "Vietnamese"); /* Cyrillic "apple" */
}

static void bad_encodings_are_refused(void **state)
{
	(void)state;
	refused("\xff.vn", ERR_INVALID, "label 1 is not valid UTF-8");
	refused("\xc3.vn", ERR_INVALID, "UTF-8");
	refused("xn--.vn", ERR_INVALID, "");
	refused("xn--abc.vn", ERR_INVALID, "");
	refused("xn--a-.vn", ERR_INVALID, "");
	refused("xn--99999999.vn", ERR_INVALID, "");
	assert_int_equal(epp_name_parse(str_make("a\0b.vn", 6), &name, &msg), ERR_INVALID);
	assert_int_equal(epp_name_parse(str_make("\xe1\xba\xbf\0b.vn", 8), &name, &msg), ERR_INVALID);
}

static void lengths_are_limited(void **state)
{
	char text[400];
	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 63, ".vn", 4);
	assert_int_equal(epp_name_parse(str_c(text), &name, &msg), OK);
	memset(text, 'a', sizeof(text));
	memcpy(text + 64, ".vn", 4);
	refused(text, ERR_TOO_LONG, "63");
	/* 253 and 254 characters in all */
	memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	text[253] = '\0';
	assert_int_equal(epp_name_parse(str_c(text), &name, &msg), OK);
	assert_int_equal(name.labels, 4);
	text[253] = 'a';
	text[254] = '\0';
	refused(text, ERR_TOO_LONG, "253");
	/* an IDN label that is short in letters but over 63 in ASCII */
	char *at = text;
	for (int i = 0; i < 62; i++)
		at += sprintf(at, "%s", i % 2 ? "ế" : "ụ");
	strcpy(at, ".vn");
	refused(text, ERR_TOO_LONG, "label 1");
	memset(text, 'a', 300);
	memcpy(text + 300, "\xe1\xba\xbf.vn", 7);
	refused(text, ERR_TOO_LONG, "label 1");
}

static void zone_is_split_off(void **state)
{
	struct str label;
	(void)state;
	assert_int_equal(epp_name_parse(STR("www.a.id.vn"), &name, &msg), OK);
	assert_false(epp_name_under(&name, STR("id.vn"), &label));
	assert_int_equal(epp_name_parse(STR("a.id.vn"), &name, &msg), OK);
	assert_true(epp_name_under(&name, STR("id.vn"), &label));
	assert_true(str_eq_c(label, "a"));
	assert_false(epp_name_under(&name, STR("vn"), &label));
	assert_false(epp_name_under(&name, STR("d.vn"), &label));
	assert_false(epp_name_under(&name, STR("a.id.vn"), &label));
	assert_false(epp_name_under(&name, STR(""), &label));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ascii_names_are_taken),
	    cmocka_unit_test(vietnamese_names_have_both_forms),
	    cmocka_unit_test(vietnamese_letters_round_trip),
	    cmocka_unit_test(capitals_and_combining_marks_are_folded),
	    cmocka_unit_test(wrong_names_are_refused),
	    cmocka_unit_test(other_scripts_are_refused),
	    cmocka_unit_test(bad_encodings_are_refused),
	    cmocka_unit_test(lengths_are_limited),
	    cmocka_unit_test(zone_is_split_off),
	};
	return cmocka_run_group_tests_name("epp/name", tests, NULL, NULL);
}
