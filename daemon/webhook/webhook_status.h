/* How the receivers fare, for an operator, and switching one on; beside a process that delivers, or without one. */
#ifndef VNEPP_WEBHOOK_STATUS_H
#define VNEPP_WEBHOOK_STATUS_H

#include "epp/base/err.h"

#include <stdbool.h>
#include <stdio.h>

struct config_webhook;
struct webhook_standing;

/* Calls `each` with every receiver's standing, as configured, which is valid during the call. ERR_NOT_FOUND: nothing
 * has ever been delivered. */
enum err webhook_status_each(const struct config_webhook *c,
                             void (*each)(void *arg, const struct webhook_standing *s), void *arg,
                             struct errmsg *e) MUST_CHECK;

/* A table, or with `json` an object. */
enum err webhook_status_print(const struct config_webhook *c, bool json, FILE *out,
                              struct errmsg *e) MUST_CHECK;
/* ERR_NOT_FOUND: there is no such receiver, or it is not switched off. */
enum err webhook_status_enable(const struct config_webhook *c, const char *partner,
                               struct errmsg *e) MUST_CHECK;

#endif
