/* The configuration: what a good one becomes, what is refused and where, and routing. */
#include "daemon/core/config.h"
#include "epp/base/alloc.h"
#include "epp/base/buf.h"
#include "epp/base/date.h"
#include "epp/base/logapi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char main_text[] = "instance: demo\n"
                                "sandbox: {clock: \"2026-11-20T09:00:00+07:00\"}\n"
                                "store: {path: state.db}\n"
                                "api:\n"
                                "  listen: 127.0.0.1:0\n"
                                "  certificate: cert.pem\n"
                                "  key: key.pem\n"
                                "  client_ca: cert.pem\n"
                                "  max_body: 3MB\n"
                                "admin: {control_socket: c.sock, listen: \"[::1]:9443\"}\n"
                                "policy: {rules: rules}\n"
                                "log: {format: json, level: debug}\n"
                                "partners: partners.yaml\n"
                                "limits: limits.yaml\n"
                                "registries:\n"
                                "  - name: ascii\n"
                                "    endpoints: [epp.example.vn, \"[::1]:7700\"]\n"
                                "    zones: [id.vn, VN]\n"
                                "    script: ascii\n"
                                "    dates: \"+07:00\"\n"
                                "    contacts: given\n"
                                "    timeouts: {answer: 5s}\n"
                                "    accounts:\n"
                                "      - {name: common, login: gateway, password_file: pw, certificate: "
                                "cert.pem, key: key.pem, sessions: 3, window: 32}\n"
                                "      - {name: second, login: gateway2, password_file: pw}\n"
                                "  - name: idn\n"
                                "    endpoints: [\"192.0.2.1:7001\"]\n"
                                "    zones: [vn]\n"
                                "    script: idn\n"
                                "    hosts: objects\n"
                                "    accounts: [{name: common, login: gateway, password_file: pw}]\n";

static const char partners_text[] =
    "partners:\n"
    "  - name: alpha\n"
    "    certificates: [{san_dns: Alpha.Example.vn}, {fingerprint: \"" HEX64 "\"}]\n"
    "    account: common\n"
    "  - name: beta\n"
    "    certificates: [{pin: " HEX64 "}, {san_uri: \"urn:Beta\"}]\n"
    "    accounts: {ascii: second}\n"
    "    zones: [id.vn]\n"
    "    operations: [renew]\n"
    "    weight: 5\n";

static const char limits_text[] = "registries: {ascii: {commands_per_second: 50}}\n"
                                  "partners:\n"
                                  "  default: {lines_per_second: 100, max_queued: 5000}\n"
                                  "  beta: {burst: 400}\n";

struct fixture {
	char dir[64];
	struct diag d;
	struct buf out;
	struct config *c;
};

static const char *path_of(struct fixture *f, const char *name)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", f->dir, name);
	return path;
}

