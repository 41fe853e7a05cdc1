/* Reading words against tables of options. */
#include "daemon/cli/opt.h"

#include "epp/base/str.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 28 /* where the explanation begins */

struct found {
	const struct opt *opt;
	void *into;
};

static bool find(const struct opt_set *sets, size_t set_count, struct str name, char letter,
                 struct found *out)
{
	for (size_t s = 0; s < set_count; s++)
		for (size_t i = 0; i < sets[s].count; i++) {
			const struct opt *o = &sets[s].opts[i];
			if (letter ? o->letter == letter : str_eq_c(name, o->name)) {
				*out = (struct found){o, (char *)sets[s].into + o->offset};
				return true;
			}
		}
	return false;
}

static enum err find_choice(const struct opt *o, int *into, const char *value, struct errmsg *e)
{
	char all[ERRMSG_MAX / 2] = "";
	for (int i = 0; o->choices[i]; i++) {
		if (strcmp(o->choices[i], value) == 0) {
			*into = i;
			return OK;
		}
		size_t used = strlen(all);
		(void)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", o->choices[i]);
	}
	return err_set(e, ERR_INVALID, "--%s: '%s' is not one of %s", o->name, value, all);
}

static enum err set_word(const struct opt *o, const char **into, const char *value, struct errmsg *e)
{
	int unused;
	*into = value;
	return find_choice(o, &unused, value, e);
}

static enum err set_number(const struct opt *o, uint32_t *into, const char *value, struct errmsg *e)
{
	uint64_t n;
	if (!str_to_u64(str_c(value), &n) || n < o->min || n > o->max)
		return err_set(e, ERR_INVALID, "--%s: '%s' is not a number from %u to %u", o->name, value,
		               o->min, o->max);
	*into = (uint32_t)n;
	return OK;
}

static enum err set_value(const struct found *f, const char *value, struct errmsg *e)
{
	switch (f->opt->kind) {
	case OPT_FLAG: *(bool *)f->into = true; return OK;
	case OPT_TEXT: *(const char **)f->into = value; return OK;
	case OPT_NUMBER: return set_number(f->opt, f->into, value, e);
	case OPT_CHOICE: return find_choice(f->opt, f->into, value, e);
	case OPT_WORD: return set_word(f->opt, f->into, value, e);
	}
	return ERR_INTERNAL;
}

/* `word` begins with '-' and is longer than that. `*at` moves on when the value is the next word. */
static enum err read_option(const struct opt_set *sets, size_t set_count, char **argv, int argc, int *at,
                            struct errmsg *e)
{
	const char *word = argv[*at], *value = NULL;
	struct found f;
	bool known;
	if (word[1] == '-') {
		const char *equals = strchr(word, '=');
		struct str name = str_make(word + 2, equals ? (size_t)(equals - word) - 2 : strlen(word + 2));
		known = find(sets, set_count, name, 0, &f);
		value = equals ? equals + 1 : NULL;
	} else {
		known = find(sets, set_count, STR_NONE, word[1], &f);
		if (word[2])
			value = word + 2;
	}
	if (!known)
		return err_set(e, ERR_INVALID, "unknown option '%s'", word);
	if (f.opt->kind == OPT_FLAG && value)
		return err_set(e, ERR_INVALID, "--%s takes no value", f.opt->name);
	if (f.opt->kind != OPT_FLAG && !value) {
		if (*at + 1 >= argc)
			return err_set(e, ERR_INVALID, "--%s needs a value (%s)", f.opt->name, f.opt->value);
		value = argv[++*at];
	}
	return set_value(&f, value, e);
}

enum err opt_parse(const struct opt_set *sets, size_t set_count, int *argc, char **argv, struct errmsg *e)
{
	int operands = 0;
	bool options = true;
	for (int i = 0; i < *argc; i++) {
		char *word = argv[i];
		if (options && strcmp(word, "--") == 0) {
			options = false;
		} else if (options && word[0] == '-' && word[1]) {
			enum err err = read_option(sets, set_count, argv, *argc, &i, e);
			if (err)
				return err;
		} else {
			argv[operands++] = word;
		}
	}
	*argc = operands;
	return OK;
}

void opt_help(const struct opt *opts, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct opt *o = &opts[i];
		size_t start = buf_len(out);
		if (o->letter)
			buf_printf(out, "  -%c, --%s", o->letter, o->name);
		else
			buf_printf(out, "      --%s", o->name);
		if (o->value)
			buf_printf(out, " %s", o->value);
		size_t used = buf_len(out) - start;
		if (used + 2 > HELP_COLUMN) {
			buf_byte(out, '\n');
			used = 0;
		}
		buf_printf(out, "%*s%s\n", (int)(HELP_COLUMN - used), "", o->help);
	}
}
