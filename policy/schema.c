/* The tables of the schema, and their printer. tests/integration/test_policy.sh holds them equal to the loader. */
#include "policy/schema.h"

#include "policy/load_int.h"

#define NUMBER_MAX 999999999 /* of what is not money */

enum kind {
	TEXT,
	ID,
	FACT_ID,
	SPEECH,
	NUMBER,
	DATE,
	BOOL,
	YES,
	WORDS,
	FACT_NAME,
	LIST,
	MAP,
	TABLE,
	ANY_OF,
	NOTHING
};

struct shape;

struct member {
	const char *key;
	const struct shape *shape;
	bool required;
	const char *about;
};

struct shape {
	const char *name; /* of its definition; NULL: printed where it is used */
	enum kind kind;
	const struct member *members; /* MAP */
	size_t count;
	const struct shape *item;           /* LIST, TABLE */
	const struct shape *const *choices; /* ANY_OF, NULL-terminated */
	const char *const *words;           /* WORDS, NULL-terminated */
	const char *keys;                   /* TABLE: pattern of its keys */
	int64_t min, max;                   /* NUMBER; LIST and TABLE: entries, max 0: any number */
	int type;                           /* FACT_NAME: enum fact_type */
};

#define OF(...)                       \
	(const struct shape *const[]) \
	{                             \
		__VA_ARGS__, NULL     \
	}
#define SAID(...)                 \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}
#define MAP_OF(label, ...)                                                                    \
	{                                                                                     \
		.name = label, .kind = MAP, .members = (const struct member[]){__VA_ARGS__},  \
		.count = sizeof((const struct member[]){__VA_ARGS__}) / sizeof(struct member) \
	}

/* ---- simple values ---- */

static const struct shape text = {.name = "text", .kind = TEXT}, id = {.name = "id", .kind = ID},
                          fact_id = {.name = "fact_id", .kind = FACT_ID},
                          speech = {.name = "speech", .kind = SPEECH}, date = {.name = "date", .kind = DATE},
                          yes_no = {.name = "yes_no", .kind = BOOL}, yes = {.name = "yes", .kind = YES},
                          nothing = {.kind = NOTHING}, texts = {.kind = LIST, .item = &id, .min = 1},
                          cites = {.name = "cite", .kind = LIST, .item = &id, .min = 1},
                          number = {.kind = NUMBER, .min = -NUMBER_MAX, .max = NUMBER_MAX},
                          money = {.kind = NUMBER, .min = 0, .max = MONEY_MAX},
                          years = {.kind = NUMBER, .min = 1, .max = 100};

#define EXPECTED                                                                   \
	{                                                                          \
		"expected", &yes_no, false, "known, not in force: decides nothing" \
	}
#define CITE                                           \
	{                                              \
		"cite", &cites, true, "ids of clauses" \
	}
#define FROM_TO                                                  \
	{"from", &date, false, "first day; open when absent"},   \
	{                                                        \
		"to", &date, false, "last day; open when absent" \
	}

/* A word of a closed list, given outright or by a switch. */
static const struct shape by_switch = MAP_OF("by_switch", {"switch", &id, true, "id of a switch"});

/* ---- facts and words ---- */

static const struct shape codes = {.kind = LIST, .item = &id, .min = 1};
#define FACT_HEAD                                                        \
	{"id", &fact_id, true, "small letters, digits and _"},           \
	    {"vi", &speech, true, "what people call it, in Vietnamese"}, \
	    {"en", &speech, true, "what people call it, in English"},    \
	{                                                                \
		"cite", &cites, false, "ids of clauses"                  \
	}
static const struct shape type_number = {.kind = WORDS, .words = SAID("number")},
                          type_code = {.kind = WORDS, .words = SAID("code")},
                          type_other = {.kind = WORDS, .words = SAID("date", "flag")};
