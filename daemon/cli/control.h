/* The client of the daemon's control socket (daemon/admin/admin_proto.h): one request, one answer. */
#ifndef VNEPP_CLI_CONTROL_H
#define VNEPP_CLI_CONTROL_H

#include "epp/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct control;

enum err control_open(const char *path, struct control **out, struct errmsg *e) MUST_CHECK;
void control_close(struct control *c);
/*
 * Sends `request` (borrowed) and waits for the answer. OK: `*answer` is owned by the caller and has "ok":true.
 * ERR_DENIED: the daemon said no, with its words in the message; `*answer` is set then, too. ERR_CANCELED: Ctrl-C.
 */
enum err control_call(struct control *c, json_t *request, json_t **answer, struct errmsg *e) MUST_CHECK;

/* A line before the answer; borrowed. False: no more of them (ERR_CANCELED). */
typedef bool (*control_event_cb)(void *arg, json_t *event);
/* The same for a command that has such lines, with so much patience between two of them. */
enum err control_call_events(struct control *c, json_t *request, uint32_t patience_ms,
                             control_event_cb on_event, void *arg, json_t **answer,
                             struct errmsg *e) MUST_CHECK;

#endif
