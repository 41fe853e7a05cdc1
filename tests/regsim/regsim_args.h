/* The command line of vnepp-regsim, and the same settings from a file. */
#ifndef VNEPP_REGSIM_ARGS_H
#define VNEPP_REGSIM_ARGS_H

#include "epp/base/arena.h"
#include "epp/base/err.h"
#include "tests/regsim/regsim_fault.h"
#include "tests/regsim/regsim_types.h"

#define REGSIM_ARGS_MAX 64 /* of each thing that may be given repeatedly */

struct regsim_args {
	struct arena arena; /* holds all texts */
	struct regsim_options o;
	struct regsim_faults faults;
	struct regsim_rule rules[REGSIM_ARGS_MAX];
	size_t rule_count;
	const char *contacts[REGSIM_ARGS_MAX]; /* "ID,ACCOUNT" */
	size_t contact_count;
	const char *domain_files[REGSIM_ARGS_MAX];
	size_t domain_file_count;

	const char *listen, *cert, *key, *ca;
	const char *ledger_file, *state_file, *port_file;
	int64_t clock_shift_ms;
	bool quiet, help;

	/* what o points to */
	struct regsim_account accounts[REGSIM_ARGS_MAX];
	struct regsim_zone zones[REGSIM_ARGS_MAX];
	struct regsim_need needs[REGSIM_ARGS_MAX];
	const char *exts[REGSIM_ARGS_MAX], *reserved[REGSIM_ARGS_MAX];
};

void regsim_args_init(struct regsim_args *a);
void regsim_args_fini(struct regsim_args *a);
/* ERR_INVALID, with a text that names the argument. The struct may not move afterwards. */
enum err regsim_args_parse(struct regsim_args *a, int argc, char **argv, struct errmsg *m) MUST_CHECK;
/* One setting by its name without dashes; `value` NULL: none was given. */
enum err regsim_args_set(struct regsim_args *a, const char *name, const char *value,
                         struct errmsg *m) MUST_CHECK;
/* All of them, one line each. */
const char *regsim_args_usage(void);

#endif
