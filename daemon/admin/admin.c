/*
 * The control socket's server.
 *
 * Happy path: a line arrives, its command runs, its answer is written; the next line.
 * Failure modes: a line that is too long or no JSON object: an error and the connection closes. The peer goes while a
 * command runs: the connection's struct waits for the command's answer. Lines sent ahead wait, reading pauses meanwhile;
 * so they do while the peer does not read its answers. The peer has said all (half-closed): what it asked is answered.
 */
#include "daemon/admin/admin.h"
#include "daemon/admin/admin_proto.h"
#include "daemon/core/loop.h"
#include "daemon/net/stream.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beside a whole line: what a stream may hand over at once before it heeds that reading has paused. */
#define PIECE_MAX (256u << 10)

struct admin_conn {
	struct list_node node;
	struct admin *admin;
	struct stream *stream; /* NULL: gone */
	struct buf in;
	size_t scanned; /* of `in`: no end of line in there */
	bool running;   /* a command has not answered yet */
	bool paused, eof, closing;
	struct loop_timer idle;
	struct loop_task next;
};

static void conn_free_if_over(struct admin_conn *c)
{
	if (c->stream || c->running)
		return;
	loop_timer_cancel(c->admin->loop, &c->idle);
	loop_cancel_task(&c->next);
	list_remove(&c->node);
	buf_fini(&c->in);
	free(c);
}

static void send_json(struct admin_conn *c, json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT | JSON_PRESERVE_ORDER);
	INVARIANT(text);
	if (c->stream) {
		stream_write(c->stream, str_c(text));
		stream_write(c->stream, STR("\n"));
	}
	free(text);
	json_decref(answer);
}

static void finish(struct admin_conn *c, json_t *answer)
{
	REQUIRE(c->running);
	c->running = false;
	send_json(c, answer);
	loop_timer_set(c->admin->loop, &c->idle, ADMIN_IDLE_MS);
	if (c->stream)
		loop_defer(c->admin->loop, &c->next);
	conn_free_if_over(c);
}

bool admin_event(struct admin_conn *c, struct json_t *event)
{
	REQUIRE(c->running);
	bool room = c->stream && !c->closing && stream_queued(c->stream) <= STREAM_HIGH_WATER;
	if (room)
		send_json(c, event);
	else
		json_decref(event);
	return room;
}

bool admin_is_gone(const struct admin_conn *c)
{
	return !c->stream || c->closing || c->eof;
}

void admin_reply(struct admin_conn *c, struct json_t *answer)
{
	json_object_set_new(answer, "ok", json_true());
	finish(c, answer);
}

void admin_reply_error(struct admin_conn *c, const char *text)
{
	finish(c, json_pack("{s:b, s:s}", "ok", 0, "error", text));
}

/* A look-up in the system's list of users: operators ask seldom enough for that. */
bool admin_asker(const struct admin_conn *c, struct admin_asker *out)
{
	struct passwd entry, *found = NULL;
	char room[4096];
	const struct stream_peer *p = c->stream ? stream_peer(c->stream) : NULL;
	if (!p || !p->local)
		return false;
	out->uid = p->uid;
	out->gid = p->gid;
	out->groups = p->groups;
	out->group_count = p->group_count;
	if (getpwuid_r((uid_t)p->uid, &entry, room, sizeof room, &found) != 0 || !found ||
	    !str_copy(out->login, sizeof out->login, str_c(found->pw_name)))
		snprintf(out->login, sizeof out->login, "uid %u", p->uid);
	return true;
}

static void bad_line(struct admin_conn *c, const char *text)
{
	c->closing = true;
	send_json(c, json_pack("{s:b, s:s}", "ok", 0, "error", text));
	stream_close(c->stream);
}

/* The names of the roles, joined by `joint`. */
static void name_roles(const struct admin *a, unsigned roles, const char *joint, char *out, size_t size)
{
	size_t n = 0;
	out[0] = '\0';
	for (int i = 0; a->access.role_names[i] && n < size; i++)
		if (roles & (1u << i))
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? joint : "",
			                      a->access.role_names[i]);
}

/* True: answered with why it may not be asked. */
static bool refused(struct admin_conn *c, const struct admin_command *cmd)
{
	const struct admin *a = c->admin;
	struct admin_asker who;
	char text[512], need[128], have[128];
	if (!a->access.roles_of)
		return false;
	bool known = admin_asker(c, &who);
	unsigned roles = known ? a->access.roles_of(a->access.arg, &who) : 0;
	if (roles & cmd->roles)
		return false;
	name_roles(a, cmd->roles, " or ", need, sizeof need);
	name_roles(a, roles, ", ", have, sizeof have);
	snprintf(text, sizeof text, "'%s' needs the role %s; %s has %s (admin.roles in the configuration)",
	         cmd->name, need, known ? who.login : "whoever asks", have[0] ? have : "none");
	admin_reply_error(c, text);
	return true;
}

