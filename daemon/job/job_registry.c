/* What a job needs to know of a registry, out of the configuration. */
#include "daemon/core/config.h"
#include "daemon/job/job.h"

struct job_registry job_registry_of(const struct config_registry *r, const struct config_account *a)
{
	return (struct job_registry){.login = str_c(a->login),
	                             .ns_as_attrs = r->hosts == CONFIG_HOSTS_ATTRIBUTES,
	                             .check_first = r->check_first,
	                             .check_names = r->check_names,
	                             .fee = (enum job_fee)r->fee_match,
	                             .auth_length = r->auth_length,
	                             .date_offset_s = r->date_offset_s,
	                             .settle_ms = r->settle_ms,
	                             .slow_ms = r->slow_ms,
	                             .dialect = r->mapping};
}
