/* GET /v1/openapi.json: the contract, as daemon/api/openapi.json has it; put into the program when it is built. */
#include "daemon/api/api_contract.h"

#include "daemon/api/api_int.h"
#include "epp/base/hash.h"

static struct str etag(struct arena *a)
{
	struct sha256 digest;
	hash_sha256(str_make((const char *)api_contract_text, api_contract_len), &digest);
	return arena_printf(a, "\"%02x%02x%02x%02x%02x%02x%02x%02x\"", digest.bytes[0], digest.bytes[1],
	                    digest.bytes[2], digest.bytes[3], digest.bytes[4], digest.bytes[5],
	                    digest.bytes[6], digest.bytes[7]);
}

void api_get_contract(const struct api_request *q)
{
	if (!api_accept_json(q->http))
		return;
	struct str tag = etag(q->http->arena);
	struct http_field fields[] = {HTTP_FIELD("ETag", tag), HTTP_FIELD("Cache-Control", STR("no-cache")),
	                              HTTP_FIELD("Content-Type", STR("application/json"))};
	if (api_etag_matches(http_header_list(q->http, "If-None-Match"), tag))
		http_respond(q->http, 304, fields, 2, STR_NONE);
	else
		http_respond(q->http, 200, fields, 3,
		             str_make((const char *)api_contract_text, api_contract_len));
}
