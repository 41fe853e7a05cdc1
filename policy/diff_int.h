/*
 * How two rule sets are compared; what the files diff*.c share.
 *
 * Every fact is a dimension, cut into classes by what either rule set compares it with. A check says the same for all
 * facts of the same classes, so it is a decision diagram over the few dimensions that it reads. A box is a set of classes
 * in each dimension; boxes are split by checks, those first that differ, until both sides are known to agree or not.
 */
#ifndef VNEPP_POLICY_DIFF_INT_H
#define VNEPP_POLICY_DIFF_INT_H

#include "policy/decide_int.h"
#include "policy/diff.h"
#include "policy/identity.h"

#define SIDES 2

/* ---- dimensions ---- */

enum dim_id {
	DIM_OP,
	DIM_KIND,
	DIM_ZONE,
	DIM_GRANT,
	DIM_EXEMPT,
	DIM_CITIZENSHIP,
	DIM_NAME_IDN,
	DIM_NAME_LISTED,
	DIM_GENDER,
	DIM_PRIOR_PAID,
	DIM_NAME_KNOWN,
	DIM_NAME_GRANTED,
	DIM_OWNERSHIP,
	DIM_PROVINCE,
	DIM_PROVINCE_LIST,
	DIM_TODAY,
	DIM_PERIOD,
	DIM_PRIOR_GRANTS,
	DIM_USED,
	DIM_ID_NUMBER,
	DIM_TAX_CODE,
	DIM_REGISTRATION,
	DIM_BIRTH,
	DIM_FOUNDED,
	DIM_REGISTERED,
	DIM_GRANT_FROM,
	DIM_EXPIRES,  /* against the decision's day */
	DIM_RELATIVE, /* the same date against the first free day */
	DIM_CONTRADICTION,
	DIM_FIXED__COUNT
};

#define EVIDENCE_GROUPS_MAX 24
#define DIMS_MAX            (DIM_FIXED__COUNT + EVIDENCE_GROUPS_MAX + FACTS_DECLARED_MAX)
#define CLASSES_MAX         512 /* of one dimension */
#define CUTS_MAX            256 /* of one date */

/* A comparison of a date; as the date grows, its answer changes at most once. */
enum cut_kind {
	CUT_DAY,      /* not before `day` */
	CUT_TODAY,    /* not after the decision */
	CUT_AGE_FROM, /* born so long ago; a: start, b: feb29 */
	CUT_AGE_TO,   /* a: mode, b: feb29 */
	CUT_WITHIN,   /* a: boundary, b: weekend */
	CUT_DAYS,     /* at most n days before the decision */
	CUT_END,      /* n years later not after the end of a free years and b days, by a day */
	CUT_WHOLE,    /* n years later not before it */
};

struct cut {
	enum cut_kind kind;
	date_t day;
	int n, a, b;
};

/* The answers of a date to all cuts of its dimension, one bit each. */
struct signature {
	uint64_t bits[CUTS_MAX / 64];
};

enum dim_form { FORM_TEXT, FORM_NUMBER, FORM_DATE, FORM_TODAY, FORM_NUMBERED, FORM_EVIDENCE };

/* What there is of the types of evidence that the same tests take. */
enum pieces {
	PIECES_NONE,
	PIECES_GOOD,                      /* confirmed, with reference and date */
	PIECES_BAD,                       /* complete, not confirmed */
	PIECES_SIMPLE,                    /* so many are there where no test asks for reference and date */
	PIECES_GOOD_BARE = PIECES_SIMPLE, /* confirmed, without them */
	PIECES_BAD_BARE,                  /* neither */
	PIECES_GOOD_MIXED,                /* one confirmed without them, another complete and not confirmed */
	PIECES__COUNT
};

struct klass {
	bool missing, other;      /* `other`: any text that is in no other class */
	struct str text, vi;      /* FORM_TEXT: the representative; FORM_NUMBERED: in words */
	struct text_list members; /* FORM_TEXT */
	int64_t lo, hi;           /* FORM_NUMBER, FORM_TODAY: both included */
	struct signature sig;     /* FORM_DATE */
	size_t home;              /* FORM_DATE: the first day of decision at which there is such a date */
};