static void put(struct fixture *f, const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(path_of(f, name), "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path_of(f, name), mode), 0);
}

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){.dir = "/tmp/vnepp-config-XXXXXX"};
	assert_non_null(mkdtemp(f.dir));
	assert_int_equal(mkdir(path_of(&f, "rules"), 0755), 0);
	put(&f, "vneppd.yaml", main_text, 0644);
	put(&f, "partners.yaml", partners_text, 0644);
	put(&f, "limits.yaml", limits_text, 0644);
	put(&f, "cert.pem", "certificate\n", 0644);
	put(&f, "key.pem", "key\n", 0600);
	put(&f, "pw", "secret-word\n", 0640);
	diag_init(&f.d);
	buf_init(&f.out, 1 << 20);
	*state = &f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st;
	(void)flag;
	(void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	config_unref(&f->c);
	diag_fini(&f->d);
	buf_fini(&f->out);
	return nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes `file` as `text` with the first `from` replaced by `to`. */
static void edit(struct fixture *f, const char *file, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	assert_non_null(at);
	struct buf b;
	buf_init(&b, 1 << 16);
	buf_append(&b, text, (size_t)(at - text));
	buf_add(&b, str_c(to));
	buf_add(&b, str_c(at + strlen(from)));
	put(f, file, buf_cstr(&b), 0644);
	buf_fini(&b);
}

static bool load(struct fixture *f)
{
	char path[256];
	config_unref(&f->c);
	diag_fini(&f->d);
	diag_init(&f->d);
	buf_clear(&f->out);
	snprintf(path, sizeof path, "%s", path_of(f, "vneppd.yaml"));
	f->c = config_load(path, 1000, &f->d);
	diag_print(&f->d, &f->out);
	return f->c != NULL;
}

static void load_good(struct fixture *f)
{
	if (!load(f) || f->d.warnings)
		fail_msg("%s", buf_cstr(&f->out));
}

/* Loading fails with exactly one finding, which holds both texts. */
static void expect_error(struct fixture *f, const char *place, const char *text)
{
	if (load(f) || f->d.errors != 1 || !strstr(buf_cstr(&f->out), place) ||
	    !strstr(buf_cstr(&f->out), text))
		fail_msg("wanted '%s' and '%s':\n%s", place, text, buf_cstr(&f->out));
}

static void refuse_main(struct fixture *f, const char *from, const char *to, const char *place,
                        const char *text)
{
	edit(f, "vneppd.yaml", main_text, from, to);
	expect_error(f, place, text);
}

static void refuse_partners(struct fixture *f, const char *from, const char *to, const char *place,
                            const char *text)
{
	edit(f, "partners.yaml", partners_text, from, to);
	expect_error(f, place, text);
}

static void refuse_limits(struct fixture *f, const char *from, const char *to, const char *place,
                          const char *text)
{
	edit(f, "limits.yaml", limits_text, from, to);
	expect_error(f, place, text);
}

static void reads_the_sections(void **state)
{
	struct fixture *f = *state;
	load_good(f);
	const struct config *c = f->c;
	assert_string_equal(c->instance, "demo");
	assert_true(c->sandbox);
	instant_ms_t start;
	assert_true(instant_parse(STR("2026-11-20T02:00:00Z"), 0, &start));
	assert_int_equal(c->clock_shift_ms, start - 1000);
	assert_string_equal(c->store_path, path_of(f, "state.db"));
	assert_string_equal(c->control_socket, path_of(f, "c.sock"));
	assert_string_equal(c->rules_dir, path_of(f, "rules"));
	assert_true(c->rules_activate);
	assert_string_equal(c->api_listen, "127.0.0.1:0");
	assert_int_equal(c->admin_listen_count, 1);
	assert_string_equal(c->admin_listen[0], "[::1]:9443");
	assert_int_equal(c->api_max_body_bytes, 3 << 20);
	assert_int_equal(c->api_max_line_bytes, 64 << 10);
	assert_int_equal(c->api_max_lines, 1000000);
	assert_int_equal(c->log_format, CONFIG_LOG_JSON);
	assert_int_equal(c->log_level, LOG_DEBUG);
	assert_int_equal(c->stop_ms, 30000);
}

static void reads_the_registries(void **state)
{
	struct fixture *f = *state;
	load_good(f);
	assert_int_equal(f->c->registry_count, 2);
	const struct config_registry *g = &f->c->registries[0];
	assert_int_equal(g->endpoint_count, 2);
	assert_string_equal(g->endpoints[0].host, "epp.example.vn");
	assert_int_equal(g->endpoints[0].port, 700);
	assert_string_equal(g->endpoints[1].host, "::1");
	assert_int_equal(g->endpoints[1].port, 7700);
	assert_string_equal(g->zones[1], "vn");
	assert_int_equal(g->date_offset_s, 7 * 3600);
	assert_false(g->create_contacts);
	assert_int_equal(g->hosts, CONFIG_HOSTS_ATTRIBUTES);
	assert_int_equal(g->answer_ms, 5000);
	assert_int_equal(g->connect_ms, 10000);
	assert_int_equal(g->object_count, 3);
	assert_int_equal(g->commands_per_second.max, 50);
	assert_null(g->server_name);
	assert_int_equal(g->account_count, 2);
	assert_int_equal(g->accounts[0].sessions, 3);
	assert_int_equal(g->accounts[0].window, 32);
	assert_string_equal(g->accounts[1].login, "gateway2");
	assert_null(g->accounts[1].certificate);
	assert_true(f->c->registries[1].create_contacts);
	assert_int_equal(f->c->registries[1].hosts, CONFIG_HOSTS_OBJECTS);
	assert_int_equal(f->c->registries[1].commands_per_second.max, 0);
}

static void reads_the_partners(void **state)
{
	struct fixture *f = *state;
	load_good(f);
	const struct config_partner *a = config_partner(f->c, "alpha"), *b = config_partner(f->c, "beta");
	assert_non_null(a);
	assert_non_null(b);
	assert_null(config_partner(f->c, "gamma"));
	assert_string_equal(a->accounts[0], "common");
	assert_string_equal(a->accounts[1], "common");
	assert_true(a->may_create && a->may_renew);
	assert_null(a->zones);
	assert_int_equal(a->lines_per_second.max, 100);
	assert_int_equal(a->burst, 100);
	assert_int_equal(a->max_queued.max, 5000);
	assert_int_equal(a->weight, 1);
	assert_string_equal(b->accounts[0], "second");
	assert_null(b->accounts[1]);
	assert_false(b->may_create);
	assert_true(b->may_renew);
	assert_int_equal(b->zone_count, 1);
	assert_int_equal(b->lines_per_second.max, 100);
	assert_int_equal(b->burst, 400);
	assert_int_equal(b->weight, 5);
}

static void recognises_certificates(void **state)
{
	struct fixture *f = *state;
	load_good(f);
	const struct config_partner *a = config_partner(f->c, "alpha"), *b = config_partner(f->c, "beta");
	assert_ptr_equal(config_identify(f->c, CONFIG_ID_SAN_DNS, STR("alpha.EXAMPLE.vn")), a);
	assert_ptr_equal(config_identify(f->c, CONFIG_ID_FINGERPRINT, STR(HEX64)), a);
	assert_ptr_equal(config_identify(f->c, CONFIG_ID_PIN, STR(HEX64)), b);
	assert_ptr_equal(config_identify(f->c, CONFIG_ID_SAN_URI, STR("urn:Beta")), b);
	assert_null(config_identify(f->c, CONFIG_ID_SAN_URI, STR("urn:beta")));
	assert_null(config_identify(f->c, CONFIG_ID_SAN_DNS, STR("urn:Beta")));
	assert_null(config_identify(f->c, CONFIG_ID_SAN_DNS, STR_NONE));
	char longer[400];
	memset(longer, 'a', sizeof longer);
	assert_null(config_identify(f->c, CONFIG_ID_SAN_DNS, str_make(longer, sizeof longer)));
}

static void routes_to_the_longest_zone(void **state)
{
	struct fixture *f = *state;
	struct str zone = STR_NONE;
	load_good(f);
	const struct config_registry *ascii = &f->c->registries[0], *idn = &f->c->registries[1];
	assert_ptr_equal(config_route(f->c, STR("nguyen.id.vn"), false, &zone), ascii);
	assert_true(str_eq_c(zone, "id.vn"));
	assert_ptr_equal(config_route(f->c, STR("nguyen.vn"), false, &zone), ascii);
	assert_true(str_eq_c(zone, "vn"));
	assert_ptr_equal(config_route(f->c, STR("a.b.id.vn"), false, &zone), ascii);
	assert_true(str_eq_c(zone, "id.vn"));
	/* the longest whose script fits */
	assert_ptr_equal(config_route(f->c, STR("xn--nguyn-.id.vn"), true, &zone), idn);
	assert_true(str_eq_c(zone, "vn"));
	assert_ptr_equal(config_route(f->c, STR("xn--nguyn-.vn"), true, NULL), idn);
	assert_null(config_route(f->c, STR("nguyen.com"), false, &zone));
	assert_null(config_route(f->c, STR("id.vn"), false, &zone));
	assert_null(config_route(f->c, STR("vn"), false, &zone));
	assert_null(config_route(f->c, STR("xid.xvn"), false, &zone));
	assert_null(config_route(f->c, STR(""), false, &zone));
	assert_null(config_route(f->c, STR("."), false, &zone));
}

static void defaults_are_filled_in(void **state)
{
	struct fixture *f = *state;
	put(f, "vneppd.yaml",
	    "api: {listen: \"0.0.0.0:8443\", certificate: cert.pem, key: key.pem, client_ca: cert.pem}\n"
	    "admin: {control_socket: none}\n"
	    "policy: {rules: rules}\n"
	    "partners: partners.yaml\n"
	    "registries:\n"
	    "  - {name: ascii, endpoints: [h], zones: [id.vn], accounts: [{name: second, login: abc, "
	    "password_file: pw}, {name: common, login: abc, password_file: pw}]}\n",
	    0644);
	load_good(f);
	assert_false(f->c->sandbox);
	assert_false(f->c->rules_activate);
	assert_int_equal(f->c->clock_shift_ms, 0);
	assert_string_equal(f->c->instance, "vnepp");
	assert_string_equal(f->c->store_path, "/var/lib/vnepp/vnepp.db");
	assert_null(f->c->control_socket);
	assert_int_equal(f->c->admin_listen_count, 0);
	assert_int_equal(f->c->partners[0].lines_per_second.max, 0);
	const struct config_registry *g = f->c->registries;
	assert_int_equal(g->script, CONFIG_SCRIPT_ANY);
	assert_int_equal(g->date_offset_s, 0);
	assert_string_equal(g->language, "en");
	assert_int_equal(g->accounts[0].sessions, 4);
	assert_int_equal(g->accounts[0].window, 8);
	assert_true(g->create_contacts);
	assert_ptr_equal(config_route(f->c, STR("xn--a-.id.vn"), true, NULL), g);
	assert_ptr_equal(config_route(f->c, STR("a.id.vn"), false, NULL), g);
}

static void values_of_the_main_file_are_checked(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "instance: demo", "instance: de mo", "vneppd.yaml:1:11:", "is not a name");
	refuse_main(f, "instance: demo", "instanze: demo", ":1:1:", "did you mean 'instance'?");
	refuse_main(f, "T09:00:00", " 09:00", ":2:18:", "is not an instant");
	refuse_main(f, "127.0.0.1:0", "localhost:1", ":5:11:", "is not an address with a port");
	refuse_main(f, "127.0.0.1:0", "127.0.0.1", ":5:11:", "is not an address with a port");
	refuse_main(f, "127.0.0.1:0", "127.0.0.1:65536", ":5:11:", "is not an address with a port");
	refuse_main(f, "127.0.0.1:0", "::1", ":5:11:", "is not an address with a port");
	refuse_main(f, "[::1]:9443", "[::1]9443", ":10:41:", "is not an address with a port");
	refuse_main(f, "[::1]:9443", "0.0.0.0:9443", ":10:41:", "can be reached from other machines");
	refuse_main(f, "[::1]:9443", "[::]:9443", ":10:41:", "a Unix socket: /run/vnepp/admin.sock");
	refuse_main(f, "\"[::1]:9443\"", "[\"127.0.0.1:1\", /run/x.sock, \"192.0.2.1:1\"]",
	            ":10:70:", "can be reached from other machines");
	refuse_main(f, "\"[::1]:9443\"", "[/a/1, /a/2, /a/3, /a/4, /a/5]",
	            ":10:41:", "more than 4 addresses");
	refuse_main(f, "\"[::1]:9443\"", "[]", ":10:33:", "the list is empty");
	refuse_main(f, "\"[::1]:9443\"", "{a: b}", ":10:33:", "must be one value");
	refuse_main(f, "[::1]:9443\"", "[::1]:9443\", token_file: rules", ":10:67:", "is not a file");
	refuse_main(f, "3MB", "3 pounds", ":9:13:", "is not a size");
	refuse_main(f, "3MB", "99999999999GB", ":9:13:", "is not within");
	refuse_main(f, "3MB", "1KB", ":9:13:", "smaller than 'max_line'");
	refuse_main(f, "format: json", "format: xml", ":12:15:", "is none of");
	refuse_main(f, "policy: {rules: rules}", "policy: {rules: pw}", ":11:17:", "is not a folder");
	refuse_main(f, "policy: {rules: rules}", "policy: {rules: ru}", ":11:17:", "No such file");
	refuse_main(f, "policy: {rules: rules}", "policy: {}", ":11:1:", "'rules' is missing");
	refuse_main(f, "c.sock",
	            "123456789012345678901234567890123456789012345678901234567890"
	            "12345678901234567890123456789012345678901234567890",
	            ":10:25:", "a Unix socket's is at most 107");
}