static const struct shape fact_builtin = MAP_OF(NULL, {"id", NULL, true, "a fact that is built in"},
                                                {"vi", &speech, true, NULL}, {"en", &speech, true, NULL},
                                                {"cite", &cites, false, NULL}),
                          fact_number = MAP_OF(NULL, FACT_HEAD, {"type", &type_number, true, NULL},
                                               {"min", &number, false, NULL}, {"max", &number, false, NULL}),
                          fact_code = MAP_OF(NULL, FACT_HEAD, {"type", &type_code, true, NULL},
                                             {"codes", &codes, true, "all that it can be"}),
                          fact_other = MAP_OF(NULL, FACT_HEAD, {"type", &type_other, true, NULL});
static const struct shape fact = {.name = "fact",
                                  .kind = ANY_OF,
                                  .choices = OF(&fact_builtin, &fact_number, &fact_code, &fact_other)};
static const struct shape advice = MAP_OF("advice", {"vi", &speech, true, NULL}, {"en", &speech, true, NULL});
static const struct shape giver = {.kind = WORDS, .words = SAID("rule", "gateway")};
static const struct shape word =
    MAP_OF("word", {"id", &id, true, NULL}, {"vi", &speech, true, "in Vietnamese"},
           {"en", &speech, true, "in English"}, {"advice", &advice, false, "what the applicant can do"},
           {"given_by", &giver, false, "gateway: no rule gives it, the program does"});

/* ---- sources, switches, values ---- */

static const struct shape clause_kind = {.kind = WORDS, .words = SAID("enforce", "record", "report")};
static const struct shape clause = MAP_OF("clause", {"id", &id, true, NULL}, {"section", &text, true, NULL},
                                          {"words", &text, false, "as printed"},
                                          {"kind", &clause_kind, true, "it decides, is known, or counts"});
static const struct shape clauses = {.kind = LIST, .item = &clause};
static const struct shape no = {.kind = WORDS, .words = SAID("false")};
#define SOURCE_HEAD                                                                                     \
	{"id", &id, true, NULL}, {"document", &text, true, "its number"}, {"title", &text, true, NULL}, \
	    {"reading", &text, true, "how it is known"}, {"issued", &date, false, NULL},                \
	{                                                                                               \
		"clauses", &clauses, true, NULL                                                         \
	}
static const struct shape source_verified =
    MAP_OF(NULL, SOURCE_HEAD, {"verified", &yes, true, "read in the original"},
           {"reason", &text, false, NULL});
static const struct shape source_unverified = MAP_OF(NULL, SOURCE_HEAD, {"verified", &no, true, NULL},
                                                     {"reason", &text, true, "why that is not enough"});
static const struct shape source = {.name = "source",
                                    .kind = ANY_OF,
                                    .choices = OF(&source_verified, &source_unverified)};
static const struct shape options = {.kind = TABLE, .item = &id, .max = SWITCH_OPTIONS_MAX};
static const struct shape law_switch =
    MAP_OF("switch", {"id", &id, true, NULL}, {"ambiguity", &text, false, "A1 ..."},
           {"reason", &text, true, "why the default is what it is"},
           {"recorded", &yes_no, false, "decides nothing"},
           {"options", &options, true, "each reading in words"},
           {"default", &text, true, "one of the options"}, CITE);
static const struct shape dated_number =
    MAP_OF("dated_value", FROM_TO, {"value", &money, true, NULL}, CITE, EXPECTED);
static const struct shape dated_numbers = {.kind = LIST, .item = &dated_number};
static const struct shape value =
    MAP_OF("value", {"id", &id, true, NULL}, {"unit", &text, true, NULL},
           {"dated", &dated_numbers, true, "day after day, without gap or overlap"});

/* ---- provinces, zones, fees ---- */

static const struct shape province_codes = {.kind = TABLE, .item = &id, .keys = "^[0-9]{2}$"};
static const struct shape province_list = MAP_OF("province_list", {"id", &id, true, NULL}, FROM_TO, CITE,
                                                 {"codes", &province_codes, true, "two digits: name"});
static const struct shape province_merge =
    MAP_OF("province_merge", {"from_list", &text, true, NULL}, {"to_list", &text, true, NULL}, CITE,
           {"codes", &province_codes, true, "old code: new code"});
