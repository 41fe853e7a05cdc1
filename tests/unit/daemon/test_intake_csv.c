/* Items in CSV: the same as in JSON to the byte, what is refused and with which words, and what spreadsheets make of a file. */
#include "daemon/api/item_csv_names.h"
#include "epp/base/buf.h"
#include "tests/unit/daemon/item_reading.h"

#define HEADER                                                                                           \
	"ref,op,domain,period,applicant.kind,applicant.name,applicant.citizenship,applicant.birth_date," \
	"applicant.gender,applicant.id_number,applicant.phone,applicant.email,applicant.address.street," \
	"applicant.address.ward,applicant.address.province,applicant.address.province_list,"             \
	"applicant.address.country,contacts.admin,contacts.tech,evidence.type,evidence.issuer,"          \
	"evidence.reference,evidence.date,evidence.result,evidence.2.type,ns,ds,services,if_not_free,"   \
	"max_fee_vnd,cur_exp_date"
#define HEADER_VN                                                                                                                       \
	"Mã tham chiếu,THAO TÁC,Tên Miền,Số năm,Loại chủ thể,HỌ VÀ TÊN,Quốc tịch,NGÀY SINH,Giới tính,SỐ " \
	"CCCD,"                                                                                                                         \
	"Số điện thoại,Email,ĐỊA CHỈ,PHƯỜNG/XÃ,Mã tỉnh,applicant.address.province_list,Quốc "                      \
	"gia,contacts.admin,"                                                                                                           \
	"contacts.tech,evidence.1.type,evidence.issuer,evidence.reference,evidence.date,evidence.result,"                               \
	"evidence.2.type,Máy chủ tên miền,ds,DỊCH VỤ,Nếu không miễn phí,Phí tối đa,Ngày hết hạn"
#define RECORD                                                                                                 \
	"inv-2026-000123,create,nguyenvana.id.vn,2,citizen,Nguyễn Văn A,VN,2004-05-06,male,068204001234,"   \
	"+84.912345678,a@example.vn,12 Hùng Vương,Lâm Viên - Đà Lạt,68,2025-07-01,VN,AD-1,TE-1,ekyc," \
	"\"X, \"\"Y\"\"\",K-991,2026-11-18,confirmed,document_check,"                                          \
	"ns1.example.vn/192.0.2.1/2001:db8::1 NS2.example.vn,60485:13:2:d4b7,website email cv,refuse,,"

static void encode(struct reading *f, struct buf *out)
{
	buf_init(out, ITEM_PAYLOAD_MAX);
	item_encode(&f->req, out);
	assert_true(buf_ok(out) && buf_len(out) > 0);
}

static void item_same_content_gives_same_bytes_in_every_format(void **state)
{
	struct reading *f = *state;
	struct buf json, csv, vietnamese;
	assert_true(reading_json(f, FULL));
	encode(f, &json);
	if (!reading_csv(f, HEADER, RECORD))
		reading_check(f, RECORD, "");
	encode(f, &csv);
	if (!reading_csv(f, HEADER_VN, RECORD))
		reading_check(f, HEADER_VN, "");
	encode(f, &vietnamese);
	assert_true(str_eq(buf_str(&json), buf_str(&csv)));
	assert_true(str_eq(buf_str(&json), buf_str(&vietnamese)));
	buf_fini(&json);
	buf_fini(&csv);
	buf_fini(&vietnamese);
}

static void item_representatives_are_of_organisations(void **state)
{
	struct reading *f = *state;
	struct buf json, csv;
	assert_true(reading_json(
	    f, "{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"a.id.vn\",\"period\":1,\"applicant\":{\"kind\":"
	       "\"other\",\"name\":\"A\",\"email\":\"a@b.vn\",\"address\":{\"country\":\"US\"},"
	       "\"representative\":"
	       "{\"name\":\"Trần B\",\"position\":\"Giám đốc\",\"id_number\":\"068190009876\"}}}"));
	assert_true(str_eq_c(f->req.applicant.representative.position, "Giám đốc"));
	encode(f, &json);
	assert_true(
	    reading_csv(f,
	                "ref,op,domain,period,applicant.kind,applicant.name,applicant.email,"
	                "applicant.address.country,Người đại diện,CHỨC VỤ,applicant.representative.id_number",
	                "r,create,a.id.vn,1,other,A,a@b.vn,US,Trần B,Giám đốc,068190009876"));
	encode(f, &csv);
	assert_true(str_eq(buf_str(&json), buf_str(&csv)));
	buf_fini(&json);
	buf_fini(&csv);
}

