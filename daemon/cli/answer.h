/* Questions to the daemon over its control socket, with answers printed for people or as JSON. */
#ifndef VNEPP_CLI_ANSWER_H
#define VNEPP_CLI_ANSWER_H

#include "daemon/cli/cli.h"

#include <jansson.h>
#include <stdbool.h>

/* A number from 1 on the command line; false, with an error text: 'x' is not the number of `what`. */
bool answer_number(const char *text, const char *what, long long *out);
/* Asks (takes over `request`), prints, and says how it went: an exit status. */
int answer_ask(struct cli *cli, json_t *request, bool json);
/* The two halves of it: asks and gives the answer to the caller (an error was said); prints one that it takes over. */
int answer_get(struct cli *cli, json_t *request, json_t **answer);
int answer_show(json_t *answer, bool json);
/* As tables: members with one value each, then objects and lists. */
void answer_print(json_t *answer, struct buf *out);
/* The same with words of the command's own for people. */
int answer_ask_with(struct cli *cli, json_t *request, bool json,
                    void (*print)(json_t *answer, struct buf *out));

#endif
