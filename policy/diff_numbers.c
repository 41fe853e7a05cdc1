/* Numbers of persons and organisations in comparison: the kinds that rules can tell apart, and a number of each. */
#include "policy/diff_int.h"

#define ID_VARIANTS 8 /* of a personal number: century, year, sex */
enum id_other { ID_LEGACY, ID_TEN, ID_OLD, ID_SHAPELESS, ID_OTHER__COUNT };
enum tax_form { TAX_GOOD, TAX_BRANCH, TAX_WRONG, TAX_OLD, TAX_NONE, TAX__COUNT };
enum registration_form { REGISTRATION_OLD, REGISTRATION_TAX, REGISTRATION_NONE, REGISTRATION__COUNT };

static size_t place_count(const struct space *s)
{
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(s->places); i++)
		n += s->places[i] >= 0;
	return n;
}

/* The k-th kind of place that there is. */
static int place_at(const struct space *s, size_t k)
{
	for (size_t i = 0; i < ARRAY_LEN(s->places); i++)
		if (s->places[i] >= 0 && k-- == 0)
			return s->places[i];
	return 0;
}

static size_t place_kind(const struct space *s, int place)
{
	size_t kind = s->rules[0]->places[place] * 2u + s->rules[1]->places[place], k = 0;
	for (size_t i = 0; i < kind; i++)
		k += s->places[i] >= 0;
	return k;
}

struct words {
	const char *en, *vi;
};

static struct words place_words(const struct space *s, size_t k)
{
	int p = place_at(s, k);
	bool from = s->rules[0]->places[p], to = s->rules[1]->places[p];
	if (from == to)
		return from ? (struct words){"of an assigned place", "của nơi có mã"}
		            : (struct words){"of no assigned place", "của nơi không có mã"};
	return from ? (struct words){"of a place assigned before", "của nơi chỉ có mã trong quy định cũ"}
	            : (struct words){"of a place assigned now", "của nơi chỉ có mã trong quy định mới"};
}

static void set_words(struct space *s, size_t dim, size_t klass, struct words first, struct words second,
                      struct words third)
{
	struct klass *k = &s->dims[dim].classes[klass];
	k->text = arena_printf(s->arena, "%s%s%s", first.en, second.en, third.en);
	k->vi = arena_printf(s->arena, "%s%s%s", first.vi, second.vi, third.vi);
}

static void make_classes(struct space *s, size_t dim, size_t count)
{
	struct dim *d = &s->dims[dim];
	d->form = FORM_NUMBERED;
	d->classes = arena_calloc(s->arena, count + 1, sizeof *d->classes);
	d->classes[count].missing = true;
	d->count = count + 1;
}

void space_make_numbered(struct space *s)
{
	static const struct words variants[ID_VARIANTS] = {
	    {", a man's", ", của nam"},
	    {", a woman's", ", của nữ"},
	    {", of another year, a man's", ", khác năm sinh, của nam"},
	    {", of another year, a woman's", ", khác năm sinh, của nữ"},
	    {", of another century, a man's", ", khác thế kỷ sinh, của nam"},
	    {", of another century, a woman's", ", khác thế kỷ sinh, của nữ"},
	    {", of another century and year, a man's", ", khác cả năm và thế kỷ sinh, của nam"},
	    {", of another century and year, a woman's", ", khác cả năm và thế kỷ sinh, của nữ"},
	};
	static const struct words ids[] = {{"9 digits", "9 chữ số"},
	                                   {"10 digits", "10 chữ số"},
	                                   {"a household's old number", "số đăng ký hộ kinh doanh cũ"},
	                                   {"no number in use", "không phải số đang dùng"}};
	static const struct words taxes[] = {{"valid", "hợp lệ"},
	                                     {"valid, a branch's", "hợp lệ, của đơn vị phụ thuộc"},
	                                     {"of wrong check digit", "sai chữ số kiểm tra"},
	                                     {"a household's old number", "số đăng ký hộ kinh doanh cũ"},
	                                     {"no tax code", "không phải mã số thuế"}};
	static const struct words registrations[] = {{"old form", "dạng cũ"},
	                                             {"form of a tax code", "dạng mã số thuế"},
	                                             {"no form in use", "không phải dạng đang dùng"}};
	static const struct words none = {"", ""}, twelve = {"12 digits ", "12 chữ số "};
	size_t places = place_count(s), personal = places * ID_VARIANTS;
	make_classes(s, DIM_ID_NUMBER, personal + ID_OTHER__COUNT);
	for (size_t k = 0; k < personal; k++)
		set_words(s, DIM_ID_NUMBER, k, twelve, place_words(s, k / ID_VARIANTS),
		          variants[k % ID_VARIANTS]);
	for (size_t k = 0; k < ID_OTHER__COUNT; k++)
		set_words(s, DIM_ID_NUMBER, personal + k, ids[k], none, none);
	make_classes(s, DIM_TAX_CODE, TAX__COUNT + places);
	make_classes(s, DIM_REGISTRATION, REGISTRATION__COUNT + places);
	for (size_t k = 0; k < TAX__COUNT; k++)
		set_words(s, DIM_TAX_CODE, k, taxes[k], none, none);
	for (size_t k = 0; k < REGISTRATION__COUNT; k++)
		set_words(s, DIM_REGISTRATION, k, registrations[k], none, none);
	for (size_t k = 0; k < places; k++) {
		set_words(s, DIM_TAX_CODE, TAX__COUNT + k, twelve, place_words(s, k), none);
		set_words(s, DIM_REGISTRATION, REGISTRATION__COUNT + k, twelve, place_words(s, k), none);
	}
	struct dim *d = &s->dims[DIM_CONTRADICTION];
	d->form = FORM_NUMBERED;
	d->classes = arena_calloc(s->arena, 2, sizeof *d->classes);
	d->classes[0].text = STR("nothing contradicts");
	d->classes[1].text = STR("a document contradicts");
	d->classes[0].vi = STR("không có giấy tờ mâu thuẫn");
	d->classes[1].vi = STR("có giấy tờ mâu thuẫn");
	d->count = 2;
}

