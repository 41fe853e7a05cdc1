/* Opening, spooling and hashing. */
#include "daemon/cli/source.h"

#include "daemon/cli/interrupt.h"
#include "epp/base/hash.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define CHUNK 65536

static enum err spool_stdin(FILE **out, struct errmsg *e)
{
	char chunk[CHUNK];
	size_t n;
	FILE *f = tmpfile();
	if (!f)
		return err_set(e, ERR_IO, "no temporary file for standard input: %s", strerror(errno));
	while ((n = fread(chunk, 1, sizeof chunk, stdin)) && !interrupt_seen())
		if (fwrite(chunk, 1, n, f) != n)
			break;
	if (ferror(stdin) || ferror(f) || fflush(f) != 0 || interrupt_seen()) {
		(void)fclose(f); /* it is unnamed and goes away */
		return err_set(e, ERR_IO, "standard input cannot be kept: %s",
		               interrupt_seen() ? "interrupted" : strerror(errno));
	}
	*out = f;
	return OK;
}

static enum err open_file(const char *name, FILE **out, struct errmsg *e)
{
	struct stat st;
	FILE *f = fopen(name, "re");
	if (!f)
		return err_set(e, ERR_NOT_FOUND, "%s: %s", name, strerror(errno));
	if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)fclose(f); /* nothing was written */
		return err_set(e, ERR_INVALID, "%s: not a regular file", name);
	}
	*out = f;
	return OK;
}

static enum err make_key(struct source *s, struct errmsg *e)
{
	char chunk[CHUNK], hex[SHA256_HEX];
	size_t n;
	struct sha256 sum;
	const char *slash = strrchr(s->name, '/');
	struct sha256_stream *hash = sha256_stream_new();
	rewind(s->file);
	while ((n = fread(chunk, 1, sizeof chunk, s->file))) {
		sha256_stream_add(hash, str_make(chunk, n));
		s->len_bytes += n;
	}
	sha256_stream_add(hash, str_make("", 1)); /* the NUL keeps content and name apart */
	sha256_stream_add(hash, str_c(slash ? slash + 1 : s->name));
	sha256_stream_finish(hash, &sum);
	hash_hex(hex, sum.bytes, SHA256_LEN);
	(void)snprintf(s->key, sizeof s->key, "vnepp-%.40s", hex);
	return ferror(s->file) ? err_set(e, ERR_IO, "%s: cannot be read", s->name) : OK;
}

enum err source_open(const char *name, struct source *out, struct errmsg *e)
{
	*out = (struct source){.name = name};
	enum err err = strcmp(name, "-") == 0 ? spool_stdin(&out->file, e) : open_file(name, &out->file, e);
	if (!err)
		err = make_key(out, e);
	if (err)
		source_close(out);
	return err;
}

void source_close(struct source *s)
{
	if (s->file)
		(void)fclose(s->file); /* only read, or unnamed */
	s->file = NULL;
}