static void item_line_breaks_in_texts_become_spaces(void **state)
{
	struct reading *f = *state;
	static const char header[] =
	    "ref,op,domain,period,applicant.kind,applicant.name,applicant.email,applicant.address.country";
	assert_true(reading_csv(f, header, "r,create,a.id.vn,1,other,\"A\r\nB\",a@b.vn,US"));
	assert_true(str_eq_c(f->req.applicant.name, "A B"));
	assert_true(reading_json(
	    f, "{\"ref\":\"r\",\"op\":\"create\",\"domain\":\"a.id.vn\",\"period\":1,\"applicant\":"
	       "{\"kind\":\"other\",\"name\":\" A\\r\\n\\tB \",\"email\":\"a@b.vn\",\"address\":"
	       "{\"country\":\"US\"}}}"));
	assert_true(str_eq_c(f->req.applicant.name, "A B"));
}

#define RENEWAL "ref,op,domain,period,cur_exp_date"

static const struct {
	const char *header, *record, *errors;
} bad_csv[] = {
    {"ref,opp", "", "5 opp UNKNOWN_COLUMN"},
    {"ref,op,ref", "", "8 ref DUPLICATE"},
    {"ref,mã tham chiếu", "", "5 ref DUPLICATE"},
    {"ref,Tên gì", "", "5 Tên gì UNKNOWN_COLUMN"},
    {"ref;op;domain", "", "4  BAD_SEPARATOR"},
    {"ref\top\tdomain", "", "4  BAD_SEPARATOR"},
    {"ref,op\rr,renew", "", "7  BAD_LINE_END"},
    {"\xff\xferef", "", "1  BAD_UTF8"},
    {"applicant", "", "1 applicant UNKNOWN_COLUMN"},
    {"applicant.address", "", "1 applicant.address UNKNOWN_COLUMN"},
    {"evidence.17.type", "", "1 evidence.17.type UNKNOWN_COLUMN"},
    {"evidence.0.type", "", "1 evidence.0.type UNKNOWN_COLUMN"},
    {"ref,\"op", "", "5  SYNTAX"},
    {"ref,\xff", "", "5  BAD_UTF8"},
    {RENEWAL, "r,renew,a.vn,1", "15  WRONG_CELLS"},
    {RENEWAL, "r,renew,a.vn,1,2026-01-01,", "27  WRONG_CELLS"},
    {RENEWAL, "r,renew,a.vn,1,\"2026-01-01", "16  SYNTAX"},
    {RENEWAL, "r,renew,a.vn,1,\"2026-01-01\"x", "28  SYNTAX"},
    {RENEWAL, "r,renew,a\"b.vn,1,2026-01-01", "10  SYNTAX"},
    {RENEWAL, "r,renew,a.vn,1,\xff", "16  BAD_UTF8"},
    {RENEWAL, "r,renew,a.vn,one,2026-01-01", "14 period WRONG_TYPE"},
    {RENEWAL, "đ,renew,a.vn,1.0,2026-01-01", "1 ref BAD_REF; 14 period WRONG_TYPE"},
    {RENEWAL, "r,renew,\"x\ny.vn\",,2026-01-01", "9 domain BAD_NAME; 0 period MISSING"},
    {RENEWAL, "r,renew,\"a\n\n.vn\",1,2026", "9 domain BAD_NAME; 9:8 cur_exp_date NOT_A_DATE"},
    {RENEWAL ",,", "r,renew,a.vn,1,2026-01-01,,x", "28  UNKNOWN_COLUMN"},
    {RENEWAL ",ns", "r,renew,a.vn,1,2026-01-01,ns1.a.vn", "27 ns NOT_ALLOWED"},
    {RENEWAL ",applicant.registration_exempt", "r,renew,a.vn,1,2026-01-01,yes",
     "27 applicant.registration_exempt WRONG_TYPE; 0 applicant.kind MISSING; "
     "0 applicant.name MISSING; 0 applicant.email MISSING; 0 applicant.address MISSING"},
    {RENEWAL ",ds", "r,renew,a.vn,1,2026-01-01,1:2",
     "27 ds[0].digest_type WRONG_TYPE; 27 ds[0].digest EMPTY; 27 ds NOT_ALLOWED"},
    {RENEWAL ",ds", "r,renew,a.vn,1,2026-01-01,1:2:3:00:5", "27 ds[0] SYNTAX; 27 ds NOT_ALLOWED"},
    {RENEWAL ",evidence.date", "r,renew,a.vn,1,2026-01-01,2026-01-01", "0 evidence[0].type MISSING"},
};

