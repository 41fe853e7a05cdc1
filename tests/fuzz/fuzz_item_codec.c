/* Stored items: any bytes are read or refused, and what is read is what would be written. */
#include "daemon/job/item.h"
#include "epp/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void requests(struct str blob)
{
	struct item_request req, back;
	struct buf out;
	if (item_decode(blob, &req))
		return;
	buf_init(&out, ITEM_PAYLOAD_MAX);
	item_encode(&req, &out);
	if (buf_ok(&out))
		REQUIRE(item_decode(buf_str(&out), &back) == OK && str_eq(back.ref, req.ref));
	buf_fini(&out);
}

static void results(struct str blob)
{
	struct item_result res, back;
	struct buf out;
	if (item_result_decode(blob, &res))
		return;
	buf_init(&out, ITEM_PAYLOAD_MAX);
	item_result_encode(&res, &out);
	if (buf_ok(&out))
		REQUIRE(item_result_decode(buf_str(&out), &back) == OK && back.state == res.state);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str blob = str_make((const char *)data, size);
	requests(blob);
	results(blob);
	return 0;
}
