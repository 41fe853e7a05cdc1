/* Shared by the files of the administration listener: http_admin.c (routes), http_events.c (live), http_history.c. */
#ifndef VNEPP_ADMIN_HTTP_INT_H
#define VNEPP_ADMIN_HTTP_INT_H

#include "daemon/admin/http_access.h"
#include "daemon/admin/http_admin.h"
#include "daemon/core/loop.h"
#include "daemon/net/http1.h"

struct http_admin {
	struct http_admin_deps d;
	struct http_server server;
	struct http_access access;
	struct list streams;  /* of struct event_stream; owned */
	struct list readings; /* of struct reading (history under way); owned */
	struct loop_timer tick;
	struct buf status; /* the event of this tick */
	bool draining;
};

/* A file of the page, built in (see Makefile). */
struct http_page_file {
	const char *path, *type;
	const unsigned char *data;
	size_t len;
};
extern const struct http_page_file http_page_files[]; /* NULL path at the end */

/* With the headers that every answer has. */
void http_admin_answer(struct http_request *r, int status, const char *type, struct str body);
#define HTTP_ADMIN_FIELDS 7
/* Fills the common headers; returns how many. */
size_t http_admin_fields(struct http_field fields[HTTP_ADMIN_FIELDS], const char *type);

/* http_events.c */
void http_events_begin(struct http_admin *a, struct http_request *r);
void http_events_end(struct http_admin *a);
/* http_history.c */
void http_history_begin(struct http_admin *a, struct http_request *r);
void http_history_free(struct http_admin *a);

#endif
