/* A text with its nodes and comments, as the printer needs them. */
#ifndef VNEPP_POLICY_FORMAT_INT_H
#define VNEPP_POLICY_FORMAT_INT_H

#include "epp/base/arena.h"
#include "epp/base/yaml.h"
#include "policy/format.h"

struct comment {
	struct str text; /* from '#' on, without blanks at the end */
	size_t offset;
	int column;    /* from 1 */
	bool own_line; /* nothing stands before it */
	bool blank_above;
};

struct layout {
	struct str text;
	const size_t *lines; /* offsets of the lines' beginnings */
	size_t line_count;
	bool *quoted; /* by offset: a quoted scalar begins here */
	struct comment *comments;
	size_t comment_count;
};

/* Everything is in the arena. `top` is the parsed text. */
void layout_read(struct arena *a, struct str text, const struct yaml_node *top, struct layout *out);
size_t layout_offset(const struct layout *l, struct diag_pos pos);
/* One past the end of what begins at `offset`: a quoted scalar, or a list or mapping in brackets. */
size_t layout_end(const struct layout *l, size_t offset);
/* The line above the one with this offset is blank. */
bool layout_blank_above(const struct layout *l, size_t offset);
/* The node begins with this character: '[', '{', '|' ... */
char layout_first(const struct layout *l, const struct yaml_node *n);

#endif
