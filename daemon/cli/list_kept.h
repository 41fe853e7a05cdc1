/* Asking after the lists that the daemon keeps, departments' or of names, and taking one back. */
#ifndef VNEPP_CLI_LIST_KEPT_H
#define VNEPP_CLI_LIST_KEPT_H

#include "daemon/cli/cli.h"

/* Options fill it. */
struct list_kept {
	const char *why; /* of list_kept_undo() only */
	bool json;
};

extern const struct opt list_kept_show_opts[], list_kept_undo_opts[];
#define LIST_KEPT_SHOW_OPTS 1
#define LIST_KEPT_UNDO_OPTS 2

/* Exit statuses; errors are told. `names`: the lists of names, not of subjects. */
int list_kept_show(struct cli *cli, const struct list_kept *args, bool names);
int list_kept_undo(struct cli *cli, const struct list_kept *args, const char *list, bool names);

#endif
