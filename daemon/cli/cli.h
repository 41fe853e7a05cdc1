/* What every command of `vnepp` shares: the table's entry, the exit statuses, the connection. */
#ifndef VNEPP_CLI_CLI_H
#define VNEPP_CLI_CLI_H

#include "daemon/cli/conn.h"
#include "daemon/cli/opt.h"
#include "epp/base/arena.h"
#include "epp/base/attr.h"
#include "epp/base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct json_t;

enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1, /* failed or refused */
	CLI_USAGE = 2,
	CLI_PARTLY = 3,        /* some lines succeeded, some did not */
	CLI_INTERRUPTED = 130, /* Ctrl-C, as a shell says it */
};

struct cli {
	struct arena arena; /* for as long as the program runs */
	struct conn conn;   /* resolved when the command uses it */
};

/* EITHER: the API when a URL is given and no socket. */
enum cli_uses { CLI_USES_NOTHING, CLI_USES_API, CLI_USES_SOCKET, CLI_USES_EITHER };

struct cli_command {
	const char *name;     /* "submit", or two words: "policy check" */
	const char *operands; /* as help shows them, "" for none */
	const char *summary;  /* one line */
	const char *help;     /* paragraphs after the options; NULL: none */
	enum cli_uses uses;
	size_t min_operands, max_operands;
	const struct opt *opts;
	size_t opt_count;
	size_t args_size; /* of the struct that opts fill; zeroed before */
	int (*run)(struct cli *cli, void *args, char **operands, size_t count);
};

/* All commands, in the order of help. */
extern const struct cli_command *const cli_commands[];
extern const size_t cli_command_count;
/* The options of the connection that a command uses; empty for CLI_USES_NOTHING. */
struct opt_set cli_conn_options(enum cli_uses uses, struct conn *into);

/* "vnepp: …" on stderr. */
void cli_error(const char *fmt, ...) PRINTF(1, 2);
/* Writes all of it to stdout; false (and an error on stderr) when that fails, as on a full disk. */
bool cli_print(const struct buf *b) MUST_CHECK;
/* A member's text, "" without one. */
const char *cli_text(const struct json_t *object, const char *key);

extern const struct cli_command cmd_submit, cmd_decide, cmd_retry, cmd_batch, cmd_items, cmd_cancel,
    cmd_changes, cmd_domains, cmd_status, cmd_policy_check, cmd_policy_test, cmd_epp_decode, cmd_epp_show,
    cmd_ledger_import, cmd_template, cmd_completion, cmd_pause, cmd_policy_replay, cmd_resume,
    cmd_policy_clauses, cmd_policy_reports, cmd_policy_explain, cmd_policy_diff, cmd_policy_fmt,
    cmd_policy_show, cmd_policy_schema, cmd_policy_stage, cmd_policy_activate, cmd_policy_confirm,
    cmd_policy_rollback, cmd_policy_withdraw, cmd_policy_status, cmd_policy_kept, cmd_reload, cmd_item,
    cmd_sessions, cmd_partners, cmd_certs, cmd_store, cmd_errors, cmd_config, cmd_version, cmd_drain,
    cmd_wait, cmd_reconcile, cmd_top, cmd_trace, cmd_messages, cmd_message, cmd_limits, cmd_queue,
    cmd_evidence_add, cmd_evidence_import, cmd_evidence_list, cmd_evidence_undo, cmd_names_import,
    cmd_names_list, cmd_names_undo, cmd_names_check, cmd_review_list, cmd_review_show, cmd_review_approve,
    cmd_review_refuse;

#endif
