/* What messages of the poll queue say, as registries write them. */
#include "epp/message.h"
#include "epp/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define HEAD                                                                                     \
	"<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'><response><result code='1301'><msg>ack to " \
	"dequeue</msg>"                                                                          \
	"</result><msgQ count='1' id='7'><qDate>2026-11-20T00:00:00Z</qDate><msg>words</msg></msgQ>"
#define TAIL   "<trID><svTRID>S</svTRID></trID></response></epp>"
#define DOMAIN "xmlns:d='urn:ietf:params:xml:ns:domain-1.0'"
#define TRN(status, re)                                                                                    \
	"<resData><d:trnData " DOMAIN "><d:name>ten.id.vn</d:name><d:trStatus>" status                     \
	"</d:trStatus><d:reID>" re "</d:reID><d:reDate>2026-11-20T00:00:00Z</d:reDate><d:acID>us</d:acID>" \
	"<d:acDate>2026-11-25T00:00:00Z</d:acDate></d:trnData></resData>"
#define INF(sponsor)                                                                                  \
	"<resData><d:infData " DOMAIN "><d:name>ten.id.vn</d:name><d:roid>R</d:roid><d:clID>" sponsor \
	"</d:clID>"                                                                                   \
	"<d:exDate>2029-12-01T00:00:00Z</d:exDate></d:infData></resData>"
#define CHANGE(state, op, who)                                                                   \
	"<extension><c:changeData xmlns:c='urn:ietf:params:xml:ns:changePoll-1.0' state='" state \
	"'><c:operation" op                                                                      \
	"</c:operation><c:date>2026-11-20T00:00:00Z</c:date><c:svTRID>S9</c:svTRID><c:who>" who  \
	"</c:who></c:changeData></extension>"
#define PAN(result)                                                                                          \
	"<resData><d:panData " DOMAIN "><d:name paResult='" result "'>ten.id.vn</d:name><d:paTRID>"          \
	"<clTRID>VN-1-1-0-t</clTRID><svTRID>S4</svTRID></d:paTRID><d:paDate>2026-11-20T00:00:00Z</d:paDate>" \
	"</d:panData></resData>"

