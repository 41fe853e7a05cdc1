/* Settings: plain ones by a table, composed ones by a function each. */
#include "tests/regsim/regsim_args.h"
#include "tests/regsim/regsim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 4096

enum kind { TEXT, NUMBER, U32, U16, I64, INT, FLAG, RANGE, CALL };

struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	enum err (*call)(struct regsim_args *a, struct str value, struct errmsg *m);
};

static const char *keep(struct regsim_args *a, struct str s)
{
	return arena_str(&a->arena, s).ptr;
}

static enum err bad(struct errmsg *m, struct str value)
{
	return err_set(m, ERR_INVALID, "'%.*s' is not understood", STR_ARG(value));
}

static bool to_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
	return str_to_i64(s, out) && *out >= min && *out <= max;
}

/* Cuts "key=value" off the comma-separated list. */
static bool next_pair(struct str *rest, struct str *key, struct str *value)
{
	if (str_empty(*rest))
		return false;
	*value = str_split(rest, ',');
	*key = str_split(value, '=');
	return true;
}

static enum err set_account(struct regsim_args *a, struct str v, struct errmsg *m)
{
	struct str whole = v, head = str_split(&v, ','), key, value;
	struct str login = str_split(&head, ':');
	struct regsim_account *to = &a->accounts[a->o.account_count];
	if (a->o.account_count == REGSIM_ARGS_MAX || str_empty(login) || str_empty(head))
		return bad(m, whole);
	*to = (struct regsim_account){.login = keep(a, login),
	                              .password = keep(a, head),
	                              .balance_vnd = INT64_MAX / 4};
	while (next_pair(&v, &key, &value)) {
		int64_t n = 0;
		bool number = to_i64(value, INT64_MIN, INT64_MAX, &n);
		if (str_eq(key, STR("subject")))
			to->subject = keep(a, value);
		else if (str_eq(key, STR("balance")) && number)
			to->balance_vnd = n;
		else if (!number || n < 0 || n > UINT32_MAX)
			return bad(m, whole);
		else if (str_eq(key, STR("sessions")))
			to->max_sessions = (uint32_t)n;
		else if (str_eq(key, STR("rate")))
			to->rate_per_s = (uint32_t)n;
		else if (str_eq(key, STR("burst")))
			to->burst = (uint32_t)n;
		else
			return bad(m, whole);
	}
	a->o.accounts = a->accounts;
	a->o.account_count++;
	return OK;
}

/* The first one given takes the place of the defaults. */
static enum err set_zone(struct regsim_args *a, struct str v, struct errmsg *m)
{
	static const char *const waivers[] = {"none", "zero", "rebate"};
	struct str whole = v, key, value;
	size_t at = a->o.zones == a->zones ? a->o.zone_count : 0;
	struct regsim_zone *z = &a->zones[at];
	if (at == REGSIM_ARGS_MAX)
		return bad(m, whole);
	*z = (struct regsim_zone){.name = keep(a, str_split(&v, ','))};
	while (next_pair(&v, &key, &value)) {
		int64_t n = 0;
		bool number = to_i64(value, 0, 1000000000000, &n), ok = true;
		if (str_eq(key, STR("waiver"))) {
			ok = false;
			for (int i = 0; i < 3; i++)
				if (str_eq_c(value, waivers[i])) {
					z->waiver = (enum regsim_waiver)i;
					ok = true;
				}
		} else if (str_eq(key, STR("levy")) && number) {
			z->levy_vnd = n;
		} else if (str_eq(key, STR("year")) && number) {
			z->year_vnd = n;
		} else if (str_eq(key, STR("free")) && number && n <= 100) {
			z->free_years = (int)n;
		} else {
			ok = false;
		}
		if (!ok)
			return bad(m, whole);
	}
	a->o.zones = a->zones;
	a->o.zone_count = at + 1;
	return OK;
}

static enum err append(struct regsim_args *a, const char **list, size_t *count, struct str v,
                       struct errmsg *m)
{
	if (*count == REGSIM_ARGS_MAX || str_empty(v))
		return bad(m, v);
	list[(*count)++] = keep(a, v);
	return OK;
}

static enum err set_ext(struct regsim_args *a, struct str v, struct errmsg *m)
{
	return append(a, a->exts, &a->o.ext_uri_count, v, m);
}

static enum err set_reserved(struct regsim_args *a, struct str v, struct errmsg *m)
{
	a->o.reserved = a->reserved;
	return append(a, a->reserved, &a->o.reserved_count, v, m);
}

static enum err set_contact(struct regsim_args *a, struct str v, struct errmsg *m)
{
	return append(a, a->contacts, &a->contact_count, v, m);
}

