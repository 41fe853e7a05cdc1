/* Bringing a list to the daemon and into force, or showing what it would do. */
#ifndef VNEPP_CLI_LIST_IMPORT_H
#define VNEPP_CLI_LIST_IMPORT_H

#include "daemon/cli/cli.h"
#include "daemon/cli/list_file.h"

/* Options fill most of it. */
struct list_import {
	const char *file;                        /* "-": standard input */
	const char *kind, *type, *issuer, *date; /* as the daemon takes them (daemon/admin/admin_proto.h) */
	bool names;                              /* a list of names, not of subjects */
	uint32_t replaces;                       /* a list that counts no more from that moment on; 0: none */
	bool preview, json;
};

/* Reads and checks the whole of it: list_file.h. */
typedef enum err (*list_import_reader_cb)(struct list_file *f, FILE *in, const struct list_import *args,
                                          struct errmsg *e);

/* An exit status; errors are told. Without an issuer, and a date that can be read, `read` is not called. */
int list_import(struct cli *cli, const struct list_import *args, list_import_reader_cb read);

#endif
