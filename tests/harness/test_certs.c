/* Throw-away certificates. */
#include "tests/harness/test_certs.h"
#include "certs/tls_ctx.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[128];
static pid_t maker; /* a forked child must not remove it */

static void remove_dir(void)
{
	char command[160];
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	if (getpid() == maker && system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", dir);
}

const char *test_certs_dir(void)
{
	if (dir[0])
		return dir;
	const char *tmp = getenv("TMPDIR");
	char at[sizeof dir], command[256];
	snprintf(at, sizeof at, "%s/vnepp-certs-XXXXXX", tmp && strlen(tmp) < 64 ? tmp : "/tmp");
	INVARIANT(mkdtemp(at));
	memcpy(dir, at, sizeof dir);
	maker = getpid();
	atexit(remove_dir);
	snprintf(command, sizeof command, "certs/dev-ca.sh '%s' extra", dir);
	INVARIANT(system(command) == 0);
	return dir;
}

const char *test_certs_path(const char *name)
{
	static char paths[64][192];
	static size_t used;
	const char *folder = test_certs_dir();
	char path[192];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	for (size_t i = 0; i < used; i++)
		if (strcmp(paths[i], path) == 0)
			return paths[i];
	INVARIANT(used < ARRAY_LEN(paths));
	memcpy(paths[used], path, sizeof path);
	return paths[used++];
}

static const char *named(const char *name, const char *ending)
{
	char file[64];
	if (!name)
		return NULL;
	snprintf(file, sizeof file, "%s.%s", name, ending);
	return test_certs_path(file);
}

static struct tls_ctx *load(enum tls_role role, const char *ca, const char *name, const char *crl)
{
	struct tls_profile p = {.role = role,
	                        .ca_file = named(ca, "pem"),
	                        .cert_file = named(name, "pem"),
	                        .key_file = named(name, "key"),
	                        .crl_file = named(crl, "crl"),
	                        .peer_cert = TLS_PEER_REQUIRED};
	struct tls_ctx *c;
	struct errmsg m;
	if (tls_ctx_load(&c, &p, &m) != OK)
		check_abort("test certificates", m.text, __FILE__, __LINE__);
	return c;
}

struct tls_ctx *test_certs_client(const char *ca, const char *name)
{
	return load(TLS_CLIENT, ca, name, NULL);
}

struct tls_ctx *test_certs_client_crl(const char *ca, const char *name, const char *crl)
{
	return load(TLS_CLIENT, ca, name, crl);
}

struct tls_ctx *test_certs_server(const char *ca, const char *name)
{
	return load(TLS_SERVER, ca, name, NULL);
}
