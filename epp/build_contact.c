/* Contact info and create (RFC 5733). */
#include "epp/build_int.h"

#define NS_DECL    " xmlns:contact=\"" EPP_URI_CONTACT "\""
#define POSTAL_MAX 255 /* postalLineType */
#define PC_MAX     16
#define PHONE_MAX  17
#define AUTH_MAX   255

static void put_auth(struct build *b, struct str pw)
{
	build_lit(b, "<contact:authInfo>");
	build_line_elem(b, "contact:pw", pw, 0, AUTH_MAX);
	build_lit(b, "</contact:authInfo>");
}

enum err epp_build_contact_info(struct buf *out, const struct epp_cmd *cmd, struct str id,
                                struct str auth_info, struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<info><contact:info" NS_DECL ">");
	build_token_elem(&b, "contact:id", id, CLID_MIN, CLID_MAX);
	if (!str_empty(auth_info))
		put_auth(&b, auth_info);
	build_lit(&b, "</contact:info></info>");
	return build_end(&b, e);
}

static void put_address(struct build *b, const struct epp_postal *p)
{
	build_lit(b, "<contact:addr>");
	if (p->street_count > EPP_STREETS)
		build_fail(b, ERR_RANGE, "contact:street", "has more than three lines");
	for (size_t i = 0; i < p->street_count && i < EPP_STREETS; i++)
		build_line_elem(b, "contact:street", p->street[i], 0, POSTAL_MAX);
	build_line_elem(b, "contact:city", p->city, 1, POSTAL_MAX);
	if (!str_empty(p->sp))
		build_line_elem(b, "contact:sp", p->sp, 1, POSTAL_MAX);
	if (!str_empty(p->pc))
		build_token_elem(b, "contact:pc", p->pc, 1, PC_MAX);
	build_token_elem(b, "contact:cc", p->cc, 2, 2);
	build_lit(b, "</contact:addr>");
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	}
	return true;
}

/* RFC 5733, section 2.4: an "int" address is in ASCII. */
static bool int_is_ascii(const struct epp_postal *p)
{
	bool good = is_ascii(p->name) && is_ascii(p->org) && is_ascii(p->city) && is_ascii(p->sp);
	for (size_t i = 0; i < p->street_count && i < EPP_STREETS; i++)
		good = good && is_ascii(p->street[i]);
	return good;
}

static void put_postal(struct build *b, const struct epp_postal *p)
{
	if (str_eq_c(p->type, "loc")) {
		build_lit(b, "<contact:postalInfo type=\"loc\">");
	} else {
		if (!str_eq_c(p->type, "int"))
			build_fail(b, ERR_INVALID, "the type of contact:postalInfo",
			           "is neither loc nor int");
		else if (!int_is_ascii(p))
			build_fail(b, ERR_INVALID, "contact:postalInfo of type int",
			           "has letters outside ASCII");
		build_lit(b, "<contact:postalInfo type=\"int\">");
	}
	build_line_elem(b, "contact:name", p->name, 1, POSTAL_MAX);
	if (!str_empty(p->org))
		build_line_elem(b, "contact:org", p->org, 1, POSTAL_MAX);
	put_address(b, p);
	build_lit(b, "</contact:postalInfo>");
}

static size_t digits(struct str s)
{
	size_t n = 0;
	while (n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9')
		n++;
	return n;
}

/* "+84.912345678": one to three digits, one to fourteen. */
static bool is_e164(struct str s)
{
	if (s.len == 0 || s.len > PHONE_MAX || s.ptr[0] != '+')
		return false;
	size_t cc = digits(str_make(s.ptr + 1, s.len - 1));
	if (cc < 1 || cc > 3 || s.len <= cc + 2 || s.ptr[cc + 1] != '.')
		return false;
	size_t rest = s.len - cc - 2;
	return rest <= 14 && digits(str_make(s.ptr + cc + 2, rest)) == rest;
}

static void put_number(struct build *b, const char *field, struct str s)
{
	if (is_e164(s))
		buf_add(b->out, s);
	else
		build_fail(b, ERR_INVALID, field, "is not of the form +84.912345678");
}

static void put_phones(struct build *b, const struct epp_contact_create *c)
{
	if (!str_empty(c->voice)) {
		build_lit(b, "<contact:voice");
		if (!str_empty(c->voice_ext)) {
			build_lit(b, " x=\"");
			xml_out_attr(&b->w, "the extension of contact:voice", c->voice_ext);
			build_lit(b, "\"");
		}
		build_lit(b, ">");
		put_number(b, "contact:voice", c->voice);
		build_lit(b, "</contact:voice>");
	}
	if (!str_empty(c->fax)) {
		build_lit(b, "<contact:fax>");
		put_number(b, "contact:fax", c->fax);
		build_lit(b, "</contact:fax>");
	}
}

static void put_disclose(struct build *b, const struct epp_contact_create *c)
{
	static const struct {
		unsigned bit;
		const char *text;
	} parts[] = {
	    {EPP_DISCLOSE_NAME_INT, "<contact:name type=\"int\"/>"},
	    {EPP_DISCLOSE_NAME_LOC, "<contact:name type=\"loc\"/>"},
	    {EPP_DISCLOSE_ORG_INT, "<contact:org type=\"int\"/>"},
	    {EPP_DISCLOSE_ORG_LOC, "<contact:org type=\"loc\"/>"},
	    {EPP_DISCLOSE_ADDR_INT, "<contact:addr type=\"int\"/>"},
	    {EPP_DISCLOSE_ADDR_LOC, "<contact:addr type=\"loc\"/>"},
	    {EPP_DISCLOSE_VOICE, "<contact:voice/>"},
	    {EPP_DISCLOSE_FAX, "<contact:fax/>"},
	    {EPP_DISCLOSE_EMAIL, "<contact:email/>"},
	};
	if (c->disclose == 0)
		return;
	if (c->disclose_flag)
		build_lit(b, "<contact:disclose flag=\"1\">");
	else
		build_lit(b, "<contact:disclose flag=\"0\">");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (c->disclose & parts[i].bit)
			buf_add(b->out, str_c(parts[i].text));
	}
	build_lit(b, "</contact:disclose>");
}

static void check_postals(struct build *b, const struct epp_contact_create *c)
{
	if (c->postal_count < 1 || c->postal_count > 2)
		build_fail(b, ERR_INVALID, "contact:postalInfo", "must be there once or twice");
	else if (c->postal_count == 2 && str_eq(c->postal[0].type, c->postal[1].type))
		build_fail(b, ERR_INVALID, "contact:postalInfo", "is there twice with one type");
}

enum err epp_build_contact_create(struct buf *out, const struct epp_cmd *cmd,
                                  const struct epp_contact_create *create, struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	check_postals(&b, create);
	build_lit(&b, "<create><contact:create" NS_DECL ">");
	build_token_elem(&b, "contact:id", create->id, CLID_MIN, CLID_MAX);
	for (size_t i = 0; i < create->postal_count && i < 2; i++)
		put_postal(&b, &create->postal[i]);
	put_phones(&b, create);
	build_token_elem(&b, "contact:email", create->email, 1, POSTAL_MAX);
	put_auth(&b, create->auth_info);
	put_disclose(&b, create);
	build_lit(&b, "</contact:create></create>");
	return build_end(&b, e);
}
