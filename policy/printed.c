/* A walk over our own JSON: no numbers with signs, no white space, the escapes that buf_json() makes. */
#include "policy/policy.h"
#include "policy/printed.h"

/* Behind the string that begins at `s` ('"'); NULL: it has no end. */
static const char *string_end(const char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++)
		s += *s == '\\';
	return s < end ? s + 1 : NULL;
}

/* Behind the value that begins at `s`: at its ',', its closing bracket, or the end. NULL: broken. */
static const char *value_end(const char *s, const char *end)
{
	int open = 0;
	while (s && s < end) {
		if (*s == '"') {
			s = string_end(s, end);
			continue;
		}
		if (open == 0 && (*s == ',' || *s == '}' || *s == ']'))
			return s;
		open += *s == '{' || *s == '[';
		open -= *s == '}' || *s == ']';
		s++;
	}
	return s;
}

static unsigned hex(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* Only control characters are printed as \u00XX. */
static struct str unescape(struct str s, struct arena *arena)
{
	char *out;
	size_t n = 0;
	if (!memchr(s.ptr, '\\', s.len))
		return s;
	out = arena_alloc(arena, s.len + 1);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '\\' && i + 1 < s.len) {
			c = s.ptr[++i];
			if (c == 'u' && i + 4 < s.len) {
				c = (char)(hex(s.ptr[i + 3]) << 4 | hex(s.ptr[i + 4]));
				i += 4;
			} else {
				c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
			}
		}
		out[n++] = c;
	}
	return str_make(out, n);
}

static struct str value_text(struct str v, struct arena *arena)
{
	while (v.len > 2 && v.ptr[0] == '[') {
		const char *first = v.ptr + 1, *end = value_end(first, v.ptr + v.len);
		v = end ? str_make(first, (size_t)(end - first)) : STR_NONE;
	}
	if (v.len >= 2 && v.ptr[0] == '"')
		return unescape(str_make(v.ptr + 1, v.len - 2), arena);
	return v.len && (v.ptr[0] == '{' || v.ptr[0] == '[' || str_eq(v, STR("null"))) ? STR_NONE : v;
}

struct str policy_printed_get(struct str members, struct str path, struct arena *arena)
{
	const char *s = members.ptr, *end = members.ptr + members.len;
	struct str name = str_split(&path, '.');
	while (s < end && *s == '"') {
		const char *colon = string_end(s, end);
		if (!colon || colon >= end || *colon != ':')
			break;
		const char *value = colon + 1, *after = value_end(value, end);
		if (!after)
			break;
		if (str_eq(str_make(s + 1, (size_t)(colon - s) - 2), name)) {
			struct str v = str_make(value, (size_t)(after - value));
			if (!path.len)
				return value_text(v, arena);
			return v.len > 2 && *v.ptr == '{'
			           ? policy_printed_get(str_make(v.ptr + 1, v.len - 2), path, arena)
			           : STR_NONE;
		}
		s = after < end ? after + 1 : end;
	}
	return STR_NONE;
}

static uint64_t get_count(struct str members, struct str path, struct arena *a)
{
	uint64_t n = 0;
	return str_to_u64(policy_printed_get(members, path, a), &n) ? n : 0;
}

struct policy_name_list policy_read_name_list(struct str members, struct arena *a)
{
	struct policy_name_list l = {.date = DATE_NONE};
	struct str kind = policy_printed_get(members, STR("name_list.kind"), a);
	if (!kind.len)
		return l;
	for (int i = POLICY_RESERVED; i < POLICY_LISTED__COUNT; i++)
		if (str_eq_c(kind, policy_listed_names[i]))
			l.kind = (enum policy_listed)i;
	l.list = get_count(members, STR("name_list.list"), a);
	l.line = (uint32_t)get_count(members, STR("name_list.line"), a);
	l.label = str_eq_c(policy_printed_get(members, STR("name_list.match"), a), "label");
	l.issuer = policy_printed_get(members, STR("name_list.issuer"), a);
	if (!date_parse(policy_printed_get(members, STR("name_list.date"), a), &l.date))
		l.date = DATE_NONE;
	return l;
}
