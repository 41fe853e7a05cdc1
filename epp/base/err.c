/* Names and texts of the error enum, and messages with context. */
#include "epp/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *text;
	enum err_class cls;
} table[] = {
#define X(name, cls, text) [name] = {#name, text, ERR_CLASS_##cls},
    ERR_CODES(X)
#undef X
};

static size_t row(enum err e)
{
	return (unsigned)e < ERR__COUNT ? (size_t)e : (size_t)ERR_INTERNAL;
}

const char *err_name(enum err e)
{
	return table[row(e)].name;
}

const char *err_text(enum err e)
{
	return table[row(e)].text;
}

enum err_class err_class(enum err e)
{
	return table[row(e)].cls;
}

enum err err_set(struct errmsg *m, enum err e, const char *fmt, ...)
{
	if (m) {
		va_list ap;
		va_start(ap, fmt);
		vsnprintf(m->text, sizeof m->text, fmt, ap);
		va_end(ap);
	}
	return e;
}

enum err err_wrap(struct errmsg *m, enum err e, const char *fmt, ...)
{
	if (m) {
		char old[ERRMSG_MAX];
		memcpy(old, m->text, sizeof old);
		va_list ap;
		va_start(ap, fmt);
		int n = vsnprintf(m->text, sizeof m->text, fmt, ap);
		va_end(ap);
		if (n >= 0 && (size_t)n < sizeof m->text)
			snprintf(m->text + n, sizeof m->text - (size_t)n, ": %s", old);
	}
	return e;
}
