/*
 * Who may do what over the control socket: roles for users and groups of this machine.
 *
 *   roles:
 *     viewer:          {groups: [noc]}
 *     operator:        {users: [hoa, binh]}
 *     policy_stage:    {users: [an]}
 *
 * Names become numbers when the file is read: a question then needs no look-up, and the kernel's words about who asks are
 * numbers anyway. A name that this machine does not have is a warning, because the file may be checked on another one;
 * nobody has the role by it.
 */
#include "daemon/core/config_int.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

const char *const config_role_names[] = {"viewer",       "operator",        "admin",
                                         "policy_stage", "policy_activate", NULL};

static bool is_name(struct config_reading *r, struct yaml_node *n, const char **out)
{
	if (n->text.len == 0 || n->text.len > CONFIG_NAME_MAX) {
		yaml_error(r->d, n, "not the name of a user or group");
		return false;
	}
	*out = arena_str(r->arena, n->text).ptr;
	return true;
}

static bool find_user(const char *name, uint32_t *id)
{
	struct passwd entry, *found = NULL;
	char room[4096];
	if (getpwnam_r(name, &entry, room, sizeof room, &found) != 0 || !found)
		return false;
	*id = found->pw_uid;
	return true;
}

static bool find_group(const char *name, uint32_t *id)
{
	struct group entry, *found = NULL;
	char room[65536]; /* all members of the group are in it */
	if (getgrnam_r(name, &entry, room, sizeof room, &found) != 0 || !found)
		return false;
	*id = found->gr_gid;
	return true;
}

static void read_names(struct config_reading *r, struct yaml_node *map, const char *key,
                       bool (*find)(const char *name, uint32_t *id), uint32_t **ids, size_t *count)
{
	const char **names;
	size_t n;
	if (!config_value_list(r, map, key, YAML_OPTIONAL, is_name, &names, &n))
		return;
	*ids = arena_calloc(r->arena, n, sizeof **ids);
	for (size_t i = 0; i < n; i++) {
		if (find(names[i], &(*ids)[*count])) {
			++*count;
			continue;
		}
		diag_warning(r->d, yaml_get(map, key)->pos, "roles: this machine has no %s '%s'",
		             find == find_user ? "user" : "group", names[i]);
		diag_help(r->d, "nobody has the role by it until there is one and the daemon reloads");
	}
}

void config_roles_read(struct config_reading *r, struct yaml_node *admin)
{
	struct yaml_node *map = yaml_opt(r->d, admin, "roles", YAML_MAP);
	r->c->has_roles = map != NULL;
	for (int i = 0; map && i < CONFIG_ROLE__COUNT; i++) {
		struct config_role_members *m = &r->c->roles[i];
		struct yaml_node *of = yaml_opt(r->d, map, config_role_names[i], YAML_MAP);
		read_names(r, of, "users", find_user, &m->uids, &m->uid_count);
		read_names(r, of, "groups", find_group, &m->gids, &m->gid_count);
		yaml_reject_unseen(r->d, of);
	}
	yaml_reject_unseen(r->d, map);
}

static bool has(const uint32_t *list, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == id)
			return true;
	return false;
}

static bool is_member(const struct config_role_members *m, uint32_t uid, uint32_t gid, const uint32_t *groups,
                      size_t group_count)
{
	if (has(m->uids, m->uid_count, uid) || has(m->gids, m->gid_count, gid))
		return true;
	for (size_t i = 0; i < group_count; i++)
		if (has(m->gids, m->gid_count, groups[i]))
			return true;
	return false;
}

unsigned config_roles_of(const struct config *c, uint32_t uid, uint32_t gid, const uint32_t *groups,
                         size_t group_count)
{
	unsigned roles = 0;
	if (!c->has_roles)
		return CONFIG_ROLES_ALL;
	for (int i = 0; i < CONFIG_ROLE__COUNT; i++)
		if (is_member(&c->roles[i], uid, gid, groups, group_count))
			roles |= CONFIG_ROLE_BIT(i);
	if (uid == 0 || uid == geteuid())
		roles |= CONFIG_ROLE_BIT(CONFIG_ROLE_ADMIN);
	if (roles & CONFIG_ROLE_BIT(CONFIG_ROLE_ADMIN))
		roles |= CONFIG_ROLE_BIT(CONFIG_ROLE_OPERATOR);
	if (roles)
		roles |= CONFIG_ROLE_BIT(CONFIG_ROLE_VIEWER);
	return roles;
}