struct dim {
	enum dim_form form;
	int fact;        /* index of enum fact, or FACT__COUNT */
	struct str name; /* the fact's id, or a word */
	struct str vi, en;
	struct klass *classes;
	size_t count;
	size_t first_word, words; /* in a box */
	struct cut *cuts;
	size_t cut_count;
	struct text_list types; /* FORM_EVIDENCE */
	struct date_rep *reps;  /* FORM_DATE, by sample, `rep_at[sample]` is the first */
	size_t rep_count, *rep_at;
};

/* A date of a class, when the decision is on a sample day. */
struct date_rep {
	size_t klass;
	date_t date;
};

struct space {
	const struct policy_ruleset *rules[SIDES];
	struct arena *arena;
	struct dim dims[DIMS_MAX];
	size_t dim_count, words; /* words of a box */
	size_t group_count;      /* of evidence: dims from DIM_FIXED__COUNT on */
	size_t declared_first;
	bool asks_plan; /* some check asks whether a province's plan holds */
	size_t usual_sample;
	date_t *samples; /* days of decision that are tried */
	size_t *sample_class, sample_count;
	date_t *origins; /* first free days that DIM_RELATIVE is tried with */
	size_t origin_count;
	struct spans *spans; /* diff_dates.c: what was found for first free days */
	int places[4];       /* of personal numbers: one for each way in which the sides know it; -1: none */
	struct buf limits;
};

#define CLASS_FREE ((uint16_t)-1)
struct point {
	uint16_t at[DIMS_MAX]; /* CLASS_FREE: does not matter */
};

void space_init(struct space *s, struct arena *arena, const struct policy_ruleset *from,
                const struct policy_ruleset *to);
/* Notes a bound that was reached, once. */
void space_limit(struct space *s, const char *fmt, ...) PRINTF(2, 3);

/* The dimensions that a fact is worked out from, for one operation; appended to `out`, each once. */
struct dim_set {
	bool has[DIMS_MAX];
};
void space_fact_dims(const struct space *s, int fact, enum policy_op op, struct dim_set *out);
/* The dimension of a declared fact or a fact of its own; DIMS_MAX: it is worked out. */
size_t space_dim_of(const struct space *s, int fact, size_t side);

/* Calls for every check and condition of both sides that no switch leaves out. */
typedef void (*space_check_cb)(void *ctx, size_t side, const struct check *c);
void space_each_check(const struct space *s, space_check_cb cb, void *ctx);

bool diff_in_list(const struct text_list *list, struct str text);
void space_add_member(struct space *s, struct klass *k, struct str text);
/* diff_space_texts.c: `fixed`: nothing but these can be given; NULL: anything. */
void space_make_texts(struct space *s, size_t dim, const char *const *fixed, size_t fixed_count);
/* diff_numbers.c: numbers of persons and organisations, and contradictions. */
void space_make_numbered(struct space *s);

/* diff_dates.c */
void space_gather_dates(struct space *s);
void space_make_dates(struct space *s);
/* The class of a date at a day of decision (or first free day); `count` of the dimension when there is none. */
size_t space_class_of_date(const struct dim *d, date_t v, date_t ref);
/* Finds an expiry of both classes of the point, and a first free day when it is free. False: there is none. */
bool space_meet(const struct space *s, size_t sample, const struct point *p, struct policy_facts *f);
/* A date of the class when the reference is the sample `at`; DATE_NONE: there is none. */
date_t space_rep(const struct dim *d, size_t at, size_t klass);

