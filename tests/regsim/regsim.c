/* The simulator as a whole: options, seeding, looking things up. */
#include "tests/regsim/regsim.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "tests/regsim/rs_domain.h"
#include "tests/regsim/rs_int.h"

#include <stdlib.h>

#define ANSWER_MAX (1u << 20)
#define RECORD_MAX (256u << 10)
#define SPARE_FREE 2

/* Fees of Thông tư 20/2023/TT-BTC in VND; the programme's zones are free for two years. */
static const struct regsim_zone default_zones[] = {
    {"id.vn", 10000, 50000, REGSIM_WAIVER_ZERO, SPARE_FREE},
    {"biz.vn", 100000, 250000, REGSIM_WAIVER_ZERO, SPARE_FREE},
    {"com.vn", 100000, 250000, REGSIM_WAIVER_NONE, 0},
    {"net.vn", 100000, 250000, REGSIM_WAIVER_NONE, 0},
    {"name.vn", 50000, 100000, REGSIM_WAIVER_NONE, 0},
    {"io.vn", 10000, 20000, REGSIM_WAIVER_NONE, 0},
    {"vn", 100000, 350000, REGSIM_WAIVER_NONE, 0},
};

static const char *const default_exts[] = {"urn:ietf:params:xml:ns:secDNS-1.1"};

static const char *const op_names[] = {
#define X(id, text) text,
    REGSIM_OPS(X)
#undef X
};

const char *regsim_op_name(enum regsim_op op)
{
	return (size_t)op < ARRAY_LEN(op_names) ? op_names[op] : "?";
}

const char *regsim_kind_name(enum regsim_kind kind)
{
	static const char *const names[] = {"", "domain", "contact", "host", "other"};
	return (size_t)kind < ARRAY_LEN(names) ? names[kind] : "?";
}

void regsim_options_init(struct regsim_options *o)
{
	*o = (struct regsim_options){
	    .server_id = "vnepp-regsim",
	    .zones = default_zones,
	    .zone_count = ARRAY_LEN(default_zones),
	    .ext_uris = default_exts,
	    .ext_uri_count = ARRAY_LEN(default_exts),
	    .min_years = 1,
	    .max_years = 10,
	    .bad_exp_code = 2105,
	    .renew_days = 30,
	    .revoke_days = 15,
	    .login_timeout_ms = 10000,
	    .idle_timeout_ms = 600000,
	    .max_login_failures = 3,
	    .max_frame_bytes = 1u << 20,
	    .max_frame_early_bytes = 64u << 10,
	    .pending_min_ms = 1000,
	    .pending_max_ms = 1000,
	};
}

static const char *copy(struct regsim *sim, const char *s)
{
	return s ? arena_str(&sim->arena, str_c(s)).ptr : NULL;
}

