/* One line: read, checked, routed to an account, encoded, put into the chunk that is being filled. */
#include "daemon/api/intake_int.h"
#include "daemon/api/item_json.h"
#include "daemon/job/lane.h"

static bool zone_allowed(const struct config_partner *p, struct str zone)
{
	if (!p->zones)
		return true;
	for (size_t i = 0; i < p->zone_count; i++)
		if (str_eq_c(zone, p->zones[i]))
			return true;
	return false;
}

static bool op_allowed(struct item_draft *d, const struct config_partner *p)
{
	if (d->req->op == ITEM_CREATE ? p->may_create : p->may_renew)
		return true;
	item_draft_error(d, (struct item_place){ITEM_GROUP_TOP, -1, NULL}, "op", "OP_NOT_ALLOWED",
	                 p->may_create  ? "create"
	                 : p->may_renew ? "renew"
	                                : "none: this partner may not hand anything in");
	return false;
}

/* What they may have names in: "id.vn, biz.vn". */
static struct str zones_of(struct arena *a, const struct api_call *call)
{
	const struct config *c = call->view->config;
	struct str list = STR_NONE;
	for (size_t i = 0; i < c->registry_count; i++) {
		const struct config_registry *r = &c->registries[i];
		if (!call->view->account_ids[call->partner_index * c->registry_count + i])
			continue;
		for (size_t k = 0; k < r->zone_count; k++)
			if (zone_allowed(call->partner, str_c(r->zones[k])))
				list = arena_printf(a, "%.*s%s%s", STR_ARG(list), list.len ? ", " : "",
				                    r->zones[k]);
	}
	return list;
}

static void zone_error(const struct api_call *call, struct item_draft *d, const char *reason)
{
	struct str zones = zones_of(d->arena, call);
	item_draft_error(d, (struct item_place){ITEM_GROUP_TOP, -1, NULL}, "domain", reason,
	                 "a name directly under %.*s", STR_ARG(zones.len ? zones : STR("a zone of yours")));
}

/* The registry and the account for the name; NULL, and an error, when it has none. */
static const struct config_registry *route(const struct api_call *call, struct item_draft *d,
                                           uint32_t *account)
{
	const struct config *c = call->view->config;
	struct str zone, label;
	const struct config_registry *r = config_route(c, d->req->domain, d->name.idn, &zone);
	if (!r || !epp_name_under(&d->name, zone, &label)) {
		zone_error(call, d, "ZONE_NOT_SERVED");
		return NULL;
	}
	*account =
	    call->view->account_ids[call->partner_index * c->registry_count + (size_t)(r - c->registries)];
	if (!*account || !zone_allowed(call->partner, zone)) {
		zone_error(call, d, "ZONE_NOT_ALLOWED");
		return NULL;
	}
	return r;
}

/* A create needs a registrant: named by the partner, or made from the applicant where the registry is told to. */
static bool contact(struct item_draft *d, const struct config_registry *r, uint32_t account,
                    const struct decider *decider, char out[ITEM_CONTACT_MAX])
{
	out[0] = '\0';
	if (d->req->op != ITEM_CREATE || d->req->registrant.len)
		return true;
	if (!r->create_contacts) {
		item_draft_error(d, (struct item_place){ITEM_GROUP_CONTACTS, -1, NULL}, "registrant",
		                 "MISSING", "the identifier of a contact at this registry");
		return false;
	}
	decide_contact_id(decider, account, d->req, out);
	return true;
}

/* Hosts under a name can be made when the name is there, and then be added: that is another command. */
static bool hosts(struct item_draft *d, const struct config_registry *r)
{
	for (size_t i = 0; r->hosts == CONFIG_HOSTS_OBJECTS && i < d->req->ns_count; i++) {
		struct str ns = d->req->ns[i].name, name = d->req->domain;
		bool under = ns.len > name.len && str_ends(ns, name) && ns.ptr[ns.len - name.len - 1] == '.';
		if (!under && !str_eq(ns, name))
			continue;
		item_draft_error(
		    d, (struct item_place){ITEM_GROUP_NS, (int)i, NULL}, "name", "NOT_ALLOWED",
		    "a name server that is not under the name itself: this registry knows them as objects");
		return false;
	}
	return true;
}

