/*
 * One application out of a file. An item is read as the partner sends it, JSON being YAML; what only a registry needs
 * (contacts, name servers) is looked over. `ledger` may stand beside it, with what would be known of earlier names.
 */
#include "daemon/cli/policy_input.h"

#include "epp/base/yaml.h"
#include "epp/name.h"
#include "policy/cases.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- an item ---- */

static void skip(struct yaml_node *map, const char *key)
{
	(void)yaml_get(map, key); /* marks it as seen */
}

/* The members of `from` become members of `to`, which is what the reader of facts takes. */
static void move_members(struct yaml_node *to, struct yaml_node *from)
{
	struct yaml_node **at = &to->child;
	if (!from || from->kind != YAML_MAP)
		return;
	from->seen = true;
	while (*at)
		at = &(*at)->next;
	*at = from->child;
	for (struct yaml_node *n = from->child; n; n = n->next) {
		n->parent = to;
		to->count++;
	}
	from->child = NULL;
	from->count = 0;
}

static void drop(struct yaml_node *map, const char *key)
{
	for (struct yaml_node **at = &map->child; *at; at = &(*at)->next)
		if (str_eq_c((*at)->key, key)) {
			*at = (*at)->next;
			map->count--;
			return;
		}
}

static void rename_member(struct yaml_node *map, const char *from, const char *to)
{
	for (struct yaml_node *n = map->child; n; n = n->next)
		if (str_eq_c(n->key, from))
			n->key = str_c(to);
}

static bool read_domain(struct diag *d, struct yaml_node *item, struct arena *arena, struct policy_facts *f)
{
	struct errmsg e = {""};
	struct epp_name name;
	struct yaml_node *n = yaml_get(item, "domain");
	struct str text;
	if (!yaml_as_str(d, n, &text))
		return false;
	if (epp_name_parse(text, &name, &e)) {
		yaml_error(d, n, "%s", e.text);
		return false;
	}
	struct str ascii = arena_str(arena, str_make(name.ascii, name.ascii_len));
	f->zone = policy_zone_of(ascii);
	f->name = name.idn ? arena_str(arena, str_make(name.unicode, name.unicode_len)) : ascii;
	f->name_idn = name.idn;
	struct str rest = name.idn ? str_make(name.unicode, name.unicode_len) : ascii;
	struct str label = str_split(&rest, '.');
	f->name_length = 0;
	for (size_t i = 0; i < label.len; i++)
		f->name_length += ((unsigned char)label.ptr[i] & 0xC0) != 0x80;
	return true;
}

static bool read_item(struct arena *arena, struct diag *d, struct yaml_node *item, struct policy_input *out)
{
	static const char *const unused[] = {"ref", "contacts", "ns", "ds", "services"};
	static const char *const not_facts[] = {"name", "phone",    "email",  "street",
	                                        "ward", "district", "country"};
	struct policy_facts name = POLICY_FACTS_NONE;
	bool named = read_domain(d, item, arena, &name);
	struct yaml_node *applicant = yaml_opt(d, item, "applicant", YAML_MAP);
	struct yaml_node *address = applicant ? yaml_opt(d, applicant, "address", YAML_MAP) : NULL;
	struct yaml_node *ledger = yaml_opt(d, item, "ledger", YAML_MAP);
	for (size_t i = 0; i < ARRAY_LEN(unused); i++)
		skip(item, unused[i]);
	move_members(item, address);
	move_members(item, applicant);
	move_members(item, ledger);
	for (size_t i = 0; i < ARRAY_LEN(not_facts); i++)
		drop(item, not_facts[i]);
	drop(item, "address");
	rename_member(item, "cur_exp_date", "expires_on");
	out->facts_node = item;
	if (!policy_facts_read(arena, d, item, &out->facts) || !named)
		return false;
	out->facts.zone = name.zone;
	out->facts.name = name.name;
	out->no_ledger = !ledger && out->facts.op == POLICY_CREATE;
	if (out->no_ledger) {
		out->facts.prior_grants = 0;
		out->facts.prior_paid = POLICY_NO;
	}
	out->facts.name_idn = name.name_idn;
	out->facts.name_length = name.name_length;
	return true;
}

