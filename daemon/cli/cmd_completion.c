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

static bool has_choices(const struct opt *o)
{
	return o->kind == OPT_CHOICE || o->kind == OPT_WORD;
}

static void add_choices(const struct opt *o, const char *between, struct buf *out)
{
	for (size_t i = 0; o->choices[i]; i++)
		buf_printf(out, "%s%s", i ? between : "", o->choices[i]);
}

/* ---- bash ------------------------------------------------------------------------------------------------------------------- */

/* What an option may be, after it. */
static void add_values(struct buf *out)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *c = cli_commands[i];
		const char *any = strchr(c->name, ' ') ? "" : " '*'";
		for (size_t k = 0; k < c->opt_count; k++) {
			const struct opt *o = &c->opts[k];
			if (!has_choices(o))
				continue;
			buf_printf(out, "\t'%s%s --%s'", c->name, any, o->name);
			if (o->letter)
				buf_printf(out, "|'%s%s -%c'", c->name, any, o->letter);
			buf_lit(out, ") words=\"");
			add_choices(o, " ", out);
			buf_lit(out, "\" ;;\n");
		}
	}
}

static void print_bash(struct buf *out)
{
	buf_lit(out, "_vnepp() {\n"
	             "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]-} words=\n"
	             "\tlocal first=${COMP_WORDS[1]-} second=${COMP_WORDS[2]-}\n"
	             "\tCOMPREPLY=()\n"
	             "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	             "\t\tCOMPREPLY=($(compgen -W \"");
	add_first_words(out);
	buf_lit(out, "\" -- \"$cur\"))\n"
	             "\t\treturn\n"
	             "\tfi\n"
	             "\tif [ \"$cur\" = = ]; then cur=\n"
	             "\telif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]-}; fi\n"
	             "\tif [ \"$COMP_CWORD\" -eq 2 ]; then\n"
	             "\t:\n");
	add_second_words(out);
	buf_lit(out, "\tfi\n"
	             "\tcase \"$first $second $prev\" in\n");
	add_values(out);
	buf_lit(out, "\tesac\n"
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

/* ---- zsh -------------------------------------------------------------------------------------------------------------------- */

/* Text within single quotes; within brackets of a specification those are escaped as well. */
static void add_quoted(const char *text, bool in_brackets, struct buf *out)
{
	for (; *text; text++) {
		if (*text == '\'')
			buf_lit(out, "'\\''");
		else if (in_brackets && strchr("[]\\", *text))
			buf_printf(out, "\\%c", *text);
		else
			buf_byte(out, *text);
	}
}

static bool is_file(const struct opt *o)
{
	return o->value && (strcmp(o->value, "FILE") == 0 || strcmp(o->value, "PATH") == 0 ||
	                    strcmp(o->value, "DIR") == 0 || strstr(o->value, "DIR|"));
}

/* '(-f --follow)'{-f,--follow}'[HELP]:VALUE:ACTION' */
static void add_spec(const struct opt *o, struct buf *out)
{
	const char *equals = o->kind == OPT_FLAG ? "" : "=";
	buf_lit(out, " \\\n\t\t\t");
	if (o->letter)
		buf_printf(out, "'(-%c --%s)'{-%c%s,--%s%s}'", o->letter, o->name, o->letter,
		           o->kind == OPT_FLAG ? "" : "+", o->name, equals);
	else
		buf_printf(out, "'--%s%s", o->name, equals);
	buf_byte(out, '[');
	add_quoted(o->help, true, out);
	buf_byte(out, ']');
	if (o->kind != OPT_FLAG) {
		buf_byte(out, ':');
		add_quoted(o->value, false, out);
		buf_byte(out, ':');
	}
	if (has_choices(o)) {
		buf_byte(out, '(');
		add_choices(o, " ", out);
		buf_byte(out, ')');
	} else if (is_file(o)) {
		buf_lit(out, "_files");
	}
	buf_byte(out, '\'');
}

static void add_arguments(const struct cli_command *c, struct buf *out)
{
	struct opt_set conn = cli_conn_options(c->uses, NULL);
	bool two = strchr(c->name, ' ') != NULL;
	buf_printf(out, "\t'%s%s)\n", c->name, two ? "'" : " '*");
	buf_printf(out, "\t\tshift %s words; (( CURRENT -= %s ))\n", two ? "2" : "1", two ? "2" : "1");
	buf_lit(out, "\t\t_arguments -s -S '--help[what it does, and its options]'");
	for (size_t i = 0; i < c->opt_count; i++)
		add_spec(&c->opts[i], out);
	for (size_t i = 0; i < conn.count; i++)
		add_spec(&conn.opts[i], out);
	if (*c->operands) {
		buf_lit(out, " \\\n\t\t\t'*:");
		for (const char *p = c->operands; *p; p++)
			if (*p != ':')
				add_quoted((const char[]){*p, '\0'}, false, out);
		buf_lit(out, ":_files'");
	}
	buf_lit(out, " ;;\n");
}

/* The words at a place, each with what it does: "first" when `of` is empty, else the second ones of that first word. */
static void add_described(struct str of, struct buf *out)
{
	struct str last = STR_NONE;
	for (size_t i = 0; i < cli_command_count; i++) {
		struct str rest = str_c(cli_commands[i]->name), word = str_split(&rest, ' ');
		bool group = of.len == 0 && rest.len;
		if (of.len ? !str_eq(word, of) || !rest.len : str_eq(word, last))
			continue;
		last = word;
		buf_printf(out, " \\\n\t\t\t'%.*s:", STR_ARG(of.len ? rest : word));
		add_quoted(group ? "several commands" : cli_commands[i]->summary, false, out);
		buf_byte(out, '\'');
	}
}

static void add_groups(struct buf *out)
{
	struct str last = STR_NONE;
	for (size_t i = 0; i < cli_command_count; i++) {
		struct str rest = str_c(cli_commands[i]->name), word = str_split(&rest, ' ');
		if (!rest.len || str_eq(word, last))
			continue;
		last = word;
		buf_printf(out, "\t%.*s) list=(", STR_ARG(word));
		add_described(word, out);
		buf_lit(out, ") ;;\n");
	}
}

/* For `source`, and as the file _vnepp in a folder of $fpath, which is run at the first completion. */
static void print_zsh(struct buf *out)
{
	buf_lit(out, "#compdef vnepp\n"
	             "_vnepp() {\n"
	             "\tlocal -a list\n"
	             "\tif (( CURRENT == 2 )); then\n"
	             "\t\tlist=(");
	add_described(STR_NONE, out);
	buf_lit(
	    out,
	    " \\\n\t\t\t'help:the list of commands, or a command with its options' '--version:the version')\n"
	    "\t\t_describe -t commands 'command of vnepp' list\n"
	    "\t\treturn\n"
	    "\tfi\n"
	    "\tif (( CURRENT == 3 )); then\n"
	    "\tcase $words[2] in\n");
	add_groups(out);
	buf_lit(out, "\tesac\n"
	             "\tif (( $#list )) && _describe -t commands \"command of vnepp $words[2]\" list; then "
	             "return; fi\n"
	             "\tfi\n"
	             "\tcase \"$words[2] $words[3]\" in\n");
	for (size_t i = 0; i < cli_command_count; i++)
		add_arguments(cli_commands[i], out);
	buf_lit(out, "\t*) _files ;;\n"
	             "\tesac\n"
	             "}\n"
	             "if [ \"$funcstack[1]\" = _vnepp ]; then\n"
	             "\t_vnepp \"$@\"\n"
	             "else\n"
	             "\t(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }\n"
	             "\tcompdef _vnepp vnepp\n"
	             "fi\n");
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
	buf_init(&out, 1u << 20);
	if (zsh)
		print_zsh(&out);
	else
		print_bash(&out);
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed ? CLI_DONE : CLI_FAILED;
}

const struct cli_command cmd_completion = {
    .name = "completion",
    .operands = "bash|zsh",
    .summary = "words for the shell",
    .help = "For this shell: source <(vnepp completion bash), or source <(vnepp completion zsh). For every "
            "shell\n"
            "'make install' puts them into their places; or have zsh find them as the file _vnepp in a "
            "folder of\n"
            "its $fpath.\n",
    .uses = CLI_USES_NOTHING,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
