/* One value into its member: of the right type and in range, or an error that says what would have been. */
#include "daemon/api/item_draft.h"
#include "daemon/api/item_value.h"
#include "epp/base/check.h"

#include <stdio.h>

struct setter {
	struct item_draft *d;
	struct item_place p;
	const struct item_member *m;
	void *to;
	const struct item_value *v;
};

static void wrong(const struct setter *s, const char *reason, const char *expected)
{
	item_draft_error(s->d, s->p, s->m->name, reason, "%s", expected);
}

static bool want_text(const struct setter *s, struct str *out)
{
	*out = s->v->text;
	if (s->v->kind == ITEM_GIVEN_TEXT || s->v->kind == ITEM_GIVEN_CELL)
		return true;
	wrong(s, "WRONG_TYPE", "a string");
	return false;
}

static bool want_int(const struct setter *s, int64_t min, int64_t max, int64_t *out)
{
	bool number = s->v->kind == ITEM_GIVEN_INT;
	*out = s->v->number;
	if (s->v->kind == ITEM_GIVEN_CELL)
		number = str_to_i64(str_trim(s->v->text), out);
	if (!number) {
		item_draft_error(s->d, s->p, s->m->name, "WRONG_TYPE", "a whole number from %lld to %lld",
		                 (long long)min, (long long)max);
		return false;
	}
	if (*out >= min && *out <= max)
		return true;
	item_draft_error(s->d, s->p, s->m->name, "OUT_OF_RANGE", "a whole number from %lld to %lld",
	                 (long long)min, (long long)max);
	return false;
}

static void set_bool(const struct setter *s)
{
	struct str t = str_trim(s->v->text);
	if (s->v->kind == ITEM_GIVEN_BOOL)
		*(bool *)s->to = s->v->number != 0;
	else if (s->v->kind == ITEM_GIVEN_CELL && (str_eq(t, STR("true")) || str_eq(t, STR("false"))))
		*(bool *)s->to = str_eq(t, STR("true"));
	else
		wrong(s, "WRONG_TYPE", "true or false");
}

static void set_date(const struct setter *s)
{
	struct str t;
	if (!want_text(s, &t))
		return;
	if (!date_parse(str_trim(t), s->to))
		wrong(s, "NOT_A_DATE", "a calendar date YYYY-MM-DD");
}

/* One of `names` (NULL-terminated); -1, and an error, when it is none. */
static int pick(const struct setter *s, const char *const *names)
{
	char list[160] = "one of";
	struct str t;
	if (!want_text(s, &t))
		return -1;
	t = str_trim(t);
	for (int i = 0; names[i]; i++)
		if (str_eq_c(t, names[i]))
			return i;
	for (int i = 0; names[i]; i++) {
		size_t n = strlen(list);
		snprintf(list + n, sizeof list - n, "%s %s", i ? "," : "", names[i]);
	}
	const char *near = line_error_nearest(t, names);
	item_draft_error(s->d, s->p, s->m->name, "NOT_ONE_OF", near ? "%s; '%s' is near" : "%s", list, near);
	return -1;
}

static void set_domain(const struct setter *s)
{
	struct errmsg e = {{0}};
	struct str t;
	if (!want_text(s, &t))
		return;
	enum err err = epp_name_parse(str_trim(t), &s->d->name, &e);
	if (err != OK) {
		s->d->name.ascii_len = 0;
		wrong(s, err == ERR_TOO_LONG ? "TOO_LONG" : "BAD_NAME", e.text);
		return;
	}
	s->d->req->domain = arena_str(s->d->arena, str_make(s->d->name.ascii, s->d->name.ascii_len));
	s->d->req->domain_u =
	    s->d->name.idn ? arena_str(s->d->arena, str_make(s->d->name.unicode, s->d->name.unicode_len))
	                   : s->d->req->domain;
}