static void values_of_a_registry_are_checked(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "name: idn", "name: ascii", ":26:11:", "there is a registry 'ascii' already");
	refuse_main(f, "epp.example.vn", "\"epp.example.vn:0\"", ":17:17:", "is not a host with a port");
	refuse_main(f, "epp.example.vn", "\"epp example\"", ":17:17:", "is not a host with a port");
	refuse_main(f, "[epp.example.vn, \"[::1]:7700\"]", "[]", ":17:5:", "the list is empty");
	refuse_main(f, "[id.vn, VN]", "[id.vn, vn.]", ":18:20:", "is not a zone");
	refuse_main(f, "[id.vn, VN]", "[id.vn, vn, Id.vn]", ":18:24:", "is in the list already");
	refuse_main(f, "script: ascii", "script: latin", ":19:13:", "is none of: any, ascii, idn");
	refuse_main(f, "+07:00\"\n    c", "7\"\n    c", ":20:12:", "is not a time zone");
	refuse_main(f, "answer: 5s", "answer: 5", ":22:24:", "is not a duration");
	refuse_main(f, "answer: 5s", "answer: 5h", ":22:24:", "is not within");
	refuse_main(f, "window: 32", "window: 1025", ":24:117:", "is not within 1 and 1024");
	refuse_main(f, "sessions: 3", "sessions: 0", ":24:106:", "is not within 1 and 100");
	refuse_main(f, "name: common", "name: second", ":25:16:", "there is an account 'second' already");
	refuse_main(f, "gateway2", "g2", ":25:31:", "is not 3 to 16 characters long");
	refuse_main(f, "script: idn", "backoff: {min: 2m, max: 1m}\n    script: idn",
	            ":29:5:", "'min' is longer than 'max'");
	refuse_main(f, "script: idn", "keepalive: 2m\n    max_age: 1m\n    script: idn",
	            ":30:14:", "must be shorter than 'max_age'");
	refuse_main(f, "script: idn", "source_address: here\n    script: idn",
	            ":29:21:", "is not an IP address");
	refuse_main(f, "script: idn", "objects: [domain]\n    script: idn", ":29:15:", "is not a URI");
	refuse_main(f, "script: idn",
	            "objects: [\"urn:ietf:params:xml:ns:domain-1.0\", \"urn:ietf:params:xml:ns:host-1.0\"]\n "
	            "   script: idn",
	            ":29:14:", "'contacts: create' needs 'urn:ietf:params:xml:ns:contact-1.0' here");
	refuse_main(f, "script: idn", "require: [\"urn:x\"]\n    script: idn",
	            ":29:14:", "'urn:x' is neither in 'objects' nor in 'extensions'");
	refuse_main(f, "script: idn", "clock_skew: 2d\n    script: idn", ":29:17:", "is not within");
}

