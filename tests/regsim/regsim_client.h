/* A raw EPP client for tests of the simulator: hand-written XML in, frames out, on a virtual loop. */
#ifndef VNEPP_REGSIM_CLIENT_H
#define VNEPP_REGSIM_CLIENT_H

#include "epp/base/buf.h"
#include "tests/harness/vloop.h"
#include "tests/regsim/regsim.h"

#include <stdbool.h>

#define REGSIM_CLIENT_NS "urn:ietf:params:xml:ns:epp-1.0"
/* A whole command around `body`, with a clTRID. */
#define REGSIM_CMD(body, cltrid) \
	"<epp xmlns=\"" REGSIM_CLIENT_NS "\"><command>" body "<clTRID>" cltrid "</clTRID></command></epp>"

struct regsim_client {
	struct vloop *loop; /* borrowed */
	struct regsim_conn *conn;
	struct buf in; /* what came and was not taken */
	size_t sends;  /* pieces in which it came */
	bool closed, aborted;
};

void regsim_client_open(struct regsim_client *c, struct vloop *loop, struct regsim *sim, const char *subject);
/* Hands the connection back. */
void regsim_client_fini(struct regsim_client *c);
/* Sends a frame; nothing is waited for. */
void regsim_client_send(struct regsim_client *c, const char *xml);
void regsim_client_send_raw(struct regsim_client *c, const void *bytes, size_t len);
/* Appends a frame to `out`, to be sent with others. */
void regsim_client_frame(struct buf *out, const char *xml);
/*
 * Takes the next whole frame, moving the clock by at most `max_ms`; NUL-terminated, valid until the next call; NULL
 * when none comes.
 */
const char *regsim_client_take(struct regsim_client *c, uint64_t max_ms);
/* Sends and takes. */
const char *regsim_client_ask(struct regsim_client *c, const char *xml);
/* The first result code in an answer; 0 for none, and for NULL. */
int regsim_client_code(const char *answer);
/* Sends, and takes the code alone. */
int regsim_client_ask_code(struct regsim_client *c, const char *xml);
/* Logs in to all services; the code. Takes the greeting first when it is there. */
int regsim_client_login(struct regsim_client *c, const char *login, const char *password);

#endif
