/* The form of rule files, in tables. tests/integration/test_policy.sh holds them equal to what the loader takes. */
#include "policy/schema_int.h"

#define NUMBER_MAX 999999999 /* of what is not money */

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
#define MAP_OF(label, ...)                                                                                \
	{                                                                                                 \
		.name = label, .kind = MAP, .members = (const struct shape_member[]){__VA_ARGS__},        \
		.count = sizeof((const struct shape_member[]){__VA_ARGS__}) / sizeof(struct shape_member) \
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

static const struct shape need =
    MAP_OF("need", {"id", &id, true, "as a check's 'needs' says it"}, {"vi", &speech, true, "in Vietnamese"},
           {"en", &speech, true, "in English"});

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
static const struct shape_member when_members[] = {{"op", &ops, false, NULL},
                                                   {"kind", &kinds, false, NULL},
                                                   {"switch", &switch_table, false, "switch: option"}};
const struct shape schema_when = {
    .name = "when", .kind = MAP, .members = when_members, .count = ARRAY_LEN(when_members), .item = &texts};
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
    MAP_OF("check", {"id", &id, true, NULL}, {"when", &schema_when, false, "where it applies"},
           {"require", &require, true, "one test"}, {"otherwise", &otherwise, true, "when the test fails"},
           {"missing", &refusal, false, "when its fact is missing"},
           {"needs", &text, false, "what is asked for then"}, {"contested", &contesteds, false, NULL}, CITE);
static const struct shape conditions = {.kind = LIST, .item = &check};

/* ---- law ---- */

static const struct shape when_entry =
    MAP_OF("when_entry", {"switch", &switch_table, true, "switch: option"});
#define WHEN                                                              \
	{                                                                 \
		"when", &when_entry, false, "a switch takes it in or out" \
	}
static const struct shape term = MAP_OF(NULL, {"years", &years, true, NULL}, CITE);
static const struct shape authority = MAP_OF("authority", FROM_TO, CITE, EXPECTED, WHEN);
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
	{"zone", &text, false, "all when absent"}, {"base", &text, false, "of the percentage"}, CITE, WHEN
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
CHOICE(due, "last_day", "month_after");
static const struct shape report =
    MAP_OF("report", {"every", &every, true, NULL}, {"due_day", &day, false, "in the period's last month"},
           {"due_month", &month, false, "of a year"}, {"due_on", &date, false, NULL},
           {"due", &due, false, "when no day is named: of the period, or of the month after"}, CITE, WHEN);
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
           {"follows_national", &yes_no, false, NULL}, {"confirmers", &texts, false, NULL}, WHEN);
static const struct shape verdict = MAP_OF("verdict", {"reason", &id, true, NULL}, CITE);
#define X(name) {#name, &verdict, true, NULL},
static const struct shape_member verdict_members[] = {VERDICT_LIST(X)};
#undef X
static const struct shape verdicts = {
    .name = "verdicts", .kind = MAP, .members = verdict_members, .count = ARRAY_LEN(verdict_members)};
#define X(label, first, second)                                                                           \
	static const struct shape reading_##label##_word = {.kind = WORDS, .words = SAID(first, second)}; \
	static const struct shape reading_##label = {.kind = ANY_OF,                                      \
	                                             .choices = OF(&reading_##label##_word, &by_switch)};
READING_LIST(X)
#undef X
#define X(label, first, second) {#label, &reading_##label, false, NULL},
static const struct shape_member reading_members[] = {READING_LIST(X)};
#undef X
static const struct shape readings = {
    .name = "readings", .kind = MAP, .members = reading_members, .count = ARRAY_LEN(reading_members)};
static const struct shape acceptance =
    MAP_OF("acceptance", {"source", &id, true, NULL}, {"by", &text, true, "who"}, {"on", &date, true, NULL},
           {"why", &text, true, NULL});
static const struct shape acceptances = {.kind = LIST, .item = &acceptance};
static const struct shape site =
    MAP_OF("site", {"name", &text, true, NULL}, {"accept_unverified", &acceptances, false, NULL},
           {"switches", &switch_table, false, "switch: option, where it differs"});

/* Of each section: its entry, or the section itself when it is a mapping. */
const struct shape *const schema_sections[SECTION__COUNT] = {
    [SECTION_facts] = &fact,
    [SECTION_needs] = &need,
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
    [SECTION_readings] = &readings,
    [SECTION_site] = &site,
};

const struct shape *const schema_named[] = {
    &need,       &id,          &fact_id,      &text,      &speech,        &date,           &yes_no,
    &yes,        &cites,       &by_switch,    &fact,      &advice,        &word,           &clause,
    &source,     &law_switch,  &dated_number, &value,     &province_list, &province_merge, &birth_places,
    &kind_word,  &zone,        &rate,         &fees,      &by_value,      &bound,          &require,
    &op_word,    &schema_when, &refusal,      &contested, &check,         &authority,      &grant,
    &dated_flag, &cover,       &waiver,       &target,    &report,        &programme,      &plan,
    &verdict,    &verdicts,    &acceptance,   &site,      &readings,      &when_entry,     NULL};
