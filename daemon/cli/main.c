/* vnepp: the command-line tool for partners, operators and policy admins. Finds the command, reads its options. */
#include "daemon/cli/cli.h"
#include "epp/base/alloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct cli_command *const cli_commands[] = {&cmd_submit,
                                                  &cmd_batch,
                                                  &cmd_items,
                                                  &cmd_cancel,
                                                  &cmd_decide,
                                                  &cmd_retry,
                                                  &cmd_changes,
                                                  &cmd_domains,
                                                  &cmd_status,
                                                  &cmd_item,
                                                  &cmd_sessions,
                                                  &cmd_partners,
                                                  &cmd_certs,
                                                  &cmd_store,
                                                  &cmd_errors,
                                                  &cmd_config,
                                                  &cmd_version,
                                                  &cmd_drain,
                                                  &cmd_wait,
                                                  &cmd_reconcile,
                                                  &cmd_top,
                                                  &cmd_trace,
                                                  &cmd_limits,
                                                  &cmd_queue,
                                                  &cmd_messages,
                                                  &cmd_message,
                                                  &cmd_pause,
                                                  &cmd_resume,
                                                  &cmd_reload,
                                                  &cmd_policy_check,
                                                  &cmd_policy_test,
                                                  &cmd_policy_explain,
                                                  &cmd_policy_diff,
                                                  &cmd_policy_replay,
                                                  &cmd_policy_clauses,
                                                  &cmd_policy_reports,
                                                  &cmd_policy_fmt,
                                                  &cmd_policy_show,
                                                  &cmd_policy_schema,
                                                  &cmd_policy_stage,
                                                  &cmd_policy_activate,
                                                  &cmd_policy_confirm,
                                                  &cmd_policy_rollback,
                                                  &cmd_policy_withdraw,
                                                  &cmd_policy_status,
                                                  &cmd_policy_kept,
                                                  &cmd_ledger_import,
                                                  &cmd_epp_decode,
                                                  &cmd_epp_show,
                                                  &cmd_template,
                                                  &cmd_evidence_add,
                                                  &cmd_evidence_import,
                                                  &cmd_evidence_list,
                                                  &cmd_evidence_undo,
                                                  &cmd_names_import,
                                                  &cmd_names_list,
                                                  &cmd_names_undo,
                                                  &cmd_names_check,
                                                  &cmd_review_list,
                                                  &cmd_review_show,
                                                  &cmd_review_approve,
                                                  &cmd_review_refuse,
                                                  &cmd_completion};
const size_t cli_command_count = ARRAY_LEN(cli_commands);

/* A partner's are all but the last, an operator's the last two. */
static const struct opt conn_opts[] = {
    {"url", 0, OPT_TEXT, offsetof(struct conn, url), "URL", "the gateway, https://host:port (VNEPP_URL)",
     NULL, 0, 0},
    {"cert", 0, OPT_TEXT, offsetof(struct conn, cert), "FILE", "our certificate (VNEPP_CERT)", NULL, 0, 0},
    {"key", 0, OPT_TEXT, offsetof(struct conn, key), "FILE", "its private key (VNEPP_KEY)", NULL, 0, 0},
    {"ca", 0, OPT_TEXT, offsetof(struct conn, ca), "FILE", "authority of the gateway (VNEPP_CA)", NULL, 0, 0},
    {"profile", 0, OPT_TEXT, offsetof(struct conn, profile), "FILE",
     "with these settings (VNEPP_CONFIG; ~/.config/vnepp/vnepp.yaml)", NULL, 0, 0},
    {"socket", 0, OPT_TEXT, offsetof(struct conn, socket), "PATH",
     "control socket (VNEPP_SOCKET; " CONN_SOCKET_DEFAULT ")", NULL, 0, 0},
};

struct opt_set cli_conn_options(enum cli_uses uses, struct conn *into)
{
	size_t n = ARRAY_LEN(conn_opts);
	switch (uses) {
	case CLI_USES_API: return (struct opt_set){conn_opts, n - 1, into};
	case CLI_USES_SOCKET: return (struct opt_set){conn_opts + n - 2, 2, into};
	case CLI_USES_EITHER: return (struct opt_set){conn_opts, n, into};
	case CLI_USES_NOTHING: break;
	}
	return (struct opt_set){NULL, 0, into};
}

static int print_and_free(struct buf *out)
{
	bool printed = cli_print(out);
	buf_fini(out);
	return printed ? CLI_DONE : CLI_FAILED;
}

/* "policy" of "policy check". */
static bool is_of_group(const struct cli_command *c, const char *group)
{
	struct str name = str_c(c->name);
	return strchr(c->name, ' ') && str_eq_c(str_split(&name, ' '), group);
}

