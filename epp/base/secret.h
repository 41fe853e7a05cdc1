/*
 * A secret text in a type of its own, so that it cannot slip into a log line: F_STR, F_C, str_c() and "%s" do not take it,
 * the compiler refuses them (tests/integration/test_secret_type.sh). Whoever needs the text says so with secret_reveal().
 */
#ifndef VNEPP_BASE_SECRET_H
#define VNEPP_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Borrowed; may be none. */
struct secret {
	const char *hidden; /* NULL: none */
};

static inline struct secret secret_of(const char *text)
{
	return (struct secret){text};
}

static inline struct secret secret_none(void)
{
	return (struct secret){NULL};
}

static inline bool secret_is_set(struct secret s)
{
	return s.hidden != NULL;
}

/* NULL for none. Never for a log, a message or a figure. */
static inline const char *secret_reveal(struct secret s)
{
	return s.hidden;
}

#define SECRET_MAX 256 /* with the NUL */

/* An owned one, embedded in what keeps it. Empty: none. */
struct secret_box {
	char hidden[SECRET_MAX];
};

static inline struct secret secret_in(const struct secret_box *b)
{
	return (struct secret){b->hidden[0] ? b->hidden : NULL};
}

static inline void secret_wipe(struct secret_box *b)
{
	explicit_bzero(b->hidden, sizeof b->hidden);
}

#endif
