/* Responses: any bytes parse or are refused; everything in the result can be read; the parser stays usable. */
#include "epp/response.h"

#include "epp/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sink;

static void touch(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		sink += (unsigned char)s.ptr[i];
}

static void touch_common(const struct epp_inf_common *c)
{
	touch(c->name);
	touch(c->auth_info);
	for (size_t i = 0; i < c->status_count; i++)
		touch(c->statuses[i].value);
}

static void touch_domain(const struct epp_domain_inf *d)
{
	touch_common(&d->c);
	for (size_t i = 0; i < d->contact_count; i++)
		touch(d->contacts[i].id);
	for (size_t i = 0; i < d->ns_count; i++) {
		touch(d->ns[i].name);
		for (size_t k = 0; k < d->ns[i].addr_count; k++)
			touch(d->ns[i].addrs[k].text);
	}
	for (size_t i = 0; i < d->host_count; i++)
		touch(d->hosts[i]);
}

static void touch_data(const struct epp_resdata *d)
{
	switch (d->kind) {
	case EPP_RES_DOMAIN_INF: touch_domain(&d->domain); break;
	case EPP_RES_CONTACT_INF:
		touch_common(&d->contact.c);
		for (size_t i = 0; i < d->contact.postal_count; i++)
			touch(d->contact.postal[i].city);
		break;
	case EPP_RES_HOST_INF:
		touch_common(&d->host.c);
		for (size_t i = 0; i < d->host.addr_count; i++)
			touch(d->host.addrs[i].text);
		break;
	case EPP_RES_DOMAIN_CHK:
	case EPP_RES_CONTACT_CHK:
	case EPP_RES_HOST_CHK:
		for (size_t i = 0; i < d->chk.count; i++)
			touch(d->chk.items[i].reason);
		break;
	case EPP_RES_DOMAIN_PAN:
	case EPP_RES_CONTACT_PAN:
	case EPP_RES_HOST_PAN: touch(d->pan.trid.client); break;
	default: break;
	}
}

static void touch_extensions(const struct epp_extensions *x)
{
	for (size_t i = 0; i < x->fee.quote_count; i++) {
		for (size_t k = 0; k < x->fee.quotes[i].fee_count; k++)
			touch(x->fee.quotes[i].fees[k].amount);
	}
	for (size_t i = 0; i < x->secdns.ds_count; i++)
		touch(x->secdns.ds[i].digest);
	for (size_t i = 0; i < x->unknown_text_count; i++)
		touch(x->unknown_texts[i].text);
	for (size_t i = 0; i < x->unknown_uris.count; i++)
		touch(x->unknown_uris.items[i]);
	for (size_t i = 0; i < x->login_sec.event_count; i++)
		touch(x->login_sec.events[i].text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str good = {
	    "<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'><response><result code='1000'/></response></epp>",
	    sizeof("<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'><response><result "
	           "code='1000'/></response></epp>") -
	        1};
	static struct epp_parser *parser;
	struct epp_response r;
	struct errmsg e;
	if (!parser)
		parser = epp_parser_new();
	if (epp_parse(parser, str_make((const char *)data, size), &r, &e) == OK) {
		for (size_t i = 0; i < r.result_count; i++) {
			touch(r.results[i].msg);
			for (size_t k = 0; k < r.results[i].value_count; k++)
				touch(r.results[i].values[k].text);
		}
		touch_data(&r.data);
		touch_extensions(&r.ext);
	}
	REQUIRE(epp_parse(parser, good, &r, &e) == OK && epp_response_code(&r) == 1000);
	return 0;
}
