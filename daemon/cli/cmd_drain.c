/* vnepp drain, wait, reconcile: nothing new, and waiting until something is so; asking the registry once more. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/control.h"
#include "daemon/cli/interrupt.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 500
#define TELL_S  10 /* how often a program that waits says so where nobody sees it redraw */

/* What is waited for, and until when. */
struct waiting {
	const char *cmd, *member; /* the question, and the member of its answer that must be true */
	long long batch;          /* 0: none */
	bool moved;               /* the answer counts what moves */
	uint32_t timeout_s;       /* 0: for ever */
};

static uint64_t seconds_now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec;
}

static const char *socket_of(const struct cli *cli)
{
	return cli->conn.socket ? cli->conn.socket : CONN_SOCKET_DEFAULT;
}

/* One line, redrawn on a terminal, now and then elsewhere. */
static void tell(const struct waiting *w, const json_t *answer, uint64_t waited_s, uint64_t *told_s)
{
	bool terminal = isatty(STDERR_FILENO);
	long long moving = (long long)json_integer_value(json_object_get(answer, "moving"));
	if (!w->moved || (!terminal && waited_s < *told_s + TELL_S))
		return;
	*told_s = waited_s;
	(void)fprintf(stderr, terminal ? "\r\033[K%lld lines still move" : "%lld lines still move\n", moving);
	(void)fflush(stderr);
}

static void untell(const struct waiting *w)
{
	if (w->moved && isatty(STDERR_FILENO))
		(void)fputs("\r\033[K", stderr);
}

/* One look. ERR_AGAIN: not yet. A daemon that is not there is worth waiting for only when readiness is. */
static enum err look(struct cli *cli, struct control **c, const struct waiting *w, uint64_t waited_s,
                     uint64_t *told_s, struct errmsg *e)
{
	json_t *answer = NULL;
	bool patient = strcmp(w->cmd, ADMIN_CMD_READY) == 0;
	enum err err = *c ? OK : control_open(socket_of(cli), c, e);
	if (err)
		return patient ? ERR_AGAIN : err;
	json_t *request = json_pack("{s:s, s:I}", "cmd", w->cmd, "batch", (json_int_t)w->batch);
	err = control_call(*c, request, &answer, e);
	json_decref(request);
	bool so = !err && json_is_true(json_object_get(answer, w->member));
	if (!err && !so)
		tell(w, answer, waited_s, told_s);
	json_decref(answer);
	if (err && err != ERR_CANCELED && err != ERR_DENIED && patient) {
		control_close(*c);
		*c = NULL;
		return ERR_AGAIN;
	}
	return err ? err : so ? OK : ERR_AGAIN;
}

static int wait_for(struct cli *cli, const struct waiting *w)
{
	struct control *c = NULL;
	struct errmsg e = {""};
	uint64_t from = seconds_now(), told = 0;
	enum err err;
	interrupt_install();
	while ((err = look(cli, &c, w, seconds_now() - from, &told, &e)) == ERR_AGAIN) {
		if (w->timeout_s && seconds_now() - from >= w->timeout_s) {
			err = err_set(&e, ERR_TIMEOUT, "not so after %u s", w->timeout_s);
			break;
		}
		if (!interrupt_sleep_ms(LOOK_MS)) {
			err = ERR_CANCELED;
			break;
		}
	}
	untell(w);
	control_close(c);
	if (err && err != ERR_CANCELED)
		cli_error("%s", e.text);
	return err == ERR_CANCELED ? CLI_INTERRUPTED : err ? CLI_FAILED : CLI_DONE;
}

/* ---- wait -------------------------------------------------------------------------------------------------------------------- */

struct wait_args {
	const char *batch;
	bool idle, ready;
	uint32_t timeout;
};

static const struct opt wait_opts[] = {
    {"batch", 0, OPT_TEXT, offsetof(struct wait_args, batch), "ID",
     "until nothing of this batch moves any more", NULL, 0, 0},
    {"idle", 0, OPT_FLAG, offsetof(struct wait_args, idle), NULL, "until nothing moves at all", NULL, 0, 0},
    {"ready", 0, OPT_FLAG, offsetof(struct wait_args, ready), NULL,
     "until batches can be admitted; also for a daemon that is not there yet", NULL, 0, 0},
    {"timeout", 0, OPT_NUMBER, offsetof(struct wait_args, timeout), "SECONDS", "give up then, with status 1",
     NULL, 1, 86400},
};