static void set_host(const struct setter *s)
{
	struct errmsg e = {{0}};
	struct epp_name name;
	struct str t;
	if (!want_text(s, &t))
		return;
	enum err err = epp_name_parse(str_trim(t), &name, &e);
	if (err == OK && name.labels < 2)
		err = err_set(&e, ERR_INVALID, "a full host name, for instance ns1.example.vn");
	if (err != OK)
		wrong(s, err == ERR_TOO_LONG ? "TOO_LONG" : "BAD_NAME", e.text);
	else
		*(struct str *)s->to = arena_str(s->d->arena, str_make(name.ascii, name.ascii_len));
}

static void upper(struct str s)
{
	char *p = (char *)s.ptr; /* our own copy in the arena */
	for (size_t i = 0; i < s.len; i++)
		if (p[i] >= 'a' && p[i] <= 'f')
			p[i] = (char)(p[i] - 'a' + 'A');
}

static void set_text(const struct setter *s, const char *reason, const char *(*check)(struct str s))
{
	struct str t;
	const char *expected;
	if (!want_text(s, &t))
		return;
	if (!item_value_clean(s->d->arena, &t))
		wrong(s, "BAD_CHARACTER", "text without control characters");
	else if (t.len == 0)
		wrong(s, "EMPTY", "something, or the member left out");
	else if (t.len > s->m->max)
		item_draft_error(s->d, s->p, s->m->name, "TOO_LONG", "at most %d bytes", s->m->max);
	else if (check && (expected = check(t)))
		wrong(s, reason, expected);
	else
		*(struct str *)s->to = arena_str(s->d->arena, t);
}

static void set_list_date(const struct setter *s)
{
	date_t date;
	struct setter probe = *s;
	probe.to = &date;
	date = DATE_NONE;
	set_date(&probe);
	if (date != DATE_NONE)
		*(struct str *)s->to = arena_str(s->d->arena, str_trim(s->v->text));
}

static void set_hex(const struct setter *s)
{
	set_text(s, "BAD_DIGEST", item_value_check_hex);
	upper(*(struct str *)s->to);
}

static void set_number(const struct setter *s)
{
	int64_t n;
	switch (s->m->type) {
	case ITEM_VALUE_PERIOD:
		if (want_int(s, 1, ITEM_PERIOD_MAX, &n))
			*(int *)s->to = (int)n;
		break;
	case ITEM_VALUE_FEE:
		if (want_int(s, 0, ITEM_FEE_MAX, &n))
			*(int64_t *)s->to = n;
		break;
	case ITEM_VALUE_U8:
		if (want_int(s, 0, UINT8_MAX, &n))
			*(uint8_t *)s->to = (uint8_t)n;
		break;
	default:
		if (want_int(s, 0, UINT16_MAX, &n))
			*(uint16_t *)s->to = (uint16_t)n;
	}
}

static const char *const op_names[] = {"create", "renew", NULL};
static const char *const if_not_free_names[] = {"refuse", "charge", NULL};
static const char *const gender_names[] = {"male", "female", NULL};
static const char *const result_names[] = {"unconfirmed", "confirmed", "contradicted", NULL};
static const char *const kind_names[] = {"citizen",     "enterprise", "household_business",
                                         "cooperative", "other",      NULL};

static void set_choice(const struct setter *s)
{
	int i;
	switch (s->m->type) {
	case ITEM_VALUE_OP:
		if ((i = pick(s, op_names)) >= 0) {
			*(enum item_op *)s->to = (enum item_op)i;
			s->d->op_known = true;
		}
		break;
	case ITEM_VALUE_IF_NOT_FREE:
		if ((i = pick(s, if_not_free_names)) >= 0)
			*(enum item_if_not_free *)s->to = (enum item_if_not_free)i;
		break;
	case ITEM_VALUE_KIND:
		if ((i = pick(s, kind_names)) >= 0)
			*(enum applicant_kind *)s->to = (enum applicant_kind)(i + APPLICANT_CITIZEN);
		break;
	case ITEM_VALUE_GENDER:
		if ((i = pick(s, gender_names)) >= 0)
			*(enum gender *)s->to = (enum gender)(i + GENDER_MALE);
		break;
	default:
		if ((i = pick(s, result_names)) >= 0)
			*(struct str *)s->to = str_c(result_names[i]);
	}
}

