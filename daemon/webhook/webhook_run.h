/* vnepp-webhookd at work. */
#ifndef VNEPP_WEBHOOK_RUN_H
#define VNEPP_WEBHOOK_RUN_H

#include <stdbool.h>

struct config_webhook;

/*
 * Runs until SIGTERM or SIGINT; SIGHUP loads the configuration of `path` again, and one with an error changes
 * nothing. Takes over `c`. False: it could not start or go on, which is in the log.
 */
bool webhook_run(const char *path, struct config_webhook *c);

#endif
