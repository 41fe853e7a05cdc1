/*
 * The control protocol between `vnepp` and the daemon, over a Unix socket: one JSON object per line each way. The
 * request is {"cmd":"status", ...arguments}; the answer {"ok":true, ...} or {"ok":false,"error":"..."} . One request
 * at a time; the connection stays open. Lines are at most ADMIN_LINE_MAX bytes.
 */
#ifndef VNEPP_ADMIN_PROTO_H
#define VNEPP_ADMIN_PROTO_H

#define ADMIN_LINE_MAX (1u << 20)

/* Commands, their arguments and the members of their answers. */
#define ADMIN_CMD_STATUS "status" /* → instance, version, since, epoch, state, items{}, registries[], partners[] … */
#define ADMIN_CMD_ITEM   "item"   /* id or partner+ref → item as in the partner's view, with its attempts */
#define ADMIN_CMD_RELOAD "reload" /* → findings, as text, when the new files were refused */
#define ADMIN_CMD_IMPORT "import" /* rows[] of the ledger, at most 1,000 → added, replaced */

#endif