void item_draft_set(struct item_draft *d, struct item_place p, const struct item_member *m, void *base,
                    const struct item_value *v)
{
	struct setter s = {d, p, m, (char *)base + m->offset, v};
	switch (m->type) {
	case ITEM_VALUE_REF: set_text(&s, "BAD_REF", item_value_check_ref); break;
	case ITEM_VALUE_DOMAIN: set_domain(&s); break;
	case ITEM_VALUE_HOST: set_host(&s); break;
	case ITEM_VALUE_PERIOD:
	case ITEM_VALUE_FEE:
	case ITEM_VALUE_U8:
	case ITEM_VALUE_U16: set_number(&s); break;
	case ITEM_VALUE_DATE: set_date(&s); break;
	case ITEM_VALUE_OP:
	case ITEM_VALUE_IF_NOT_FREE:
	case ITEM_VALUE_KIND:
	case ITEM_VALUE_GENDER:
	case ITEM_VALUE_RESULT: set_choice(&s); break;
	case ITEM_VALUE_TEXT: set_text(&s, NULL, NULL); break;
	case ITEM_VALUE_CODE: set_text(&s, "BAD_CODE", item_value_check_code); break;
	case ITEM_VALUE_WORD: set_text(&s, "BAD_WORD", item_value_check_word); break;
	case ITEM_VALUE_PHONE: set_text(&s, "BAD_PHONE", item_value_check_phone); break;
	case ITEM_VALUE_EMAIL: set_text(&s, "BAD_EMAIL", item_value_check_email); break;
	case ITEM_VALUE_COUNTRY: set_text(&s, "BAD_COUNTRY", item_value_check_country); break;
	case ITEM_VALUE_PROVINCE: set_text(&s, "BAD_PROVINCE", item_value_check_province); break;
	case ITEM_VALUE_LIST_DATE: set_list_date(&s); break;
	case ITEM_VALUE_BOOL: set_bool(&s); break;
	case ITEM_VALUE_CONTACT: set_text(&s, "BAD_CONTACT", item_value_check_contact); break;
	case ITEM_VALUE_HEX: set_hex(&s); break;
	default: INVARIANT(m->type < ITEM_VALUE__COMPOUND);
	}
}

/* ---- entries of lists that are one value each ------------------------------------------------------------------------ */

void item_draft_add_address(struct item_draft *d, struct item_place p, struct item_ns *ns,
                            const struct item_value *v)
{
	static const struct item_member member = {"addrs", ITEM_VALUE_TEXT, 0, 45};
	struct str to = STR_NONE;
	struct setter s = {d, p, &member, &to, v};
	if (ns->addr_count == ITEM_NS_ADDR_MAX) {
		item_draft_error(d, p, "addrs", "TOO_MANY", "at most %d entries", ITEM_NS_ADDR_MAX);
		return;
	}
	set_text(&s, "BAD_ADDRESS", item_value_check_address);
	if (to.len)
		ns->addrs[ns->addr_count++] = to;
}

void item_draft_add_service(struct item_draft *d, const char *at, const struct item_value *v)
{
	static const struct item_member member = {"services", ITEM_VALUE_WORD, 0, 32};
	struct str to = STR_NONE, *list = &d->req->services;
	struct setter s = {d, {ITEM_GROUP_TOP, -1, at}, &member, &to, v};
	size_t n = list->len ? 1 : 0;
	set_text(&s, "BAD_WORD", item_value_check_word);
	if (!to.len)
		return;
	for (size_t i = 0; i < list->len; i++)
		n += list->ptr[i] == ',';
	if (n == ITEM_SERVICES_MAX)
		item_draft_error(d, s.p, "services", "TOO_MANY", "at most %d entries", ITEM_SERVICES_MAX);
	else
		*list = list->len ? arena_printf(d->arena, "%.*s,%.*s", STR_ARG(*list), STR_ARG(to)) : to;
}