static void item_bad_csv_is_told_with_place_and_reason(void **state)
{
	struct reading *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(bad_csv); i++) {
		assert_false(reading_csv(f, bad_csv[i].header, bad_csv[i].record));
		reading_check(f, bad_csv[i].record, bad_csv[i].errors);
	}
}

static void item_near_columns_are_suggested(void **state)
{
	struct reading *f = *state;
	assert_false(reading_csv(f, "ref,opp", ""));
	assert_true(str_eq_c(f->errors.list[0].expected, "'op'"));
	assert_false(reading_csv(f, "applicant.birth_dat", ""));
	assert_true(str_eq_c(f->errors.list[0].expected, "'applicant.birth_date'"));
}

/* Headings as people and programs write them. */
static void item_headings_are_known_without_their_marks(void **state)
{
	static const struct {
		const char *heading, *path;
	} headings[] = {
	    {"Tên miền", "domain"},
	    {"TÊN MIỀN", "domain"},
	    {"Ten mien", "domain"},
	    {"Te\u0302n mie\u0302\u0300n", "domain"}, /* decomposed, as a Mac writes it */
	    {"\u0110IA\u0323 CHI\u0309", "applicant.address.street"},
	    {"Ma\u0303 ti\u0309nh", "applicant.address.province"},
	    {"SO\u031b\u0301", "so"},
	    {"Applicant.Name", "applicant.name"},
	    {"\U0001F600 x", "\U0001F600 x"},
	    {"", ""},
	};
	struct reading *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(headings); i++) {
		struct str path = item_csv_path(&f->scratch, str_c(headings[i].heading));
		if (!str_eq_c(path, headings[i].path))
			fail_msg("%s: %.*s, not %s", headings[i].heading, STR_ARG(path), headings[i].path);
	}
	assert_string_equal(item_csv_vietnamese(STR("applicant.name")), "họ tên");
	assert_null(item_csv_vietnamese(STR("contacts.admin")));
}

static void item_empty_columns_of_a_spreadsheet_do_no_harm(void **state)
{
	struct reading *f = *state;
	if (!reading_csv(f, RENEWAL ",, ,", "r,renew,a.vn,1,2026-01-01,, ,"))
		reading_check(f, RENEWAL, "");
}

static void item_what_is_expected_says_what_to_do(void **state)
{
	static const struct {
		const char *header, *expected;
	} files[] = {
	    {"ref;op", "commas between cells; here is a semicolon"},
	    {"ref\top", "commas between cells; here is a tab"},
	    {"ref\rr", "lines that end with LF or CR LF; here is a CR alone"},
	    {"\xff\xferef", "text in UTF-8; this is UTF-16: save it as 'CSV UTF-8'"},
	    {"a\x80", "text in UTF-8: spreadsheets call it 'CSV UTF-8'"},
	    {"nothing like it", "a member's path, such as 'applicant.name': see 'vnepp template csv'"},
	};
	struct reading *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		assert_false(reading_csv(f, files[i].header, ""));
		assert_string_equal(f->errors.list[0].expected.ptr, files[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, reading_set_up, reading_tear_down)
	    TEST(item_same_content_gives_same_bytes_in_every_format),
	    TEST(item_representatives_are_of_organisations),
	    TEST(item_line_breaks_in_texts_become_spaces),
	    TEST(item_bad_csv_is_told_with_place_and_reason),
	    TEST(item_near_columns_are_suggested),
	    TEST(item_headings_are_known_without_their_marks),
	    TEST(item_empty_columns_of_a_spreadsheet_do_no_harm),
	    TEST(item_what_is_expected_says_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
