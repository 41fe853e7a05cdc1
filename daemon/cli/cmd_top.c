/*
 * vnepp top: the gateway live on a terminal, every second or as told; q or Ctrl-C ends it. Elsewhere it shows one moment
 * and says so.
 *
 * What is shown is asked over the control socket: status, queue, sessions, errors. The screen is an alternate one: what
 * stood there before is back afterwards. Lines are cut at the terminal's width, and what does not fit below is left out
 * from the end, so that the most important stands first.
 */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/control.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/table.h"
#include "daemon/cli/width.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ROOM_MAX   (1u << 20)
#define ERRORS_MAX 5

enum { STATUS, QUEUE, SESSIONS, ERRORS, QUESTIONS };
static const char *const questions[QUESTIONS] = {ADMIN_CMD_STATUS, ADMIN_CMD_QUEUE, ADMIN_CMD_SESSIONS,
                                                 ADMIN_CMD_ERRORS};

struct top_args {
	uint32_t every;
};

static const struct opt opts[] = {
    {"every", 0, OPT_NUMBER, offsetof(struct top_args, every), "SECONDS", "how often (1)", NULL, 1, 3600},
};

struct top {
	const char *socket;
	struct control *control; /* owned; NULL: the daemon is not there */
	json_t *answers[QUESTIONS];
	char why[256];         /* nothing could be asked; empty: all is well */
	long long done;        /* at the last look */
	uint64_t done_us;      /* when that was; 0: never */
	double per_s;          /* -1: not known yet */
	struct termios before; /* of the terminal */
	bool raw;              /* it was changed */
};

/* ---- asking ------------------------------------------------------------------------------------------------------------------ */

static uint64_t now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void forget(struct top *t)
{
	for (int i = 0; i < QUESTIONS; i++) {
		json_decref(t->answers[i]);
		t->answers[i] = NULL;
	}
}

static void measure(struct top *t)
{
	const json_t *s = json_object_get(t->answers[STATUS], "since_start");
	long long done = (long long)json_integer_value(json_object_get(s, "done"));
	uint64_t now = now_us();
	t->per_s = t->done_us && done >= t->done && now > t->done_us
	               ? (double)(done - t->done) * 1e6 / (double)(now - t->done_us)
	               : -1;
	t->done = done;
	t->done_us = now;
}

/* False: t->why. A role that may not ask one of them sees the others. */
static bool look(struct top *t)
{
	struct errmsg e = {""};
	forget(t);
	t->why[0] = '\0';
	enum err err = t->control ? OK : control_open(t->socket, &t->control, &e);
	for (int i = 0; i < QUESTIONS && !err; i++) {
		json_t *request = json_pack("{s:s}", "cmd", questions[i]);
		err = control_call(t->control, request, &t->answers[i], &e);
		json_decref(request);
		if (err == ERR_DENIED && i != STATUS)
			err = OK;
	}
	if (!err) {
		measure(t);
		return true;
	}
	(void)snprintf(t->why, sizeof t->why, "%s", e.text);
	control_close(t->control);
	t->control = NULL;
	t->done_us = 0;
	forget(t);
	return false;
}

/* ---- drawing ----------------------------------------------------------------------------------------------------------------- */

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static void head(const struct top *t, struct buf *out)
{
	const json_t *s = t->answers[STATUS], *jobs = json_object_get(s, "jobs"),
	             *sum = json_object_get(s, "since_start"), *items = json_object_get(s, "items");
	buf_printf(out, "%s  %s  version %s  since %s  now %s\n", word(s, "instance"), word(s, "state"),
	           word(s, "version"), word(s, "since"), word(s, "now"));
	buf_printf(out, "queued %lld  for a person %lld  in doubt %lld\n", number(items, "queued"),
	           number(items, "needs_human") + number(items, "review"),
	           number(items, "unknown") + number(items, "reconciling"));
	buf_printf(out, "done %lld", t->done);
	if (t->per_s >= 0)
		buf_printf(out, " (%.1f/s)", t->per_s);
	buf_printf(out, "  failed %lld  unknown %lld  ready %lld  in flight %lld  waiting %lld  pauses %zu\n",
	           number(sum, "failed"), number(sum, "unknown"), number(jobs, "ready"),
	           number(jobs, "in_flight"), number(jobs, "waiting"),
	           json_array_size(json_object_get(s, "pauses")));
}

/* A table of some members of a list. */
static void part(const json_t *list, const char *const *keys, const bool *right, size_t count,
                 struct buf *out)
{
	struct table_column columns[TABLE_COLUMNS_MAX];
	struct table t;
	if (json_array_size(list) == 0)
		return;
	for (size_t i = 0; i < count; i++)
		columns[i] = (struct table_column){keys[i], right[i], 36};
	table_init(&t, columns, count);
	for (size_t r = 0; r < json_array_size(list); r++) {
		for (size_t i = 0; i < count; i++) {
			const json_t *v = json_object_get(json_array_get(list, r), keys[i]);
			if (json_is_integer(v))
				table_number(&t, (unsigned long long)json_integer_value(v));
			else
				table_cell(&t, str_c(json_is_string(v) ? json_string_value(v) : ""));
		}
	}
	buf_byte(out, '\n');
	table_print(&t, out);
	table_fini(&t);
}

