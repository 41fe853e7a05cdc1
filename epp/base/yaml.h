/*
 * YAML as we allow it, with the place of every node: mappings, sequences and scalars. Every scalar is text until a
 * schema reads it (no NO = false, no 01 = 1). Refused, each with its place: aliases and anchors, tags, directives,
 * more than one document, duplicate keys, keys that are not scalars, bad UTF-8, and whatever is over the limits.
 *
 * Parsing never stops silently: errors go to the diag set and the result is NULL when there was any.
 */
#ifndef VNEPP_BASE_YAML_H
#define VNEPP_BASE_YAML_H

#include "epp/base/arena.h"
#include "epp/base/date.h"
#include "epp/base/diag.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define YAML_MAX_BYTES (4u << 20) /* a rule or configuration file; far above any that a person writes */
#define YAML_MAX_DEPTH 32
#define YAML_MAX_NODES 200000

enum yaml_kind { YAML_SCALAR, YAML_SEQ, YAML_MAP };

struct yaml_doc; /* what all nodes of one file share */

struct yaml_node {
	enum yaml_kind kind;
	struct diag_pos pos;
	struct str key;           /* in a mapping: the key's text, NUL-terminated */
	struct diag_pos key_pos;  /* in a mapping: the key's place */
	struct str text;          /* YAML_SCALAR: NUL-terminated */
	bool plain;               /* YAML_SCALAR: written without quotes */
	bool seen;                /* set when a reader took it; yaml_reject_unseen() reports the others */
	size_t count;             /* entries */
	struct yaml_node *child;  /* first entry of a sequence or mapping */
	struct yaml_node *next;   /* next entry in the parent */
	struct yaml_node *parent; /* NULL at the top */
	struct yaml_doc *doc;     /* shared; in the same arena */
	struct yaml_asked *asked; /* YAML_MAP: the keys that readers asked for, to suggest them */
};

/*
 * Parses `text`; nodes live in `arena`, places in `d`: both must outlive them. `name` is what messages call the file.
 * The top is always a mapping (an empty file is an empty one). NULL when this text had an error.
 */
struct yaml_node *yaml_parse(struct arena *arena, struct diag *d, const char *name,
                             struct str text) MUST_CHECK;
/* Reads and parses a file; a file that cannot be read is an error in `d`. */
struct yaml_node *yaml_load(struct arena *arena, struct diag *d, const char *path) MUST_CHECK;

/*
 * Reads a file whole into `out`, which it initialises (the caller ends it); reading stops above YAML_MAX_BYTES, so that
 * yaml_parse() refuses the text. False, and an error in `d`, when it cannot be read.
 */
bool yaml_read_text(struct diag *d, const char *path, struct buf *out) MUST_CHECK;

/*
 * Readers for a schema. `map` is a mapping; NULL is one that is absent or whose error is told already: nothing is found
 * in it and nothing is reported. Each reader marks the entry as seen. An entry whose value is a plain null or nothing
 * ("key:", "key: null") counts as missing. A missing optional entry leaves *out alone and returns false without an
 * error; a missing required one and a wrong value are errors in `d` (the dotted path from the top in front:
 * "grants[2].when.age: ...") and return false. True: *out is set. Texts point into the arena. `key` is a string literal.
 */
struct yaml_node *yaml_get(struct yaml_node *map, const char *key);
/* The same, and an error when missing or of another kind. */
struct yaml_node *yaml_need(struct diag *d, struct yaml_node *map, const char *key, enum yaml_kind kind);
/* An optional entry: NULL when absent, an error (and NULL) when of another kind. */
struct yaml_node *yaml_opt(struct diag *d, struct yaml_node *map, const char *key, enum yaml_kind kind);

enum yaml_presence { YAML_OPTIONAL, YAML_REQUIRED };
bool yaml_str(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p, struct str *out);
bool yaml_bool(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p, bool *out);
bool yaml_i64(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p, int64_t min,
              int64_t max, int64_t *out);
bool yaml_date(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p, date_t *out);
/* "250ms", "30s", "15m", "12h", "3d"; out in milliseconds. */
bool yaml_duration(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p,
                   int64_t min_ms, int64_t max_ms, int64_t *out_ms);
/* One of `names` (NULL-terminated); out is its index. The error lists them and suggests the nearest. */
bool yaml_enum(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p,
               const char *const *names, int *out);
/* Every entry of `map` that no reader has taken is an error ("unknown key", with the nearest of the keys asked for). */
void yaml_reject_unseen(struct diag *d, struct yaml_node *map);

/* The same readings of one node (an entry of a sequence); NULL reads as nothing, without an error. */
bool yaml_as_str(struct diag *d, struct yaml_node *n, struct str *out);
bool yaml_as_enum(struct diag *d, struct yaml_node *n, const char *const *names, int *out);
/* False, and an error, when the node is of another kind. */
bool yaml_as_kind(struct diag *d, struct yaml_node *n, enum yaml_kind kind);

/* An error at a node, with its dotted path in front. */
void yaml_error(struct diag *d, const struct yaml_node *n, const char *fmt, ...) PRINTF(3, 4);
/* The same of the file's form: what a schema of one file alone can tell. Counted in `d->misshapen`; all readers use it. */
void yaml_shape_error(struct diag *d, const struct yaml_node *n, const char *fmt, ...) PRINTF(3, 4);
/* "did you mean 'x'?" at the newest finding, when one of `names` (NULL-terminated) is near `word`. */
void yaml_suggest(struct diag *d, struct str word, const char *const *names);

#endif
