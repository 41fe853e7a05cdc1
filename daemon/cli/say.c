/* How every command prints, and complains. */
#include "daemon/cli/cli.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cli_error(const char *fmt, ...)
{
	va_list ap;
	(void)fputs("vnepp: ", stderr); /* nothing is left to do without a stderr */
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

bool cli_print(const struct buf *b)
{
	struct str s = buf_str(b);
	if (fwrite(s.ptr, 1, s.len, stdout) == s.len && fflush(stdout) == 0)
		return true;
	cli_error("standard output: %s", strerror(errno));
	return false;
}

const char *cli_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}