/* diff_facts.c: facts with the wanted classes, and the classes of facts. */
struct built {
	struct policy_facts facts;
	struct policy_given given[FACTS_DECLARED_MAX];
	struct policy_evidence evidence[2 * EVIDENCE_GROUPS_MAX + 1];
	char id_number[16], texts[FACTS_DECLARED_MAX][24];
	date_t today;
	date_t without; /* a first free day for which there is no expiry of the class wanted */
};
/* False: there are no such facts. The result points into itself and into the space. */
bool space_build(const struct space *s, const struct point *p, struct built *out);
/* False: a value is in no class. */
bool space_classify(const struct space *s, const struct policy_facts *f, struct point *out);

struct str diff_put_id_number(const struct space *s, size_t klass, struct built *out);
/* Of a tax code or a household's number. */
struct str diff_put_number(const struct space *s, size_t dim, size_t klass);
bool diff_number_misses_birth(const struct space *s, size_t klass);
size_t diff_class_of_id(const struct space *s, const struct policy_facts *f);
size_t diff_class_of_tax_code(const struct space *s, struct str tax);
size_t diff_class_of_registration(const struct space *s, struct str number);

/* ---- boxes ---- */

static inline bool box_has(const struct space *s, const uint64_t *box, size_t dim, size_t klass)
{
	return box[s->dims[dim].first_word + klass / 64] >> klass % 64 & 1;
}

/* ---- what is compared of a decision ---- */

#define WORDS_MAX 2048 /* reasons and clauses of both sides */
struct word_set {
	uint64_t bits[WORDS_MAX / 64];
};

struct diff_key {
	enum policy_outcome outcome;
	int free_years, charged_years;
	int main;
	struct word_set words;
};

/* ---- checks ---- */

struct dim_bits {
	uint64_t bits[(DIMS_MAX + 63) / 64];
};

enum speech_type { SPEECH_NONE, SPEECH_CERTAIN, SPEECH_MISSING };

/* What one side's check says. */
struct speech {
	enum speech_type type;
	int outcome, reason; /* reason: a word, -1 for none */
	bool shaky;          /* certain, and rests on nothing that is vouched for */
	int granted;         /* main reason of a grant: a word, or -1 */
	struct word_set words;
};

#define PAIRS_MAX 64 /* ways in which one check can speak on the two sides */
#define NODE_LEAF 0x80000000u
#define NODE_VOID 0xffffffffu /* there are no such facts */

enum root { ROOT_FULL, ROOT_DIFFERENT, ROOT_CERTAIN, ROOT_MISSING, ROOT__COUNT };

struct item {
	const struct check *check[SIDES];        /* NULL: this side has none of the name */
	const struct policy_grant *grant[SIDES]; /* whose condition it is; NULL: common */
	int rank[SIDES];
	bool moved;           /* stands elsewhere among the others */
	struct dim_set reads; /* whatever the operation */
	struct dim_bits read_bits;
	uint32_t roots[ROOT__COUNT];
	struct speech pairs[PAIRS_MAX][SIDES];
	size_t pair_count;
	uint64_t all, different, certain[SIDES], missing[SIDES]; /* pairs */
	bool several;                                            /* several ways of saying nothing: flags */
};

struct node {
	uint16_t dim;
	size_t first; /* its children, one for each class */
	uint32_t stamp;
};

/* What follows when no check speaks. */
struct conclusion {
	struct diff_key keys[SIDES];
};

struct split_years {
	int free[SIDES], charged[SIDES]; /* -1: not known */
};

enum region_kind {
	REGION_FLIPS, /* another outcome or main reason */
	REGION_CITES, /* other reasons or clauses alone */
	REGION_MIXED, /* either, as other rules decide, too */
};

struct region {
	enum region_kind kind;
	size_t cause; /* item, or item_count: grant and waiver */
	struct diff_key old, now;
	uint64_t **boxes; /* owned */
	size_t box_count, box_cap;
	struct built witness;
	struct policy_decision decisions[SIDES];
};

struct text_change {
	struct str path, from, to; /* `from` or `to` empty: added, taken away */
};

