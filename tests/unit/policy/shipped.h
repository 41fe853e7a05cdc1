/* The shipped rule files in memory, to be changed by a test before they are loaded. Runs from the top of the tree. */
#ifndef VNEPP_TESTS_UNIT_POLICY_SHIPPED_H
#define VNEPP_TESTS_UNIT_POLICY_SHIPPED_H

#include "epp/base/alloc.h"
#include "epp/base/yaml.h"
#include "policy/policy.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define SHIPPED_MAX 64

struct shipped {
	struct policy_text texts[SHIPPED_MAX]; /* names and texts owned */
	size_t count;
	struct diag d;
	struct buf out;
};

static inline void shipped_add(struct shipped *s, const char *name, struct str text)
{
	s->texts[s->count].name = xstrdup(name);
	s->texts[s->count++].text = str_make(xmemdup0(text.ptr, text.len), text.len);
}

static inline int shipped_by_name(const void *a, const void *b)
{
	const struct policy_text *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static inline bool shipped_init(struct shipped *s)
{
	*s = (struct shipped){.count = 0};
	diag_init(&s->d);
	buf_init(&s->out, 16 << 20);
	DIR *dir = opendir("policy/rules");
	for (struct dirent *e = dir ? readdir(dir) : NULL; e && s->count < SHIPPED_MAX; e = readdir(dir)) {
		char path[300];
		struct buf text;
		if (!str_ends(str_c(e->d_name), STR(".yaml")))
			continue;
		snprintf(path, sizeof path, "policy/rules/%s", e->d_name);
		if (!yaml_read_text(&s->d, path, &text))
			return false;
		shipped_add(s, e->d_name, buf_str(&text));
		buf_fini(&text);
	}
	if (dir)
		closedir(dir);
	qsort(s->texts, s->count, sizeof *s->texts, shipped_by_name);
	return s->count > 0;
}

static inline void shipped_fini(struct shipped *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free((void *)(uintptr_t)s->texts[i].name);
		free((void *)(uintptr_t)s->texts[i].text.ptr);
	}
	diag_fini(&s->d);
	buf_fini(&s->out);
}

/* As they are, for each test anew. */
static inline int shipped_set_up(void **state)
{
	static struct shipped s;
	*state = &s;
	return shipped_init(&s) ? 0 : -1;
}

static inline int shipped_tear_down(void **state)
{
	shipped_fini(*state);
	return 0;
}

/* The first `from` in the file becomes `to`; false when it is not there. */
static inline bool shipped_replace(struct shipped *s, const char *file, const char *from, const char *to)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->texts[i].name, file) != 0)
			continue;
		const char *old = s->texts[i].text.ptr, *at = strstr(old, from);
		if (!at)
			return false;
		struct buf b;
		buf_init(&b, 8 << 20);
		buf_append(&b, old, (size_t)(at - old));
		buf_add(&b, str_c(to));
		buf_add(&b, str_c(at + strlen(from)));
		s->texts[i].text = str_make(xmemdup0(buf_data(&b), buf_len(&b)), buf_len(&b));
		buf_fini(&b);
		free((void *)(uintptr_t)old);
		return true;
	}
	return false;
}

static inline struct policy_ruleset *shipped_load(struct shipped *s)
{
	return policy_load_texts(s->texts, s->count, &s->d);
}

/* All findings with their lines; valid until the next call. */
static inline const char *shipped_findings(struct shipped *s, bool with_lines)
{
	buf_clear(&s->out);
	if (with_lines)
		diag_print(&s->d, &s->out);
	else
		diag_print_short(&s->d, &s->out);
	return buf_cstr(&s->out);
}

/* Rules that must be right: fails with the findings when they are not. */
static inline struct policy_ruleset *shipped_load_good(struct shipped *s)
{
	struct policy_ruleset *r = shipped_load(s);
	if (!r)
		fail_msg("%s", shipped_findings(s, true));
	return r;
}

/* Who is granted a name on 20 November 2026, when born so that he is eighteen to twenty-three. */
static inline struct policy_facts shipped_citizen(date_t born, const char *number)
{
	static const struct policy_evidence ekyc = {.type = {"ekyc", 4},
	                                            .date = DATE_NONE,
	                                            .result = POLICY_CONFIRMED};
	struct policy_facts f = POLICY_FACTS_NONE;
	f.op = POLICY_CREATE;
	f.at = instant_of_date(date_make(2026, 11, 20), HANOI_OFFSET_S);
	f.zone = STR("id.vn");
	f.period = 2;
	f.kind = POLICY_CITIZEN;
	f.citizenship = STR("VN");
	f.gender = POLICY_MALE;
	f.birth_date = born;
	f.id_number = str_c(number);
	f.evidence = &ekyc;
	f.evidence_count = 1;
	f.prior_grants = 0;
	f.prior_paid = POLICY_NO;
	return f;
}

static inline void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

#endif