static const struct shape three_digits = {.kind = NUMBER, .min = 100, .max = 999};
static const struct shape birth_places =
    MAP_OF("birth_places", {"province_list", &text, true, NULL}, {"country_from", &three_digits, true, NULL},
           {"country_to", &three_digits, true, NULL}, CITE);
static const struct shape kind_word = {.name = "kind", .kind = WORDS, .words = policy_kind_names};
static const struct shape kinds = {.kind = LIST, .item = &kind_word};
static const struct shape zone =
    MAP_OF("zone", {"zones", &texts, true, NULL}, {"holders", &kinds, false, "all when absent"},
           {"fee", &text, true, "group of the fee tables"}, {"fee_idn", &text, false, NULL},
           {"fee_1_character", &text, false, NULL}, {"fee_2_characters", &text, false, NULL}, CITE);
static const struct shape rate =
    MAP_OF("rate", {"levy", &money, true, "VND, once"}, {"maintenance", &money, true, "VND, each year"});
static const struct shape rates = {.kind = TABLE, .item = &rate};
static const struct shape fees = MAP_OF("fees", FROM_TO, CITE, {"rates", &rates, true, "by group"}, EXPECTED);

/* ---- tests ---- */

static const struct shape text_fact = {.kind = FACT_NAME, .type = FACT_TEXT},
                          number_fact = {.kind = FACT_NAME, .type = FACT_NUMBER},
                          date_fact = {.kind = FACT_NAME, .type = FACT_DATE};
static const struct shape by_value = MAP_OF("by_value", {"value", &id, true, "id of a dated value"});
static const struct shape bound = {.name = "bound", .kind = ANY_OF, .choices = OF(&number, &by_value)};
static const struct shape decision = {.kind = WORDS, .words = SAID("decision")};
static const struct shape
    test_in = MAP_OF(NULL, {"fact", &text_fact, true, NULL}, {"in", &texts, true, NULL},
                     {"present", &yes_no, false, NULL}),
    test_not_in = MAP_OF(NULL, {"fact", &text_fact, true, NULL}, {"not_in", &texts, true, NULL},
                         {"in", &nothing, false, NULL}, {"present", &yes_no, false, NULL}),
    test_text = MAP_OF(NULL, {"fact", &text_fact, true, NULL}, {"present", &yes, true, "it is given"},
                       {"in", &nothing, false, NULL}, {"not_in", &nothing, false, NULL}),
    test_min = MAP_OF(NULL, {"fact", &number_fact, true, NULL}, {"min", &bound, true, NULL},
                      {"max", &bound, false, NULL}, {"present", &yes_no, false, NULL}),
    test_max = MAP_OF(NULL, {"fact", &number_fact, true, NULL}, {"max", &bound, true, NULL},
                      {"min", &nothing, false, NULL}, {"present", &yes_no, false, NULL}),
    test_number = MAP_OF(NULL, {"fact", &number_fact, true, NULL}, {"present", &yes, true, NULL},
                         {"min", &nothing, false, NULL}, {"max", &nothing, false, NULL}),
    test_decision =
        MAP_OF(NULL, {"fact", &date_fact, true, NULL}, {"to", &decision, true, "not after the decision"},
               {"present", &yes_no, false, NULL}),
    test_from = MAP_OF(NULL, {"fact", &date_fact, true, NULL}, {"from", &date, true, NULL},
                       {"to", &date, false, NULL}, {"present", &yes_no, false, NULL}),
    test_to = MAP_OF(NULL, {"fact", &date_fact, true, NULL}, {"to", &date, true, NULL},
                     {"from", &nothing, false, NULL}, {"present", &yes_no, false, NULL}),
    test_date = MAP_OF(NULL, {"fact", &date_fact, true, NULL}, {"present", &yes, true, NULL},
                       {"from", &nothing, false, NULL}, {"to", &nothing, false, NULL});
