/* vnepp completion: words for the shell, made from the tables of commands and options. */
#include "daemon/cli/cli.h"

#include <string.h>

static void add_options(const struct opt *opts, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, " --%s", opts[i].name);
}

/* First words of the commands, each once. */
static void add_first_words(struct buf *out)
{
	struct str last = STR_NONE;
	for (size_t i = 0; i < cli_command_count; i++) {
		struct str rest = str_c(cli_commands[i]->name), word = str_split(&rest, ' ');
		if (!str_eq(word, last))
			buf_printf(out, "%.*s ", STR_ARG(word));
		last = word;
	}
	buf_lit(out, "help --version");
}

/* Second words of the commands that have two. */
static void add_second_words(struct buf *out)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		struct str rest = str_c(cli_commands[i]->name), word = str_split(&rest, ' ');
		if (!rest.len)
			continue;
		buf_printf(out, "\t[ \"$first\" = %.*s ] && words=\"$words %.*s\"\n", STR_ARG(word),
		           STR_ARG(rest));
	}
}

static void add_command_options(struct buf *out)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *c = cli_commands[i];
		struct opt_set conn = cli_conn_options(c->uses, NULL);
		const char *space = strchr(c->name, ' ');
		buf_printf(out, "\t'%s%s) words=\"--help", c->name, space ? "'" : " '*");
		add_options(c->opts, c->opt_count, out);
		add_options(conn.opts, conn.count, out);
		buf_lit(out, "\" ;;\n");
	}
}

static void print_bash(struct buf *out)
{
	buf_lit(
	    out,
	    "_vnepp() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words= first=${COMP_WORDS[1]-} second=${COMP_WORDS[2]-}\n"
	    "\tCOMPREPLY=()\n"
	    "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	    "\t\tCOMPREPLY=($(compgen -W \"");
	add_first_words(out);
	buf_lit(out, "\" -- \"$cur\"))\n"
	             "\t\treturn\n"
	             "\tfi\n"
	             "\tif [ \"$COMP_CWORD\" -eq 2 ]; then\n"
	             "\t:\n");
	add_second_words(out);
	buf_lit(out, "\tfi\n"
	             "\tif [ -z \"$words\" ] && [ \"${cur#-}\" != \"$cur\" ]; then\n"
	             "\tcase \"$first $second\" in\n");
	add_command_options(out);
	buf_lit(out, "\tesac\n"
	             "\tfi\n"
	             "\tif [ -n \"$words\" ]; then\n"
	             "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	             "\telse\n"
	             "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	             "\tfi\n"
	             "}\n"
	             "complete -F _vnepp vnepp\n");
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	struct buf out;
	(void)cli, (void)args, (void)count;
	bool zsh = strcmp(operands[0], "zsh") == 0;
	if (!zsh && strcmp(operands[0], "bash") != 0) {
		cli_error("'%s' is not bash or zsh", operands[0]);
		return CLI_USAGE;
	}
	buf_init(&out, 64u << 10);
	if (zsh)
		buf_lit(&out,
		        "#compdef vnepp\nautoload -U +X compinit bashcompinit\ncompinit\nbashcompinit\n");
	print_bash(&out);
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed ? CLI_DONE : CLI_FAILED;
}

const struct cli_command cmd_completion = {
    .name = "completion",
    .operands = "bash|zsh",
    .summary = "words for the shell",
    .help = "For this shell: source <(vnepp completion bash)\n",
    .uses = CLI_USES_NOTHING,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
