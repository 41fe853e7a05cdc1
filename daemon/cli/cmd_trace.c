/* vnepp trace: the EPP frames of a registry as they go by, secrets removed. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/control.h"
#include "daemon/cli/interrupt.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS 30

struct trace_args {
	const char *registry;
	uint32_t seconds;
	bool json;
};

static const struct opt opts[] = {
    {"registry", 0, OPT_TEXT, offsetof(struct trace_args, registry), "NAME", "whose frames (needed)", NULL, 0,
     0},
    {"seconds", 0, OPT_NUMBER, offsetof(struct trace_args, seconds), "N", "how long (30)", NULL, 1, 600},
    {"json", 0, OPT_FLAG, offsetof(struct trace_args, json), NULL, "one JSON object per frame", NULL, 0, 0},
};

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* The daemon has made the text harmless for a terminal: control characters are \xNN in it. */
static bool on_event(void *arg, json_t *event)
{
	const struct trace_args *a = arg;
	struct buf out;
	if (strcmp(word(event, "event"), "frame") != 0)
		return true; /* the daemon is still there */
	buf_init(&out, 16u << 20);
	if (a->json) {
		char *text = json_dumps(event, JSON_COMPACT);
		buf_printf(&out, "%s\n", text ? text : "{}");
		free(text);
	} else {
		buf_printf(&out, "%s %s/%s session %lld %s, %lld bytes%s\n%s\n", word(event, "at"),
		           word(event, "registry"), word(event, "account"),
		           (long long)json_integer_value(json_object_get(event, "session")),
		           word(event, "direction"),
		           (long long)json_integer_value(json_object_get(event, "bytes")),
		           json_is_true(json_object_get(event, "cut")) ? " (cut)" : "", word(event, "text"));
	}
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed;
}

static int report(const json_t *answer)
{
	long long frames = (long long)json_integer_value(json_object_get(answer, "frames")),
	          left_out = (long long)json_integer_value(json_object_get(answer, "left_out"));
	(void)fprintf(stderr, "%lld frames", frames);
	if (left_out)
		(void)fprintf(stderr, ", %lld of them left out: this end was too slow", left_out);
	(void)fputc('\n', stderr);
	return left_out ? CLI_PARTLY : CLI_DONE;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	struct trace_args *a = args;
	struct control *c = NULL;
	struct errmsg e = {""};
	json_t *answer = NULL;
	int result = CLI_FAILED;
	(void)operands, (void)count; /* none */
	if (!a->registry) {
		cli_error("--registry NAME is needed; 'vnepp sessions' has the names");
		return CLI_USAGE;
	}
	uint32_t seconds = a->seconds ? a->seconds : SECONDS;
	json_t *request = json_pack("{s:s, s:s, s:I}", "cmd", ADMIN_CMD_TRACE, "registry", a->registry,
	                            "seconds", (json_int_t)seconds);
	interrupt_install();
	enum err err = control_open(cli->conn.socket ? cli->conn.socket : CONN_SOCKET_DEFAULT, &c, &e);
	if (!err)
		err = control_call_events(c, request, (seconds + 10) * 1000, on_event, a, &answer, &e);
	if (err == ERR_CANCELED)
		result = CLI_INTERRUPTED;
	else if (err)
		cli_error("%s", e.text);
	else
		result = report(answer);
	json_decref(answer);
	json_decref(request);
	control_close(c);
	return result;
}

const struct cli_command cmd_trace = {
    .name = "trace",
    .operands = "",
    .summary = "the EPP frames of a registry as they go by, secrets removed (administrators)",
    .help = "Passwords, authInfo and identity numbers are removed; what stands in a registry's own elements "
            "is hidden, "
            "but for\nwhat its mapping knows to be harmless. Frames that this end does not read in time are "
            "left out "
            "and counted.\nNothing is written to the log but that there was a trace, and who asked.\n",
    .uses = CLI_USES_SOCKET,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct trace_args),
    .run = run,
};