/* ---- a case ---- */

static bool read_case(struct arena *arena, struct diag *d, struct yaml_node *map, struct policy_input *out)
{
	struct yaml_node *at = yaml_get(map, "at");
	out->facts_node = yaml_need(d, map, "facts", YAML_MAP);
	if (!out->facts_node || !policy_facts_read(arena, d, out->facts_node, &out->facts))
		return false;
	if (!at)
		return true;
	if (at->kind != YAML_SCALAR || !instant_parse(at->text, HANOI_OFFSET_S, &out->facts.at)) {
		yaml_error(d, at, "not a time");
		return false;
	}
	out->has_date = true;
	return true;
}

static struct yaml_node *find_case(struct diag *d, struct yaml_node *top, const char *id)
{
	struct yaml_node *list = yaml_need(d, top, "cases", YAML_SEQ);
	for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next) {
		struct yaml_node *name = n->kind == YAML_MAP ? yaml_get(n, "id") : NULL;
		if (name && str_eq_c(name->text, id))
			return n;
	}
	if (list)
		yaml_error(d, list, "there is no case '%s'", id);
	return NULL;
}

/* ---- files ---- */

static bool read_stdin(struct diag *d, struct buf *text)
{
	buf_init(text, YAML_MAX_BYTES);
	for (;;) {
		char *room = buf_reserve(text, 4096);
		size_t n = room ? fread(room, 1, 4096, stdin) : 0;
		if (room)
			buf_commit(text, n);
		if (n == 0)
			break;
	}
	if (ferror(stdin))
		diag_error(d, DIAG_NOWHERE, "standard input: %s", strerror(errno));
	else if (!buf_ok(text))
		diag_error(d, DIAG_NOWHERE, "standard input: more than %u bytes", YAML_MAX_BYTES);
	else
		return true;
	return false;
}

/* The text of one line; empty, with an error, when there are fewer. */
static struct str line_of(struct diag *d, struct str text, uint32_t line, const char *path)
{
	struct str one = text; /* line 0: all of it */
	for (uint32_t i = 0; i < line; i++) {
		if (text.len == 0) {
			diag_error(d, DIAG_NOWHERE, "%s has no line %u", path, line);
			return STR_NONE;
		}
		one = str_split(&text, '\n');
	}
	return one;
}

static bool read_map(struct arena *arena, struct diag *d, struct yaml_node *top, const char *id,
                     struct policy_input *out)
{
	if (id) {
		struct yaml_node *found = find_case(d, top, id);
		return found && read_case(arena, d, found, out);
	}
	if (yaml_get(top, "cases")) {
		yaml_error(d, yaml_get(top, "cases"), "a file of cases: say which with --case ID");
		return false;
	}
	if (yaml_get(top, "domain"))
		return read_item(arena, d, top, out);
	/* of a case, `facts` is the whole; of bare facts, it is the declared ones, beside `op` */
	if (yaml_get(top, "facts") && !yaml_get(top, "op"))
		return read_case(arena, d, top, out);
	out->facts_node = top;
	return policy_facts_read(arena, d, top, &out->facts);
}

bool policy_input_read(struct arena *arena, struct diag *d, const char *path, uint32_t line, const char *id,
                       struct policy_input *out)
{
	struct buf text;
	bool from_stdin = strcmp(path, "-") == 0, good = false;
	*out = (struct policy_input){.facts = POLICY_FACTS_NONE};
	if (from_stdin ? read_stdin(d, &text) : yaml_read_text(d, path, &text)) {
		struct str part = line_of(d, buf_str(&text), line, path);
		struct yaml_node *top =
		    line && part.len == 0 ? NULL
		                          : yaml_parse(arena, d, from_stdin ? "standard input" : path, part);
		good = top && read_map(arena, d, top, id, out);
	}
	buf_fini(&text);
	return good;
}
