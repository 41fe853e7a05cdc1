/*
 * vnepp epp show: the frames that an item of a batch file would become, without a gateway and without sending anything.
 * Configuration, rules and mapping are read as the daemon reads them; the decision is taken as if today were the first
 * time that anybody asked.
 */
#include "daemon/cli/cli.h"
#include "daemon/cli/item_file.h"
#include "daemon/cli/policy_folder.h"
#include "daemon/core/config.h"
#include "epp/base/rng.h"
#include "daemon/job/decide.h"
#include "daemon/job/job.h"
#include "epp/dialect.h"
#include "epp/frame.h"
#include "epp/redact.h"
#include "policy/policy.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CONFIG_INSTALLED "/etc/vnepp/vneppd.yaml"
#define PRINTED_MAX      (16u << 20)

struct show_args {
	const char *config, *registry, *rules, *mapping;
	uint32_t line;
	bool no_notes;
};

static const struct opt opts[] = {
    {"config", 0, OPT_TEXT, offsetof(struct show_args, config), "FILE",
     "the daemon's configuration (" CONFIG_INSTALLED ")", NULL, 0, 0},
    {"registry", 0, OPT_TEXT, offsetof(struct show_args, registry), "NAME",
     "as for this registry; left out: the one that serves the name", NULL, 0, 0},
    {"mapping", 0, OPT_TEXT, offsetof(struct show_args, mapping), "FILE",
     "without a configuration: a registry with this mapping and nothing else of its own", NULL, 0, 0},
    {"rules", 0, OPT_TEXT, offsetof(struct show_args, rules), "DIR",
     "rule files; left out: those of the configuration", NULL, 0, 0},
    {"line", 0, OPT_NUMBER, offsetof(struct show_args, line), "N",
     "the item at this line, or place in a JSON array; left out: the first", NULL, 1, UINT32_MAX},
    {"no-notes", 0, OPT_FLAG, offsetof(struct show_args, no_notes), NULL,
     "do not say which fact an element is filled from", NULL, 0, 0},
};

enum what { SHOW_CREATE, SHOW_RENEW, SHOW_CONTACT };
static const char *const what_names[] = {"create", "renew", "contact"};

struct showing {
	const struct show_args *args;
	enum what what;
	struct arena *arena;
	struct diag diag;
	struct buf out;
	struct errmsg e;
	struct config *config; /* NULL: --mapping */
	const char *registry_name;
	struct job_registry registry;
	struct rng rng;
	bool create_contacts;
	struct decider *decider;
	struct item_file_item item;
	struct buf scratch; /* holds the decision */
	struct decide_outcome outcome;
	struct job job;
};

/* ---- what the daemon would work with ------------------------------------------------------------------------------- */

static instant_ms_t now(const struct showing *s)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (instant_ms_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 +
	       (s->config ? s->config->clock_shift_ms : 0);
}

static enum err load_config(struct showing *s)
{
	const struct show_args *a = s->args;
	if (a->mapping) {
		struct yaml_node *top = yaml_load(s->arena, &s->diag, a->mapping);
		s->registry_name = "(none)";
		s->create_contacts = true;
		s->registry = (struct job_registry){.login = STR("gateway"),
		                                    .ns_as_attrs = true,
		                                    .dialect = epp_dialect_read(s->arena, &s->diag, top)};
		return s->registry.dialect ? OK : err_set(&s->e, ERR_CONFIG, "the mapping is not right");
	}
	s->config = config_load(a->config ? a->config : CONFIG_INSTALLED, now(s), &s->diag);
	return s->config ? OK
	                 : err_set(&s->e, ERR_CONFIG,
	                           "the configuration is not right (a mapping alone: --mapping)");
}

static enum err load_rules(struct showing *s)
{
	static const uint8_t no_key[32] = {0};
	const char *dir = s->args->rules ? s->args->rules
	                  : s->config    ? s->config->rules_dir
	                                 : policy_rules_folder(NULL, 0);
	struct policy_ruleset *rules = policy_load_dir(dir, NULL, &s->diag);
	if (!rules)
		return err_set(&s->e, ERR_CONFIG, "the rules in %s do not load (others: --rules)", dir);
	s->decider = decider_new(rules, no_key);
	return OK;
}