static int run_wait(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct wait_args *a = args;
	struct waiting w = {ADMIN_CMD_MOVING, "idle", 0, true, a->timeout};
	(void)operands, (void)count; /* none */
	if ((a->batch != NULL) + a->idle + a->ready != 1) {
		cli_error("say what for: --batch ID, --idle or --ready");
		return CLI_USAGE;
	}
	if (a->batch && !answer_number(a->batch, "a batch", &w.batch))
		return CLI_USAGE;
	if (a->ready)
		w = (struct waiting){ADMIN_CMD_READY, "ready", 0, false, a->timeout};
	return wait_for(cli, &w);
}

const struct cli_command cmd_wait = {
    .name = "wait",
    .operands = "",
    .summary = "wait until a batch is through, nothing moves, or the daemon is ready (operators)",
    .help = "What waits for a person, a partner or a message of the registry does not move; what is paused "
            "does.\n",
    .uses = CLI_USES_SOCKET,
    .opts = wait_opts,
    .opt_count = ARRAY_LEN(wait_opts),
    .args_size = sizeof(struct wait_args),
    .run = run_wait,
};

/* ---- drain ------------------------------------------------------------------------------------------------------------------- */

struct drain_args {
	bool end, no_wait;
	uint32_t timeout;
};

static const struct opt drain_opts[] = {
    {"end", 0, OPT_FLAG, offsetof(struct drain_args, end), NULL, "take batches again", NULL, 0, 0},
    {"no-wait", 0, OPT_FLAG, offsetof(struct drain_args, no_wait), NULL,
     "do not wait until everything is sent", NULL, 0, 0},
    {"timeout", 0, OPT_NUMBER, offsetof(struct drain_args, timeout), "SECONDS",
     "give up waiting then, with status 1; it goes on draining", NULL, 1, 86400},
};

static bool ask_once(struct cli *cli, json_t *request)
{
	struct control *c = NULL;
	struct errmsg e = {""};
	json_t *answer = NULL;
	interrupt_install();
	enum err err = control_open(socket_of(cli), &c, &e);
	if (!err)
		err = control_call(c, request, &answer, &e);
	if (err)
		cli_error("%s", e.text);
	json_decref(answer);
	json_decref(request);
	control_close(c);
	return !err;
}

static int run_drain(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct drain_args *a = args;
	const struct waiting w = {ADMIN_CMD_MOVING, "idle", 0, true, a->timeout};
	(void)operands, (void)count; /* none */
	if (!ask_once(cli, json_pack("{s:s, s:b}", "cmd", ADMIN_CMD_DRAIN, "end", a->end)))
		return CLI_FAILED;
	if (a->end || a->no_wait)
		return CLI_DONE;
	int result = wait_for(cli, &w);
	if (result == CLI_DONE)
		(void)puts("drained: everything that was admitted has been sent and answered");
	return result;
}

const struct cli_command cmd_drain = {
    .name = "drain",
    .operands = "",
    .summary = "take nothing new, send what is there, and say when that is done (operators)",
    .help = "Partners get 503 and /readyz says so, until 'vnepp drain --end' or a restart. What is paused is "
            "not sent "
            "by it.\n",
    .uses = CLI_USES_SOCKET,
    .opts = drain_opts,
    .opt_count = ARRAY_LEN(drain_opts),
    .args_size = sizeof(struct drain_args),
    .run = run_drain,
};

/* ---- reconcile --------------------------------------------------------------------------------------------------------------- */

static int run_reconcile(struct cli *cli, void *args, char **operands, size_t count)
{
	long long item;
	(void)args, (void)count;
	if (!answer_number(operands[0], "an item, as the log and results have it", &item))
		return CLI_USAGE;
	return ask_once(cli, json_pack("{s:s, s:I}", "cmd", ADMIN_CMD_RECONCILE, "item", (json_int_t)item))
	           ? CLI_DONE
	           : CLI_FAILED;
}

const struct cli_command cmd_reconcile = {
    .name = "reconcile",
    .operands = "NUMBER",
    .summary = "ask the registry once more what became of an item in needs_human (operators)",
    .help = "It is looked at as after any lost answer, twice and with a pause, and ends as that says: done, "
            "failed, sent\n"
            "again, or still for a person. 'vnepp item NUMBER' shows where it stands.\n",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_reconcile,
};