#define CHOICE(label, ...)                                                                    \
	static const struct shape label##_word = {.kind = WORDS, .words = SAID(__VA_ARGS__)}; \
	static const struct shape label = {.kind = ANY_OF, .choices = OF(&label##_word, &by_switch)}
CHOICE(start, "birthday", "day_after");
CHOICE(mode, "completed_years", "until_birthday");
CHOICE(feb29, "mar1", "feb28");
CHOICE(boundary, "end_of_anniversary", "before_anniversary");
CHOICE(weekend, "not_applied", "applied");
CHOICE(status, "none", "in_force", "undecided");
CHOICE(levy, "waived", "charged");
static const struct shape age_years = {.kind = NUMBER, .min = 0, .max = 150};
static const struct shape at_least = MAP_OF(NULL, {"at_least", &age_years, true, NULL},
                                            {"at_most", &nothing, false, NULL}, {"start", &start, true, NULL},
                                            {"mode", &mode, false, NULL}, {"feb29", &feb29, true, NULL}),
                          at_most = MAP_OF(NULL, {"at_most", &age_years, true, NULL},
                                           {"at_least", &nothing, false, NULL}, {"mode", &mode, true, NULL},
                                           {"start", &start, false, NULL}, {"feb29", &feb29, true, NULL});
static const struct shape age = {.kind = ANY_OF, .choices = OF(&at_least, &at_most)};
static const struct shape within =
    MAP_OF(NULL, {"of", &text, true, "a date"}, {"years", &years, true, NULL},
           {"boundary", &boundary, true, NULL}, {"weekend", &weekend, true, NULL});
static const struct shape evidence =
    MAP_OF(NULL, {"any_of", &texts, true, "types that count"},
           {"complete", &texts, false, "of these, those that need reference and date"});
static const struct shape citizen = {
    .kind = WORDS, .words = SAID("not_legacy", "shape", "place", "century", "year", "gender")};
static const struct shape tax = {.kind = WORDS, .words = SAID("valid", "independent")};
static const struct shape household = {.kind = WORDS, .words = SAID("known_form", "tax_code")};
static const struct shape test_age = MAP_OF(NULL, {"age", &age, true, NULL}),
                          test_within = MAP_OF(NULL, {"within", &within, true, NULL}),
                          test_citizen = MAP_OF(NULL, {"citizen_id", &citizen, true, NULL}),
                          test_tax = MAP_OF(NULL, {"tax_code", &tax, true, NULL}),
                          test_household = MAP_OF(NULL, {"household_number", &household, true, NULL}),
                          test_evidence = MAP_OF(NULL, {"evidence", &evidence, true, NULL}),
                          test_contradiction = MAP_OF(NULL, {"no_contradiction", &yes, true, NULL});
static const struct shape require = {
    .name = "require",
    .kind = ANY_OF,
    .choices = OF(&test_in, &test_not_in, &test_text, &test_min, &test_max, &test_number, &test_decision,
                  &test_from, &test_to, &test_date, &test_age, &test_within, &test_citizen, &test_tax,
                  &test_household, &test_evidence, &test_contradiction)};

/* ---- checks ---- */

static const struct shape op_word = {.name = "op", .kind = WORDS, .words = policy_op_names};
static const struct shape ops = {.kind = LIST, .item = &op_word};
static const struct shape switch_table = {.kind = TABLE, .item = &id};
/* Any fact that is a text beside these: see print_when(). */
static const struct shape when = MAP_OF("when", {"op", &ops, false, NULL}, {"kind", &kinds, false, NULL},
                                        {"switch", &switch_table, false, "switch: option"});
static const struct shape two_flags = {.kind = LIST, .item = &id, .max = SPEC_FLAGS_MAX},
                          flags_needed = {.kind = LIST, .item = &id, .min = 1, .max = SPEC_FLAGS_MAX};
static const struct shape outcome = {.kind = WORDS, .words = SAID("no_grant", "review", "reject")},
                          only_flag = {.kind = WORDS, .words = SAID("flag")};
static const struct shape refusal = MAP_OF("refusal", {"outcome", &outcome, true, NULL},
                                           {"reason", &id, true, NULL}, {"flags", &two_flags, false, NULL}),
                          flagged = MAP_OF(NULL, {"outcome", &only_flag, true, NULL},
                                           {"flags", &flags_needed, true, NULL});
static const struct shape otherwise = {.kind = ANY_OF, .choices = OF(&refusal, &flagged)};
static const struct shape contested =
    MAP_OF("contested", {"switch", &id, true, NULL}, {"flag", &id, true, NULL},
           {"granted_reason", &id, false, NULL}, CITE);
static const struct shape contesteds = {.kind = LIST, .item = &contested, .max = CONTESTED_MAX};
static const struct shape check =
    MAP_OF("check", {"id", &id, true, NULL}, {"when", &when, false, "where it applies"},
           {"require", &require, true, "one test"}, {"otherwise", &otherwise, true, "when the test fails"},
           {"missing", &refusal, false, "when its fact is missing"},
           {"needs", &text, false, "what is asked for then"}, {"contested", &contesteds, false, NULL}, CITE);
static const struct shape conditions = {.kind = LIST, .item = &check};

/* ---- law ---- */

static const struct shape term = MAP_OF(NULL, {"years", &years, true, NULL}, CITE);
static const struct shape authority = MAP_OF("authority", FROM_TO, CITE, EXPECTED);
static const struct shape authorities = {.kind = LIST, .item = &authority};
static const struct shape grant =
    MAP_OF("grant", {"id", &id, true, NULL}, {"zone", &text, true, NULL}, {"subject", &kind_word, true, NULL},
           {"term", &term, true, NULL}, {"authority", &authorities, true, "the text that says so, by date"},
           {"services", &texts, false, NULL}, {"conditions", &conditions, true, NULL});
static const struct shape window = MAP_OF(NULL, FROM_TO);
static const struct shape dated_flag = MAP_OF("dated_flag", {"flag", &id, true, NULL}, FROM_TO, CITE);
static const struct shape dated_flags = {.kind = LIST, .item = &dated_flag};
static const struct shape cover = MAP_OF("cover", {"grant", &id, true, NULL}, CITE);
static const struct shape covers = {.kind = LIST, .item = &cover};
static const struct shape waiver =
    MAP_OF("waiver", {"id", &id, true, NULL}, {"source", &id, true, NULL}, {"status", &status, true, NULL},
           {"register", &window, true, "when a name must be granted"}, {"levy", &levy, true, NULL},
           {"flags", &dated_flags, false, NULL}, {"covers", &covers, true, NULL}, EXPECTED);
static const struct shape percent = {.kind = NUMBER, .min = 0, .max = 100};
#define TARGET_HEAD \
	{"zone", &text, false, "all when absent"}, {"base", &text, false, "of the percentage"}, CITE
static const struct shape target_count = MAP_OF(NULL, TARGET_HEAD, {"count", &money, true, NULL},
                                                {"percent", &nothing, false, NULL}),
                          target_percent = MAP_OF(NULL, TARGET_HEAD, {"percent", &percent, true, NULL},
                                                  {"count", &nothing, false, NULL});
static const struct shape target = {.name = "target",
                                    .kind = ANY_OF,
                                    .choices = OF(&target_count, &target_percent)};
static const struct shape targets = {.kind = LIST, .item = &target};
static const struct shape every = {.kind = WORDS, .words = SAID("quarter", "year", "once")};
static const struct shape day = {.kind = NUMBER, .min = 1, .max = 31},
                          month = {.kind = NUMBER, .min = 1, .max = 12};
static const struct shape report =
    MAP_OF("report", {"every", &every, true, NULL}, {"due_day", &day, false, NULL},
           {"due_month", &month, false, NULL}, {"due_on", &date, false, NULL}, CITE);
static const struct shape reports = {.kind = LIST, .item = &report};
#define PROGRAMME                                                                     \
	{"id", &id, true, NULL}, {"source", &id, true, NULL}, FROM_TO, CITE,          \
	    {"flags", &dated_flags, false, NULL}, {"targets", &targets, false, NULL}, \
	{                                                                             \
		"reports", &reports, false, NULL                                      \
	}
static const struct shape programme = MAP_OF("programme", PROGRAMME);
static const struct shape plan =
    MAP_OF("plan", PROGRAMME, {"province", &text, true, "two digits"}, {"province_list", &text, true, NULL},
           {"follows_national", &yes_no, false, NULL}, {"confirmers", &texts, false, NULL});
static const struct shape verdict = MAP_OF("verdict", {"reason", &id, true, NULL}, CITE);
#define X(name) {#name, &verdict, true, NULL},
static const struct member verdict_members[] = {VERDICT_LIST(X)};
#undef X
static const struct shape verdicts = {
    .name = "verdicts", .kind = MAP, .members = verdict_members, .count = ARRAY_LEN(verdict_members)};
static const struct shape acceptance =
    MAP_OF("acceptance", {"source", &id, true, NULL}, {"by", &text, true, "who"}, {"on", &date, true, NULL},
           {"why", &text, true, NULL});
static const struct shape acceptances = {.kind = LIST, .item = &acceptance};
static const struct shape site =
    MAP_OF("site", {"name", &text, true, NULL}, {"accept_unverified", &acceptances, false, NULL},
           {"switches", &switch_table, false, "switch: option, where it differs"});

/* Of each section: its entry, or the section itself when it is a mapping. */
static const struct shape *const sections[SECTION__COUNT] = {
    [SECTION_facts] = &fact,
    [SECTION_reasons] = &word,
    [SECTION_flags] = &word,
    [SECTION_sources] = &source,
    [SECTION_switches] = &law_switch,
    [SECTION_values] = &value,
    [SECTION_province_lists] = &province_list,
    [SECTION_province_merges] = &province_merge,
    [SECTION_birth_places] = &birth_places,
    [SECTION_zones] = &zone,
    [SECTION_fees] = &fees,
    [SECTION_grants] = &grant,
    [SECTION_waivers] = &waiver,
    [SECTION_programmes] = &programme,
    [SECTION_plans] = &plan,
    [SECTION_checks] = &check,
    [SECTION_verdicts] = &verdicts,
    [SECTION_site] = &site,
};

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

static void print_member(struct buf *out, const struct member *m)
{
	print_json_str(out, str_c(m->key));
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
static void print_other_facts(struct buf *out)
{
	buf_lit(out, "\"propertyNames\":{\"anyOf\":[");
	print_builtin_names(out, FACT_TEXT, true);
	buf_lit(out, ",{\"enum\":[\"switch\"]},{\"not\":");
	print_builtin_names(out, -1, true);
	buf_lit(out, "}]},\"additionalProperties\":");
	use(out, &texts);
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
	if (s == &when)
		print_other_facts(out);
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
		bool list = strcmp(load_section_kind(i), "SEQ") == 0;
		buf_printf(out, "%s\n\"%s\":{\"anyOf\":[", i ? "," : "", load_section_name(i));
		if (list)
			buf_lit(out, "{\"type\":\"array\",\"items\":");
		use(out, sections[i]);
		buf_add(out, list ? STR("},{\"type\":\"null\"}]}") : STR(",{\"type\":\"null\"}]}"));
	}
}

void policy_schema_print(struct buf *out)
{
	static const struct shape *const named[] = {
	    &id,           &fact_id, &text,          &speech,         &date,
	    &yes_no,       &yes,     &cites,         &by_switch,      &fact,
	    &advice,       &word,    &clause,        &source,         &law_switch,
	    &dated_number, &value,   &province_list, &province_merge, &birth_places,
	    &kind_word,    &zone,    &rate,          &fees,           &by_value,
	    &bound,        &require, &op_word,       &when,           &refusal,
	    &contested,    &check,   &authority,     &grant,          &dated_flag,
	    &cover,        &waiver,  &target,        &report,         &programme,
	    &plan,         &verdict, &verdicts,      &acceptance,     &site};
	buf_lit(out, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\n"
	             "\"title\":\"vnepp rule file\",\n\"type\":\"object\",\"additionalProperties\":false,\n"
	             "\"properties\":{");
	print_sections(out);
	buf_lit(out, "},\n\"$defs\":{");
	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		buf_printf(out, "%s\n\"%s\":", i ? "," : "", named[i]->name);
		print_shape(out, named[i]);
	}
	buf_lit(out, "}}\n");
}
