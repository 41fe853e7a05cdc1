/* Lists of names as they come: what is read, and every error of a bad one at once. */
#include "daemon/cli/name_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct list_file file;

static enum err read_text(const char *text)
{
	struct errmsg e = {""};
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	assert_non_null(in);
	enum err err = name_file_read(&file, "names.txt", in, &e);
	assert_int_equal(fclose(in), 0);
	return err;
}

static void good(const char *text, size_t rows)
{
	enum err err = read_text(text);
	if (err)
		print_error("%s", buf_cstr(&file.text));
	assert_int_equal(err, OK);
	assert_int_equal(file.count, rows);
}

static void bad(const char *text, const char *errors)
{
	assert_int_equal(read_text(text), ERR_INVALID);
	assert_string_equal(buf_cstr(&file.text), errors);
	list_file_fini(&file);
}

static void assert_row(size_t i, uint32_t line, const char *name)
{
	assert_int_equal(file.rows[i].line, line);
	if (!str_eq_c(file.rows[i].number, name))
		fail_msg("row %zu: '%.*s', not '%s'", i, STR_ARG(file.rows[i].number), name);
	assert_int_equal(file.rows[i].on, DATE_NONE);
}

static void names_and_labels_are_read(void **state)
{
	(void)state;
	good("\xEF\xBB\xBF# VNNIC, 1 November; a remark\n"
	     "\n"
	     "VietcomBank.com.vn.\r\n"
	     "  chinhphu   # in every zone\n"
	     "quochoi.*\n"
	     "vi\xE1\xBB\x87tnam.vn\n",
	     4);
	assert_row(0, 3, "vietcombank.com.vn");
	assert_row(1, 4, "chinhphu");
	assert_row(2, 5, "quochoi");
	assert_row(3, 6, "xn--vitnam-jk8b.vn");
	assert_int_equal(strlen(file.sha256), 64);
	list_file_fini(&file);
}

/* The same letters in another form of Unicode, or of case, are the same name. */
static void forms_of_one_name_are_one(void **state)
{
	(void)state;
	good("vie\xCC\xA3\xCC\x82tnam.vn\n", 1);
	assert_row(0, 1, "xn--vitnam-jk8b.vn");
	list_file_fini(&file);
	bad("vi\xE1\xBB\x87tnam.vn\nVI\xE1\xBB\x86TNAM.vn\n",
	    "names.txt:2:1: error: name: line 1 has this name already\n");
}

static void csv_is_read_by_its_column(void **state)
{
	(void)state;
	good("stt;\"T\xC3\xAAn mi\xE1\xBB\x81n\";ghi ch\xC3\xBA\n"
	     "1;\"a.vn\";\"x; y\"\n"
	     "2; b ;\n",
	     2);
	assert_row(0, 2, "a.vn");
	assert_row(1, 3, "b");
	list_file_fini(&file);
	bad("name,note\na.vn,x\n,y\n",
	    "names.txt:3:1: error: name: a name, or a label that is kept back under "
	    "every zone\n");
}

static void all_errors_are_told(void **state)
{
	(void)state;
	assert_int_equal(read_text("a_b.vn\n*.vn\na.vn,1\n-x\n"), ERR_INVALID);
	assert_int_equal(file.errors, 4);
	assert_non_null(strstr(buf_cstr(&file.text), "names.txt:1:1: error: name: "));
	assert_non_null(strstr(buf_cstr(&file.text), "names.txt:2:1: error: name: "));
	assert_non_null(strstr(buf_cstr(&file.text), "names.txt:4:1: error: name: "));
	list_file_fini(&file);
	bad("", "");
	bad("# only a remark\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_and_labels_are_read),
	    cmocka_unit_test(forms_of_one_name_are_one),
	    cmocka_unit_test(csv_is_read_by_its_column),
	    cmocka_unit_test(all_errors_are_told),
	};
	return cmocka_run_group_tests_name("cli/name_file", tests, NULL, NULL);
}
