/*
 * How the receivers fare, for Prometheus: text for the textfile collector of its node exporter, so that this process
 * needs no port.
 */
#ifndef VNEPP_WEBHOOK_METRICS_H
#define VNEPP_WEBHOOK_METRICS_H

#include "epp/base/err.h"

#include <stdio.h>

struct config_webhook;

/* ERR_NOT_FOUND: nothing has ever been delivered. */
enum err webhook_metrics_print(const struct config_webhook *c, FILE *out, struct errmsg *e) MUST_CHECK;

#endif
