/* Content negotiation (RFC 9110 sections 8.3 and 12.5.1), as much as six media types need. */
#include "daemon/api/api_int.h"

/* The q value in thousandths; a broken one counts as 1. */
static unsigned weight_of(struct str params)
{
	while (params.len) {
		struct str p = str_trim(str_split(&params, ';'));
		if (p.len < 3 || (p.ptr[0] != 'q' && p.ptr[0] != 'Q') || p.ptr[1] != '=')
			continue;
		unsigned whole = p.ptr[2] == '0' ? 0 : 1000, digit = 100;
		for (size_t i = 4; whole == 0 && i < p.len && digit && p.ptr[i] >= '0' && p.ptr[i] <= '9';
		     i++) {
			whole += (unsigned)(p.ptr[i] - '0') * digit;
			digit /= 10;
			if (digit == 0)
				break;
		}
		return whole;
	}
	return 1000;
}

/* How exactly a range names a type: 0 not at all, 1 by its group, 2 by a wildcard of the subtype, 3 exactly. */
static int match(struct str range, const char *type)
{
	struct str t = str_c(type);
	if (str_eq(range, STR("*/*")))
		return 1;
	if (str_eq_nocase(range, t))
		return 3;
	struct str group = str_split(&t, '/'), rest = range, range_group = str_split(&rest, '/');
	return str_eq(rest, STR("*")) && str_eq_nocase(group, range_group) ? 2 : 0;
}

static int best_of(const struct http_request *r, const char *const *types)
{
	struct str header = http_header_list(r, "Accept");
	int best = -1;
	unsigned best_weight = 0;
	if (str_empty(str_trim(header)))
		return 0;
	for (int i = 0; types[i]; i++) {
		struct str rest = header;
		int exact = 0;
		unsigned weight = 0;
		while (rest.len) {
			struct str params = str_split(&rest, ','), range = str_trim(str_split(&params, ';'));
			int m = match(range, types[i]);
			if (m > exact) {
				exact = m;
				weight = weight_of(params);
			}
		}
		if (exact && weight > best_weight) {
			best = i;
			best_weight = weight;
		}
	}
	return best;
}

int api_accept(struct http_request *r, const char *const *types)
{
	struct str all = STR_NONE;
	int best = best_of(r, types);
	if (best >= 0)
		return best;
	for (int i = 0; types[i]; i++)
		all = arena_printf(r->arena, "%.*s%s%s", STR_ARG(all), i ? ", " : "", types[i]);
	api_problem_answer(r, &(struct api_problem){.status = 406,
	                                            .type = "not-acceptable",
	                                            .title = "None of the accepted media types is available",
	                                            .detail = all});
	return -1;
}

bool api_accept_json(struct http_request *r)
{
	static const char *const types[] = {"application/json", NULL};
	return api_accept(r, types) == 0;
}

bool api_content_type(const struct http_request *r, struct str *type)
{
	struct str params = http_header(r, "Content-Type");
	*type = str_trim(str_split(&params, ';'));
	while (params.len) {
		struct str value = str_trim(str_split(&params, ';')), name = str_trim(str_split(&value, '='));
		value = str_trim(value);
		if (value.len >= 2 && value.ptr[0] == '"')
			value = str_make(value.ptr + 1, value.len - 2);
		if (str_eq_nocase(name, STR("charset")) && !str_eq_nocase(value, STR("utf-8")))
			return false;
	}
	return true;
}