static const struct known {
	const char *what, *frame;
	enum epp_message_kind kind;
	enum epp_message_fate fate;
	const char *name;      /* "": about no domain */
	const char *attention; /* words in it; NULL: nobody need look at it */
} known[] = {
    {"approved", HEAD PAN("1") TAIL, EPP_MESSAGE_PENDING, EPP_FATE_NONE, "ten.id.vn", NULL},
    {"refused", HEAD PAN("0") TAIL, EPP_MESSAGE_PENDING, EPP_FATE_NONE, "ten.id.vn", NULL},
    {"a contact refused",
     HEAD "<resData><k:panData xmlns:k='urn:ietf:params:xml:ns:contact-1.0'><k:id paResult='0'>C1</k:id>"
          "<k:paTRID><svTRID>S</svTRID></k:paTRID><k:paDate>2026-11-20T00:00:00Z</k:paDate></k:panData></"
          "resData>" TAIL,
     EPP_MESSAGE_PENDING, EPP_FATE_NONE, "", "was refused"},
    {"asked for", HEAD TRN("pending", "them") TAIL, EPP_MESSAGE_TRANSFER, EPP_FATE_NONE, "ten.id.vn",
     "asks to transfer"},
    {"transferred away", HEAD TRN("serverApproved", "them") TAIL, EPP_MESSAGE_TRANSFER, EPP_FATE_GONE,
     "ten.id.vn", NULL},
    {"… by us", HEAD TRN("clientApproved", "them") TAIL, EPP_MESSAGE_TRANSFER, EPP_FATE_GONE, "ten.id.vn",
     NULL},
    {"transferred to us", HEAD TRN("clientApproved", "us") TAIL, EPP_MESSAGE_TRANSFER, EPP_FATE_NONE,
     "ten.id.vn", "to us"},
    {"not transferred", HEAD TRN("clientRejected", "them") TAIL, EPP_MESSAGE_TRANSFER, EPP_FATE_NONE,
     "ten.id.vn", NULL},
    {"renewed by itself", HEAD INF("us") CHANGE("after", ">autoRenew", "REG") TAIL, EPP_MESSAGE_CHANGE,
     EPP_FATE_EXPIRES, "ten.id.vn", NULL},
    {"as it was before", HEAD INF("us") CHANGE("before", ">autoRenew", "REG") TAIL, EPP_MESSAGE_CHANGE,
     EPP_FATE_NONE, "ten.id.vn", NULL},
    {"purged", HEAD INF("us") CHANGE("before", ">autoPurge", "REG") TAIL, EPP_MESSAGE_CHANGE, EPP_FATE_NONE,
     "ten.id.vn", NULL},
    {"purged, after", HEAD INF("us") CHANGE("after", ">autoPurge", "REG") TAIL, EPP_MESSAGE_CHANGE,
     EPP_FATE_GONE, "ten.id.vn", NULL},
    {"deleted for good", HEAD INF("us") CHANGE("after", " op='purge'>delete", "REG") TAIL, EPP_MESSAGE_CHANGE,
     EPP_FATE_GONE, "ten.id.vn", NULL},
    {"deleted, to be restored", HEAD INF("us") CHANGE("after", " op='delete'>delete", "REG") TAIL,
     EPP_MESSAGE_CHANGE, EPP_FATE_NONE, "ten.id.vn", "has changed a name"},
    {"updated", HEAD INF("us") CHANGE("after", ">update", "REG") TAIL, EPP_MESSAGE_CHANGE, EPP_FATE_NONE,
     "ten.id.vn", "has changed a name"},
    {"what we did ourselves", HEAD INF("us") CHANGE("after", ">update", "us") TAIL, EPP_MESSAGE_CHANGE,
     EPP_FATE_NONE, "ten.id.vn", NULL},
    {"another sponsor", HEAD INF("them") TAIL, EPP_MESSAGE_CHANGE, EPP_FATE_GONE, "ten.id.vn", NULL},
    {"a change of no name", HEAD CHANGE("after", ">update", "REG") TAIL, EPP_MESSAGE_CHANGE, EPP_FATE_NONE,
     "", "no name"},
    {"words", HEAD TAIL, EPP_MESSAGE_OTHER, EPP_FATE_NONE, "", "not understood"},
    {"an element nobody knows", HEAD "<resData><x:y xmlns:x='urn:x'>1</x:y></resData>" TAIL,
     EPP_MESSAGE_OTHER, EPP_FATE_NONE, "", "not understood"},
    {"a namespace without log-in",
     "<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'><response><result code='1301'><msg>m</msg><extValue><value>"
     "<x:y xmlns:x='urn:x'>1</x:y></value><reason>urn:x not in login services</reason></extValue></result>"
     "<msgQ count='1' id='7'/>" TAIL,
     EPP_MESSAGE_OTHER, EPP_FATE_NONE, "", "RFC 9038"},
};

static void each_says_what_it_says(void **state)
{
	struct epp_parser *p = epp_parser_new();
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const struct known *k = &known[i];
		struct epp_response r;
		struct epp_message m;
		struct errmsg e;
		if (epp_parse(p, str_c(k->frame), &r, &e))
			fail_msg("%s: %s", k->what, e.text);
		epp_message_read(&r, STR("us"), &m);
		bool same = m.kind == k->kind && m.fate == k->fate && m.is_domain == (k->name[0] != '\0') &&
		            (!m.is_domain || str_eq_c(m.name, k->name)) && !m.attention == !k->attention &&
		            (!k->attention || strstr(m.attention, k->attention));
		if (!same)
			fail_msg("%s: %s, fate %d, '%.*s', %s", k->what, epp_message_kind_name(m.kind),
			         (int)m.fate, STR_ARG(m.name), m.attention ? m.attention : "(nobody)");
		if (k->fate == EPP_FATE_EXPIRES)
			assert_int_equal(m.expires, instant_of_date(date_make(2029, 12, 1), 0));
		if (k->kind == EPP_MESSAGE_PENDING && m.is_domain) {
			assert_true(str_eq_c(m.trid.client, "VN-1-1-0-t"));
			assert_int_equal(m.ok, strstr(k->frame, "paResult='1'") != NULL);
		}
	}
	epp_parser_free(p);
}

static void marks_are_found_whatever_their_case(void **state)
{
	static const char *const marks[] = {"lowbalance-poll", "Số dư thấp", ""};
	(void)state;
	assert_true(epp_message_has_mark(STR("x http://…/epp/LowBalance-Poll-1.0 y"), marks, 3));
	assert_true(epp_message_has_mark(STR("Thông báo: Số dư thấp"), marks, 3));
	assert_false(epp_message_has_mark(STR("lowbalance-pol"), marks, 3));
	assert_false(epp_message_has_mark(STR(""), marks, 3));
	assert_false(epp_message_has_mark(STR("lowbalance-poll"), marks, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_says_what_it_says),
	                                   cmocka_unit_test(marks_are_found_whatever_their_case)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