bool intake_check(const struct api_call *call, struct item_draft *d, const struct decider *decider,
                  struct intake_checked *out)
{
	const struct config_registry *r;
	return item_draft_check_facts(d, decider_rules(decider)) && op_allowed(d, call->partner) &&
	       (r = route(call, d, &out->account)) && hosts(d, r) &&
	       contact(d, r, out->account, decider, out->contact_id);
}

static bool read_item(struct intake *x, struct item_draft *d, struct str text)
{
	return x->format == SPLIT_CSV ? item_csv_read(&x->csv, d, &x->scratch, text)
	                              : item_json_read(d, &x->scratch, text);
}

static void header(struct intake *x, struct str text, uint32_t line)
{
	struct item_request unused;
	struct item_draft d;
	item_draft_begin(&d, &unused, &x->error_arena, &x->errors, line, text.ptr);
	x->have_header = true;
	if (!item_csv_header(&x->csv, &d, &x->scratch, text))
		intake_fail(x, 422, "bad-lines", "The header of the file is not right",
		            STR("Nothing was admitted."));
}

void intake_line(struct intake *x, struct str text, uint32_t line)
{
	struct intake_chunk *k = x->filling;
	struct store_line *l = &k->lines[k->op.count];
	struct item_draft d;
	struct intake_checked checked;
	if (x->format == SPLIT_CSV && !x->have_header) {
		header(x, text, line);
		return;
	}
	x->lines_seen++;
	/* Of a thousand requests only their stored form is kept, which is a fifth; but a dry run shows them. */
	struct arena *room = x->dry ? &k->arena : &x->line_arena;
	arena_reset(&x->line_arena);
	struct item_request *req = x->dry ? arena_alloc(room, sizeof *req) : &x->request;
	item_draft_begin(&d, req, room, &x->errors, line, text.ptr);
	d.text_line = x->split.began;
	*l = (struct store_line){.line = line, .request = x->dry ? req : NULL};
	if (!read_item(x, &d, text) || !intake_check(&x->call, &d, k->decider, &checked))
		return;
	l->account = checked.account;
	memcpy(l->contact_id, checked.contact_id, sizeof l->contact_id);
	l->lane = x->bulk ? LANE_BULK : lane_of_op(req->op);
	buf_clear(&x->payload);
	item_encode(req, &x->payload);
	if (!buf_ok(&x->payload)) {
		item_draft_error(&d, (struct item_place){ITEM_GROUP_TOP, -1, NULL}, NULL, "TOO_LONG",
		                 "a shorter line");
		return;
	}
	l->payload = arena_str(&k->arena, buf_str(&x->payload));
	k->op.count++;
}

/* Where in the text of an array it stood is forgotten by now. */
static void ref_error(struct intake *x, const struct store_line *l, const char *reason, const char *expected)
{
	uint32_t text_line = x->format == SPLIT_JSON ? 0 : l->line;
	line_errors_add(&x->errors, (struct line_place){l->line, text_line, 0}, STR("ref"), reason, "%s",
	                expected);
}

void intake_take_line(struct intake *x, const struct store_line *l)
{
	switch (l->outcome) {
	case STORE_LINE_NEW:
		x->lines_new++;
		x->counts[l->state]++;
		break;
	case STORE_LINE_SAME:
		x->lines_same++;
		x->counts[l->state]++;
		break;
	case STORE_LINE_CONFLICT:
		ref_error(x, l, "REF_CONFLICT", "a new ref, or the content that was sent under it before");
		break;
	case STORE_LINE_TWICE:
		ref_error(x, l, "DUPLICATE", "a ref of its own: an earlier line of this file has it");
		break;
	case STORE_LINE_BUSY:
		x->lines_busy++;
		ref_error(x, l, "REF_BUSY", "to wait: another upload with this ref is not finished");
		break;
	}
}
