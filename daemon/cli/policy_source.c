/* Rule sets from folders and from the daemon. */
#include "daemon/cli/policy_source.h"
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/control.h"
#include "daemon/cli/interrupt.h"
#include "policy/policy.h"

#include <string.h>
#include <sys/stat.h>

#define BEGINNING_MIN 6 /* digits of a revision; fewer could be anything */

void policy_source_init(struct policy_source *s, struct cli *cli)
{
	*s = (struct policy_source){.cli = cli};
}

void policy_source_fini(struct policy_source *s)
{
	control_close(s->control);
	s->control = NULL;
}

json_t *policy_source_ask(struct policy_source *s, json_t *request, struct errmsg *e)
{
	const char *socket = s->cli->conn.socket ? s->cli->conn.socket : CONN_SOCKET_DEFAULT;
	json_t *answer = NULL;
	interrupt_install();
	enum err err = s->control ? OK : control_open(socket, &s->control, e);
	if (!err)
		err = control_call(s->control, request, &answer, e);
	json_decref(request);
	if (!err)
		return answer;
	json_decref(answer);
	return NULL;
}

static bool is_revision(const char *name)
{
	if (strcmp(name, "active") == 0 || strcmp(name, "staged") == 0)
		return true;
	if (strncmp(name, "sha256:", 7) == 0)
		name += 7;
	return strlen(name) >= BEGINNING_MIN && strspn(name, "0123456789abcdef") == strlen(name);
}

static struct policy_ruleset *load_kept(struct policy_source *s, const char *name, struct diag *d)
{
	struct errmsg e = {""};
	struct policy_ruleset *out = NULL;
	json_t *answer =
	    policy_source_ask(s, json_pack("{s:s, s:s}", "cmd", ADMIN_CMD_POLICY_KEPT, "revision", name), &e);
	const json_t *text = json_object_get(answer, "text");
	if (json_is_string(text)) {
		const struct policy_text file = {name,
		                                 str_make(json_string_value(text), json_string_length(text))};
		out = policy_load_texts(&file, 1, d);
	} else {
		diag_error(d, DIAG_NOWHERE, "%s: %s", name, e.text);
	}
	json_decref(answer);
	return out;
}

struct policy_ruleset *policy_source_load(struct policy_source *s, const char *name, const char *site,
                                          struct diag *d)
{
	struct stat st;
	bool folder = stat(name, &st) == 0;
	if (!folder && is_revision(name))
		return load_kept(s, name, d);
	return policy_load_dir(name, site, d);
}