static const struct config_registry *named(const struct showing *s)
{
	for (size_t i = 0; i < s->config->registry_count; i++)
		if (strcmp(s->config->registries[i].name, s->args->registry) == 0)
			return &s->config->registries[i];
	return NULL;
}

static enum err no_such_registry(struct showing *s)
{
	struct str names = STR_NONE;
	for (size_t i = 0; i < s->config->registry_count; i++)
		names = arena_printf(s->arena, "%.*s%s%s", STR_ARG(names), i ? ", " : "",
		                     s->config->registries[i].name);
	return err_set(&s->e, ERR_NOT_FOUND, "there is no registry '%s', only: %.*s", s->args->registry,
	               STR_ARG(names));
}

static enum err find_registry(struct showing *s)
{
	struct str domain = s->item.request.domain;
	if (!s->config)
		return OK;
	const struct config_registry *r =
	    s->args->registry ? named(s) : config_route(s->config, domain, s->item.idn, NULL);
	if (!r && s->args->registry)
		return no_such_registry(s);
	if (!r)
		return err_set(&s->e, ERR_NOT_FOUND,
		               "no registry serves %.*s (one may be chosen: --registry)", STR_ARG(domain));
	s->registry_name = r->name;
	s->create_contacts = r->create_contacts;
	s->registry = job_registry_of(r, &r->accounts[0]);
	return OK;
}

/* ---- the job ------------------------------------------------------------------------------------------------------- */

static enum err check_what(struct showing *s)
{
	const struct item_request *r = &s->item.request;
	enum item_op wanted = s->what == SHOW_RENEW ? ITEM_RENEW : ITEM_CREATE;
	if (r->op != wanted)
		return err_set(&s->e, ERR_INVALID, "line %u is a %s, not a %s", s->item.line,
		               item_op_name(r->op), item_op_name(wanted));
	if (r->op == ITEM_CREATE && !r->registrant.len && !s->create_contacts)
		return err_set(
		    &s->e, ERR_INVALID,
		    "line %u: contacts.registrant is missing, and the registry '%s' has 'contacts: given'",
		    s->item.line, s->registry_name);
	return OK;
}

static enum err begin(struct showing *s)
{
	const struct decide_ledger nothing = {.grant_from = DATE_NONE, .expires_on = DATE_NONE};
	struct job *j = &s->job;
	decide_item(s->decider, &s->item.request, &nothing, DECIDE_PREVIEW, now(s), &s->scratch, &s->outcome);
	rng_init_kernel(&s->rng);
	s->registry.rng = &s->rng;
	*j = (struct job){.registry = &s->registry,
	                  .request = s->item.request,
	                  .decision_common = s->outcome.common,
	                  .decision_item = s->outcome.item,
	                  .offers = JOB_OFFERS_SECDNS | JOB_OFFERS_FEE,
	                  .expected_vnd = s->outcome.fee_vnd,
	                  .attempt = 1};
	if (j->request.op == ITEM_CREATE)
		decide_contact_id(s->decider, 0, &s->item.request, j->contact_id);
	(void)job_begin(j); /* always JOB_SEND */
	if (s->what == SHOW_CONTACT && job_step_letter(j) != 'c')
		return err_set(&s->e, ERR_INVALID, "line %u makes no contact: it names its registrant",
		               s->item.line);
	return OK;
}

static const char *command_name(const struct job *j)
{
	switch (job_step_letter(j)) {
	case 'c': return "contact:create";
	case 'k': return "domain:check";
	default: return j->request.op == ITEM_RENEW ? "domain:renew" : "domain:create";
	}
}

static void print_head(struct showing *s)
{
	const struct item_request *r = &s->item.request;
	buf_printf(&s->out, "# line %u, ref %.*s: %.*s at registry %s\n", s->item.line, STR_ARG(r->ref),
	           STR_ARG(r->domain_u), s->registry_name);
	buf_printf(&s->out, "# decision of today, nothing being known before: %s", s->outcome.reason);
	if (s->outcome.state != ITEM_QUEUED)
		buf_printf(&s->out, "; it would not be sent but be %s", item_state_name(s->outcome.state));
	buf_lit(&s->out, "\n");
	if (s->job.contact_id[0])
		buf_lit(&s->out, "# the contact's identifier is another one in practice: it is made with the "
		                 "store's secret key\n");
}