static enum err set_domains(struct regsim_args *a, struct str v, struct errmsg *m)
{
	return append(a, a->domain_files, &a->domain_file_count, v, m);
}

static bool find_op(struct str v, enum regsim_op *op)
{
	for (int i = 0; i < REGSIM_OP__COUNT; i++)
		if (str_eq_c(v, regsim_op_name((enum regsim_op)i))) {
			*op = (enum regsim_op)i;
			return true;
		}
	return false;
}

static bool find_kind(struct str v, enum regsim_kind *kind)
{
	for (int i = REGSIM_KIND_NONE; i <= REGSIM_KIND_HOST; i++)
		if (str_eq_c(v, regsim_kind_name((enum regsim_kind)i))) {
			*kind = (enum regsim_kind)i;
			return true;
		}
	return false;
}

static enum err set_need(struct regsim_args *a, struct str v, struct errmsg *m)
{
	struct str whole = v, op = str_split(&v, ','), kind = str_split(&v, ','), uri = str_split(&v, ',');
	struct regsim_need *n = &a->needs[a->o.need_count];
	if (a->o.need_count == REGSIM_ARGS_MAX || !find_op(op, &n->op) || !find_kind(kind, &n->kind) ||
	    str_empty(v))
		return bad(m, whole);
	struct str element = str_split(&v, ',');
	n->uri = keep(a, uri);
	n->element = keep(a, element);
	n->glob = v.len ? keep(a, v) : NULL;
	a->o.needs = a->needs;
	a->o.need_count++;
	return OK;
}

static enum err set_fault(struct regsim_args *a, struct str v, struct errmsg *m)
{
	struct str whole = v, name = str_split(&v, '=');
	enum regsim_fault f;
	int64_t n;
	if (!regsim_fault_parse(name, &f) || !to_i64(v, 0, 1000, &n))
		return bad(m, whole);
	a->faults.per_mille[f] = (uint16_t)n;
	return OK;
}

static enum err set_rule(struct regsim_args *a, struct str v, struct errmsg *m)
{
	struct str whole = v, key, value;
	struct regsim_rule *r = &a->rules[a->rule_count];
	if (a->rule_count == REGSIM_ARGS_MAX)
		return bad(m, whole);
	*r = (struct regsim_rule){0};
	while (next_pair(&v, &key, &value)) {
		int64_t n = 0;
		bool number = to_i64(value, 0, INT32_MAX, &n), ok = true;
		if (str_eq(key, STR("op")))
			ok = find_op(value, &r->op);
		else if (str_eq(key, STR("kind")))
			ok = find_kind(value, &r->kind);
		else if (str_eq(key, STR("fault")))
			ok = regsim_fault_parse(value, &r->fault);
		else if (str_eq(key, STR("name")))
			r->name = keep(a, value);
		else if (str_eq(key, STR("nth")) && number)
			r->nth = (uint32_t)n;
		else if (str_eq(key, STR("times")) && number)
			r->times = (uint32_t)n;
		else if (str_eq(key, STR("arg")) && number)
			r->arg = n;
		else
			ok = false;
		if (!ok)
			return bad(m, whole);
	}
	a->rule_count++;
	return OK;
}

static enum err set_over_rate(struct regsim_args *a, struct str v, struct errmsg *m)
{
	if (!str_eq(v, STR("2502")) && !str_eq(v, STR("silent")))
		return bad(m, v);
	a->o.over_rate = str_eq(v, STR("silent")) ? REGSIM_OVER_SILENT : REGSIM_OVER_2502;
	return OK;
}

static enum err set_ledger_mode(struct regsim_args *a, struct str v, struct errmsg *m)
{
	static const char *const modes[] = {"all", "transforms", "off"};
	for (int i = 0; i < 3; i++)
		if (str_eq_c(v, modes[i])) {
			a->o.ledger = (enum regsim_ledger_mode)i;
			return OK;
		}
	return bad(m, v);
}

static enum err set_prefix(struct regsim_args *a, struct str v, struct errmsg *m)
{
	(void)m;
	a->o.prefix = keep(a, v);
	return OK;
}

static enum err set_config(struct regsim_args *a, struct str v, struct errmsg *m);

#define AT(member) offsetof(struct regsim_args, member)
#define OPT(n, k, m)                \
	{                           \
		n, k, AT(o.m), NULL \
	}
#define CALLED(n, f)          \
	{                     \
		n, CALL, 0, f \
	}
