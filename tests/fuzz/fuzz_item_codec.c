/* Stored items and records: any bytes are read or refused, and what is read is what would be written. */
#include "daemon/job/item.h"
#include "daemon/job/record.h"
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

/* Numbers are masked when they are written: what was read may have others, once. */
static void records(struct str blob)
{
	static struct record record, back;
	struct buf once, again;
	if (record_decode(blob, &record))
		return;
	buf_init(&once, ITEM_PAYLOAD_MAX);
	buf_init(&again, ITEM_PAYLOAD_MAX);
	record_encode(&record, &once);
	if (buf_ok(&once)) {
		REQUIRE(record_decode(buf_str(&once), &back) == OK);
		record_encode(&back, &again);
		REQUIRE(str_eq(buf_str(&once), buf_str(&again)));
	}
	buf_fini(&once);
	buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str blob = str_make((const char *)data, size);
	requests(blob);
	results(blob);
	records(blob);
	return 0;
}
