/* Contact check, info, create and delete. */
#include "tests/regsim/rs_domain.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_linked.h"
#include "tests/regsim/rs_reply.h"

#include <ctype.h>

#define POSTAL_MAX 2 /* one loc, one int (RFC 5733) */

static const struct rs_linked kind = {"contact", RS_NS_CONTACT, "id", 'C'};

static bool id_ok(struct str id)
{
	return id.len >= 3 && id.len <= 16;
}

static bool phone_ok(struct str s)
{
	struct str number = s;
	struct str country = str_split(&number, '.');
	uint64_t n;
	if (str_empty(s))
		return true;
	return country.len >= 2 && country.len <= 4 && country.ptr[0] == '+' &&
	       str_to_u64(str_make(country.ptr + 1, country.len - 1), &n) && number.len >= 1 &&
	       number.len <= 14 && str_to_u64(number, &n);
}

/* 0 or a code. */
static int field_code(const struct rs_item *i)
{
	struct str t = i->text;
	switch (i->tag) {
	case 'T': return str_eq(i->attr, STR("loc")) || str_eq(i->attr, STR("int")) ? 0 : 2005;
	case 'n':
	case 'y': return t.len == 0 ? 2003 : 0;
	case 'C':
		return t.len == 2 && isupper((unsigned char)t.ptr[0]) && isupper((unsigned char)t.ptr[1])
		           ? 0
		           : 2005;
	case 'v':
	case 'f': return phone_ok(t) ? 0 : 2005;
	case 'e': return t.len == 0 ? 2003 : memchr(t.ptr, '@', t.len) ? 0 : 2005;
	case 'z': return t.len <= 16 ? 0 : 2005;
	default: return 0;
	}
}

static unsigned count_tag(const struct rs_list *l, char tag)
{
	unsigned n = 0;
	for (const struct rs_item *i = l->first; i; i = i->next)
		n += i->tag == tag;
	return n;
}

/* False: answered. */
static bool fields_ok(struct rs_exec *x)
{
	const struct rs_list *l = &x->cmd->fields;
	unsigned postal = count_tag(l, 'T');
	if (postal == 0 || count_tag(l, 'n') != postal || count_tag(l, 'y') != postal ||
	    count_tag(l, 'C') != postal || count_tag(l, 'e') != 1 || !x->cmd->has_auth) {
		rs_reply_fail(x, 2003, "postalInfo with name, city and cc, email and authInfo are required");
		return false;
	}
	if (postal > POSTAL_MAX) {
		rs_reply_fail(x, 2001, "postalInfo");
		return false;
	}
	for (const struct rs_item *i = l->first; i; i = i->next) {
		int code = field_code(i);
		if (code) {
			rs_reply_fail(x, code, i->text.ptr ? i->text.ptr : "postalInfo type");
			return false;
		}
	}
	return true;
}

static void create(struct rs_exec *x)
{
	struct regsim *sim = x->sim;
	struct str id = x->cmd->names.first->text;
	if (!id_ok(id))
		return rs_reply_fail(x, 2005, "an id has 3 to 16 characters");
	if (!fields_ok(x))
		return;
	if (rs_rules_existing(&sim->contacts, id))
		return rs_reply_fail(x, 2302, "");
	struct rs_object *c = rs_linked_add(x, &sim->contacts, id);
	rs_record_put(sim, 'A', x->cmd->auth_pw);
	for (const struct rs_item *i = x->cmd->fields.first; i; i = i->next)
		rs_record_put(sim, i->tag, i->tag == 'T' ? i->attr : i->text);
	sim->stats.contacts_created++;
	rs_linked_created(x, &kind, c);
}

static const char *field_name(char tag)
{
	static const char tags[] = "nosypzCvfe";
	static const char *const names[] = {"name", "org", "street", "city", "sp",
	                                    "pc",   "cc",  "voice",  "fax",  "email"};
	const char *at = strchr(tags, tag);
	return at && *at ? names[at - tags] : NULL;
}

/* Closes what is open down to the level that `tag` needs: 0 outside, 1 in postalInfo, 2 in addr. */
static void step(struct rs_exec *x, const char *p, int *level, char tag)
{
	int want = strchr("sypzC", tag) ? 2 : strchr("no", tag) ? 1 : 0;
	if (*level == 2 && want < 2) {
		rs_reply_close(x, p, "addr");
		*level = 1;
	}
	if (*level == 1 && want < 1) {
		rs_reply_close(x, p, "postalInfo");
		*level = 0;
	}
	if (*level == 1 && want == 2) {
		rs_reply_open(x, p, "addr");
		*level = 2;
	}
}

static void write_fields(struct rs_exec *x, const char *p, const struct rs_object *c)
{
	struct rs_record r;
	int level = 0;
	for (size_t at = 0; rs_record_next(c, &at, &r);) {
		if (r.tag == 'A')
			continue;
		step(x, p, &level, r.tag);
		if (r.tag == 'T') {
			buf_printf(x->out, "<%s%spostalInfo type=\"%.*s\">", p, *p ? ":" : "",
			           STR_ARG(r.text));
			level = 1;
		} else {
			rs_reply_leaf(x, p, field_name(r.tag), NULL, STR_NONE, r.text);
		}
	}
	step(x, p, &level, 'e');
}

static void info(struct rs_exec *x)
{
	struct regsim *sim = x->sim;
	const char *p = rs_reply_prefix(sim, "contact");
	const struct rs_object *c = rs_rules_existing(&sim->contacts, x->cmd->names.first->text);
	if (!c)
		return rs_reply_fail(x, 2303, "");
	bool sponsor = c->sponsor == x->session->account->index;
	if (!sponsor && !(x->cmd->has_auth && str_eq(x->cmd->auth_pw, rs_record_find(c, 'A'))))
		return rs_reply_fail(x, x->cmd->has_auth ? 2202 : 2201,
		                     ""); /* personal data: the sponsor's only */
	rs_linked_info(x, &kind, c);
	write_fields(x, p, c);
	rs_linked_info_by(x, &kind, c);
	rs_reply_open(x, p, "authInfo");
	rs_reply_leaf(x, p, "pw", NULL, STR_NONE, rs_record_find(c, 'A'));
	rs_reply_close(x, p, "authInfo");
	rs_reply_close(x, p, "infData");
}

static void delete (struct rs_exec *x)
{
	struct rs_object *c = rs_linked_to_delete(x, &x->sim->contacts, x->cmd->names.first->text);
	if (c)
		rs_linked_delete(x, c);
}

void rs_contact(struct rs_exec *x)
{
	switch (x->cmd->op) {
	case REGSIM_OP_CHECK: return rs_linked_check(x, &kind, &x->sim->contacts, id_ok);
	case REGSIM_OP_INFO: return info(x);
	case REGSIM_OP_CREATE: return create(x);
	case REGSIM_OP_DELETE: return delete (x);
	default: return rs_reply_fail(x, 2101, "");
	}
}