/* The commands of a group, or (NULL) all; how many there are. */
static size_t list_commands(const char *group, struct buf *out)
{
	size_t n = 0;
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *c = cli_commands[i];
		char left[64];
		if (group && !is_of_group(c, group))
			continue;
		n++;
		(void)snprintf(left, sizeof left, "%s %s", c->name, c->operands);
		buf_printf(out, "  %-26s %s\n", left, c->summary);
	}
	return n;
}

static int help_all(void)
{
	struct buf out;
	buf_init(&out, 64u << 10);
	buf_lit(&out, "Usage: vnepp COMMAND [OPTION...] [OPERAND...]\n\n");
	(void)list_commands(NULL, &out);
	buf_lit(&out, "  help [COMMAND]             this list, or a command with its options\n"
	              "  --version                  the version\n\n"
	              "Exit status: 0 done, 1 failed or refused, 2 usage, 3 partly.\n");
	return print_and_free(&out);
}

static int help_command(const struct cli_command *c)
{
	struct buf out;
	struct opt_set conn = cli_conn_options(c->uses, NULL);
	buf_init(&out, 64u << 10);
	buf_printf(&out, "Usage: vnepp %s%s%s%s\n\n%s.\n", c->name,
	           c->opt_count || conn.count ? " [OPTION...]" : "", *c->operands ? " " : "", c->operands,
	           c->summary);
	if (c->opt_count) {
		buf_lit(&out, "\nOptions:\n");
		opt_help(c->opts, c->opt_count, &out);
	}
	if (conn.count) {
		buf_lit(&out, "\nConnection:\n");
		opt_help(conn.opts, conn.count, &out);
	}
	if (c->help)
		buf_printf(&out, "\n%s", c->help);
	return print_and_free(&out);
}

/* The command that `argv` begins with; `*words` of them name it. NULL: none. */
static const struct cli_command *find_command(int argc, char **argv, int *words)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		struct str rest = str_c(cli_commands[i]->name);
		int n = 0;
		while (rest.len && n < argc && str_eq_c(str_split(&rest, ' '), argv[n]))
			n++;
		const char *space = strchr(cli_commands[i]->name, ' ');
		if (n == (space ? 2 : 1)) {
			*words = n;
			return cli_commands[i];
		}
	}
	return NULL;
}

static int usage(const struct cli_command *c, const char *text)
{
	cli_error("%s", text);
	(void)fprintf(stderr, "Try: vnepp help%s%s\n", c ? " " : "", c ? c->name : "");
	return CLI_USAGE;
}

/* No command begins like that. A group's name shows what there is in it; only who asked for help has asked for that. */
static int not_found(const char *word, const char *second, bool help)
{
	struct buf out;
	char text[128];
	buf_init(&out, 64u << 10);
	buf_printf(&out, "Usage: vnepp %s COMMAND [OPTION...] [OPERAND...]\n\n", word);
	size_t n = list_commands(word, &out);
	if (n && help)
		return print_and_free(&out);
	if (n)
		(void)fputs(buf_cstr(&out), stderr); /* nothing is left to do without a stderr */
	buf_fini(&out);
	if (n && !second)
		return CLI_USAGE;
	(void)snprintf(text, sizeof text, "no such command: %.40s%s%.40s", word, n ? " " : "",
	               n ? second : "");
	return usage(NULL, text);
}

static int run_command(const struct cli_command *c, int argc, char **argv)
{
	struct cli cli = {.conn = {0}};
	struct errmsg e = {""};
	void *args = c->args_size ? xcalloc(1, c->args_size) : NULL;
	struct opt_set sets[] = {{c->opts, c->opt_count, args}, cli_conn_options(c->uses, &cli.conn)};
	int result;
	arena_init(&cli.arena);
	if (opt_parse(sets, ARRAY_LEN(sets), &argc, argv, &e))
		result = usage(c, e.text);
	else if ((size_t)argc < c->min_operands)
		result = usage(c, "an operand is missing");
	else if ((size_t)argc > c->max_operands)
		result = usage(c, "too many operands");
	else if (c->uses != CLI_USES_NOTHING && conn_resolve(&cli.conn, &cli.arena, &e))
		result = usage(c, e.text);
	else
		result = c->run(&cli, args, argv, (size_t)argc);
	free(args);
	arena_fini(&cli.arena);
	return result;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	int words = 0;
	argc--, argv++;
	if (argc < 1)
		return usage(NULL, "a command is missing");
	if (strcmp(argv[0], "--version") == 0) {
		(void)printf("vnepp %s\n", VNEPP_VERSION);
		return CLI_DONE;
	}
	bool help = strcmp(argv[0], "help") == 0;
	if ((help && argc == 1) || strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		return help_all();
	const struct cli_command *c = find_command(argc - help, argv + help, &words);
	bool asks = help || wants_help(argc, argv);
	if (!c) {
		const char *second = argc > help + 1 && argv[help + 1][0] != '-' ? argv[help + 1] : NULL;
		return not_found(argv[help], second, asks);
	}
	if (asks)
		return help_command(c);
	return run_command(c, argc - words, argv + words);
}
