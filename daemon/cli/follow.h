/* Watching a batch until nothing in it moves without a person, then saying what became of it. */
#ifndef VNEPP_CLI_FOLLOW_H
#define VNEPP_CLI_FOLLOW_H

#include <stdbool.h>

struct http_client;

/*
 * Progress goes to stderr, the summary to stdout (as JSON with `json`). Ctrl-C leaves the batch running and says how to
 * follow it again. A gateway that cannot be reached for a while is waited for. Returns enum cli_exit.
 */
int follow_batch(struct http_client *h, const char *id, bool json);
/* The summary alone, of what is there now. */
int follow_summary(struct http_client *h, const char *id, bool json);

#endif
