/* Prints the tables of schema.c as a JSON Schema. */
#include "policy/schema_int.h"

/* ---- printing ---- */

static void print_shape(struct buf *out, const struct shape *s);

static void use(struct buf *out, const struct shape *s)
{
	if (s->name)
		buf_printf(out, "{\"$ref\":\"#/$defs/%s\"}", s->name);
	else
		print_shape(out, s);
}

static void print_builtin_names(struct buf *out, int type, bool of_type)
{
	static const struct {
		const char *name;
		int type;
	} facts[] = {
#define X(fact_name, fact_type) {#fact_name, FACT_##fact_type},
	    POLICY_FACT_LIST(X)
#undef X
	};
	bool any = false;
	buf_lit(out, "{\"enum\":[");
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		if (type >= 0 && (facts[i].type == type) != of_type)
			continue;
		buf_printf(out, "%s\"%s\"", any ? "," : "", facts[i].name);
		any = true;
	}
	buf_lit(out, "]}");
}

/* A built-in fact of the type, or a declared one, whose type only the files can tell. */
static void print_fact_name(struct buf *out, int type)
{
	buf_lit(out, "{\"anyOf\":[");
	print_builtin_names(out, type, true);
	buf_lit(out, ",{\"type\":[\"string\",\"number\",\"boolean\"],\"not\":");
	print_builtin_names(out, -1, true);
	buf_lit(out, "}]}");
}

static void print_fact_id(struct buf *out)
{
	buf_printf(out, "{\"type\":[\"string\",\"boolean\"],\"pattern\":\"^[a-z][a-z0-9_]{0,%d}$\",\"not\":",
	           POLICY_GIVEN_NAME_MAX - 1);
	print_builtin_names(out, -1, true);
	buf_byte(out, '}');
}

/* Text because every scalar is text; the same numbers as digits in quotes are taken, too. */
static void print_number(struct buf *out, const struct shape *s)
{
	long long most = s->max > -s->min ? s->max : -s->min;
	int digits = 1;
	buf_printf(
	    out, "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":%lld,\"maximum\":%lld},{\"type\":\"string\",",
	    (long long)s->min, (long long)s->max);
	if (s->max - s->min <= 1000) {
		buf_lit(out, "\"pattern\":\"^0*(");
		for (long long n = s->min; n <= s->max; n++)
			buf_printf(out, "%s%lld", n > s->min ? "|" : "", n);
		buf_lit(out, ")$\"}]}");
		return;
	}
	for (long long n = most; n >= 10; n /= 10)
		digits++;
	if (most == MONEY_MAX) /* a power of ten: everything with fewer digits, and itself */
		buf_printf(out, "\"pattern\":\"^(0*[0-9]{1,%d}|0*%lld|-0+)$\"}]}", digits - 1, most);
	else
		buf_printf(out, "\"pattern\":\"^%s0*[0-9]{1,%d}$\"}]}", s->min < 0 ? "-?" : "", digits);
}

static void print_words(struct buf *out, const char *const *words)
{
	buf_lit(out, "{\"enum\":[");
	for (size_t i = 0; words[i]; i++) {
		buf_printf(out, "%s\"%s\"", i ? "," : "", words[i]);
		if (strcmp(words[i], "true") == 0 || strcmp(words[i], "false") == 0)
			buf_printf(out, ",%s", words[i]);
	}
	buf_lit(out, "]}");
}

static void print_member(struct buf *out, const struct shape_member *m)
{
	buf_json(out, str_c(m->key));
	buf_byte(out, ':');
	if (m->about)
		buf_printf(out, "{\"description\":\"%s\",", m->about);
	else
		buf_byte(out, '{');
	buf_lit(out, "\"anyOf\":[");
	if (m->shape)
		use(out, m->shape);
	else
		print_builtin_names(out, -1, true);
	buf_add(out, m->required ? STR("]}") : STR(",{\"type\":\"null\"}]}"));
}

/* `when` takes facts that are texts, too; of those built in, numbers and dates cannot be matched. */
static void print_other_facts(struct buf *out, const struct shape *s)
{
	buf_lit(out, "\"propertyNames\":{\"anyOf\":[");
	print_builtin_names(out, FACT_TEXT, true);
	buf_lit(out, ",{\"enum\":[\"switch\"]},{\"not\":");
	print_builtin_names(out, -1, true);
	buf_lit(out, "}]},\"additionalProperties\":");
	use(out, s->item);
}