#define VIEWER   CONFIG_ROLE_BIT(CONFIG_ROLE_VIEWER)
#define OPERATOR CONFIG_ROLE_BIT(CONFIG_ROLE_OPERATOR)
#define ADMIN    CONFIG_ROLE_BIT(CONFIG_ROLE_ADMIN)
#define STAGE    CONFIG_ROLE_BIT(CONFIG_ROLE_POLICY_STAGE)

/* "daemon" and "bin" are users and groups 1 and 2 of every system. */
static void roles_belong_to_users_and_groups(void **state)
{
	struct fixture *f = *state;
	const uint32_t groups[] = {77, 2};
	load_good(f);
	assert_int_equal(config_roles_of(f->c, 4242, 4242, NULL, 0),
	                 CONFIG_ROLES_ALL); /* as long as nobody says otherwise */
	config_unref(&f->c);
	edit(f, "vneppd.yaml", main_text, "admin: {",
	     "admin: {roles: {viewer: {users: [bin]}, operator: {groups: [bin]}, "
	     "policy_stage: {users: [daemon]}}, ");
	assert_true(load(f));
	assert_int_equal(config_roles_of(f->c, 4242, 4242, NULL, 0), 0);
	assert_int_equal(config_roles_of(f->c, 2, 4242, NULL, 0), VIEWER);
	assert_int_equal(config_roles_of(f->c, 4242, 2, NULL, 0), OPERATOR | VIEWER);
	assert_int_equal(config_roles_of(f->c, 4242, 4242, groups, 2), OPERATOR | VIEWER);
	assert_int_equal(config_roles_of(f->c, 1, 4242, NULL, 0), STAGE | VIEWER);
	/* nobody locks out root; but staging is apart */
	assert_int_equal(config_roles_of(f->c, 0, 0, NULL, 0), ADMIN | OPERATOR | VIEWER);
	assert_int_equal(config_roles_of(f->c, (uint32_t)geteuid(), 4242, NULL, 0),
	                 ADMIN | OPERATOR | VIEWER);
}

