/* Messages of the poll queue: whatever they say, what is made of them holds together, and no secret is kept. */
#include "epp/base/check.h"
#include "epp/message.h"
#include "epp/name.h"
#include "epp/redact.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the gateway does it: read, printed for people, looked at for marks. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const marks[] = {"lowbalance-poll", "lowCreditData"};
	static struct epp_parser *p;
	struct epp_response r;
	struct epp_message m;
	struct epp_name name;
	struct errmsg e;
	struct buf body;
	p = p ? p : epp_parser_new();
	if (epp_parse(p, str_make((const char *)data, size), &r, &e) || r.kind != EPP_KIND_RESPONSE)
		return 0;
	epp_message_read(&r, STR("gateway1"), &m);
	REQUIRE(m.kind < EPP_MESSAGE__COUNT && epp_message_kind_name(m.kind));
	REQUIRE(m.fate == EPP_FATE_NONE || m.is_domain);
	REQUIRE((m.fate == EPP_FATE_EXPIRES) <= (m.expires != INSTANT_NONE));
	REQUIRE(m.kind != EPP_MESSAGE_OTHER || m.attention);
	if (m.is_domain)
		m.is_domain = epp_name_parse(m.name, &name, &e) == OK;
	buf_init(&body, 4u << 20);
	if (epp_redact_print(r.frame, &body) == OK)
		(void)epp_message_has_mark(buf_str(&body), marks, ARRAY_LEN(marks));
	buf_fini(&body);
	return 0;
}