struct policy_diff {
	struct arena arena;
	struct space space;
	struct map word_by_text; /* to 1 + index */
	struct str *words;
	size_t word_count;
	struct item *items;
	size_t item_count;
	struct node *nodes; /* owned, like `children` */
	size_t node_count, node_cap;
	uint32_t *children;
	size_t child_count, child_cap;
	struct map node_by_key;
	uint32_t stamp;
	struct policy_ruleset *bare[SIDES]; /* without checks: what grant and waiver alone say */
	int unverified[SIDES];          /* the reason for what rests on nothing that is vouched for: a word */
	uint32_t law, law_differs;      /* diagrams of that, and of where it differs */
	uint32_t years, years_differ;   /* the same of free and charged years */
	struct conclusion *conclusions; /* owned; leaves of `law` */
	size_t conclusion_count, conclusion_cap;
	struct split_years *splits; /* owned; leaves of `years` */
	size_t split_count, split_cap;
	size_t work, cause_work; /* boxes looked at, in all and for the cause at hand */
	bool stopped;            /* too many in all */
	struct point quiet;      /* an everyday application, of which little is to be said */
	bool has_quiet;
	bool cut;               /* there are decisions with more reasons than they list */
	bool bounded, over;     /* too many for the cause, where that may be */
	struct region *regions; /* owned */
	size_t region_count, region_cap;
	enum policy_lang lang;     /* of the report that is being printed */
	struct text_change *texts; /* owned */
	size_t text_count, text_cap;
};

/* diff_items.c */
void diff_make_items(struct policy_diff *d);
void diff_key_of(struct policy_diff *d, const struct policy_decision *p, struct diff_key *out);
bool diff_key_eq(const struct diff_key *a, const struct diff_key *b);
/* Speech of both sides at the point, as the index of the item's pairs; NODE_VOID: no such facts. */
uint32_t diff_speak(struct policy_diff *d, struct item *item, const struct point *p);

/* What an item's check of one side looks at; added. */
void diff_check_dims(struct policy_diff *d, const struct item *item, size_t side, enum policy_op op,
                     struct dim_set *out);

/* diff_graph.c: decision diagrams. The first makes the pairs, the second sorts boxes by what the pairs are. */
void diff_graph_item(struct policy_diff *d, struct item *item);
void diff_graph_roots(struct policy_diff *d, struct item *item);
/* The node of these children, one for each class of the dimension. */
uint32_t diff_graph_node(struct policy_diff *d, size_t dim, const uint32_t *children);
/* Pairs that the item can take in the box, as bits. */
uint64_t diff_graph_possible(struct policy_diff *d, uint32_t root, const uint64_t *box);
/* The box in parts, one leaf each; `boxes` and `leaves` grow. */
struct parts {
	uint64_t **boxes; /* owned */
	uint32_t *leaves;
	size_t count, cap;
};
void diff_graph_split(const struct policy_diff *d, uint32_t root, const uint64_t *box, struct parts *out);
void parts_free(struct parts *p);

/* diff_law.c: the diagrams of `struct policy_diff`. */
void diff_make_law(struct policy_diff *d);
void diff_look_up(const struct policy_ruleset *r, const struct built *b, struct policy_decision *out,
                  struct deciding *x);

/* diff_regions.c */
void diff_find_quiet(struct policy_diff *d, const uint64_t *box);
void diff_add_region(struct policy_diff *d, const uint64_t *box, size_t cause, bool certain);
/* All of the box differs, whatever else is decided in it. */
void diff_add_mixed(struct policy_diff *d, const uint64_t *box, size_t cause);
/* The regions as they were: `counts` has region_count entries of then. */
void diff_drop_regions(struct policy_diff *d, const size_t *counts, size_t count);
void diff_finish_regions(struct policy_diff *d);

/* diff_solve.c */
void diff_solve(struct policy_diff *d);

/* diff_texts.c */
void diff_compare_texts(struct policy_diff *d);

/* diff_words.c: the classes of a dimension that a box has, in words. */
void diff_say_dim(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out);
bool diff_box_is_full(const struct policy_diff *d, const uint64_t *box, size_t dim);

#endif
