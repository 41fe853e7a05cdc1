/* Recorded decisions, as the daemon's answer to ADMIN_CMD_POLICY_RECORDS has them. */
#ifndef VNEPP_CLI_POLICY_RECORD_H
#define VNEPP_CLI_POLICY_RECORD_H

#include "daemon/cli/replay_report.h"

#include <jansson.h>

/* One of decisions[]; views into the answer, the record in the arena (empty when it is none: it cannot be decoded then). */
void policy_record_read(const json_t *row, const json_t *commons, struct arena *arena,
                        struct report_line *out);

#endif
