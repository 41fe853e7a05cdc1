/*
 * A request whose body is one small JSON text, read whole before anything is done. Embedded as the first member of what
 * handles the request; freed with it.
 */
#ifndef VNEPP_API_API_BODY_H
#define VNEPP_API_API_BODY_H

#include "daemon/api/api_int.h"
#include "epp/base/buf.h"

struct api_body {
	struct api_call call;
	struct buf text;
	size_t max_bytes;
	/* The body is complete and not too long. */
	void (*on_complete)(struct api_body *b);
	bool complete; /* the connection's end leaves the call to whatever is under way */
};

/*
 * A zeroed struct of `size` bytes with an api_body at its head, or NULL when the request was answered: 415 unless it says
 * application/json. `release` calls api_body_release() last.
 */
void *api_body_new(const struct api_request *q, size_t size, size_t max_bytes,
                   void (*on_complete)(struct api_body *b), void (*release)(struct api_call *c));
void api_body_release(struct api_body *b);
/* Answers, when there is still somebody to hear it, and ends the call. */
void api_body_end_with(struct api_body *b, const struct api_problem *p);

#endif
