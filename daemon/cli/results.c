/* A file under a temporary name until it is whole: half a result must not be taken for one. */
#include "daemon/cli/results.h"

#include <errno.h>
#include <string.h>

enum err results_open(struct results_file *f, const char *path, struct arena *arena, struct errmsg *e)
{
	*f = (struct results_file){.out = stdout, .path = path};
	if (!path)
		return OK;
	f->part = arena_printf(arena, "%s.part", path).ptr;
	f->out = fopen(f->part, "we");
	return f->out ? OK : err_set(e, ERR_IO, "%s: %s", f->part, strerror(errno));
}

enum err results_close(struct results_file *f, bool complete, struct errmsg *e)
{
	bool written = fflush(f->out) == 0 && !ferror(f->out);
	int why = errno;
	if (f->path && fclose(f->out) != 0 && written) {
		why = errno;
		written = false;
	}
	if (f->path && complete && written && rename(f->part, f->path) != 0) {
		why = errno;
		written = false;
	}
	if (f->path && !(complete && written))
		(void)remove(f->part); /* half a file that nobody asked for */
	f->out = NULL;
	return written ? OK
	               : err_set(e, ERR_IO, "%s: %s", f->path ? f->path : "standard output", strerror(why));
}
