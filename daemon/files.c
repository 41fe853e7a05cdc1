/* Configuration, rules and credentials, read and checked. */
#include "daemon/files.h"
#include "daemon/core/config.h"
#include "daemon/credentials.h"
#include "epp/base/buf.h"
#include "epp/base/clock.h"
#include "policy/policy.h"

#include <stdio.h>

void files_print_findings(const struct diag *d)
{
	struct buf text;
	buf_init(&text, 16u << 20);
	diag_print(d, &text);
	if (buf_len(&text))
		fwrite(buf_data(&text), 1, buf_len(&text), stderr);
	buf_fini(&text);
}

instant_ms_t files_wall(void)
{
	struct clock c;
	clock_init_system(&c, 0);
	return c.wall(&c);
}

bool files_load(const char *path, struct diag *d, struct config **config, struct policy_ruleset **rules)
{
	*rules = NULL;
	*config = config_load(path, files_wall(), d);
	if (*config)
		*rules = policy_load_dir((*config)->rules_dir, NULL, d);
	if (*config && (*rules || !(*config)->rules_activate))
		return true;
	config_unref(config);
	policy_unref(rules);
	return false;
}

int files_check(const char *path)
{
	struct diag d;
	diag_init(&d);
	struct config *config = config_load_anyway(path, files_wall(), &d);
	struct policy_ruleset *rules =
	    config->rules_dir ? policy_load_dir(config->rules_dir, NULL, &d) : NULL;
	credentials_check(config, files_wall(), &d);
	bool fine = rules && d.errors == 0;
	files_print_findings(&d);
	diag_fini(&d);
	if (fine)
		printf("%s: fine (%zu registries, %zu partners, rules %s)\n", path, config->registry_count,
		       config->partner_count, policy_revision(rules));
	config_unref(&config);
	policy_unref(&rules);
	return fine ? 0 : 1;
}
