/* Names of CSV columns. Vietnamese headings are compared by their bare letters: people and programs write the marks in two
 * ways, or not at all. */
#include "daemon/api/item_csv_names.h"

#include <stdio.h>

/* The first one of a path is what a template in Vietnamese has. */
static const struct {
	const char *vietnamese, *path;
} aliases[] = {
    {"mã tham chiếu", "ref"},
    {"thao tác", "op"},
    {"tên miền", "domain"},
    {"số năm", "period"},
    {"ngày hết hạn", "cur_exp_date"},
    {"máy chủ tên miền", "ns"},
    {"dịch vụ", "services"},
    {"nếu không miễn phí", "if_not_free"},
    {"phí tối đa", "max_fee_vnd"},
    {"loại chủ thể", "applicant.kind"},
    {"họ tên", "applicant.name"},
    {"họ và tên", "applicant.name"},
    {"tên chủ thể", "applicant.name"},
    {"quốc tịch", "applicant.citizenship"},
    {"ngày sinh", "applicant.birth_date"},
    {"giới tính", "applicant.gender"},
    {"số cccd", "applicant.id_number"},
    {"số định danh", "applicant.id_number"},
    {"điện thoại", "applicant.phone"},
    {"số điện thoại", "applicant.phone"},
    {"email", "applicant.email"},
    {"thư điện tử", "applicant.email"},
    {"mã số thuế", "applicant.tax_code"},
    {"ngày thành lập", "applicant.founded_on"},
    {"số đăng ký kinh doanh", "applicant.registration_number"},
    {"ngày đăng ký kinh doanh", "applicant.registered_on"},
    {"miễn đăng ký kinh doanh", "applicant.registration_exempt"},
    {"người đại diện", "applicant.representative.name"},
    {"chức vụ", "applicant.representative.position"},
    {"số cccd người đại diện", "applicant.representative.id_number"},
    {"địa chỉ", "applicant.address.street"},
    {"phường/xã", "applicant.address.ward"},
    {"quận/huyện", "applicant.address.district"},
    {"mã tỉnh", "applicant.address.province"},
    {"tỉnh/thành phố", "applicant.address.province"},
    {"ngày của danh mục tỉnh", "applicant.address.province_list"},
    {"quốc gia", "applicant.address.country"},
    {"loại giấy tờ", "evidence.type"},
    {"nơi cấp giấy tờ", "evidence.issuer"},
    {"số giấy tờ", "evidence.reference"},
    {"ngày cấp giấy tờ", "evidence.date"},
    {"kết quả xác minh", "evidence.result"},
};

/* What a letter of Vietnamese is without its marks, for the ranges of its letters; 0: it is none of them. */
static char bare(unsigned c)
{
	static const struct {
		unsigned from, to;
		char bare;
	} ranges[] = {
	    {0xC0, 0xC3, 'a'},     {0xC8, 0xCA, 'e'},     {0xCC, 0xCD, 'i'},     {0xD2, 0xD5, 'o'},
	    {0xD9, 0xDA, 'u'},     {0xDD, 0xDD, 'y'},     {0xE0, 0xE3, 'a'},     {0xE8, 0xEA, 'e'},
	    {0xEC, 0xED, 'i'},     {0xF2, 0xF5, 'o'},     {0xF9, 0xFA, 'u'},     {0xFD, 0xFD, 'y'},
	    {0x102, 0x103, 'a'},   {0x110, 0x111, 'd'},   {0x128, 0x129, 'i'},   {0x168, 0x169, 'u'},
	    {0x1A0, 0x1A1, 'o'},   {0x1AF, 0x1B0, 'u'},   {0x1EA0, 0x1EB7, 'a'}, {0x1EB8, 0x1EC7, 'e'},
	    {0x1EC8, 0x1ECB, 'i'}, {0x1ECC, 0x1EE3, 'o'}, {0x1EE4, 0x1EF1, 'u'}, {0x1EF2, 0x1EF9, 'y'},
	};
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return ranges[i].bare;
	return 0;
}

/* The code point at `p` of well-formed UTF-8, of two or three bytes, and its length; other ones are 0 and a byte. */
static unsigned code_point(const unsigned char *p, size_t left, size_t *len)
{
	*len = *p >= 0xE0 && *p < 0xF0 && left > 2 ? 3 : *p >= 0xC0 && *p < 0xE0 && left > 1 ? 2 : 1;
	return *len == 3   ? (*p & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu)
	       : *len == 2 ? (*p & 0x1Fu) << 6 | (p[1] & 0x3Fu)
	                   : 0;
}

