/* One question to the gateway over its API, about one item, with the answer printed for people or as JSON. */
#ifndef VNEPP_CLI_ASK_H
#define VNEPP_CLI_ASK_H

#include "daemon/cli/cli.h"
#include "daemon/cli/http_client.h"

#include <jansson.h>
#include <stdbool.h>

#define ASK_REF_MAX  64 /* bytes, as the gateway takes them */
#define ASK_PATH_MAX (32 + 3 * ASK_REF_MAX)

struct ask {
	struct http_client_request request;
	const char *about; /* what a refusal names: a file, a reference */
	bool json;         /* print the answer as it came */
	void (*words)(const json_t *answer, int status, struct buf *out);
};

/*
 * "/v1/items/REF" and `rest`; a reference may have characters that mean something in a path. False, with an error text, when
 * it is none.
 */
bool ask_item_path(const char *ref, const char *rest, char out[ASK_PATH_MAX]);
/* Asks, prints, and says how it went: an exit status; CLI_FAILED, too, when the item is refused. */
int ask_gateway(struct cli *cli, const struct ask *a);
/*
 * The same with the JSON of a file ("-": standard input) posted, which is what a refusal names; the rest of the request and
 * `about` are not looked at. CLI_USAGE, told: it cannot be read.
 */
int ask_gateway_of_file(struct cli *cli, const char *path, const char *file, const struct ask *a);

#endif
