/* The departments' lists as they come: what is read, and every error of a bad one at once. */
#include "daemon/cli/list_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct list_file file;

static enum err read_text(const char *text, bool household)
{
	struct errmsg e = {""};
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	assert_non_null(in);
	enum err err = list_file_read(&file, "list.csv", in, household, date_make(2026, 11, 1), &e);
	assert_int_equal(fclose(in), 0);
	return err;
}

static void good(const char *text, size_t rows)
{
	enum err err = read_text(text, false);
	if (err)
		print_error("%s", buf_cstr(&file.text));
	assert_int_equal(err, OK);
	assert_int_equal(file.count, rows);
	assert_int_equal(file.errors, 0);
}

static void bad_of(const char *text, bool household, const char *errors)
{
	assert_int_equal(read_text(text, household), ERR_INVALID);
	assert_string_equal(buf_cstr(&file.text), errors);
	list_file_fini(&file);
}

static void bad(const char *text, const char *errors)
{
	bad_of(text, false, errors);
}

static void assert_row(size_t i, uint32_t line, const char *number, date_t on)
{
	assert_int_equal(file.rows[i].line, line);
	assert_true(str_eq_c(file.rows[i].number, number));
	assert_int_equal(file.rows[i].on, on);
}

static void csv_is_read(void **state)
{
	(void)state;
	good("number,name,date,province\n"
	     "0199999007,Công ty A,2026-05-01,68\n"
	     "\n"
	     "0199999014,\"Công ty \"\"B\"\", TNHH\",2026-06-02,\n",
	     2);
	assert_row(0, 2, "0199999007", date_make(2026, 5, 1));
	assert_row(1, 4, "0199999014", date_make(2026, 6, 2));
	assert_int_equal(strlen(file.sha256), 64);
	list_file_fini(&file);
	/* As a spreadsheet here writes it: a mark in front, semicolons, CR LF, columns that nobody asked for. */
	good("\xEF\xBB\xBF"
	     "STT;Tax_Code;FOUNDED_ON\r\n1; 0199999007 ;2026-05-01\r\n2;0199999014;2026-06-02\r\n",
	     2);
	list_file_fini(&file);
	good("date\tnumber\n2026-05-01\t0199999007", 1);
	list_file_fini(&file);
}

static void json_lines_are_read(void **state)
{
	(void)state;
	good("{\"number\":\"0199999007\",\"name\":\"A\",\"date\":\"2026-05-01\",\"province\":\"68\"}\n"
	     "{\"tax_code\":\"0199999014\",\"founded_on\":\"2026-06-02\",\"name\":null}\n",
	     2);
	assert_row(1, 2, "0199999014", date_make(2026, 6, 2));
	list_file_fini(&file);
}

static void households_have_three_forms(void **state)
{
	(void)state;
	assert_int_equal(
	    read_text("number,date\n41A8012345,2026-05-01\n068204000001,2026-05-01\n0199999007,2026-05-01\n",
	              true),
	    OK);
	assert_row(0, 2, "41A8012345", date_make(2026, 5, 1));
	list_file_fini(&file);
	bad_of("number,date\nABC,2026-05-01\n", true,
	       "list.csv:2:1: error: number: a household's number is its owner's 12 digits, a tax code, or "
	       "of the old form "
	       "41A8012345\n");
}

static void all_errors_are_told_at_once(void **state)
{
	(void)state;
	bad("number,name,date,province\n"
	    "0199999008,A,2026-05-01,68\n"
	    "0199999007,B,2026-02-30,68\n"
	    "0199999014,Đỗ,2026-11-02,6\n"
	    "0199999021-001,D,2026-05-01,68\n"
	    ",E,,68\n"
	    "0199999007,F,2026-05-01,68\n"
	    "0199999039,G,2026-05-01\n"
	    "0199999046,\"H,2026-05-01,68\n",
	    "list.csv:2:1: error: number: a tax code has ten digits, the last of which checks the others\n"
	    "list.csv:3:14: error: date: a day of the calendar, YYYY-MM-DD\n"
	    "list.csv:4:15: error: date: a day that is not later than the list itself\n"
	    "list.csv:4:26: error: province: a two-digit code, such as 68\n"
	    "list.csv:5:1: error: number: this is the code of a branch: the list is of enterprises\n"
	    "list.csv:6:1: error: number: the number by which the subject is known\n"
	    "list.csv:6:4: error: date: a day of the calendar, YYYY-MM-DD\n"
	    "list.csv:7:1: error: number: line 3 has this number already\n"
	    "list.csv:8:1: error: 3 values; the header has 4 columns\n"
	    "list.csv:9:12: error: a quoted value ends with a quote before the next separator\n");
}

static void a_wrong_header_is_told_once(void **state)
{
	(void)state;
	bad("tên,ngày\nA,2026-05-01\nB,2026-05-01\n",
	    "list.csv:1:1: error: the header names no column number, tax_code or registration_number\n"
	    "list.csv:1:1: error: the header names no column date, founded_on or registered_on\n");
	bad("number,tax_code,date\n", "list.csv:1:8: error: a second column for the number\n");
}

static void bad_json_has_its_place(void **state)
{
	(void)state;
	bad("{\"number\":\"0199999007\",\"date\":\"2026-05-01\"}\n"
	    "{\"number\":199999014,\"date\":\"2026-05-01\"}\n"
	    "{\"number\":\"0199999014\",\"dat\\u001b\":\"2026-05-01\"}\n"
	    "[]\n",
	    "list.csv:2:2: error: number: a text is expected\n"
	    "list.csv:3:1: error: no such member; there are number, date, name, province\n"
	    "list.csv:4:1: error: a JSON object is expected\n");
}

static void an_empty_list_is_an_error(void **state)
{
	(void)state;
	bad("", "");
	bad("number,date\n", "");
}

static void so_many_errors_are_printed_and_no_more(void **state)
{
	struct buf text;
	(void)state;
	buf_init(&text, 1u << 20);
	buf_lit(&text, "number,date\n");
	for (int i = 0; i < LIST_FILE_ERRORS + 7; i++)
		buf_printf(&text, "%d,2026-05-01\n", i);
	assert_int_equal(read_text(buf_cstr(&text), false), ERR_INVALID);
	assert_int_equal(file.errors, LIST_FILE_ERRORS + 7);
	assert_non_null(strstr(buf_cstr(&file.text), "list.csv: 7 more errors\n"));
	list_file_fini(&file);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(csv_is_read),
	                                   cmocka_unit_test(json_lines_are_read),
	                                   cmocka_unit_test(households_have_three_forms),
	                                   cmocka_unit_test(all_errors_are_told_at_once),
	                                   cmocka_unit_test(a_wrong_header_is_told_once),
	                                   cmocka_unit_test(bad_json_has_its_place),
	                                   cmocka_unit_test(an_empty_list_is_an_error),
	                                   cmocka_unit_test(so_many_errors_are_printed_and_no_more)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
