/* The schema's tables, as their printer reads them. */
#ifndef VNEPP_POLICY_SCHEMA_INT_H
#define VNEPP_POLICY_SCHEMA_INT_H

#include "policy/load_int.h"
#include "policy/schema.h"

enum shape_kind {
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

struct shape_member {
	const char *key;
	const struct shape *shape;
	bool required;
	const char *about;
};

struct shape {
	const char *name; /* of its definition; NULL: printed where it is used */
	enum shape_kind kind;
	const struct shape_member *members; /* MAP */
	size_t count;
	const struct shape *item;           /* LIST, TABLE */
	const struct shape *const *choices; /* ANY_OF, NULL-terminated */
	const char *const *words;           /* WORDS, NULL-terminated */
	const char *keys;                   /* TABLE: pattern of its keys */
	int64_t min, max;                   /* NUMBER; LIST and TABLE: entries, max 0: any number */
	int type;                           /* FACT_NAME: enum fact_type */
};

/* schema.c: by section, its entry, or the section itself when it is a mapping */
extern const struct shape *const schema_sections[SECTION__COUNT];
/* Those with names, NULL-terminated. */
extern const struct shape *const schema_named[];
/* The one whose other keys are facts. */
extern const struct shape schema_when;

#endif