static const struct setting settings[] = {
    {"listen", TEXT, AT(listen), NULL},
    {"cert", TEXT, AT(cert), NULL},
    {"key", TEXT, AT(key), NULL},
    {"ca", TEXT, AT(ca), NULL},
    {"ledger", TEXT, AT(ledger_file), NULL},
    {"state", TEXT, AT(state_file), NULL},
    {"port-file", TEXT, AT(port_file), NULL},
    {"clock-shift-ms", I64, AT(clock_shift_ms), NULL},
    {"quiet", FLAG, AT(quiet), NULL},
    {"help", FLAG, AT(help), NULL},
    CALLED("config", set_config),
    CALLED("account", set_account),
    CALLED("zone", set_zone),
    CALLED("ext", set_ext),
    CALLED("need", set_need),
    CALLED("reserved", set_reserved),
    CALLED("contact", set_contact),
    CALLED("domains", set_domains),
    CALLED("ledger-mode", set_ledger_mode),
    CALLED("over-rate", set_over_rate),
    CALLED("prefix", set_prefix),
    CALLED("fault", set_fault),
    CALLED("rule", set_rule),
    {"fault-transforms-only", FLAG, AT(faults.transforms_only), NULL},
    {"fault-delay-ms", RANGE, AT(faults.delay_min_ms), NULL},
    {"fault-late-ms", RANGE, AT(faults.late_min_ms), NULL},
    OPT("seed", NUMBER, seed),
    OPT("server-id", TEXT, server_id),
    OPT("xsd", TEXT, xsd_dir),
    OPT("grammar", TEXT, grammar),
    OPT("date-offset-s", INT, date_offset_s),
    OPT("expire-midnight", FLAG, expire_midnight),
    OPT("min-years", INT, min_years),
    OPT("max-years", INT, max_years),
    OPT("bad-exp-code", INT, bad_exp_code),
    OPT("renew-days", INT, renew_days),
    OPT("revoke-days", INT, revoke_days),
    OPT("renew-window-days", INT, renew_window_days),
    OPT("registrant-optional", FLAG, registrant_optional),
    OPT("hide-from-others", FLAG, hide_from_others),
    OPT("msgq-everywhere", FLAG, msgq_everywhere),
    OPT("delay-ms", U32, delay_ms),
    OPT("login-timeout-ms", U32, login_timeout_ms),
    OPT("idle-timeout-ms", U32, idle_timeout_ms),
    OPT("max-age-ms", U32, max_age_ms),
    OPT("max-connections", U32, max_connections),
    OPT("max-login-failures", U32, max_login_failures),
    OPT("max-frame-bytes", U32, max_frame_bytes),
    OPT("pending-glob", TEXT, pending_glob),
    OPT("pending-per-mille", U16, pending_per_mille),
    OPT("pending-ms", RANGE, pending_min_ms),
    OPT("refuse-glob", TEXT, refuse_glob),
    OPT("refuse-per-mille", U16, refuse_per_mille),
    OPT("low-balance-vnd", I64, low_balance_vnd),
};

/* "5" or "5-10" into two neighbouring numbers. */
static enum err set_range(uint32_t *pair, struct str v, struct errmsg *m)
{
	struct str whole = v, low = str_split(&v, '-');
	int64_t from, to;
	if (!to_i64(low, 0, UINT32_MAX, &from) || !to_i64(str_empty(v) ? low : v, from, UINT32_MAX, &to))
		return bad(m, whole);
	pair[0] = (uint32_t)from;
	pair[1] = (uint32_t)to;
	return OK;
}

static enum err store(struct regsim_args *a, const struct setting *s, struct str v, struct errmsg *m)
{
	void *to = (char *)a + s->offset;
	int64_t n = 0;
	switch (s->kind) {
	case CALL: return s->call(a, v, m);
	case TEXT: *(const char **)to = keep(a, v); return OK;
	case FLAG: *(bool *)to = true; return OK;
	case RANGE: return set_range(to, v, m);
	case NUMBER: return str_to_u64(v, (uint64_t *)to) ? OK : bad(m, v);
	default: break;
	}
	int64_t max = s->kind == U16   ? UINT16_MAX
	              : s->kind == U32 ? UINT32_MAX
	              : s->kind == INT ? INT32_MAX
	                               : INT64_MAX;
	int64_t min = s->kind == U16 || s->kind == U32 ? 0 : -max;
	if (!to_i64(v, min, max, &n))
		return bad(m, v);
	if (s->kind == U16)
		*(uint16_t *)to = (uint16_t)n;
	else if (s->kind == U32)
		*(uint32_t *)to = (uint32_t)n;
	else if (s->kind == INT)
		*(int *)to = (int)n;
	else
		*(int64_t *)to = n;
	return OK;
}

static const struct setting *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

enum err regsim_args_set(struct regsim_args *a, const char *name, const char *value, struct errmsg *m)
{
	const struct setting *s = find(name);
	if (!s)
		return err_set(m, ERR_INVALID, "--%s is not known", name);
	if (s->kind != FLAG && !value)
		return err_set(m, ERR_INVALID, "--%s wants a value", name);
	enum err e = store(a, s, str_c(value), m);
	return e ? err_wrap(m, e, "--%s", name) : OK;
}