static const char *const *copy_list(struct regsim *sim, const char *const *list, size_t n)
{
	const char **out = arena_calloc(&sim->arena, n + 1, sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[i] = copy(sim, list[i]);
	return out;
}

static void copy_options(struct regsim *sim, const struct regsim_options *o)
{
	struct regsim_zone *zones = arena_calloc(&sim->arena, o->zone_count, sizeof *zones);
	struct regsim_need *needs = arena_calloc(&sim->arena, o->need_count, sizeof *needs);
	sim->o = *o;
	for (size_t i = 0; i < o->zone_count; i++) {
		zones[i] = o->zones[i];
		zones[i].name = copy(sim, o->zones[i].name);
	}
	for (size_t i = 0; i < o->need_count; i++) {
		needs[i] = o->needs[i];
		needs[i].uri = copy(sim, o->needs[i].uri);
		needs[i].element = copy(sim, o->needs[i].element);
		needs[i].glob = copy(sim, o->needs[i].glob);
	}
	sim->o.zones = zones;
	sim->o.needs = needs;
	sim->o.server_id = copy(sim, o->server_id);
	sim->o.reserved = copy_list(sim, o->reserved, o->reserved_count);
	sim->o.ext_uris = copy_list(sim, o->ext_uris, o->ext_uri_count);
	sim->o.xsd_dir = copy(sim, o->xsd_dir);
	sim->o.grammar = copy(sim, o->grammar);
	sim->o.frames_log = copy(sim, o->frames_log);
	sim->o.prefix = copy(sim, o->prefix);
	sim->o.pending_glob = copy(sim, o->pending_glob);
	sim->o.refuse_glob = copy(sim, o->refuse_glob);
}

static void open_accounts(struct regsim *sim)
{
	const struct regsim_options *o = &sim->o;
	sim->accounts = xcalloc(o->account_count + 1, sizeof *sim->accounts);
	for (size_t i = 0; i < o->account_count; i++) {
		struct rs_account *a = &sim->accounts[i];
		a->login = xstrdup(o->accounts[i].login);
		a->password = xstrdup(o->accounts[i].password);
		a->subject = o->accounts[i].subject ? xstrdup(o->accounts[i].subject) : NULL;
		a->limits = o->accounts[i];
		a->limits.login = a->limits.password = a->limits.subject = NULL;
		a->index = (uint32_t)i;
	}
	sim->o.accounts = NULL;
}

struct regsim *regsim_new(const struct regsim_options *o, struct loop *loop)
{
	REQUIRE(o->account_count < UINT16_MAX);
	struct rs_xsd *xsd = o->xsd_dir || o->grammar ? rs_xsd_new(o->xsd_dir, o->grammar) : NULL;
	if ((o->xsd_dir || o->grammar) && !xsd)
		return NULL;
	struct regsim *sim = xcalloc(1, sizeof *sim);
	sim->xsd = xsd;
	arena_init(&sim->arena);
	arena_init(&sim->scratch);
	copy_options(sim, o);
	sim->loop = loop;
	rng_init_seed(&sim->rng, o->seed);
	rs_table_init(&sim->domains, &sim->pool);
	rs_table_init(&sim->contacts, &sim->pool);
	rs_table_init(&sim->hosts, &sim->pool);
	sim->parser = rs_parser_new();
	buf_init(&sim->answer, ANSWER_MAX);
	buf_init(&sim->record, RECORD_MAX);
	open_accounts(sim);
	sim->faults_on = true;
	return sim;
}

static void close_accounts(struct regsim *sim)
{
	for (size_t i = 0; i < sim->o.account_count; i++) {
		struct rs_account *a = &sim->accounts[i];
		struct list_node *n;
		while ((n = list_pop(&a->queue))) {
			struct rs_message *m = LIST_ITEM(n, struct rs_message, node);
			free(m->text);
			free(m->res_data);
			free(m);
		}
		free(a->login);
		free(a->password);
		free(a->subject);
	}
	free(sim->accounts);
}

void regsim_free(struct regsim *sim)
{
	if (!sim)
		return;
	REQUIRE(list_empty(&sim->conns));
	rs_pending_fini(sim);
	rs_late_fini(sim);
	rs_fault_fini(sim);
	rs_ledger_fini(sim);
	close_accounts(sim);
	rs_parser_free(sim->parser);
	rs_xsd_free(sim->xsd);
	buf_fini(&sim->answer);
	buf_fini(&sim->record);
	rs_table_fini(&sim->domains);
	rs_table_fini(&sim->contacts);
	rs_table_fini(&sim->hosts);
	rs_pool_fini(&sim->pool);
	arena_fini(&sim->scratch);
	arena_fini(&sim->arena);
	free(sim);
}

bool regsim_seed_contact(struct regsim *sim, const char *id, const char *account)
{
	static const struct {
		char tag;
		const char *text;
	} fields[] = {{'A', "seeded"}, {'T', "loc"}, {'n', "Seeded Holder"}, {'s', "1 Trang Tien"},
	              {'y', "Ha Noi"}, {'C', "VN"},  {'v', "+84.900000000"}, {'e', "holder@example.vn"}};
	struct rs_account *a = rs_account_find(sim, str_c(account));
	if (!a || strlen(id) > RS_NAME_MAX || rs_rules_existing(&sim->contacts, str_c(id)))
		return false;
	struct rs_object *c = rs_table_add(&sim->contacts, str_c(id));
	c->created = loop_wall(sim->loop);
	c->updated = c->expires = INSTANT_NONE;
	c->sponsor = c->creator = (uint16_t)a->index;
	c->exists = true;
	buf_clear(&sim->record);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		rs_record_put(sim, fields[i].tag, str_c(fields[i].text));
	rs_record_store(sim, c);
	return true;
}

bool regsim_seed_domain(struct regsim *sim, struct str name, const char *account, const char *registrant,
                        instant_ms_t created, instant_ms_t expires)
{
	struct rs_account *a = rs_account_find(sim, str_c(account));
	struct rs_object *r = registrant ? rs_rules_existing(&sim->contacts, str_c(registrant)) : NULL;
	if (!a || (registrant && !r) || !rs_rules_name_ok(name) || rs_rules_existing(&sim->domains, name))
		return false;
	struct rs_object *d = rs_table_add(&sim->domains, name);
	d->created = created;
	d->expires = expires;
	d->updated = INSTANT_NONE;
	d->sponsor = d->creator = (uint16_t)a->index;
	d->exists = true;
	if (r) {
		d->registrant = r->id;
		r->links++;
	}
	buf_clear(&sim->record);
	rs_record_put(sim, 'A', STR("seeded"));
	rs_record_store(sim, d);
	return true;
}

static void view(struct regsim *sim, const struct rs_object *d, struct regsim_domain_view *out)
{
	*out = (struct regsim_domain_view){
	    .name = rs_object_name(d),
	    .registrant =
	        d->registrant ? rs_object_name(rs_table_at(&sim->contacts, d->registrant)) : STR_NONE,
	    .account = sim->accounts[d->sponsor].login,
	    .exists = d->exists,
	    .pending = d->status & RS_STATUS_PENDING_CREATE,
	    .created = d->created,
	    .expires = d->expires,
	    .expires_on =
	        d->expires == INSTANT_NONE ? DATE_NONE : date_of_instant(d->expires, sim->o.date_offset_s),
	    .times_created = d->times_created,
	    .times_renewed = d->times_renewed,
	    .status = rs_rules_status(sim, d),
	};
}

bool regsim_domain(struct regsim *sim, struct str name, struct regsim_domain_view *out)
{
	struct rs_object *d = rs_rules_settle(sim, rs_table_find(&sim->domains, name));
	if (d)
		view(sim, d, out);
	return d;
}

bool regsim_domain_next(struct regsim *sim, size_t *at, struct regsim_domain_view *out)
{
	if (*at >= sim->domains.count)
		return false;
	view(sim, rs_rules_settle(sim, rs_table_at(&sim->domains, (uint32_t)++ * at)), out);
	return true;
}

bool regsim_contact_exists(struct regsim *sim, struct str id)
{
	return rs_rules_existing(&sim->contacts, id);
}

bool regsim_host_exists(struct regsim *sim, struct str name)
{
	return rs_rules_existing(&sim->hosts, name);
}

int64_t *regsim_balance(struct regsim *sim, const char *account)
{
	struct rs_account *a = rs_account_find(sim, str_c(account));
	return a ? &a->limits.balance_vnd : NULL;
}

bool regsim_poll_push(struct regsim *sim, const char *account, struct str text, struct str res_data)
{
	struct rs_account *a = rs_account_find(sim, str_c(account));
	if (a)
		rs_account_message(sim, a, text, res_data);
	return a;
}

size_t regsim_poll_count(struct regsim *sim, const char *account)
{
	struct rs_account *a = rs_account_find(sim, str_c(account));
	return a ? a->queue.count : 0;
}

void regsim_drop_all(struct regsim *sim)
{
	rs_conn_drop_all(sim);
}

size_t regsim_outstanding(const struct regsim *sim)
{
	return sim->late.count + sim->pending.count;
}

const struct regsim_stats *regsim_stats(const struct regsim *sim)
{
	return &sim->stats;
}

uint64_t regsim_code_count(const struct regsim *sim, int code)
{
	return code >= 0 && code < RS_CODE_MAX ? sim->codes[code] : 0;
}

size_t regsim_memory(const struct regsim *sim)
{
	return rs_table_memory(&sim->domains) + rs_table_memory(&sim->contacts) +
	       rs_table_memory(&sim->hosts) + sim->pool.bytes;
}
