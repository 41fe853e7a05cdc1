/* What a request says in its path and its query, and the answer to what cannot be read. */
#include "daemon/api/api_int.h"

#define DEFAULT_LIMIT 100

static void refuse_encoding(struct http_request *r, struct str name)
{
	api_problem_parameter(
	    r, arena_printf(r->arena,
	                    "%.*s: not well encoded: after '%%' come two hexadecimal digits, and not 00",
	                    STR_ARG(name)));
}

/* Of two values one would be left out in silence. */
static bool is_repeated(struct str query, struct str name)
{
	size_t times = 0;
	while (query.len) {
		struct str pair = str_split(&query, '&');
		times += str_eq(str_split(&pair, '='), name);
	}
	return times > 1;
}

/* A misspelt parameter must not be taken for its absence ("?admision=valid"). */
bool api_query_known(struct http_request *r, const char *const *params)
{
	struct str rest = r->query, value;
	while (rest.len) {
		struct str pair = str_split(&rest, '&'), name = str_split(&pair, '=');
		bool known = str_empty(name);
		for (size_t i = 0; params[i] && !known; i++)
			known = str_eq_c(name, params[i]);
		if (known && name.len && is_repeated(r->query, name)) {
			api_problem_parameter(r, arena_printf(r->arena, "%.*s: only once", STR_ARG(name)));
			return false;
		}
		if (known && http_decode(r->arena, pair, &value))
			continue;
		if (known) {
			refuse_encoding(r, name);
			return false;
		}
		const char *near = line_error_nearest(name, params);
		struct api_problem p = {.status = 400,
		                        .type = "unknown-parameter",
		                        .title = "A query parameter that is not known here",
		                        .detail = near ? arena_printf(r->arena, "%.*s; did you mean %s?",
		                                                      STR_ARG(name), near)
		                                       : name};
		api_problem_answer(r, &p);
		return false;
	}
	return true;
}

bool api_query_number(struct http_request *r, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
	struct str text;
	if (!http_query(r, name, &text))
		return true;
	return str_to_u64(text, out) && *out >= min && *out <= max;
}

bool api_query_limit(struct http_request *r, uint32_t *out)
{
	uint64_t limit = DEFAULT_LIMIT;
	if (!api_query_number(r, "limit", 1, STORE_PAGE_MAX, &limit)) {
		api_problem_parameter(r, STR("limit: from 1 to 1000"));
		return false;
	}
	*out = (uint32_t)limit;
	return true;
}

bool api_path_batch(const struct api_request *q, batch_id_t *out)
{
	struct str s = q->arg;
	if (s.len && s.len <= 18 && s.ptr[0] != '0' && str_to_u64(s, out))
		return true;
	api_problem_not_found(q->http, API_NO_SUCH_BATCH);
	return false;
}