/* A line is "name value"; '#' begins a comment line. */
static enum err set_line(struct regsim_args *a, char *line, struct errmsg *m)
{
	struct str s = str_trim(str_c(line));
	if (str_empty(s) || s.ptr[0] == '#')
		return OK;
	struct str name = str_split(&s, ' ');
	s = str_trim(s);
	return regsim_args_set(a, keep(a, name), s.len ? keep(a, s) : NULL, m);
}

static enum err set_config(struct regsim_args *a, struct str v, struct errmsg *m)
{
	char line[LINE_MAX_BYTES];
	const char *path = keep(a, v);
	FILE *f = fopen(path, "re");
	enum err e = OK;
	int number = 0;
	if (!f)
		return err_set(m, ERR_INVALID, "%s: %s", path, strerror(errno));
	while (e == OK && fgets(line, sizeof line, f)) {
		number++;
		e = set_line(a, line, m);
	}
	fclose(f);
	return e ? err_wrap(m, e, "%s:%d", path, number) : OK;
}

void regsim_args_init(struct regsim_args *a)
{
	*a = (struct regsim_args){
	    .listen = "127.0.0.1:0",
	    .faults = {.delay_min_ms = 10, .delay_max_ms = 500, .late_min_ms = 500, .late_max_ms = 5000}};
	arena_init(&a->arena);
	regsim_options_init(&a->o);
	for (size_t i = 0; i < a->o.ext_uri_count; i++)
		a->exts[i] = a->o.ext_uris[i];
	a->o.ext_uris = a->exts;
}

void regsim_args_fini(struct regsim_args *a)
{
	arena_fini(&a->arena);
}

enum err regsim_args_parse(struct regsim_args *a, int argc, char **argv, struct errmsg *m)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) != 0)
			return err_set(m, ERR_INVALID, "'%s' is not an option", argv[i]);
		const struct setting *s = find(argv[i] + 2);
		bool takes = s && s->kind != FLAG;
		enum err e = regsim_args_set(a, argv[i] + 2, takes && i + 1 < argc ? argv[i + 1] : NULL, m);
		if (e)
			return e;
		i += takes;
	}
	return OK;
}

const char *regsim_args_usage(void)
{
	return "usage: vnepp-regsim [--listen ADDRESS:PORT] [--cert F --key F --ca F] --account "
	       "LOGIN:PASSWORD[,…] …\n"
	       "  --account L:P[,sessions=N][,rate=N][,burst=N][,balance=VND][,subject=TEXT]     (repeat)\n"
	       "  --zone NAME[,levy=VND][,year=VND][,waiver=none|zero|rebate][,free=YEARS]       (repeat; "
	       "replaces defaults)\n"
	       "  --ext URI   --need OP,KIND,URI,ELEMENT[,GLOB]   --reserved GLOB                       "
	       "(repeat)\n"
	       "  --contact ID,ACCOUNT                     (repeat) a contact that is there from the start\n"
	       "  --domains FILE                           (repeat) lines "
	       "NAME,ACCOUNT,REGISTRANT,CREATED,EXPIRES\n"
	       "  --fault NAME=PERMILLE                    (repeat) --fault-transforms-only --fault-delay-ms "
	       "A-B --fault-late-ms A-B\n"
	       "  --rule op=…,kind=…,name=GLOB,nth=N,times=N,fault=NAME,arg=N                    (repeat)\n"
	       "  --xsd DIR --grammar FILE (or VNEPP_XSD_DIR and VNEPP_GRAMMAR in the environment) "
	       "--delay-ms N --ledger FILE --ledger-mode all|transforms|off --state FILE "
	       "--port-file FILE\n"
	       "  --clock-shift-ms N --date-offset-s N --expire-midnight --seed N --quiet --server-id TEXT "
	       "--prefix TEXT\n"
	       "  --min-years N --max-years N --bad-exp-code N --renew-days N --revoke-days N "
	       "--renew-window-days N\n"
	       "  --registrant-optional --hide-from-others --msgq-everywhere --low-balance-vnd N --over-rate "
	       "2502|silent\n"
	       "  --login-timeout-ms N --idle-timeout-ms N --max-age-ms N --max-connections N "
	       "--max-login-failures N\n"
	       "  --max-frame-bytes N --pending-glob G --pending-per-mille N --pending-ms A-B --refuse-glob "
	       "G --refuse-per-mille N\n"
	       "  --config FILE                            the same settings, one 'name value' in a line, "
	       "'#' for comments\n"
	       "Signals: TERM, INT drop all, write the files and end; USR1 writes them; USR2 turns faults "
	       "off and "
	       "on.\n";
}
