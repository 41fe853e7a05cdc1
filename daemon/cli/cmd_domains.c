/* vnepp domains: which of a partner's names expire, or begin to cost, in so many days. */
#include "daemon/cli/cli.h"
#include "daemon/cli/http_client.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/page.h"
#include "daemon/cli/table.h"

#include <stdlib.h>
#include <string.h>

#define NEXT_MAX       320
#define PATH_MAX_BYTES (3 * NEXT_MAX + 64)
#define DAYS_DEFAULT   "30d"

struct domains_args {
	const char *expiring;
	bool json;
};

static const struct opt opts[] = {
    {"expiring", 0, OPT_TEXT, offsetof(struct domains_args, expiring), "DAYS",
     "within so many days, such as 30d (default)", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct domains_args, json), NULL, "one JSON object on each line", NULL, 0,
     0},
};

struct listing {
	struct table table;
	struct buf json;
	bool as_json;
	size_t count;
};

static void add_cell(struct table *t, const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	table_cell(t, str_c(text ? text : ""));
}

static void add_name(struct listing *l, const json_t *d)
{
	l->count++;
	if (l->as_json) {
		char *text = json_dumps(d, JSON_COMPACT);
		buf_printf(&l->json, "%s\n", text ? text : "null");
		free(text);
		return;
	}
	add_cell(&l->table, d, "domain_unicode");
	add_cell(&l->table, d, "what");
	add_cell(&l->table, d, "on");
	add_cell(&l->table, d, "expires_on");
	add_cell(&l->table, d, "free_until");
	add_cell(&l->table, d, "account");
}

/* Only what needs no quoting can stand in a cursor: digits, and a name's letters. */
static bool take_next(const json_t *doc, char next[NEXT_MAX])
{
	const char *text = json_string_value(json_object_get(doc, "next"));
	next[0] = '\0';
	if (!text || strlen(text) >= NEXT_MAX || text[strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz.-")])
		return false;
	(void)snprintf(next, NEXT_MAX, "%s", text);
	return true;
}

static enum err read_all(struct http_client *h, const char *days, struct listing *l, struct errmsg *e)
{
	char next[NEXT_MAX] = "", path[PATH_MAX_BYTES];
	const json_t *d;
	json_t *doc;
	size_t i;
	bool more = true;
	while (more) {
		(void)snprintf(path, sizeof path, "/v1/domains?expiring=%s&limit=1000%s%s", days,
		               *next ? "&after=" : "", next);
		enum err err = page_get(h, path, &doc, e);
		if (err)
			return err;
		json_array_foreach(json_object_get(doc, "domains"), i, d) add_name(l, d);
		more = take_next(doc, next);
		json_decref(doc);
	}
	return OK;
}

static bool print_all(const struct listing *l, const char *days)
{
	struct buf out;
	buf_init(&out, 256u << 20);
	if (l->as_json)
		buf_add(&out, buf_str(&l->json));
	else if (l->count == 0)
		buf_printf(&out, "No name expires or begins to cost within %s.\n", days);
	else
		table_print(&l->table, &out);
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed;
}

static bool is_days(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	return digits > 0 && digits < 6 && strcmp(text + digits, "d") == 0;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	static const struct table_column columns[] = {{"domain", false, 50},    {"what", false, 0},
	                                              {"on", false, 0},         {"expires", false, 0},
	                                              {"free until", false, 0}, {"account", false, 0}};
	const struct domains_args *a = args;
	const char *days = a->expiring ? a->expiring : DAYS_DEFAULT;
	struct listing l = {.as_json = a->json};
	struct http_client *h;
	struct errmsg e = {""};
	(void)operands, (void)count; /* none */
	interrupt_install();
	if (!is_days(days)) {
		cli_error("'%s' is not a number of days, such as 30d", days);
		return CLI_USAGE;
	}
	if (http_client_new(&cli->conn, &h, &e)) {
		cli_error("%s", e.text);
		return CLI_USAGE;
	}
	table_init(&l.table, columns, ARRAY_LEN(columns));
	buf_init(&l.json, 256u << 20);
	enum err err = read_all(h, days, &l, &e);
	bool printed = !err && print_all(&l, days);
	if (err)
		cli_error("%s", e.text);
	table_fini(&l.table);
	buf_fini(&l.json);
	http_client_free(h);
	return printed ? CLI_DONE : err == ERR_CANCELED ? CLI_INTERRUPTED : CLI_FAILED;
}

const struct cli_command cmd_domains = {
    .name = "domains",
    .operands = "",
    .summary = "which of our names expire, or begin to cost, in the next days",
    .help = "what: expires, or starts_to_cost when the free years end before the name does.\n",
    .uses = CLI_USES_API,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct domains_args),
    .run = run,
};
