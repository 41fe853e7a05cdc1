/*
 * Names of CSV columns: paths of members ("applicant.birth_date"), or what they are called in Vietnamese ("Ngày sinh"), in
 * upper or lower case, with or without marks, composed or not.
 */
#ifndef VNEPP_API_ITEM_CSV_NAMES_H
#define VNEPP_API_ITEM_CSV_NAMES_H

#include "daemon/api/item_csv.h"

#define ITEM_CSV_PATH_MAX 48 /* bytes of the longest path, with NUL */

/* The path that a column's heading stands for, in the arena; the heading itself in lower case when it is none of ours. */
struct str item_csv_path(struct arena *arena, struct str heading);
/* The Vietnamese heading of a path, NULL without one. */
const char *item_csv_vietnamese(struct str path);
/* Where the cells of a path's column go; false: there is no such column. */
bool item_csv_column_find(struct item_csv_column *c, struct str path);
/* The nearest of all paths that there are; false when none is near. */
bool item_csv_suggest(struct str path, char near[ITEM_CSV_PATH_MAX]);

#endif