/* In lower case; the letters of Vietnamese without their marks, marks that stand alone left out. Never longer. */
static struct str plain(struct arena *arena, struct str s)
{
	char *out = arena_alloc(arena, s.len + 1);
	size_t n = 0, len;
	for (size_t i = 0; i < s.len; i += len) {
		unsigned c = code_point((const unsigned char *)s.ptr + i, s.len - i, &len);
		bool mark = c >= 0x300 && c <= 0x36F;
		char letter = bare(c);
		if (letter)
			out[n++] = letter;
		else if (len == 1 && s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
			out[n++] = (char)(s.ptr[i] + 32);
		else if (!mark)
			for (size_t k = 0; k < len; k++)
				out[n++] = s.ptr[i + k];
	}
	return str_make(out, n);
}

struct str item_csv_path(struct arena *arena, struct str heading)
{
	struct str name = plain(arena, heading);
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (str_eq(name, plain(arena, str_c(aliases[i].vietnamese))))
			return str_c(aliases[i].path);
	return name;
}

const char *item_csv_vietnamese(struct str path)
{
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (str_eq_c(path, aliases[i].path))
			return aliases[i].vietnamese;
	return NULL;
}

static bool find_in(struct item_csv_column *c, enum item_group g, struct str name)
{
	c->group = g;
	c->member = item_group_find(g, name);
	return c->member != NULL;
}

/* "evidence.type", "evidence.3.type" */
static bool find_evidence(struct item_csv_column *c, struct str rest)
{
	uint64_t n = 1;
	struct str after = rest, first = str_split(&after, '.');
	if (str_to_u64(first, &n))
		rest = after;
	if (n < 1 || n > ITEM_EVIDENCE_MAX)
		return false;
	c->entry = (int)n - 1;
	return find_in(c, ITEM_GROUP_EVIDENCE, rest);
}

/* "facts.NAME"; whether the rules ask for it is seen with the first record. */
static bool find_fact(struct item_csv_column *c, struct str name)
{
	bool found = find_in(c, ITEM_GROUP_TOP, STR("facts"));
	c->group = ITEM_GROUP_FACTS;
	return found && item_fact_name_ok(name) && str_copy(c->fact, sizeof c->fact, name);
}

bool item_csv_column_find(struct item_csv_column *c, struct str path)
{
	static const struct {
		const char *prefix;
		enum item_group group;
	} nested[] = {{"applicant.address.", ITEM_GROUP_ADDRESS},
	              {"applicant.representative.", ITEM_GROUP_REPRESENTATIVE},
	              {"applicant.", ITEM_GROUP_APPLICANT},
	              {"contacts.", ITEM_GROUP_CONTACTS}};
	*c = (struct item_csv_column){0};
	if (str_starts(path, STR("evidence.")))
		return find_evidence(c, str_make(path.ptr + 9, path.len - 9));
	if (str_starts(path, STR("facts.")))
		return find_fact(c, str_make(path.ptr + 6, path.len - 6));
	for (size_t i = 0; i < ARRAY_LEN(nested); i++) {
		size_t n = strlen(nested[i].prefix);
		if (str_starts(path, str_c(nested[i].prefix)))
			return find_in(c, nested[i].group, str_make(path.ptr + n, path.len - n)) &&
			       c->member->type != ITEM_VALUE_OBJECT;
	}
	return find_in(c, ITEM_GROUP_TOP, path) && c->member->type != ITEM_VALUE_OBJECT &&
	       c->member->type != ITEM_VALUE_EVIDENCE && c->member->type != ITEM_VALUE_FACTS;
}

bool item_csv_suggest(struct str path, char near[ITEM_CSV_PATH_MAX])
{
	static const struct {
		enum item_group group;
		const char *prefix;
	} from[] = {{ITEM_GROUP_TOP, ""},
	            {ITEM_GROUP_APPLICANT, "applicant."},
	            {ITEM_GROUP_ADDRESS, "applicant.address."},
	            {ITEM_GROUP_REPRESENTATIVE, "applicant.representative."},
	            {ITEM_GROUP_CONTACTS, "contacts."},
	            {ITEM_GROUP_EVIDENCE, "evidence."}};
	char texts[64][ITEM_CSV_PATH_MAX];
	const char *names[ARRAY_LEN(texts) + 1];
	size_t n = 0, count;
	for (size_t g = 0; g < ARRAY_LEN(from); g++) {
		const struct item_member *m = item_group_members(from[g].group, &count);
		for (size_t i = 0; i < count && n < ARRAY_LEN(texts); i++) {
			if (m[i].type == ITEM_VALUE_OBJECT || m[i].type == ITEM_VALUE_EVIDENCE ||
			    m[i].type == ITEM_VALUE_FACTS)
				continue;
			snprintf(texts[n], sizeof texts[n], "%s%s", from[g].prefix, m[i].name);
			names[n] = texts[n];
			n++;
		}
	}
	names[n] = NULL;
	const char *found = line_error_nearest(path, names);
	snprintf(near, ITEM_CSV_PATH_MAX, "%s", found ? found : "");
	return found != NULL;
}