static void roles_are_checked(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "admin: {", "admin: {roles: {viewr: {users: [bin]}}, ",
	            ":10:17:", "did you mean 'viewer'?");
	refuse_main(f, "admin: {", "admin: {roles: {viewer: {user: [bin]}}, ",
	            ":10:26:", "did you mean 'users'?");
	refuse_main(f, "admin: {", "admin: {roles: {viewer: {users: []}}, ", ":10:26:", "the list is empty");
	refuse_main(f, "admin: {", "admin: {roles: {viewer: {users: [\"\"]}}, ",
	            ":10:34:", "not the name of a user");
	refuse_main(f, "admin: {", "admin: {roles: {viewer: [bin]}, ", ":10:17:", "must be");
	/* another machine may have them: nobody has the role here */
	edit(f, "vneppd.yaml", main_text, "admin: {",
	     "admin: {roles: {viewer: {users: [no-such-user], groups: [no-such-group]}}, ");
	assert_true(load(f));
	assert_int_equal(f->d.warnings, 2);
	assert_int_equal(config_roles_of(f->c, 4242, 4242, NULL, 0), 0);
}

static void secrets_may_come_as_credentials(void **state)
{
	struct fixture *f = *state;
	char path[256];
	unsetenv("CREDENTIALS_DIRECTORY");
	refuse_main(f, "key: key.pem\n", "key: \"credential:api.key\"\n",
	            ":7:8:", "CREDENTIALS_DIRECTORY is not set");
	refuse_main(f, "key: key.pem\n", "key: \"credential:../key.pem\"\n",
	            ":7:8:", "is not the name of a credential");
	refuse_main(f, "key: key.pem\n", "key: \"credential:\"\n",
	            ":7:8:", "is not the name of a credential");
	setenv("CREDENTIALS_DIRECTORY", f->dir, 1);
	refuse_main(f, "key: key.pem\n", "key: \"credential:api.key\"\n", ":7:8:", "No such file");
	edit(f, "vneppd.yaml", main_text, "key: key.pem\n", "key: \"credential:key.pem\"\n");
	assert_true(load(f));
	snprintf(path, sizeof path, "%s/key.pem", f->dir);
	assert_string_equal(f->c->api_key, path);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_new_password_has_a_file_of_its_own(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "window: 32", "window: 32, new_password_file: nowhere", ":24:140:", "nowhere");
}

static void what_is_required_is_told(void **state)
{
	struct fixture *f = *state;
	edit(f, "vneppd.yaml", main_text, "timeouts: {answer: 5s}",
	     "timeouts: {answer: 5s, logout: 2s}\n    clock_skew: 0s\n"
	     "    require: [urn:ietf:params:xml:ns:contact-1.0, urn:ietf:params:xml:ns:secDNS-1.1]");
	assert_true(load(f));
	const struct config_registry *g = &f->c->registries[0];
	assert_int_equal(g->required_count, 2);
	assert_string_equal(g->required[1], "urn:ietf:params:xml:ns:secDNS-1.1");
	assert_int_equal(g->logout_ms, 2000);
	assert_int_equal(g->skew_warn_ms, 0);
}

static const char mapping_text[] = "namespaces: {x: \"urn:x\"}\n"
                                   "commands:\n"
                                   "  domain:create:\n"
                                   "    - {element: x:a, fact: domain}\n";

static bool listed(const char **list, size_t count, const char *uri)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], uri) == 0)
			return true;
	return false;
}

static void a_mapping_is_announced_and_required(void **state)
{
	struct fixture *f = *state;
	put(f, "m.yaml", mapping_text, 0644);
	load_good(f);
	assert_null(f->c->registries[0].mapping);
	assert_false(listed(f->c->registries[0].extensions, f->c->registries[0].extension_count, "urn:x"));
	edit(f, "vneppd.yaml", main_text, "script: idn", "mapping: m.yaml\n    script: idn");
	load_good(f);
	const struct config_registry *g = &f->c->registries[1];
	assert_non_null(g->mapping);
	assert_string_equal(g->mapping_file, path_of(f, "m.yaml"));
	assert_true(listed(g->extensions, g->extension_count, "urn:x"));
	assert_true(listed(g->extensions, g->extension_count, "urn:ietf:params:xml:ns:secDNS-1.1"));
	assert_true(listed(g->required, g->required_count, "urn:x"));
	edit(f, "vneppd.yaml", main_text, "script: idn",
	     "mapping: {namespaces: {y: \"urn:y\"}, commands: {domain:renew: [{element: y:b}]}}\n"
	     "    extensions: [\"urn:y\"]\n    script: idn");
	load_good(f);
	assert_int_equal(f->c->registries[1].extension_count, 1);
	assert_null(f->c->registries[1].mapping_file);
}

