/* Asking again until Ctrl-C. */
#include "daemon/cli/watch.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/control.h"
#include "daemon/cli/interrupt.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROOM_MAX (16u << 20)

const struct opt watch_opts[WATCH_OPTS] = {
    {"json", 0, OPT_FLAG, offsetof(struct watch_args, json), NULL, "print the daemon's answer as JSON", NULL,
     0, 0},
    {"watch", 'w', OPT_FLAG, offsetof(struct watch_args, watch), NULL, "show it anew until Ctrl-C", NULL, 0,
     0},
    {"every", 0, OPT_NUMBER, offsetof(struct watch_args, every), "SECONDS", "with --watch: how often (2)",
     NULL, 1, 3600},
};

static void add_time(struct buf *out)
{
	char text[32];
	struct tm tm;
	time_t now = time(NULL);
	strftime(text, sizeof text, "%H:%M:%S", localtime_r(&now, &tm));
	buf_printf(out, "-- %s\n", text);
}

static bool show(json_t *answer, bool json, bool terminal, void (*print)(json_t *answer, struct buf *out))
{
	struct buf out;
	buf_init(&out, ROOM_MAX);
	if (json) {
		char *text = json_dumps(answer, JSON_COMPACT);
		buf_printf(&out, "%s\n", text ? text : "{}");
		free(text);
	} else {
		if (terminal)
			buf_lit(&out, "\033[H\033[2J");
		add_time(&out);
		print(answer, &out);
		if (!terminal)
			buf_byte(&out, '\n');
	}
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed;
}

static int watch(struct control *c, json_t *request, const struct watch_args *a,
                 void (*print)(json_t *answer, struct buf *out))
{
	bool terminal = isatty(STDOUT_FILENO);
	uint64_t every_ms = (a->every ? a->every : WATCH_EVERY_S) * 1000ull;
	do {
		struct errmsg e = {""};
		json_t *answer = NULL;
		enum err err = control_call(c, request, &answer, &e);
		bool printed = !err && show(answer, a->json, terminal, print);
		json_decref(answer);
		if (err == ERR_CANCELED)
			break;
		if (err)
			cli_error("%s", e.text);
		if (!printed)
			return CLI_FAILED;
	} while (interrupt_sleep_ms(every_ms));
	return CLI_DONE;
}

int watch_ask(struct cli *cli, json_t *request, const struct watch_args *a,
              void (*print)(json_t *answer, struct buf *out))
{
	struct control *c = NULL;
	struct errmsg e = {""};
	int result = CLI_FAILED;
	if (a->every && !a->watch) {
		cli_error("--every goes with --watch");
		json_decref(request);
		return CLI_USAGE;
	}
	if (!a->watch)
		return answer_ask_with(cli, request, a->json, print ? print : answer_print);
	interrupt_install();
	if (control_open(cli->conn.socket ? cli->conn.socket : CONN_SOCKET_DEFAULT, &c, &e))
		cli_error("%s", e.text);
	else
		result = watch(c, request, a, print ? print : answer_print);
	json_decref(request);
	control_close(c);
	return result;
}