static void run_line(struct admin_conn *c, struct str line)
{
	json_t *args = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(args, "cmd"));
	if (!name) {
		json_decref(args);
		bad_line(c, "a request is one line with a JSON object that has \"cmd\"");
		return;
	}
	c->running = true;
	const struct admin_command *cmd = c->admin->commands;
	while (cmd->name && !str_eq_c(str_c(name), cmd->name))
		cmd++;
	if (!cmd->name)
		admin_reply_error(c, "no such command");
	else if (!refused(c, cmd))
		cmd->run(c->admin->arg, c, args);
	json_decref(args);
}

/* The whole line at the front without its end; false: there is none yet. */
static bool next_line(struct admin_conn *c, struct str *line)
{
	struct str all = buf_str(&c->in);
	const char *end =
	    all.len > c->scanned ? memchr(all.ptr + c->scanned, '\n', all.len - c->scanned) : NULL;
	if (!end) {
		c->scanned = all.len;
		return false;
	}
	*line = str_make(all.ptr, (size_t)(end - all.ptr));
	return true;
}

static void pause_reading(struct admin_conn *c, bool on)
{
	if (c->paused == on)
		return;
	c->paused = on;
	if (on)
		stream_pause(c->stream);
	else
		stream_resume(c->stream);
}

static void take_line(struct admin_conn *c, struct str line)
{
	struct buf copy;
	buf_init(&copy, ADMIN_LINE_MAX);
	buf_add(&copy, line);
	buf_consume(&c->in, line.len + 1);
	c->scanned = 0;
	/* The command may free the connection, so the line must not live in it. */
	run_line(c, buf_str(&copy));
	buf_fini(&copy);
}

static void on_next(struct loop_task *t)
{
	struct admin_conn *c = CONTAINER_OF(t, struct admin_conn, next);
	struct str line;
	if (!c->stream || c->running || c->closing || stream_queued(c->stream) > STREAM_HIGH_WATER)
		return;
	bool whole = next_line(c, &line);
	if (whole ? line.len > ADMIN_LINE_MAX : buf_len(&c->in) > ADMIN_LINE_MAX)
		bad_line(c, "a line that is too long");
	else if (whole)
		take_line(c, line);
	else if (c->eof)
		stream_close(c->stream);
	else
		pause_reading(c, false);
}

static void on_data(void *arg, struct str data)
{
	struct admin_conn *c = arg;
	if (c->closing)
		return;
	buf_add(&c->in, data);
	if (!buf_ok(&c->in)) {
		bad_line(c, "a line that is too long");
		return;
	}
	/* One line at a time; on_next resumes when there is none left. */
	pause_reading(c, true);
	loop_defer(c->admin->loop, &c->next);
}

static void on_drain(void *arg)
{
	struct admin_conn *c = arg;
	loop_defer(c->admin->loop, &c->next);
}

static void on_eof(void *arg, bool clean)
{
	struct admin_conn *c = arg;
	(void)clean;
	c->eof = true;
	loop_defer(c->admin->loop, &c->next);
}

static void on_closed(void *arg, enum err why, const char *text)
{
	struct admin_conn *c = arg;
	(void)why;
	(void)text;
	c->stream = NULL;
	conn_free_if_over(c);
}

static void on_idle(struct loop_timer *t)
{
	struct admin_conn *c = CONTAINER_OF(t, struct admin_conn, idle);
	if (c->stream && !c->running)
		stream_close(c->stream);
}

void admin_init(struct admin *a, struct loop *loop, const struct admin_command *commands, void *arg)
{
	*a = (struct admin){.loop = loop, .commands = commands, .arg = arg};
}

void admin_on_stream(void *admin, struct stream *s)
{
	static const struct stream_events ev = {
	    .on_data = on_data, .on_drain = on_drain, .on_eof = on_eof, .on_closed = on_closed};
	struct admin *a = admin;
	struct admin_conn *c = xcalloc(1, sizeof *c);
	c->admin = a;
	c->stream = s;
	c->idle.fire = on_idle;
	c->next.run = on_next;
	buf_init(&c->in, ADMIN_LINE_MAX + PIECE_MAX);
	list_push(&a->conns, &c->node);
	loop_timer_set(a->loop, &c->idle, ADMIN_IDLE_MS);
	stream_listen(s, &ev, c);
}

void admin_close(struct admin *a)
{
	list_for_each_safe (n, &a->conns) {
		struct admin_conn *c = LIST_ITEM(n, struct admin_conn, node);
		if (c->stream)
			stream_close(c->stream);
	}
}