static const char *const personal_sample = "001204000001";

static void put_digits(char *out, int n, size_t count)
{
	for (; count > 0; n /= 10)
		out[--count] = (char)('0' + n % 10);
}

static void put_personal(char out[16], int place, int year, size_t variant)
{
	if (year < 1900 || year >= 2400)
		year = 2000;
	int century = (year / 100 - 19) * 2, yy = year % 100;
	if (variant & 4)
		century = (century + 2) % 10;
	if (variant & 2)
		yy = (yy + 1) % 100;
	put_digits(out, place, 3);
	put_digits(out + 3, century + (int)(variant & 1), 1);
	put_digits(out + 4, yy, 2);
	memcpy(out + 6, "000001", 7);
}

static int year_of(date_t d)
{
	int y = 2000, m, day;
	if (d != DATE_NONE)
		date_split(d, &y, &m, &day);
	return y;
}

struct str diff_put_id_number(const struct space *s, size_t klass, struct built *out)
{
	static const char *const others[] = {"123456789", "0123456789", "41A8000123", "A1"};
	size_t personal = place_count(s) * ID_VARIANTS;
	if (s->dims[DIM_ID_NUMBER].classes[klass].missing)
		return STR_NONE;
	if (klass >= personal)
		return str_c(others[klass - personal]);
	put_personal(out->id_number, place_at(s, klass / ID_VARIANTS), year_of(out->facts.birth_date),
	             klass % ID_VARIANTS);
	return str_c(out->id_number);
}

/* Of a tax code or a household's number: from their tables, or a personal number of the kind of place. */
struct str diff_put_number(const struct space *s, size_t dim, size_t klass)
{
	static const char *const taxes[] = {"0100109106", "0100109106001", "0100109107", "41A8000123", "A1"};
	static const char *const registrations[] = {"41A8000123", "0100109106", "A1"};
	size_t known = dim == DIM_TAX_CODE ? (size_t)TAX__COUNT : (size_t)REGISTRATION__COUNT;
	if (s->dims[dim].classes[klass].missing)
		return STR_NONE;
	if (klass < known)
		return str_c(dim == DIM_TAX_CODE ? taxes[klass] : registrations[klass]);
	struct str text = arena_str(s->arena, str_c(personal_sample));
	put_digits((char *)(uintptr_t)text.ptr, place_at(s, klass - known), 3);
	return text;
}

size_t diff_class_of_id(const struct space *s, const struct policy_facts *f)
{
	struct str id = f->id_number;
	size_t personal = place_count(s) * ID_VARIANTS;
	if (id.len == 0)
		return s->dims[DIM_ID_NUMBER].count - 1;
	if (identity_is_personal(id)) {
		int year = f->birth_date != DATE_NONE ? year_of(f->birth_date) : identity_year(id);
		size_t variant = (identity_century(id) != year / 100 * 100) * 4u +
		                 (identity_year(id) % 100 != year % 100) * 2u +
		                 (identity_gender(id) == POLICY_FEMALE);
		return place_kind(s, identity_place(id)) * ID_VARIANTS + variant;
	}
	if (identity_is_legacy(id))
		return personal + ID_LEGACY;
	enum identity_household form = identity_household(id);
	return personal + (form == IDENTITY_HOUSEHOLD_TAX   ? ID_TEN
	                   : form == IDENTITY_HOUSEHOLD_OLD ? ID_OLD
	                                                    : ID_SHAPELESS);
}

size_t diff_class_of_tax_code(const struct space *s, struct str tax)
{
	bool branch = false;
	if (tax.len == 0)
		return s->dims[DIM_TAX_CODE].count - 1;
	if (identity_tax_code(tax, &branch))
		return branch ? TAX_BRANCH : TAX_GOOD;
	enum identity_household form = identity_household(tax);
	if (form == IDENTITY_HOUSEHOLD_PERSONAL)
		return TAX__COUNT + place_kind(s, identity_place(tax));
	return form == IDENTITY_HOUSEHOLD_TAX   ? TAX_WRONG
	       : form == IDENTITY_HOUSEHOLD_OLD ? TAX_OLD
	                                        : TAX_NONE;
}

size_t diff_class_of_registration(const struct space *s, struct str number)
{
	enum identity_household form = identity_household(number);
	if (number.len == 0)
		return s->dims[DIM_REGISTRATION].count - 1;
	if (form == IDENTITY_HOUSEHOLD_PERSONAL)
		return REGISTRATION__COUNT + place_kind(s, identity_place(number));
	return form == IDENTITY_HOUSEHOLD_OLD   ? REGISTRATION_OLD
	       : form == IDENTITY_HOUSEHOLD_TAX ? REGISTRATION_TAX
	                                        : REGISTRATION_NONE;
}

/* A personal number of another year or century than the birth. */
bool diff_number_misses_birth(const struct space *s, size_t klass)
{
	return klass < place_count(s) * ID_VARIANTS && klass % ID_VARIANTS > 1;
}
