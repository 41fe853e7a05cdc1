/* The configuration: the main file, the files that it names, who may administer, and what becomes of it. */
#include "epp/base/date.h"
#include "epp/base/logapi.h"
#include "tests/unit/daemon/config_world.h"

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
	assert_string_equal(c->store_path, folder_at(&f->dir, "state.db"));
	assert_string_equal(c->control_socket, folder_at(&f->dir, "c.sock"));
	assert_string_equal(c->rules_dir, folder_at(&f->dir, "rules"));
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

static void defaults_are_filled_in(void **state)
{
	struct fixture *f = *state;
	folder_put_as(
	    &f->dir, "vneppd.yaml",
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
	edit_main(f, "admin: {",
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
	edit_main(f, "admin: {",
	          "admin: {roles: {viewer: {users: [no-such-user], groups: [no-such-group]}}, ");
	assert_true(load(f));
	assert_int_equal(f->d.warnings, 2);
	assert_int_equal(config_roles_of(f->c, 4242, 4242, NULL, 0), 0);
}

static void files_must_exist_and_be_closed_to_others(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "key: key.pem\n", "key: nokey.pem\n", ":7:8:", "relative paths begin at");
	refuse_main(f, "key: key.pem\n", "key: cert.pem\n", ":7:8:", "is open to others (mode 0644)");
	refuse_main(f, "key: key.pem\n", "key: rules\n", ":7:8:", "is not a file");
	refuse_main(f, "limits: limits.yaml", "limits: other.yaml", ":14:9:", "No such file");
	folder_put_as(&f->dir, "vneppd.yaml", main_text, 0644);
	folder_put_as(&f->dir, "pw", "\nsecret\n", 0640);
	assert_false(load(f));
	assert_int_equal(f->d.errors, 3);
	assert_non_null(strstr(buf_cstr(&f->out), "the first line is not a password"));
	assert_null(strstr(buf_cstr(&f->out), "secret"));
	folder_put_as(&f->dir, "pw", "secret\n", 0644);
	assert_false(load(f));
	assert_int_equal(f->d.errors, 3);
	assert_non_null(strstr(buf_cstr(&f->out), "chmod 0640"));
}

static void secrets_may_come_as_credentials(void **state)
{
	struct fixture *f = *state;
	unsetenv("CREDENTIALS_DIRECTORY");
	refuse_main(f, "key: key.pem\n", "key: \"credential:api.key\"\n",
	            ":7:8:", "CREDENTIALS_DIRECTORY is not set");
	refuse_main(f, "key: key.pem\n", "key: \"credential:../key.pem\"\n",
	            ":7:8:", "is not the name of a credential");
	refuse_main(f, "key: key.pem\n", "key: \"credential:\"\n",
	            ":7:8:", "is not the name of a credential");
	setenv("CREDENTIALS_DIRECTORY", f->dir.path, 1);
	refuse_main(f, "key: key.pem\n", "key: \"credential:api.key\"\n", ":7:8:", "No such file");
	edit_main(f, "key: key.pem\n", "key: \"credential:key.pem\"\n");
	assert_true(load(f));
	assert_string_equal(f->c->api_key, folder_at(&f->dir, "key.pem"));
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_missing_file_is_one_finding(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(unlink(folder_at(&f->dir, "vneppd.yaml")), 0);
	expect_error(f, "vneppd.yaml: error:", "cannot be read");
	folder_put_as(&f->dir, "vneppd.yaml", main_text, 0644);
	assert_int_equal(unlink(folder_at(&f->dir, "partners.yaml")), 0);
	folder_put_as(&f->dir, "limits.yaml", "{}\n", 0644);
	expect_error(f, ":13:11:", "cannot be read");
}

static void folders_made_later_are_warned_of(void **state)
{
	struct fixture *f = *state;
	edit_main(f, "state.db", "later/state.db");
	assert_true(load(f));
	assert_int_equal(f->d.warnings, 1);
	assert_non_null(strstr(buf_cstr(&f->out), ":3:15: warning: store.path: there is no folder"));
}

static void everything_is_reported_at_once(void **state)
{
	struct fixture *f = *state;
	edit_main(f, "answer: 5s", "anwser: 5s");
	edit_partners(f, "weight: 5", "weight: x");
	edit_limits(f, "burst: 400", "burst: x");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(reads_the_sections),
	    TEST(defaults_are_filled_in),
	    TEST(values_of_the_main_file_are_checked),
	    TEST(roles_belong_to_users_and_groups),
	    TEST(roles_are_checked),
	    TEST(files_must_exist_and_be_closed_to_others),
	    TEST(secrets_may_come_as_credentials),
	    TEST(a_missing_file_is_one_finding),
	    TEST(folders_made_later_are_warned_of),
	    TEST(everything_is_reported_at_once),
	    TEST(a_snapshot_lives_as_long_as_its_references),
	};
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
