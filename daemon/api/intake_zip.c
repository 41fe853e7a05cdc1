/* Bodies that come packed: what they unpack to is the body, for its limits, its hash and its lines. */
#include "daemon/api/intake_int.h"

/* More bytes of the body as its sender has them. */
void intake_body_bytes(struct intake *x, struct str data)
{
	uint64_t most = x->call.view->config->api_max_body_bytes;
	x->body_bytes += data.len;
	sha256_stream_add(x->hash, data);
	if (x->body_bytes > most)
		intake_fail(x, 413, "body-too-large", "The body is too large",
		            arena_printf(&x->call.arena, "At most %llu bytes%s; divide the file.",
		                         (unsigned long long)most, x->unzip ? ", unpacked" : ""));
	bool wanted = sm_state(&x->sm) == INTAKE_RECEIVING || x->admit_valid;
	if (wanted && !x->problem.status && !split_push(&x->split, data))
		intake_fail(x, 500, "internal", "Internal error",
		            STR("The body came faster than it was taken."));
}

void intake_body_complete(struct intake *x)
{
	split_finish(&x->split);
	sha256_stream_finish(x->hash, &x->digest);
	x->hash = NULL;
}

void intake_zip_bytes(struct intake *x, struct str data)
{
	uint64_t most = x->call.view->config->api_max_body_bytes;
	x->packed_bytes += data.len;
	if (x->packed_bytes > most) /* it may unpack to nothing at all */
		intake_fail(x, 413, "body-too-large", "The body is too large",
		            arena_printf(&x->call.arena, "At most %llu bytes; divide the file.",
		                         (unsigned long long)most));
	else if (!unzip_push(x->unzip, data))
		intake_fail(x, 500, "internal", "Internal error",
		            STR("The body came faster than it was taken."));
}

static void fail_zip(struct intake *x, const char *what)
{
	intake_fail(x, 400, "bad-encoding", "The body is not well packed",
	            arena_printf(&x->call.arena,
	                         "gzip: %s, after %llu packed bytes that gave %llu. Pack the file anew.",
	                         what, (unsigned long long)unzip_used(x->unzip),
	                         (unsigned long long)x->body_bytes));
}

bool intake_unpack(struct intake *x)
{
	struct str piece;
	if (!x->unzip || !x->hash || x->problem.status)
		return false;
	switch (unzip_next(x->unzip, &piece)) {
	case UNZIP_PIECE: intake_body_bytes(x, piece); break;
	case UNZIP_BROKEN: fail_zip(x, unzip_error(x->unzip)); break;
	case UNZIP_MORE:
		if (!x->body_ended)
			return false;
		if (!unzip_is_whole(x->unzip))
			fail_zip(x, "it ends in the middle");
		else
			intake_body_complete(x);
		break;
	}
	return !x->problem.status;
}
