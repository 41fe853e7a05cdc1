/*
 * The log as every layer sees it: one event, one line, a dotted event name and typed fields. The sink (JSON or
 * logfmt, levels, escaping) is daemon/core/log.c; tests put a capturing sink in its place.
 *
 *   LOG(log, LOG_INFO, "session.ready", "logged in", F_STR("registry", name), F_U64("session", id));
 *
 * Event names and field names are documented in systemd/logs.md. Levels:
 *   error    the gateway cannot do its work, somebody must act       warning  something is off, the work goes on
 *   notice   rare and important, nothing is wrong                     info     one line per batch, session, item end
 *   debug    for developers
 */
#ifndef VNEPP_BASE_LOGAPI_H
#define VNEPP_BASE_LOGAPI_H

#include "epp/base/attr.h"
#include "epp/base/str.h"

#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

struct log_field {
	const char *key;
	enum { LOG_FIELD_STR, LOG_FIELD_U64, LOG_FIELD_I64 } type;
	struct str str; /* peer text is fine: the sink escapes it */
	uint64_t u64;
	int64_t i64;
};

#define F_STR(k, s) ((struct log_field){.key = (k), .type = LOG_FIELD_STR, .str = (s)})
#define F_C(k, c)   ((struct log_field){.key = (k), .type = LOG_FIELD_STR, .str = str_c(c)})
#define F_U64(k, v) ((struct log_field){.key = (k), .type = LOG_FIELD_U64, .u64 = (uint64_t)(v)})
#define F_I64(k, v) ((struct log_field){.key = (k), .type = LOG_FIELD_I64, .i64 = (int64_t)(v)})

struct log {
	/* Events above this are dropped before their fields are built. May change while other threads log. */
	enum log_level level;
	void (*write)(struct log *log, enum log_level level, const char *event, const char *text,
	              const struct log_field *fields, size_t n);
};

/* `log` may be NULL: nothing is logged. */
#define LOG(logger, lvl, event, text, ...)                                                          \
	do {                                                                                        \
		struct log *log__ = (logger);                                                       \
		if (log__ && (int)(lvl) <= (int)__atomic_load_n(&log__->level, __ATOMIC_RELAXED)) { \
			const struct log_field fields__[] = {__VA_ARGS__};                          \
			log__->write(log__, (lvl), (event), (text), fields__, ARRAY_LEN(fields__)); \
		}                                                                                   \
	} while (0)

#endif
