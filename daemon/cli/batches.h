/* The gateway's batch resource as the commands need it: where it stands, and its results page by page. */
#ifndef VNEPP_CLI_BATCHES_H
#define VNEPP_CLI_BATCHES_H

#include "daemon/cli/http_client.h"
#include "epp/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define BATCHES_ID_MAX 64
#define BATCHES_STATES 16

struct batches_status {
	uint64_t lines;  /* in the batch */
	uint64_t moving; /* that still move without a person */
	struct {
		char name[24];
		uint64_t lines;
	} states[BATCHES_STATES];
	size_t state_count;
	char etag[128]; /* "" at first */
};

/* The id at the end of a Location; false when it is none that can stand in a URL. */
bool batches_id_of_location(const char *location, char out[BATCHES_ID_MAX]);
bool batches_id_valid(const char *id);
/*
 * Reads a batch's status; unchanged (304) leaves `*s` as it is. ERR_NOT_FOUND: no such batch of ours; ERR_BUSY: 429 or
 * 503, `*wait_ms` says for how long; other refusals are ERR_DENIED with the gateway's words.
 */
enum err batches_get(struct http_client *h, const char *id, struct batches_status *s, int64_t *wait_ms,
                     struct errmsg *e) MUST_CHECK;
/* Reads a status document. ERR_PROTOCOL when it is none. */
enum err batches_read_status(struct str body, struct batches_status *s, struct errmsg *e) MUST_CHECK;

/* One result, borrowed during the call; false stops (ERR_CANCELED). */
typedef bool (*batches_item_cb)(void *arg, const json_t *item);
/* Every line's result in input order; `state` NULL: all. Waits and asks again when told to (429, 503), on stderr. */
enum err batches_each_item(struct http_client *h, const char *id, const char *state, batches_item_cb cb,
                           void *arg, struct errmsg *e) MUST_CHECK;
/* The same results as the gateway's own CSV, with one title line. A page is written only when all of it has come. */
enum err batches_write_csv(struct http_client *h, const char *id, const char *state, FILE *out,
                           struct errmsg *e) MUST_CHECK;
/* The gateway's own words for an answer that is not a success. */
enum err batches_refused(const struct http_client_response *r, struct errmsg *e);

#endif
