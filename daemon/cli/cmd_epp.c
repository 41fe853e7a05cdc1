/* vnepp epp decode: captured frames in readable form, without secrets. */
#include "daemon/cli/cli.h"
#include "epp/frame.h"
#include "epp/redact.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CAPTURE_MAX (64u << 20) /* a capture that a person reads is far smaller */
#define PRINTED_MAX (512u << 20)

static enum err read_all(const char *name, struct buf *in, struct errmsg *e)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	char chunk[65536];
	size_t n;
	if (!f)
		return err_set(e, ERR_NOT_FOUND, "%s: %s", name, strerror(errno));
	while ((n = fread(chunk, 1, sizeof chunk, f)))
		buf_append(in, chunk, n);
	bool failed = ferror(f);
	if (f != stdin)
		(void)fclose(f); /* only read */
	if (failed)
		return err_set(e, ERR_IO, "%s: %s", name, strerror(errno));
	return buf_ok(in) ? OK : err_set(e, ERR_TOO_LONG, "%s: longer than %u MiB", name, CAPTURE_MAX >> 20);
}

/* One frame after the other; text without a header, or what is left when headers stop making sense, as one. */
static enum err decode(struct str in, struct buf *out)
{
	while (in.len) {
		struct str payload;
		size_t used;
		if (epp_frame_next(in, EPP_FRAME_MAX_AFTER_LOGIN, &payload, &used)) {
			payload = in;
			used = in.len;
		}
		enum err err = epp_redact_print(payload, out);
		if (err)
			return err;
		in = str_make(in.ptr + used, in.len - used);
		if (in.len || !str_ends(buf_str(out), STR("\n")))
			buf_byte(out, '\n');
	}
	return OK;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	struct buf in, out;
	struct errmsg e = {""};
	int result = CLI_FAILED;
	(void)cli, (void)args, (void)count;
	buf_init(&in, CAPTURE_MAX);
	buf_init(&out, PRINTED_MAX);
	enum err err = read_all(operands[0], &in, &e);
	if (!err && !buf_len(&in))
		err = err_set(&e, ERR_INVALID, "%s: empty", operands[0]);
	if (!err && decode(buf_str(&in), &out))
		err = err_set(&e, ERR_TOO_LONG, "%s: too long to print", operands[0]);
	if (err)
		cli_error("%s", e.text);
	else if (cli_print(&out))
		result = CLI_DONE;
	buf_fini(&in);
	buf_fini(&out);
	return result;
}

const struct cli_command cmd_epp_decode = {
    .name = "epp decode",
    .operands = "FILE|-",
    .summary = "print captured EPP frames readably, secrets removed",
    .help = "The file holds one or more frames with their length headers, or one XML document. Passwords, "
            "authInfo\n"
            "and identity numbers are not printed. A broken frame is printed as far as it can be read.\n",
    .uses = CLI_USES_NOTHING,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
