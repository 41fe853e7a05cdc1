/* What all seeds share: a configuration in a temporary folder, and the shipped rules. */
#include "epp/base/check.h"
#include "policy/policy.h"
#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

static const char main_text[] =
    "instance: sim\n"
    "sandbox: {clock: \"2026-11-20T09:00:00+07:00\"}\n"
    "store: {path: sim.db}\n"
    "api: {listen: \"127.0.0.1:0\", certificate: cert.pem, key: key.pem, client_ca: cert.pem, notice: "
    "1000d}\n"
    "policy: {rules: \"%s\", activate: %s}\n"
    "stop_timeout: 20s\n"
    "partners: partners.yaml\n"
    "limits: limits.yaml\n"
    "registries:\n"
    "  - name: sim\n"
    "    endpoints: [\"registry:700\"]\n"
    "    zones: [id.vn, biz.vn, com.vn]\n"
    "    dates: \"+07:00\"\n"
    "    contacts: create\n"
    "    hosts: %s\n"
    "    timeouts: {connect: 5s, greeting: 5s, login: 5s, answer: 10s}\n"
    "    keepalive: 2m\n"
    "    backoff: {min: 1s, max: 20s}\n"
    "    settle: 15s\n"
    "    poll: 20s\n"
    "    low_balance_marks: [low account balance]\n"
    "    accounts:\n"
    "      - {name: one, login: gateway1, password_file: pw, sessions: %d, window: %d}\n"
    "      - {name: two, login: gateway2, password_file: pw, sessions: %d, window: %d}\n";

static const char partners_text[] = "partners:\n"
                                    "  - {name: p0, certificates: [{san_dns: partner0.sim}], account: one}\n"
                                    "  - {name: p1, certificates: [{san_dns: partner1.sim}], account: two}\n";

static void put_limits(struct sim_setup *s, const struct sim_ceilings *c)
{
	struct buf text;
	buf_init(&text, 4096);
	buf_printf(&text, "registries: {sim: {commands_per_second: %u, classes_per_second: {", c->all);
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		if (c->of[i])
			buf_printf(&text, "%s: %u, ", limit_class_names[i], c->of[i]);
	buf_lit(&text, "}}}\n");
	folder_put(&s->dir, "limits.yaml", buf_cstr(&text));
	buf_fini(&text);
}

static struct config *load(struct sim_setup *s, const char *rules, const char *activate, const char *hosts,
                           const struct sim_ceilings *limit, bool many, struct diag *d)
{
	char text[8192];
	snprintf(text, sizeof text, main_text, rules, activate, hosts, many ? 8 : 3, many ? 32 : 4,
	         many ? 4 : 1, many ? 16 : 1);
	folder_put(&s->dir, "vneppd.yaml", text);
	put_limits(s, limit);
	return config_load(folder_at(&s->dir, "vneppd.yaml"), 0, d);
}

void sim_setup_init(struct sim_setup *s)
{
	static const struct sim_ceilings plain = {.all = 40}; /* sim_rush.c */
	char rules[4096];
	struct diag d;
	struct buf out;
	folder_make(&s->dir);
	INVARIANT(realpath("policy/rules", rules));
	folder_put(&s->dir, "pw", "secret-password\n");
	folder_put(&s->dir, "cert.pem", "not looked at\n");
	folder_put(&s->dir, "key.pem", "not looked at\n");
	folder_put(&s->dir, "partners.yaml", partners_text);
	diag_init(&d);
	buf_init(&out, 1u << 20);
	for (size_t i = 0; i < SIM_DIALECTS; i++) {
		s->configs[i] = load(s, rules, "files", i ? "objects" : "attributes", &plain, false, &d);
	}
	for (size_t i = 0; i < SIM_RUSH_LIMITS; i++)
		s->rush[i] = load(s, rules, "files", "attributes", &sim_rush_ceilings[i], true, &d);
	s->law = load(s, rules, "staged", "objects", &plain, false, &d);
	s->rules = policy_load_dir("policy/rules", NULL, &d);
	diag_print(&d, &out);
	if (d.errors)
		fprintf(stderr, "%s", buf_cstr(&out));
	INVARIANT(!d.errors && s->rules);
	buf_fini(&out);
	diag_fini(&d);
}

void sim_setup_fini(struct sim_setup *s)
{
	for (size_t i = 0; i < SIM_DIALECTS; i++)
		config_unref(&s->configs[i]);
	for (size_t i = 0; i < SIM_RUSH_LIMITS; i++)
		config_unref(&s->rush[i]);
	config_unref(&s->law);
	policy_unref(&s->rules);
	INVARIANT(folder_remove(&s->dir) == 0);
}
