/*
 * Command-line options from tables: a table says where each value goes and what it may be; help and completion are made
 * from the same tables. Options and operands may be mixed; "--" ends the options, "-" is an operand.
 */
#ifndef VNEPP_CLI_OPT_H
#define VNEPP_CLI_OPT_H

#include "epp/base/buf.h"
#include "epp/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum opt_kind {
	OPT_FLAG,   /* bool, set to true */
	OPT_TEXT,   /* const char *, borrowed from argv */
	OPT_NUMBER, /* uint32_t between min and max */
	OPT_CHOICE, /* int: index into choices */
	OPT_WORD,   /* const char *, one of choices */
};

struct opt {
	const char *name; /* without the dashes */
	char letter;      /* 0: none */
	enum opt_kind kind;
	size_t offset;     /* of the value in the struct that is filled */
	const char *value; /* what help calls the value; NULL for a flag */
	const char *help;
	const char *const *choices; /* OPT_CHOICE, OPT_WORD: NULL-terminated */
	uint32_t min, max;          /* OPT_NUMBER */
};

/* A table and the struct that it fills; what is not given keeps its value. */
struct opt_set {
	const struct opt *opts;
	size_t count;
	void *into;
};

/*
 * Reads `argc` words. Operands are moved to the front of `argv` and `*argc` becomes their number. ERR_INVALID: the
 * message is for the user.
 */
enum err opt_parse(const struct opt_set *sets, size_t set_count, int *argc, char **argv,
                   struct errmsg *e) MUST_CHECK;
/* One or more aligned lines per option. */
void opt_help(const struct opt *opts, size_t count, struct buf *out);

#endif
