/* Shared by the files of a session: session.c (life and sending), session_login.c (greeting and log-in),
 * session_leave.c (when what was sent has left), session_answer.c (frames that come in). */
#ifndef VNEPP_SESSION_INT_H
#define VNEPP_SESSION_INT_H

#include "daemon/core/loop.h"
#include "daemon/core/sm.h"
#include "daemon/session/session.h"

#define SESSION_MAGIC    0x53455353u
#define SESSION_LANG_MAX 16

struct session {
	uint32_t magic;
	struct session_config c;
	struct session_events ev;
	void *arg;
	struct sm sm;               /* enum session_state */
	struct stream *stream;      /* borrowed from itself until its on_closed */
	struct buf in;              /* received, not parsed yet */
	struct list flying;         /* session_command.node, in the order sent */
	struct session_command own; /* log-in, keepalive, log-out: one at a time */
	bool own_busy;
	struct ceiling_claim claim; /* of the own command that waits */
	struct loop_timer deadline; /* of the state, or of the oldest command in flight */
	struct loop_timer keepalive, age;
	struct loop_hook leave;   /* behind the layers of the stream, at the end of a turn */
	unsigned leave_layers;    /* that it may still have to pass */
	struct loop_timer unhold; /* when to look again at what the other side does not take */
	struct loop_task more;    /* frames left over from the last turn; reading is paused */
	bool deaf;                /* the other side is gone: what came is still read, nothing more is sent */
	bool discard;             /* the registry does not take us as logged in */
	uint64_t give_up_at;      /* loop time when waiting for the ceiling ends */
	uint64_t idle_since, opened_ms, ready_ms;
	uint64_t own_counter, written; /* written: bytes of all frames */
	uint64_t unsent_from;          /* at the end: commands from this position on never left */
	uint32_t lost;
	int login_code;
	struct str *ext_uris, *obj_uris; /* agreed with the greeting; texts borrowed from the configuration */
	size_t ext_count, obj_count;
	char language[SESSION_LANG_MAX + 1];
	enum session_end why;
	char text[ERRMSG_MAX];
};

#define SESSION_FIELDS(s) \
	F_C("registry", (s)->c.registry), F_C("account", (s)->c.account), F_U64("session", (s)->c.id)

typedef enum err (*session_build_fn)(struct session_command *c, struct buf *out, struct errmsg *e);
typedef void (*session_done_fn)(struct session_command *c, enum session_outcome outcome,
                                const struct epp_response *r, const char *text);

static inline bool session_is(const struct session *s, enum session_state state)
{
	return sm_state(&s->sm) == (int)state;
}

/* Shows a frame to whoever looks. */
static inline void session_show(const struct session *s, bool sent, struct str frame)
{
	if (s->c.tap && s->c.tap->frame)
		s->c.tap->frame(s->c.tap->arg, s->c.id, sent, frame);
}

/* session.c */
void session_move(struct session *s, enum session_state to);
/* Idempotent. `abort`: at once, what was not written yet is dropped; otherwise it leaves first. */
void session_finish(struct session *s, enum session_end why, bool abort, const char *text);
/* A command of our own; false when the ceiling (a claim waits then) or an earlier one is in the way. */
bool session_put_own(struct session *s, char step, session_build_fn build, session_done_fn done);
/* Until it may go; at least 1. */
uint64_t session_claim_wait_ms(const struct session *s);
struct session *session_of_own(struct session_command *c);
/* Sets the deadline for the oldest command in flight. */
void session_watch_oldest(struct session *s);
/* Draining, and nothing is in flight any more: logs out. */
void session_try_logout(struct session *s);

/* session_login.c */
void session_greeted(struct session *s, const struct epp_greeting *g);
/* Sends <login>, or waits for the ceiling until s->give_up_at. */
void session_try_login(struct session *s);

/* session_leave.c */
void session_leave_init(struct session *s);
/* A command has been put into the stream. */
void session_leave_put(struct session *s);
/* Its answer has come, sooner than it was seen to have left. */
void session_leave_answered(struct session *s, const struct session_command *c);
/* The stream is gone: what has not left never will. */
void session_leave_end(struct session *s);
/* Something waits for the other side to read. */
bool session_leave_waits(const struct session *s);

/* session_answer.c */
/* Handles the frames in s->in; goes on in the next turn when there are many. */
void session_read(struct session *s);
/* Handles all of them: no more will come. */
void session_read_rest(struct session *s);

#endif
