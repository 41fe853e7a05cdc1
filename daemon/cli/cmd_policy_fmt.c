/* vnepp policy fmt: rule files in their canonical layout, comments kept. */
#include "daemon/cli/cli.h"
#include "daemon/cli/policy_folder.h"
#include "epp/base/yaml.h"
#include "policy/format.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX  256
#define REPORT_MAX (16u << 20)

struct fmt_args {
	bool check, print, json;
};

static const struct opt opts[] = {
    {"check", 0, OPT_FLAG, offsetof(struct fmt_args, check), NULL,
     "change nothing, name the files that would change", NULL, 0, 0},
    {"print", 0, OPT_FLAG, offsetof(struct fmt_args, print), NULL, "print the result, write nothing", NULL, 0,
     0},
    {"json", 0, OPT_FLAG, offsetof(struct fmt_args, json), NULL, "print what was found as JSON", NULL, 0, 0},
};

struct job {
	const struct fmt_args *a;
	struct diag d;
	struct buf out;
	size_t files, changed, failed;
};

/* In place of the old one at once, with its permissions; never half a file. */
static bool replace(struct job *j, const char *path, const struct buf *text)
{
	char temp[4200];
	struct stat st;
	struct str s = buf_str(text);
	snprintf(temp, sizeof temp, "%s.%ld.tmp", path, (long)getpid());
	FILE *f = fopen(temp, "wxe");
	bool good = f && fwrite(s.ptr, 1, s.len, f) == s.len && fflush(f) == 0 && fsync(fileno(f)) == 0;
	if (good && stat(path, &st) == 0)
		good = fchmod(fileno(f), st.st_mode & 07777) == 0;
	if (f && fclose(f) != 0)
		good = false;
	if (good && rename(temp, path) == 0)
		return true;
	diag_error(&j->d, DIAG_NOWHERE, "%s: cannot be written: %s", path, strerror(errno));
	(void)unlink(temp); /* it may not be there */
	return false;
}

static void note_changed(struct job *j, const char *path)
{
	j->changed++;
	if (j->a->json || j->a->print)
		return;
	buf_printf(&j->out, "%s%s\n", j->a->check ? "would change: " : "", path);
}

static void format_file(struct job *j, const char *path)
{
	struct buf before, after;
	buf_init(&after, 2 * YAML_MAX_BYTES);
	j->files++;
	bool good =
	    yaml_read_text(&j->d, path, &before) && policy_format(path, buf_str(&before), &j->d, &after);
	if (good && j->a->print)
		buf_add(&j->out, buf_str(&after));
	if (good && !str_eq(buf_str(&before), buf_str(&after))) {
		note_changed(j, path);
		if (!j->a->check && !j->a->print)
			good = replace(j, path, &after);
	}
	j->failed += !good;
	buf_fini(&before);
	buf_fini(&after);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void format_folder(struct cli *cli, struct job *j, const char *path)
{
	const char *names[FILES_MAX];
	size_t count = 0;
	DIR *dir = opendir(path);
	for (struct dirent *e = dir ? readdir(dir) : NULL; e && count < FILES_MAX; e = readdir(dir))
		if (e->d_name[0] != '.' && str_ends(str_c(e->d_name), STR(".yaml")))
			names[count++] = arena_printf(&cli->arena, "%s/%s", path, e->d_name).ptr;
	if (dir)
		(void)closedir(dir); /* was only read */
	else
		diag_error(&j->d, DIAG_NOWHERE, "%s: cannot be read: %s", path, strerror(errno));
	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 0; i < count; i++)
		format_file(j, names[i]);
	j->failed += !dir;
}

static void format_operand(struct cli *cli, struct job *j, const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		format_folder(cli, j, path);
	else
		format_file(j, path);
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	struct job j = {.a = args};
	struct buf findings;
	diag_init(&j.d);
	buf_init(&j.out, REPORT_MAX);
	buf_init(&findings, REPORT_MAX);
	if (count == 0)
		format_operand(cli, &j, policy_rules_folder(operands, 0));
	for (size_t i = 0; i < count; i++)
		format_operand(cli, &j, operands[i]);
	if (j.a->json)
		buf_printf(&j.out, "{\"files\":%zu,\"changed\":%zu,\"failed\":%zu}\n", j.files, j.changed,
		           j.failed);
	diag_print(&j.d, &findings);
	(void)fwrite(buf_data(&findings), 1, buf_len(&findings),
	             stderr); /* nothing is left to do without it */
	bool printed = cli_print(&j.out);
	int result = j.failed || !printed ? CLI_FAILED : j.a->check && j.changed ? CLI_PARTLY : CLI_DONE;
	buf_fini(&findings);
	buf_fini(&j.out);
	diag_fini(&j.d);
	return result;
}

const struct cli_command cmd_policy_fmt = {
    .name = "policy fmt",
    .operands = "[DIR|FILE...]",
    .summary = "rule files and cases in their canonical layout, comments kept",
    .help = "Prints the names of the files that it changed. A file that could not be laid out without moving "
            "a comment or a\n"
            "word is left as it is.\n"
            "Exit status: 0 done, 1 a file could not be read or written, 2 usage, 3 with --check: files "
            "would change.\n",
    .uses = CLI_USES_NOTHING,
    .max_operands = FILES_MAX,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct fmt_args),
    .run = run,
};
