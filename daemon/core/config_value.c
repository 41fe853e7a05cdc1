/* Readers of the configuration's values: names, numbers with a range, sizes, lists. */
#include "daemon/core/config_int.h"
#include "daemon/core/log.h"

#include <inttypes.h>

#define ZONE_MAX  253 /* RFC 1035: a name in text form */
#define LABEL_MAX 63

static bool check_text(struct config_reading *r, const struct yaml_node *n)
{
	if (n->text.len == 0) {
		yaml_error(r->d, n, "must not be empty");
		return false;
	}
	for (size_t i = 0; i < n->text.len; i++)
		if ((unsigned char)n->text.ptr[i] < 0x20 || n->text.ptr[i] == 0x7f) {
			yaml_error(r->d, n, "holds a control character");
			return false;
		}
	return true;
}

bool config_value_text(struct config_reading *r, struct yaml_node *map, const char *key, enum yaml_presence p,
                       const char **out)
{
	struct str s;
	if (!yaml_str(r->d, map, key, p, &s) || !check_text(r, yaml_get(map, key)))
		return false;
	*out = s.ptr;
	return true;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name(struct str s)
{
	if (s.len == 0 || s.len > CONFIG_NAME_MAX || !is_alnum(s.ptr[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) && !memchr("._-", s.ptr[i], 3))
			return false;
	return true;
}

bool config_value_name(struct config_reading *r, struct yaml_node *map, const char *key, enum yaml_presence p,
                       const char **out)
{
	struct str s;
	if (!yaml_str(r->d, map, key, p, &s))
		return false;
	if (!is_name(s)) {
		yaml_error(r->d, yaml_get(map, key), "'%.*s' is not a name", STR_ARG(s));
		diag_help(r->d, "letters, digits, '.', '_' and '-', at most %d, a letter or digit first",
		          CONFIG_NAME_MAX);
		return false;
	}
	*out = s.ptr;
	return true;
}

void config_value_u32(struct config_reading *r, struct yaml_node *map, const char *key, uint32_t min,
                      uint32_t max, uint32_t *out)
{
	int64_t value;
	if (yaml_i64(r->d, map, key, YAML_OPTIONAL, min, max, &value))
		*out = (uint32_t)value;
}

bool config_value_limit(struct config_reading *r, struct yaml_node *map, const char *key, uint32_t max,
                        struct limit *out)
{
	struct yaml_node *n = yaml_get(map, key);
	if (!n)
		return false;
	if (n->kind != YAML_MAP) {
		*out = (struct limit){0};
		config_value_u32(r, map, key, 1, max, &out->max);
		return true;
	}
	struct limit l = {0};
	n->seen = true;
	if (!yaml_get(n, "max"))
		yaml_error(r->d, n, "'max' is missing");
	config_value_u32(r, n, "max", 1, max, &l.max);
	(void)yaml_bool(r->d, n, "shadow", YAML_OPTIONAL, &l.shadow);
	(void)config_value_text(r, n, "reason", YAML_OPTIONAL, &l.reason);
	yaml_reject_unseen(r->d, n);
	*out = l;
	return true;
}

void config_value_ms(struct config_reading *r, struct yaml_node *map, const char *key, int64_t min_ms,
                     int64_t max_ms, uint64_t *out_ms)
{
	int64_t value;
	if (yaml_duration(r->d, map, key, YAML_OPTIONAL, min_ms, max_ms, &value))
		*out_ms = (uint64_t)value;
}

/* False when it is no size at all; what overflows becomes UINT64_MAX, which is out of every range. */
static bool parse_bytes(struct str s, uint64_t *out)
{
	static const char *const units[] = {"", "KB", "MB", "GB"};
	size_t digits = 0, unit = 0;
	while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
		digits++;
	struct str rest = str_make(s.ptr + digits, s.len - digits);
	while (unit < ARRAY_LEN(units) && !str_eq_c(rest, units[unit]))
		unit++;
	uint64_t count;
	if (unit == ARRAY_LEN(units) || !str_to_u64(str_make(s.ptr, digits), &count))
		return false;
	*out = count > UINT64_MAX >> (10 * unit) ? UINT64_MAX : count << (10 * unit);
	return true;
}

void config_value_bytes(struct config_reading *r, struct yaml_node *map, const char *key, uint64_t min,
                        uint64_t max, uint64_t *out)
{
	struct str s;
	uint64_t value;
	if (!yaml_str(r->d, map, key, YAML_OPTIONAL, &s))
		return;
	if (!parse_bytes(s, &value)) {
		yaml_error(r->d, yaml_get(map, key), "'%.*s' is not a size", STR_ARG(s));
		diag_help(r->d, "a number of bytes, or with KB, MB or GB: 65536, 64KB, 100MB");
	} else if (value < min || value > max) {
		yaml_error(r->d, yaml_get(map, key), "'%.*s' is not within %" PRIu64 " and %" PRIu64 " bytes",
		           STR_ARG(s), min, max);
	} else {
		*out = value;
	}
}

static bool is_repeated(struct config_reading *r, struct yaml_node *n, const char *text,
                        const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0) {
			yaml_error(r->d, n, "'%s' is in the list already", text);
			return true;
		}
	return false;
}

struct yaml_node *config_value_seq(struct config_reading *r, struct yaml_node *map, const char *key)
{
	struct yaml_node *seq = yaml_need(r->d, map, key, YAML_SEQ);
	if (seq && seq->count == 0)
		diag_error(r->d, seq->key_pos, "%s: the list is empty", key);
	return seq;
}

bool config_value_list(struct config_reading *r, struct yaml_node *map, const char *key, enum yaml_presence p,
                       config_value_check check, const char ***out, size_t *count)
{
	struct yaml_node *seq =
	    p == YAML_REQUIRED ? yaml_need(r->d, map, key, YAML_SEQ) : yaml_opt(r->d, map, key, YAML_SEQ);
	if (!seq)
		return false;
	if (seq->count == 0) {
		diag_error(r->d, seq->key_pos, "%s: the list is empty", key);
		return false;
	}
	const char **list = arena_calloc(r->arena, seq->count, sizeof *list);
	size_t kept = 0;
	for (struct yaml_node *n = seq->child; n; n = n->next) {
		const char *text;
		if (yaml_as_kind(r->d, n, YAML_SCALAR) && check(r, n, &text) &&
		    !is_repeated(r, n, text, list, kept))
			list[kept++] = text;
	}
	*out = list;
	*count = kept;
	return true;
}

const char *config_value_lower(struct arena *a, struct str s)
{
	char *copy = (char *)arena_str(a, s).ptr;
	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

static bool is_label(struct str s)
{
	if (s.len == 0 || s.len > LABEL_MAX || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) && s.ptr[i] != '-')
			return false;
	return true;
}

bool config_value_is_zone(struct config_reading *r, struct yaml_node *n, const char **out)
{
	struct str rest = n->text;
	bool ok = rest.len > 0 && rest.len <= ZONE_MAX && rest.ptr[rest.len - 1] != '.';
	while (ok && rest.len > 0)
		ok = is_label(str_split(&rest, '.'));
	if (!ok) {
		yaml_error(r->d, n, "'%.*s' is not a zone", STR_ARG(n->text));
		diag_help(r->d, "like id.vn: without a dot at the ends, IDN labels as xn--...");
		return false;
	}
	*out = config_value_lower(r->arena, n->text);
	return true;
}

bool config_value_is_mark(struct config_reading *r, struct yaml_node *n, const char **out)
{
	if (n->text.len < 3) {
		yaml_error(r->d, n, "'%.*s' would be found in too many messages", STR_ARG(n->text));
		diag_help(r->d, "a namespace, the name of an element or a word of the registry's message");
		return false;
	}
	*out = arena_str(r->arena, n->text).ptr;
	return true;
}

bool config_value_is_uri(struct config_reading *r, struct yaml_node *n, const char **out)
{
	const char *colon = memchr(n->text.ptr, ':', n->text.len);
	bool ok = colon && colon > n->text.ptr && colon + 1 < n->text.ptr + n->text.len;
	for (size_t i = 0; ok && i < n->text.len; i++)
		ok = n->text.ptr[i] > ' ' && n->text.ptr[i] < 0x7f &&
		     !memchr("<>\"{}|\\^`", n->text.ptr[i], 9);
	if (!ok) {
		yaml_error(r->d, n, "'%.*s' is not a URI", STR_ARG(n->text));
		diag_help(r->d, "a namespace as the registry's greeting names it, such as "
		                "urn:ietf:params:xml:ns:domain-1.0");
		return false;
	}
	*out = n->text.ptr;
	return true;
}

bool config_list_has(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

void config_list_add(struct config_reading *r, const char ***list, size_t *count, const char *text)
{
	if (config_list_has(*list, *count, text))
		return;
	const char **longer = arena_calloc(r->arena, *count + 1, sizeof *longer);
	for (size_t i = 0; i < *count; i++)
		longer[i] = (*list)[i];
	longer[(*count)++] = text;
	*list = longer;
}

void config_value_log(struct config_reading *r, struct yaml_node *top, enum config_log_format *format,
                      int *level)
{
	static const char *const format_names[] = {"auto", "json", "logfmt", NULL};
	struct yaml_node *map = yaml_opt(r->d, top, "log", YAML_MAP);
	int chosen = CONFIG_LOG_AUTO;
	*level = LOG_INFO;
	(void)yaml_enum(r->d, map, "format", YAML_OPTIONAL, format_names, &chosen);
	(void)yaml_enum(r->d, map, "level", YAML_OPTIONAL, log_level_names, level);
	*format = (enum config_log_format)chosen;
	yaml_reject_unseen(r->d, map);
}
