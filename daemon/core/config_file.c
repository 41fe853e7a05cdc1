/* Paths in the configuration: where they lead, and whether what is there will do. */
#include "daemon/core/config_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_MAX 1024 /* RFC 8807 sets no limit; longer is some other file */

/* Bits that a key or password file must not have: group may read, nobody else may do anything. */
#define MODE_FORBIDDEN 0027

#define CREDENTIAL "credential:"

/* "credential:registry.key": what systemd has put there by LoadCredential= or LoadCredentialEncrypted=. */
static bool credential_path(struct config_reading *r, const struct yaml_node *n, const char *name,
                            const char **out)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		yaml_error(r->d, n, "'%s' is not the name of a credential", name);
		diag_help(r->d, "the name that stands in the unit: LoadCredential=NAME:/path/of/the/file");
		return false;
	}
	if (!folder || folder[0] != '/') {
		yaml_error(r->d, n, "there are no credentials here: CREDENTIALS_DIRECTORY is not set");
		diag_help(
		    r->d,
		    "systemd sets it for services with LoadCredential=; to check by hand, set it to a folder "
		    "with a file '%s'",
		    name);
		return false;
	}
	*out = arena_printf(r->arena, "%s/%s", folder, name).ptr;
	return true;
}

bool config_file_path(struct config_reading *r, struct yaml_node *map, const char *key, enum yaml_presence p,
                      const char **out)
{
	const char *text;
	if (!config_value_text(r, map, key, p, &text))
		return false;
	if (strncmp(text, CREDENTIAL, strlen(CREDENTIAL)) == 0)
		return credential_path(r, yaml_get(map, key), text + strlen(CREDENTIAL), out);
	*out = text[0] == '/' ? text : arena_printf(r->arena, "%s%s", r->dir, text).ptr;
	return true;
}

static void cannot_read(struct config_reading *r, const struct yaml_node *n, const char *path, int error)
{
	yaml_error(r->d, n, "'%s' cannot be read: %s", path, strerror(error));
	if (error == ENOENT && n->text.ptr[0] != '/')
		diag_help(r->d, "relative paths begin at the folder of the main configuration file");
	else if (error == EACCES)
		diag_help(r->d,
		          "the file and its folders must be readable by the user that the daemon runs as");
}

/* The first line must hold something that can be a password. */
static bool check_password(struct config_reading *r, const struct yaml_node *n, const char *path, int fd)
{
	char text[PASSWORD_MAX];
	ssize_t len = read(fd, text, sizeof text);
	struct str rest = str_make(text, len > 0 ? (size_t)len : 0);
	struct str line = str_split(&rest, '\n');
	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	bool ok = line.len > 0 && line.len < sizeof text && str_is_utf8(line);
	explicit_bzero(text, sizeof text);
	if (!ok) {
		yaml_error(r->d, n, "'%s': the first line is not a password", path);
		diag_help(r->d, "the file holds the password alone, in its first line");
	}
	return ok;
}

static bool check_open_file(struct config_reading *r, const struct yaml_node *n, const char *path,
                            enum config_file_kind kind, int fd)
{
	struct stat st;
	if (fstat(fd, &st) != 0) {
		cannot_read(r, n, path, errno);
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		yaml_error(r->d, n, "'%s' is not a file", path);
		return false;
	}
	if (kind != CONFIG_FILE_PUBLIC && (st.st_mode & MODE_FORBIDDEN)) {
		yaml_error(r->d, n, "'%s' is open to others (mode %04o)", path,
		           (unsigned)st.st_mode & 07777u);
		diag_help(r->d, "chmod 0640 '%s', owned by root and the daemon's group", path);
		return false;
	}
	return kind != CONFIG_FILE_PASSWORD || check_password(r, n, path, fd);
}

bool config_file_get(struct config_reading *r, struct yaml_node *map, const char *key, enum yaml_presence p,
                     enum config_file_kind kind, const char **out)
{
	const char *path;
	if (!config_file_path(r, map, key, p, &path))
		return false;
	struct yaml_node *n = yaml_get(map, key);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* O_NONBLOCK: a FIFO must not hold us up */
	if (fd < 0) {
		cannot_read(r, n, path, errno);
		return false;
	}
	bool ok = check_open_file(r, n, path, kind, fd);
	(void)close(fd); /* was only read */
	if (ok)
		*out = path;
	return ok;
}

struct config_place config_file_place(struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = map ? yaml_get(map, key) : NULL;
	if (!n)
		return (struct config_place){0};
	return (struct config_place){n->pos.line, n->pos.column, n->pos.width};
}

bool config_file_folder(struct config_reading *r, struct yaml_node *map, const char *key, const char **out)
{
	const char *path;
	struct stat st;
	if (!config_file_path(r, map, key, YAML_REQUIRED, &path))
		return false;
	if (stat(path, &st) != 0) {
		cannot_read(r, yaml_get(map, key), path, errno);
		return false;
	}
	if (!S_ISDIR(st.st_mode)) {
		yaml_error(r->d, yaml_get(map, key), "'%s' is not a folder", path);
		return false;
	}
	*out = path;
	return true;
}

const char *config_file_folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	return arena_str(a, str_make(path, slash ? (size_t)(slash - path) + 1 : 0)).ptr;
}

void config_file_warn_parent(struct config_reading *r, struct yaml_node *map, const char *key,
                             const char *path)
{
	struct yaml_node *n = yaml_get(map, key);
	const char *slash = strrchr(path, '/');
	struct stat st;
	if (!n || !slash || slash == path)
		return;
	const char *folder = arena_str(r->arena, str_make(path, (size_t)(slash - path))).ptr;
	if (stat(folder, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (access(folder, W_OK | X_OK) == 0)
			return;
		diag_warning(r->d, n->pos, "%.*s.%s: nothing can be written into '%s' by this user: %s",
		             STR_ARG(n->parent->key), key, folder, strerror(errno));
		diag_help(r->d, "the daemon's user must own the folder; check as that user: "
		                "'runuser -u vnepp -- vneppd --check'");
		return;
	}
	diag_warning(r->d, n->pos, "%.*s.%s: there is no folder '%s' yet", STR_ARG(n->parent->key), key,
	             folder);
	diag_help(r->d, "as a systemd service the daemon gets /var/lib/vnepp and /run/vnepp when it starts");
}