static void a_changed_mapping_changes_the_account(void **state)
{
	struct fixture *f = *state;
	uint8_t before[32];
	put(f, "m.yaml", mapping_text, 0644);
	edit(f, "vneppd.yaml", main_text, "script: idn", "mapping: m.yaml\n    script: idn");
	load_good(f);
	memcpy(before, f->c->registries[1].accounts[0].digest, sizeof before);
	edit(f, "m.yaml", mapping_text, "commands:", "commands: # the same\n");
	load_good(f);
	assert_memory_equal(f->c->registries[1].accounts[0].digest, before, sizeof before);
	edit(f, "m.yaml", mapping_text, "fact: domain", "fact: ref");
	load_good(f);
	assert_memory_not_equal(f->c->registries[1].accounts[0].digest, before, sizeof before);
}

static void a_mapping_is_checked_with_all_the_rest(void **state)
{
	struct fixture *f = *state;
	edit(f, "m.yaml", mapping_text, "fact: domain", "fact: domian");
	refuse_main(f, "script: idn", "mapping: m.yaml\n    script: idn",
	            "m.yaml:4:28:", "did you mean 'domain'?");
	/* Two registries of one file: its mistakes are told once. */
	struct buf both;
	buf_init(&both, 1 << 16);
	for (const char *at = main_text, *next; *at; at = next) {
		next = strchr(at, '\n') + 1;
		buf_append(&both, at, (size_t)(next - at));
		if (strstr(at, "    script: ") == at)
			buf_lit(&both, "    mapping: m.yaml\n");
	}
	put(f, "vneppd.yaml", buf_cstr(&both), 0644);
	buf_fini(&both);
	expect_error(f, "m.yaml:4:28:", "there is no fact 'domian'");
	put(f, "m.yaml", mapping_text, 0644);
	refuse_main(f, "script: idn", "mapping: m.yaml\n    extensions: [\"urn:y\"]\n    script: idn",
	            "m.yaml:1:17:", "'urn:x' is not in 'extensions' of the registry 'idn'");
	refuse_main(f, "script: idn", "mapping: none.yaml\n    script: idn", ":29:14:", "cannot be read");
	refuse_main(f, "script: idn", "mapping: [m.yaml]\n    script: idn", ":29:14:", "neither a file nor");
}

static void a_zone_has_one_registry_per_script(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "script: idn", "script: any",
	            ":28:13:", "registry 'ascii' (line 18) serves the ASCII names of 'vn' already");
	refuse_main(f, "script: idn", "script: ascii", ":28:13:", "see 'script'");
}

static void files_must_exist_and_be_closed_to_others(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "key: key.pem\n", "key: nokey.pem\n", ":7:8:", "relative paths begin at");
	refuse_main(f, "key: key.pem\n", "key: cert.pem\n", ":7:8:", "is open to others (mode 0644)");
	refuse_main(f, "key: key.pem\n", "key: rules\n", ":7:8:", "is not a file");
	refuse_main(f, "limits: limits.yaml", "limits: other.yaml", ":14:9:", "No such file");
	put(f, "vneppd.yaml", main_text, 0644);
	put(f, "pw", "\nsecret\n", 0640);
	assert_false(load(f));
	assert_int_equal(f->d.errors, 3);
	assert_non_null(strstr(buf_cstr(&f->out), "the first line is not a password"));
	assert_null(strstr(buf_cstr(&f->out), "secret"));
	put(f, "pw", "secret\n", 0644);
	assert_false(load(f));
	assert_int_equal(f->d.errors, 3);
	assert_non_null(strstr(buf_cstr(&f->out), "chmod 0640"));
}

static void a_missing_file_is_one_finding(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(unlink(path_of(f, "vneppd.yaml")), 0);
	expect_error(f, "vneppd.yaml: error:", "cannot be read");
	put(f, "vneppd.yaml", main_text, 0644);
	assert_int_equal(unlink(path_of(f, "partners.yaml")), 0);
	put(f, "limits.yaml", "{}\n", 0644);
	expect_error(f, ":13:11:", "cannot be read");
}

static void folders_made_later_are_warned_of(void **state)
{
	struct fixture *f = *state;
	edit(f, "vneppd.yaml", main_text, "state.db", "later/state.db");
	assert_true(load(f));
	assert_int_equal(f->d.warnings, 1);
	assert_non_null(strstr(buf_cstr(&f->out), ":3:15: warning: store.path: there is no folder"));
}

static void a_client_certificate_needs_its_key(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "certificate: cert.pem, key: key.pem", "certificate: cert.pem",
	            ":24:9:", "'key' is missing");
	refuse_main(f, "certificate: cert.pem, key: key.pem", "key: key.pem",
	            ":24:9:", "'certificate' is missing");
}

