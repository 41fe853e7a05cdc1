/* vnepp status, limits, queue, sessions, certs, store, errors, config, version: what the daemon is doing, and what holds
 * it back. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/watch.h"
#include "daemon/cli/width.h"

#include <string.h>

#define ASK(name, cmd, print)                                                       \
	static int name(struct cli *cli, void *args, char **operands, size_t count) \
	{                                                                           \
		(void)operands, (void)count; /* none */                             \
		return watch_ask(cli, json_pack("{s:s}", "cmd", cmd), args, print); \
	}

/* ---- what needs more than tables ------------------------------------------------------------------------------------------- */

#define TEXT_COLUMNS 2000

/* What may come from a peer must not drive the terminal. */
static void add_safely(struct buf *out, const char *before, const char *text, const char *after)
{
	buf_printf(out, "%s", before);
	width_append(out, str_c(text ? text : ""), TEXT_COLUMNS);
	buf_printf(out, "%s", after);
}

static void print_tree(json_t *value, int depth, struct buf *out);

static void print_scalar(json_t *value, struct buf *out)
{
	if (json_is_string(value))
		add_safely(out, " ", json_string_value(value), "\n");
	else if (json_is_integer(value))
		buf_printf(out, " %lld\n", (long long)json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(out, " %g\n", json_real_value(value));
	else
		buf_printf(out, " %s\n", json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "-");
}

/* A list of words stands on one line, one of objects below one another. */
static void print_list(json_t *list, int depth, struct buf *out)
{
	size_t i;
	json_t *entry;
	bool words = json_is_string(json_array_get(list, 0)) || json_array_size(list) == 0;
	if (!words)
		buf_byte(out, '\n');
	json_array_foreach(list, i, entry)
	{
		if (words) {
			add_safely(out, i ? ", " : " ", json_string_value(entry), "");
			continue;
		}
		if (i)
			buf_byte(out, '\n');
		print_tree(entry, depth + 1, out);
	}
	if (words)
		buf_printf(out, json_array_size(list) ? "\n" : " -\n");
}

static void print_tree(json_t *value, int depth, struct buf *out)
{
	const char *key;
	json_t *member;
	json_object_foreach(value, key, member)
	{
		if (depth == 0 && strcmp(key, "ok") == 0)
			continue;
		buf_printf(out, "%*s%s:", depth * 2, "", key);
		if (json_is_object(member)) {
			buf_byte(out, '\n');
			print_tree(member, depth + 1, out);
		} else if (json_is_array(member)) {
			print_list(member, depth, out);
		} else {
			print_scalar(member, out);
		}
	}
}

static void print_config(json_t *answer, struct buf *out)
{
	print_tree(answer, 0, out);
}

/* One event on two lines: what happened, and about what; the newest last, as in a log. */
static void print_errors(json_t *answer, struct buf *out)
{
	json_t *list = json_object_get(answer, "errors");
	buf_printf(out, "%lld errors, %lld warnings since the start; the last %zu:\n",
	           (long long)json_integer_value(json_object_get(answer, "errors_total")),
	           (long long)json_integer_value(json_object_get(answer, "warnings_total")),
	           json_array_size(list));
	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *e = json_array_get(list, i);
		const char *text = json_string_value(json_object_get(e, "text")),
		           *fields = json_string_value(json_object_get(e, "fields"));
		long long count = (long long)json_integer_value(json_object_get(e, "count"));
		buf_printf(out, "%s %-7s %s", json_string_value(json_object_get(e, "last")),
		           json_string_value(json_object_get(e, "level")),
		           json_string_value(json_object_get(e, "event")));
		if (count > 1)
			buf_printf(out, " (%lld times)", count);
		add_safely(out, ": ", text, "\n");
		if (fields && *fields)
			add_safely(out, "    ", fields, "\n");
	}
}

static void print_version(json_t *answer, struct buf *out)
{
	buf_printf(out, "%-12s %s\n", "this program", VNEPP_VERSION);
	answer_print(answer, out);
}

/* ---- commands ---------------------------------------------------------------------------------------------------------------- */

ASK(run_status, ADMIN_CMD_STATUS, NULL)
ASK(run_queue, ADMIN_CMD_QUEUE, NULL)
ASK(run_sessions, ADMIN_CMD_SESSIONS, NULL)
ASK(run_certs, ADMIN_CMD_CERTS, NULL)
ASK(run_store, ADMIN_CMD_STORE, NULL)
ASK(run_partners, ADMIN_CMD_PARTNERS, NULL)
ASK(run_errors, ADMIN_CMD_ERRORS, print_errors)
ASK(run_config, ADMIN_CMD_CONFIG, print_config)
ASK(run_version, ADMIN_CMD_VERSION, print_version)

#define COMMAND(symbol, word, text, more, function) \
	const struct cli_command symbol = {         \
	    .name = word,                           \
	    .operands = "",                         \
	    .summary = text,                        \
	    .help = more,                           \
	    .uses = CLI_USES_SOCKET,                \
	    .opts = watch_opts,                     \
	    .opt_count = WATCH_OPTS,                \
	    .args_size = sizeof(struct watch_args), \
	    .run = function,                        \
	}

COMMAND(cmd_status, "status", "what the daemon is doing (operators)", NULL, run_status);
COMMAND(cmd_queue, "queue", "what waits to be sent, by account, lane and partner (operators)", NULL,
        run_queue);
COMMAND(cmd_sessions, "sessions", "every EPP session, and every endpoint with its back-off (operators)",
        "An endpoint is 'working'; 'doubtful': one connection at a time tries it; 'out': after failures "
        "nothing is "
        "tried\n"
        "before retry_in_s; 'barred': it lacks what the configuration requires, until a reload.\n",
        run_sessions);
COMMAND(cmd_certs, "certs", "every certificate in use: where, whose, days left (operators)", NULL, run_certs);
COMMAND(cmd_store, "store", "where the store is, how large, how much is in it (operators)",
        "log_bytes is the write-ahead log beside it, which belongs to the store: copy both, or use sqlite3's "
        ".backup.\n",
        run_store);
COMMAND(cmd_partners, "partners",
        "each partner: what waits, how much of its rate is used, lines since the start (operators)", NULL,
        run_partners);
COMMAND(cmd_errors, "errors", "the last warnings and errors of the log, with how often (operators)", NULL,
        run_errors);
COMMAND(cmd_config, "config", "the configuration in force, defaults filled in (operators)",
        "Files are named; passwords and keys are not in it.\n", run_config);
COMMAND(cmd_version, "version", "versions of this program and of the daemon (operators)", NULL, run_version);
