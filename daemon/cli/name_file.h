/*
 * A list of names as it comes: one on each line, or CSV with a column for it (name, domain, ten_mien, "tên miền"; separated by
 * commas, semicolons or tabs). Everything that is wrong with it is found at once.
 *
 *   vietcombank.com.vn   this very name
 *   vietcombank          the label under every zone; "vietcombank.*" too
 *   # a remark           (not in CSV)
 */
#ifndef VNEPP_CLI_NAME_FILE_H
#define VNEPP_CLI_NAME_FILE_H

#include "daemon/cli/list_file.h"

/* `number` of a row is the name, in ASCII form; `on` is DATE_NONE. ERR_INVALID: the list has errors; others: it cannot be read.
 * To be ended by list_file_fini(), in any case. */
enum err name_file_read(struct list_file *f, const char *name, FILE *in, struct errmsg *e) MUST_CHECK;

#endif