static void errors(const json_t *list, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(list) && i < ERRORS_MAX; i++) {
		const json_t *e = json_array_get(list, i);
		buf_printf(out, "%s%s %s: %s\n", i ? "" : "\n", word(e, "last"), word(e, "event"),
		           word(e, "text"));
	}
}

static void draw(const struct top *t, struct buf *out)
{
	static const char *const account_keys[] = {"registry",  "account", "state",     "sessions",
	                                           "in_flight", "money",   "last_error"},
	                         *const queue_keys[] = {"account", "lane",   "partner",
	                                                "items",   "oldest", "state"},
	                         *const session_keys[] = {"session",   "endpoint", "state", "age_s",
	                                                  "in_flight", "window",   "tls"};
	static const bool account_right[] = {false, false, false, true, true, false, false},
	                  queue_right[] = {false, false, false, true, false, false},
	                  session_right[] = {true, false, false, true, true, true, false};
	if (t->why[0]) {
		buf_printf(out, "%s\n", t->why);
		return;
	}
	head(t, out);
	part(json_object_get(t->answers[STATUS], "accounts"), account_keys, account_right,
	     ARRAY_LEN(account_keys), out);
	part(json_object_get(t->answers[QUEUE], "queue"), queue_keys, queue_right, ARRAY_LEN(queue_keys),
	     out);
	errors(json_object_get(t->answers[ERRORS], "errors"), out);
	part(json_object_get(t->answers[SESSIONS], "sessions"), session_keys, session_right,
	     ARRAY_LEN(session_keys), out);
}

/* What fits, line by line. */
static void fit(struct str all, unsigned rows, unsigned columns, struct buf *out)
{
	buf_lit(out, "\033[H");
	for (unsigned i = 0; all.len && i + 1 < rows; i++) {
		struct str line = str_split(&all, '\n');
		(void)width_append(out, line, columns);
		buf_lit(out, "\033[K\r\n");
	}
	buf_lit(out, "\033[J\033[7m q: end \033[0m");
}

static bool show(const struct top *t, bool terminal)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	struct buf all, out;
	buf_init(&all, ROOM_MAX);
	buf_init(&out, 2 * ROOM_MAX);
	draw(t, &all);
	if (terminal && (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2 || size.ws_col < 20))
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	if (terminal)
		fit(buf_str(&all), size.ws_row, size.ws_col, &out);
	bool printed = cli_print(terminal ? &out : &all);
	buf_fini(&out);
	buf_fini(&all);
	return printed;
}

/* ---- the terminal ------------------------------------------------------------------------------------------------------------ */

static void enter(struct top *t)
{
	struct termios raw;
	(void)fputs("\033[?1049h\033[?25l", stdout);
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &t->before) != 0)
		return;
	raw = t->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void leave(struct top *t)
{
	if (t->raw)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &t->before); /* what else could be done */
	(void)fputs("\033[?25h\033[?1049l", stdout);
	(void)fflush(stdout);
}

/* True: somebody wants to end it. */
static bool asked_to_end(const struct top *t, uint64_t ms)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	uint64_t until = now_us() + ms * 1000, now;
	char key;
	if (!t->raw)
		return !interrupt_sleep_ms(ms);
	while (!interrupt_seen() && (now = now_us()) < until) {
		if (poll(&p, 1, (int)((until - now) / 1000 + 1)) != 1)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')
			return true;
	}
	return interrupt_seen();
}

static int live(struct top *t, uint64_t every_ms)
{
	bool printed;
	enter(t);
	do {
		(void)look(t); /* a daemon that is not there is shown as that: it may come back */
		printed = show(t, true);
	} while (printed && !asked_to_end(t, every_ms));
	leave(t);
	return printed ? CLI_DONE : CLI_FAILED;
}

static int once(struct top *t)
{
	cli_error("standard output is no terminal: this is one moment; 'vnepp status --watch' goes on");
	if (!look(t)) {
		cli_error("%s", t->why);
		return CLI_FAILED;
	}
	return show(t, false) ? CLI_DONE : CLI_FAILED;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct top_args *a = args;
	struct top t = {.socket = cli->conn.socket ? cli->conn.socket : CONN_SOCKET_DEFAULT, .per_s = -1};
	(void)operands, (void)count; /* none */
	interrupt_install();
	int result = isatty(STDOUT_FILENO) ? live(&t, (a->every ? a->every : 1) * 1000ull) : once(&t);
	forget(&t);
	control_close(t.control);
	return result;
}

const struct cli_command cmd_top = {
    .name = "top",
    .operands = "",
    .summary = "the gateway live on a terminal: accounts, queue, errors, sessions (operators)",
    .help = "q or Ctrl-C ends it.\n",
    .uses = CLI_USES_SOCKET,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct top_args),
    .run = run,
};
