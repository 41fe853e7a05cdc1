/* Domain check, info, create and renew (RFC 5731). */
#include "epp/build_int.h"

#define NS_DECL    " xmlns:domain=\"" EPP_URI_DOMAIN "\""
#define PERIOD_MAX 99
/* authInfo has no limit of its own */
#define AUTH_MAX 255

static void put_name(struct build *b, struct str name)
{
	build_token_elem(b, "domain:name", name, 1, LABEL_MAX);
}

static void put_auth(struct build *b, struct str pw)
{
	build_lit(b, "<domain:authInfo>");
	build_line_elem(b, "domain:pw", pw, 0, AUTH_MAX);
	build_lit(b, "</domain:authInfo>");
}

static void put_period(struct build *b, unsigned years)
{
	if (years == 0)
		return;
	if (years > PERIOD_MAX)
		build_fail(b, ERR_RANGE, "domain:period", "is over 99 years");
	build_lit(b, "<domain:period unit=\"y\">");
	xml_out_u64(&b->w, years);
	build_lit(b, "</domain:period>");
}

enum err epp_build_domain_check(struct buf *out, const struct epp_cmd *cmd, const struct str *names,
                                size_t count, struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<check><domain:check" NS_DECL ">");
	build_names(&b, "domain:name", names, count, 1, LABEL_MAX);
	build_lit(&b, "</domain:check></check>");
	return build_end(&b, e);
}

static bool known_hosts(struct str hosts)
{
	return str_eq_c(hosts, "all") || str_eq_c(hosts, "del") || str_eq_c(hosts, "none") ||
	       str_eq_c(hosts, "sub");
}

enum err epp_build_domain_info(struct buf *out, const struct epp_cmd *cmd, struct str name, struct str hosts,
                               struct str auth_info, struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<info><domain:info" NS_DECL "><domain:name");
	if (!str_empty(hosts)) {
		if (!known_hosts(hosts))
			build_fail(&b, ERR_INVALID, "hosts", "is none of all, del, none, sub");
		build_lit(&b, " hosts=\"");
		xml_out_attr(&b.w, "hosts", hosts);
		build_lit(&b, "\"");
	}
	build_lit(&b, ">");
	build_token(&b, "domain:name", name, 1, LABEL_MAX);
	build_lit(&b, "</domain:name>");
	if (!str_empty(auth_info))
		put_auth(&b, auth_info);
	build_lit(&b, "</domain:info></info>");
	return build_end(&b, e);
}

static void put_host_attr(struct build *b, const struct epp_ns_host *h)
{
	build_lit(b, "<domain:hostAttr>");
	build_token_elem(b, "domain:hostName", h->name, 1, LABEL_MAX);
	for (size_t i = 0; i < h->addr_count; i++) {
		if (h->addrs[i].v6)
			build_lit(b, "<domain:hostAddr ip=\"v6\">");
		else
			build_lit(b, "<domain:hostAddr ip=\"v4\">");
		build_addr(b, "domain:hostAddr", &h->addrs[i]);
		build_lit(b, "</domain:hostAddr>");
	}
	build_lit(b, "</domain:hostAttr>");
}

static void put_ns(struct build *b, const struct epp_domain_create *c)
{
	if (c->ns_count == 0)
		return;
	build_lit(b, "<domain:ns>");
	for (size_t i = 0; i < c->ns_count; i++) {
		if (c->ns_as_attrs)
			put_host_attr(b, &c->ns[i]);
		else
			build_token_elem(b, "domain:hostObj", c->ns[i].name, 1, LABEL_MAX);
	}
	build_lit(b, "</domain:ns>");
}

static void put_contacts(struct build *b, const struct epp_domain_create *c)
{
	if (!str_empty(c->registrant))
		build_token_elem(b, "domain:registrant", c->registrant, CLID_MIN, CLID_MAX);
	for (size_t i = 0; i < c->contact_count; i++) {
		struct str type = c->contacts[i].type;
		if (!str_eq_c(type, "admin") && !str_eq_c(type, "tech") && !str_eq_c(type, "billing"))
			build_fail(b, ERR_INVALID, "the type of domain:contact",
			           "is none of admin, tech, billing");
		build_lit(b, "<domain:contact type=\"");
		xml_out_attr(&b->w, "the type of domain:contact", type);
		build_lit(b, "\">");
		build_token(b, "domain:contact", c->contacts[i].id, CLID_MIN, CLID_MAX);
		build_lit(b, "</domain:contact>");
	}
}

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
			return false;
	}
	return s.len > 0 && s.len % 2 == 0;
}

static void put_ds(struct build *b, const struct epp_ds *ds)
{
	if (ds->key_tag > 0xffff || ds->alg > 0xff || ds->digest_type > 0xff)
		build_fail(b, ERR_RANGE, "secDNS:dsData", "has a number that is out of range");
	if (!is_hex(ds->digest) || ds->digest.len > LABEL_MAX)
		build_fail(b, ERR_INVALID, "secDNS:digest", "is not hexadecimal");
	build_lit(b, "<secDNS:dsData><secDNS:keyTag>");
	xml_out_u64(&b->w, ds->key_tag);
	build_lit(b, "</secDNS:keyTag><secDNS:alg>");
	xml_out_u64(&b->w, ds->alg);
	build_lit(b, "</secDNS:alg><secDNS:digestType>");
	xml_out_u64(&b->w, ds->digest_type);
	build_lit(b, "</secDNS:digestType><secDNS:digest>");
	xml_out_text(&b->w, "secDNS:digest", ds->digest);
	build_lit(b, "</secDNS:digest></secDNS:dsData>");
}

static void put_secdns(struct build *b, const struct epp_domain_create *c)
{
	if (c->ds_count == 0)
		return;
	build_extension(b);
	build_lit(b, "<secDNS:create xmlns:secDNS=\"" EPP_URI_SECDNS "\">");
	for (size_t i = 0; i < c->ds_count; i++)
		put_ds(b, &c->ds[i]);
	build_lit(b, "</secDNS:create>");
}

enum err epp_build_domain_create(struct buf *out, const struct epp_cmd *cmd,
                                 const struct epp_domain_create *create, struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<create><domain:create" NS_DECL ">");
	put_name(&b, create->name);
	put_period(&b, create->period_years);
	put_ns(&b, create);
	put_contacts(&b, create);
	put_auth(&b, create->auth_info);
	build_lit(&b, "</domain:create></create>");
	put_secdns(&b, create);
	build_fee(&b, false, &create->fee);
	return build_end(&b, e);
}

enum err epp_build_domain_renew(struct buf *out, const struct epp_cmd *cmd,
                                const struct epp_domain_renew *renew, struct errmsg *e)
{
	char date[DATE_TEXT_MAX];
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<renew><domain:renew" NS_DECL ">");
	put_name(&b, renew->name);
	if (renew->cur_exp_date == DATE_NONE)
		build_fail(&b, ERR_INVALID, "domain:curExpDate", "is missing");
	build_lit(&b, "<domain:curExpDate>");
	buf_add(out, str_c(date_format(date, renew->cur_exp_date)));
	build_lit(&b, "</domain:curExpDate>");
	put_period(&b, renew->period_years);
	build_lit(&b, "</domain:renew></renew>");
	build_fee(&b, true, &renew->fee);
	return build_end(&b, e);
}
