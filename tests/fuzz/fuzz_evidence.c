/* The body of POST /v1/items/{ref}/evidence: read or refused with errors that have a reason; what was read survives being
 * stored, piece by piece. */
#include "daemon/api/item_json.h"
#include "daemon/store/store_held.h"
#include "epp/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void store_and_read(const struct item_request *req)
{
	struct item_request back = {.evidence_count = 1};
	struct buf b;
	for (size_t i = 0; i < req->evidence_count; i++) {
		buf_init(&b, ITEM_PAYLOAD_MAX);
		store_evidence_encode(&req->evidence[i], &b);
		REQUIRE(buf_ok(&b) && store_evidence_decode(buf_str(&b), &back.evidence[0]) == OK);
		REQUIRE(store_evidence_has(&back, &req->evidence[i]));
		buf_fini(&b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0}, scratch = {0};
	struct line_errors errors;
	struct item_request req;
	struct item_draft d;
	struct str text = str_make((const char *)data, size);
	line_errors_init(&errors, &arena);
	item_draft_begin(&d, &req, &arena, &errors, 1, text.ptr);
	bool good = item_json_read_evidence(&d, &scratch, text);
	REQUIRE(good == (errors.total == 0) && (!good || req.evidence_count > 0));
	for (size_t i = 0; i < errors.count; i++)
		REQUIRE(errors.list[i].at.line > 0 && errors.list[i].reason &&
		        errors.list[i].expected.len > 0);
	if (good)
		store_and_read(&req);
	line_errors_fini(&errors);
	arena_fini(&scratch);
	arena_fini(&arena);
	return 0;
}