static enum err print_frame(struct showing *s, const struct epp_redact_opts *how)
{
	struct buf frame;
	buf_init(&frame, EPP_FRAME_MAX_AFTER_LOGIN);
	enum err err = job_build(&s->job, STR("VN-EXAMPLE"), &frame, &s->e);
	if (err) {
		(void)err_wrap(&s->e, err, "line %u, %s cannot be sent", s->item.line, command_name(&s->job));
	} else {
		struct str f = buf_str(&frame);
		buf_printf(&s->out, "\n# %s\n", command_name(&s->job));
		err = epp_redact_print_opts(str_make(f.ptr + EPP_FRAME_HEADER, f.len - EPP_FRAME_HEADER), how,
		                            &s->out);
	}
	buf_fini(&frame);
	return err;
}

static enum err print_frames(struct showing *s)
{
	struct epp_redact_opts how = {.notes = !s->args->no_notes};
	if (s->registry.dialect)
		how.known = epp_dialect_known(s->registry.dialect, s->arena, &how.known_count);
	print_head(s);
	do {
		enum err err = print_frame(s, &how);
		if (err)
			return err;
	} while (s->what != SHOW_CONTACT && job_step(&s->job));
	return OK;
}

static enum err show(struct showing *s, const char *file)
{
	enum err err = load_config(s);
	if (!err)
		err = load_rules(s);
	if (!err)
		err = item_file_read(file, s->args->line, decider_rules(s->decider), s->arena, &s->item,
		                     &s->scratch, &s->e);
	if (!err)
		err = find_registry(s);
	if (!err)
		err = check_what(s);
	if (!err)
		err = begin(s);
	return err ? err : print_frames(s);
}

/* ---- the command --------------------------------------------------------------------------------------------------- */

/* What was found in files, and in the line: whatever `scratch` holds when it failed before a decision. */
static void complain(struct showing *s)
{
	struct buf text;
	buf_init(&text, PRINTED_MAX);
	diag_print(&s->diag, &text);
	if (!s->outcome.reason[0])
		buf_add(&text, buf_str(&s->scratch));
	(void)fwrite(buf_str(&text).ptr, 1, buf_len(&text),
	             stderr); /* nothing is left to do without a stderr */
	buf_fini(&text);
	cli_error("%s", s->e.text);
}

static bool find_what(const char *word, enum what *out)
{
	for (size_t i = 0; i < ARRAY_LEN(what_names); i++)
		if (strcmp(word, what_names[i]) == 0) {
			*out = (enum what)i;
			return true;
		}
	cli_error("'%s' is none of create, renew, contact", word);
	return false;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	struct showing *s = arena_calloc(&cli->arena, 1, sizeof *s);
	int result = CLI_FAILED;
	(void)count;
	s->args = args;
	s->arena = &cli->arena;
	if (!find_what(operands[0], &s->what))
		return CLI_USAGE;
	if (s->args->mapping && (s->args->config || s->args->registry)) {
		cli_error("--mapping stands in place of a configuration: not with --config or --registry");
		return CLI_USAGE;
	}
	diag_init(&s->diag);
	buf_init(&s->out, PRINTED_MAX);
	buf_init(&s->scratch, PRINTED_MAX);
	if (show(s, operands[1]))
		complain(s);
	else if (cli_print(&s->out))
		result = CLI_DONE;
	decider_unref(&s->decider);
	config_unref(&s->config);
	buf_fini(&s->scratch);
	buf_fini(&s->out);
	diag_fini(&s->diag);
	return result;
}

const struct cli_command cmd_epp_show = {
    .name = "epp show",
    .operands = "create|renew|contact FILE|-",
    .summary = "print the EPP frames that an item of a batch file would become",
    .help =
        "FILE is a batch file as for 'submit' (NDJSON, JSON array, CSV). Nothing is sent and no gateway is "
        "needed.\n"
        "create prints all frames of a creation in order, contact only the one that makes the registrant.\n"
        "Passwords, identity numbers and what a mapping fills with personal facts are not printed; behind "
        "an\n"
        "element of a mapping stands the fact that it is filled from.\n",
    .uses = CLI_USES_NOTHING,
    .min_operands = 2,
    .max_operands = 2,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct show_args),
    .run = run,
};