static void print_map(struct buf *out, const struct shape *s)
{
	bool any = false;
	buf_lit(out, "{\"type\":\"object\",\"properties\":{");
	for (size_t i = 0; i < s->count; i++) {
		buf_append(out, ",", i > 0);
		print_member(out, &s->members[i]);
	}
	buf_lit(out, "},\"required\":[");
	for (size_t i = 0; i < s->count; i++) {
		if (!s->members[i].required)
			continue;
		buf_printf(out, "%s\"%s\"", any ? "," : "", s->members[i].key);
		any = true;
	}
	buf_lit(out, "],");
	if (s == &schema_when)
		print_other_facts(out, s);
	else
		buf_lit(out, "\"additionalProperties\":false");
	buf_byte(out, '}');
}

static void print_list(struct buf *out, const struct shape *s)
{
	buf_lit(out, "{\"type\":\"array\",\"items\":");
	use(out, s->item);
	if (s->min)
		buf_printf(out, ",\"minItems\":%lld", (long long)s->min);
	if (s->max)
		buf_printf(out, ",\"maxItems\":%lld", (long long)s->max);
	buf_byte(out, '}');
}

static void print_table(struct buf *out, const struct shape *s)
{
	buf_lit(out, "{\"type\":\"object\",\"additionalProperties\":");
	use(out, s->item);
	if (s->keys)
		buf_printf(out, ",\"propertyNames\":{\"pattern\":\"%s\"}", s->keys);
	if (s->max)
		buf_printf(out, ",\"maxProperties\":%lld", (long long)s->max);
	buf_byte(out, '}');
}

static void print_any(struct buf *out, const struct shape *s)
{
	buf_lit(out, "{\"anyOf\":[");
	for (size_t i = 0; s->choices[i]; i++) {
		buf_append(out, ",", i > 0);
		use(out, s->choices[i]);
	}
	buf_lit(out, "]}");
}

/* Days of the calendar, 29 February in leap years only. */
#define DATE_PATTERN                                                                                       \
	"^(?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|" \
	"02-(0[1-9]|"                                                                                      \
	"1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$"

static void print_shape(struct buf *out, const struct shape *s)
{
	static const char *const truths[] = {"true", "false", NULL}, *const truth[] = {"true", NULL};
	switch (s->kind) {
	case TEXT: buf_lit(out, "{\"type\":[\"string\",\"number\",\"boolean\"]}"); break;
	case ID: buf_lit(out, "{\"type\":[\"string\",\"number\",\"boolean\"],\"minLength\":1}"); break;
	case FACT_ID: print_fact_id(out); break;
	case SPEECH:
		buf_lit(out,
		        "{\"type\":[\"string\",\"number\",\"boolean\"],\"pattern\":\"[^ \\\\t\\\\n\\\\r]\"}");
		break;
	case NUMBER: print_number(out, s); break;
	case DATE: buf_lit(out, "{\"type\":\"string\",\"pattern\":\"" DATE_PATTERN "\"}"); break;
	case BOOL: print_words(out, truths); break;
	case YES: print_words(out, truth); break;
	case WORDS: print_words(out, s->words); break;
	case FACT_NAME: print_fact_name(out, s->type); break;
	case LIST: print_list(out, s); break;
	case MAP: print_map(out, s); break;
	case TABLE: print_table(out, s); break;
	case ANY_OF: print_any(out, s); break;
	case NOTHING: buf_lit(out, "{\"type\":\"null\"}"); break;
	}
}

static void print_sections(struct buf *out)
{
	for (size_t i = 0; i < SECTION__COUNT; i++) {
		bool list = load_section_kind(i) == YAML_SEQ;
		buf_printf(out, "%s\n\"%s\":{\"anyOf\":[", i ? "," : "", load_section_name(i));
		if (list)
			buf_lit(out, "{\"type\":\"array\",\"items\":");
		use(out, schema_sections[i]);
		buf_add(out, list ? STR("},{\"type\":\"null\"}]}") : STR(",{\"type\":\"null\"}]}"));
	}
}

void policy_schema_print(struct buf *out)
{
	buf_lit(out, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\n"
	             "\"title\":\"vnepp rule file\",\n\"type\":\"object\",\"additionalProperties\":false,\n"
	             "\"properties\":{");
	print_sections(out);
	buf_lit(out, "},\n\"$defs\":{");
	for (size_t i = 0; schema_named[i]; i++) {
		buf_printf(out, "%s\n\"%s\":", i ? "," : "", schema_named[i]->name);
		print_shape(out, schema_named[i]);
	}
	buf_lit(out, "}}\n");
}