static void partners_are_checked(void **state)
{
	struct fixture *f = *state;
	put(f, "limits.yaml", "{}\n", 0644);
	refuse_partners(f, "name: beta", "name: alpha",
	                "partners.yaml:5:11:", "there is a partner 'alpha' already");
	refuse_partners(f, "name: beta", "name: default", ":5:11:", "cannot be a partner's name");
	refuse_partners(f, "pin: " HEX64, "san_dns: alpha.example.vn",
	                ":6:30:", "partner 'alpha' is recognised by this already");
	refuse_partners(f, "pin: " HEX64, "fingerprint: " HEX64,
	                ":6:34:", "partner 'alpha' is recognised by this already");
	refuse_partners(f, "pin: " HEX64, "pin: 00", ":6:26:", "openssl pkey");
	refuse_partners(f, "pin: " HEX64, "pinn: " HEX64, ":6:21:", "did you mean 'pin'?");
	refuse_partners(f, "{pin: " HEX64 "}", "{}", ":6:20:", "needs exactly one of");
	refuse_partners(f, "account: common", "account: comon",
	                ":4:14:", "no registry has an account 'comon'");
	refuse_partners(f, "{ascii: second}", "{ascii: secnd}", ":7:23:", "did you mean 'second'?");
	refuse_partners(f, "{ascii: second}", "{asci: second}", ":7:16:", "did you mean 'ascii'?");
	refuse_partners(f, "    account: common\n", "", ":2:5:", "needs either 'account' or 'accounts'");
	refuse_partners(f, "[id.vn]", "[edu.vn]", ":8:13:", "no registry serves 'edu.vn'");
	refuse_partners(f, "[renew]", "[delete]", ":9:18:", "is none of: create, renew");
	refuse_partners(f, "weight: 5", "weight: 0", ":10:13:", "is not within 1 and 1000");
}

static void a_partner_needs_an_account_for_its_zones(void **state)
{
	struct fixture *f = *state;
	refuse_partners(f, "{ascii: second}", "{idn: common}",
	                ":8:13:", "'beta' has no account at the registry that serves 'id.vn'");
}

static void fingerprints_may_have_colons(void **state)
{
	struct fixture *f = *state;
	edit(f, "partners.yaml", partners_text, "fingerprint: \"" HEX64,
	     "fingerprint: \"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
	     "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF");
	load_good(f);
	assert_string_equal(config_partner(f->c, "alpha")->identities[1].value, HEX64);
}

static void limits_are_checked(void **state)
{
	struct fixture *f = *state;
	refuse_limits(f, "{ascii:", "{asci:", "limits.yaml:1:14:", "did you mean 'ascii'?");
	refuse_limits(f, "beta:", "bta:", ":4:3:", "did you mean 'beta'?");
	refuse_limits(f, "commands_per_second: 50", "commands_per_second: 0",
	              ":1:43:", "is not within 1 and");
	refuse_limits(f, "burst: 400", "burst: 4", ":4:17:", "smaller than 'lines_per_second'");
	refuse_limits(f, "burst: 400", "bursts: 400", ":4:10:", "did you mean 'burst'?");
	refuse_limits(f, "lines_per_second: 100, ", "", ":4:17:", "means nothing without");
}

static void a_limit_may_be_in_shadow_and_have_a_reason(void **state)
{
	struct fixture *f = *state;
	edit(
	    f, "limits.yaml", limits_text, "{commands_per_second: 50}",
	    "{commands_per_second: {max: 50, reason: contract}, classes_per_second: {create: 5, renew: "
	    "{max: 7, "
	    "shadow: true}}, classes_per_day: {create: 900}, taken_names_per_day: {max: 40, reason: fines}}");
	load_good(f);
	const struct config_registry *g = &f->c->registries[0];
	assert_int_equal(g->commands_per_second.max, 50);
	assert_string_equal(g->commands_per_second.reason, "contract");
	assert_false(g->commands_per_second.shadow);
	assert_int_equal(g->class_per_second[LIMIT_CREATE].max, 5);
	assert_true(g->class_per_second[LIMIT_RENEW].max == 7 && g->class_per_second[LIMIT_RENEW].shadow);
	assert_int_equal(g->class_per_second[LIMIT_CHECK].max, 0);
	assert_int_equal(g->class_per_day[LIMIT_CREATE].max, 900);
	assert_int_equal(g->taken_per_day.max, 40);
	edit(f, "limits.yaml", limits_text, "{commands_per_second: 50}",
	     "{commands_per_second: 50, sessions: 7, window: 3}");
	load_good(f);
	assert_int_equal(f->c->registries[0].accounts[0].sessions, 7);
	assert_int_equal(f->c->registries[0].accounts[0].window, 3);
	/* In shadow the account's own is in force. */
	edit(f, "limits.yaml", limits_text, "{commands_per_second: 50}",
	     "{commands_per_second: 50, sessions: {max: 2, shadow: true, reason: annex}, window: {max: 5}}");
	load_good(f);
	assert_int_equal(f->c->registries[0].accounts[0].sessions, 3);
	assert_int_equal(f->c->registries[0].accounts[0].window, 5);
	assert_true(f->c->registries[0].sessions.shadow && f->c->registries[0].sessions.max == 2);
	assert_string_equal(f->c->registries[0].sessions.reason, "annex");
	edit(f, "limits.yaml", limits_text, "burst: 400", "burst: 400, weight: 9");
	load_good(f);
	assert_int_equal(config_partner(f->c, "beta")->weight, 9);
	refuse_limits(f, "{commands_per_second: 50}", "{window: 0}", ":1:30:", "is not within 1 and");
	edit(
	    f, "limits.yaml", limits_text, "{commands_per_second: 50}",
	    "{commands_per_second: {max: 50, reason: contract}, classes_per_second: {create: 5, renew: "
	    "{max: 7, "
	    "shadow: true}}, classes_per_day: {create: 900}, taken_names_per_day: {max: 40, reason: fines}}");
	load_good(f);
	g = &f->c->registries[0];
	assert_string_equal(g->taken_per_day.reason, "fines");
	assert_int_equal(g->slow_ms, g->answer_ms / 3);
	refuse_limits(f, "{commands_per_second: 50}", "{classes_per_day: {creat: 5}}",
	              ":1:40:", "did you mean 'create'?");
	refuse_limits(f, "{commands_per_second: 50}", "{commands_per_second: {shadow: true}}",
	              ":1:43:", "'max' is missing");
	refuse_limits(f, "{commands_per_second: 50}", "{classes_per_second: {creat: 5}}",
	              ":1:43:", "did you mean 'create'?");
	refuse_limits(f, "max_queued: 5000", "max_queued: {max: 5000, shadows: true}",
	              ":3:", "did you mean 'shadow'?");
}

