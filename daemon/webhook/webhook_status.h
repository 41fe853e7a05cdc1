/* How the receivers fare, for an operator, and switching one on; beside a process that delivers, or without one. */
#ifndef VNEPP_WEBHOOK_STATUS_H
#define VNEPP_WEBHOOK_STATUS_H

#include "epp/base/err.h"

#include <stdbool.h>
#include <stdio.h>

struct config_webhook;

/* A table, or with `json` an object. */
enum err webhook_status_print(const struct config_webhook *c, bool json, FILE *out,
                              struct errmsg *e) MUST_CHECK;
/* ERR_NOT_FOUND: there is no such receiver, or it is not switched off. */
enum err webhook_status_enable(const struct config_webhook *c, const char *partner,
                               struct errmsg *e) MUST_CHECK;

#endif
