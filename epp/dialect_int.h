/* A compiled mapping, as dialect_load.c and dialect_value.c make it and dialect.c uses it. Private to these. */
#ifndef VNEPP_EPP_DIALECT_INT_H
#define VNEPP_EPP_DIALECT_INT_H

#include "epp/dialect.h"

#define DIALECT_DEFAULT_LENGTH 4096 /* characters of one value without `max_length`: above any fact */

struct dialect_pair {
	struct str from, to;
};

/* What stands in an element or attribute. */
struct dialect_value {
	enum epp_fact fact; /* EPP_FACT__COUNT: the constant `text` */
	struct str name;    /* of the fact */
	struct str text;
	bool required, has_default, has_other;
	struct str when_missing; /* default */
	struct str other;        /* for what `pairs` does not have */
	const struct dialect_pair *pairs;
	size_t pair_count;
	struct str format; /* of a date; empty: YYYY-MM-DD */
	size_t max_length; /* characters */
};

enum dialect_test { DIALECT_IS, DIALECT_IS_NOT, DIALECT_PRESENT, DIALECT_ABSENT };

struct dialect_condition {
	enum epp_fact fact;
	struct str name;
	enum dialect_test test;
	const struct str *values;
	size_t value_count;
};

/* All of them must hold. */
struct dialect_when {
	const struct dialect_condition *list;
	size_t count;
};

struct dialect_attr {
	struct str name;
	struct dialect_when when;
	struct dialect_value value;
};

struct dialect_element {
	const struct dialect_namespace *ns;
	bool declares; /* another namespace than the parent's */
	struct str name;
	struct str shown; /* "vn:birthDate" */
	struct dialect_when when;
	enum epp_fact_list each;
	size_t at_most;  /* entries of `each` that pass `when` */
	bool needs_one;  /* of `each` */
	bool keep_empty; /* stays although nothing is left in it */
	bool has_content, has_value;
	struct dialect_value value;
	const struct dialect_attr *attrs;
	const struct dialect_element *children;
	size_t attr_count, child_count;
	struct diag_pos pos;
};

struct dialect_namespace {
	struct str prefix, uri;
	struct diag_pos pos;
	bool used, at_top; /* at_top: directly in an <extension> */
};

struct dialect_command {
	const struct dialect_element *elements;
	size_t count;
};

struct epp_dialect {
	struct dialect_namespace *namespaces;
	size_t namespace_count;
	struct dialect_command commands[EPP_DIALECT__COUNT];
	bool facts[EPP_FACT__COUNT];
	bool decided;
};

/* One reading. */
struct dialect_reading {
	struct arena *arena;
	struct diag *d;
	struct epp_dialect *dialect;
	struct yaml_node *namespaces; /* NULL: there is no such mapping */
	size_t elements;
	enum epp_dialect_command command; /* whose elements are being read */
};

/* dialect_value.c: what stands in an element, and when. `inside`: the list whose entry is looked at. Errors are told. */
void dialect_value_read(struct dialect_reading *r, struct yaml_node *n, enum epp_fact_list inside,
                        struct dialect_value *out);
/* A scalar that is a constant: characters that XML can carry. */
void dialect_value_constant(struct dialect_reading *r, const struct yaml_node *n, struct dialect_value *out);
/* The entry `when` of `n`. */
void dialect_value_when(struct dialect_reading *r, struct yaml_node *n, enum epp_fact_list inside,
                        struct dialect_when *out);
/* They can never hold for one item both. */
bool dialect_value_exclusive(const struct dialect_when *a, const struct dialect_when *b);

#endif