static void quotas_are_read_and_checked(void **state)
{
	struct fixture *f = *state;
	static const char two[] =
	    "quotas:\n"
	    "  - {name: a, zone: ID.vn, period: year, max: 5, reason: target}\n"
	    "  - {name: b, province: \"68\", period: day, counts: names, max: 7, shadow: true}\n"
	    "registries: {ascii:";
	edit(f, "limits.yaml", limits_text, "registries: {ascii:", two);
	load_good(f);
	assert_int_equal(f->c->quota_count, 2);
	const struct quota *a = &f->c->quotas[0], *b = &f->c->quotas[1];
	assert_string_equal(a->zone, "id.vn");
	assert_null(a->province);
	assert_true(a->period == QUOTA_YEAR && a->grants && a->limit.max == 5 && !a->limit.shadow);
	assert_string_equal(b->province, "68");
	assert_true(b->period == QUOTA_DAY && !b->grants && b->limit.max == 7 && b->limit.shadow);
	refuse_limits(f, "registries: {ascii:",
	              "quotas: [{name: a, period: week, max: 1}]\nregistries: {ascii:", ":1:28:", "week");
	refuse_limits(f, "registries: {ascii:", "quotas: [{name: a, period: day}]\nregistries: {ascii:",
	              ":1:", "'max' is missing");
	refuse_limits(f, "registries: {ascii:",
	              "quotas: [{name: a, period: day, max: 1, province: \"168\"}]\nregistries: {ascii:",
	              ":1:", "not the code of a province");
	refuse_limits(
	    f, "registries: {ascii:",
	    "quotas: [{name: a, period: day, max: 1}, {name: a, period: day, max: 1}]\nregistries: {ascii:",
	    ":1:", "a quota 'a' already");
}

static void everything_is_reported_at_once(void **state)
{
	struct fixture *f = *state;
	edit(f, "vneppd.yaml", main_text, "answer: 5s", "anwser: 5s");
	edit(f, "partners.yaml", partners_text, "weight: 5", "weight: x");
	edit(f, "limits.yaml", limits_text, "burst: 400", "burst: x");
	assert_false(load(f));
	assert_int_equal(f->d.errors, 3);
	assert_non_null(strstr(buf_cstr(&f->out), "3 errors"));
}

static void a_snapshot_lives_as_long_as_its_references(void **state)
{
	struct fixture *f = *state;
	load_good(f);
	struct config *second = config_ref(f->c);
	assert_ptr_equal(second, f->c);
	config_unref(&f->c);
	assert_null(f->c);
	diag_fini(&f->d); /* the snapshot does not lean on the findings */
	diag_init(&f->d);
	assert_non_null(config_partner(second, "alpha"));
	config_unref(&second);
	config_unref(&second);
	assert_null(second);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(reads_the_sections),
	    TEST(reads_the_registries),
	    TEST(reads_the_partners),
	    TEST(recognises_certificates),
	    TEST(routes_to_the_longest_zone),
	    TEST(defaults_are_filled_in),
	    TEST(values_of_the_main_file_are_checked),
	    TEST(values_of_a_registry_are_checked),
	    TEST(a_mapping_is_announced_and_required),
	    TEST(a_changed_mapping_changes_the_account),
	    TEST(a_mapping_is_checked_with_all_the_rest),
	    TEST(a_zone_has_one_registry_per_script),
	    TEST(files_must_exist_and_be_closed_to_others),
	    TEST(a_missing_file_is_one_finding),
	    TEST(folders_made_later_are_warned_of),
	    TEST(a_client_certificate_needs_its_key),
	    TEST(partners_are_checked),
	    TEST(a_partner_needs_an_account_for_its_zones),
	    TEST(fingerprints_may_have_colons),
	    TEST(limits_are_checked),
	    TEST(quotas_are_read_and_checked),
	    TEST(a_limit_may_be_in_shadow_and_have_a_reason),
	    TEST(roles_belong_to_users_and_groups),
	    TEST(roles_are_checked),
	    TEST(secrets_may_come_as_credentials),
	    TEST(a_new_password_has_a_file_of_its_own),
	    TEST(what_is_required_is_told),
	    TEST(everything_is_reported_at_once),
	    TEST(a_snapshot_lives_as_long_as_its_references),
	};
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
