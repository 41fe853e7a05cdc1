/* The daemon's answer about rule sets, in words. */
#ifndef VNEPP_CLI_POLICY_STATUS_H
#define VNEPP_CLI_POLICY_STATUS_H

#include "epp/base/buf.h"

#include <jansson.h>

void policy_status_print(json_t *answer, struct buf *out);

#endif
