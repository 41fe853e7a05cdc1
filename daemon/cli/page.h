/* Reading JSON documents of the gateway one after the other, with patience: pages of lists and feeds. */
#ifndef VNEPP_CLI_PAGE_H
#define VNEPP_CLI_PAGE_H

#include "daemon/cli/http_client.h"

#include <jansson.h>

/*
 * *doc is the caller's. While the gateway says to come again (429, 503), or cannot be reached, it is asked again, and stderr
 * says so once; after two minutes of nothing it is given up. ERR_CANCELED: Ctrl-C; ERR_DENIED: refused, with its words.
 */
enum err page_get(struct http_client *h, const char *path, json_t **doc, struct errmsg *e) MUST_CHECK;

#endif
