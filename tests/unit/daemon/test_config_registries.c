/* The configuration: registries, their accounts and mappings, and which one a name goes to. */
#include "tests/unit/daemon/config_world.h"

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

static void a_zone_has_one_registry_per_script(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "script: idn", "script: any",
	            ":28:13:", "registry 'ascii' (line 18) serves the ASCII names of 'vn' already");
	refuse_main(f, "script: idn", "script: ascii", ":28:13:", "see 'script'");
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

static void a_client_certificate_needs_its_key(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "certificate: cert.pem, key: key.pem", "certificate: cert.pem",
	            ":24:9:", "'key' is missing");
	refuse_main(f, "certificate: cert.pem, key: key.pem", "key: key.pem",
	            ":24:9:", "'certificate' is missing");
}

static void a_new_password_has_a_file_of_its_own(void **state)
{
	struct fixture *f = *state;
	refuse_main(f, "window: 32", "window: 32, new_password_file: nowhere", ":24:140:", "nowhere");
}

static void what_is_required_is_told(void **state)
{
	struct fixture *f = *state;
	edit_main(f, "timeouts: {answer: 5s}",
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
	folder_put_as(&f->dir, "m.yaml", mapping_text, 0644);
	load_good(f);
	assert_null(f->c->registries[0].mapping);
	assert_false(listed(f->c->registries[0].extensions, f->c->registries[0].extension_count, "urn:x"));
	edit_main(f, "script: idn", "mapping: m.yaml\n    script: idn");
	load_good(f);
	const struct config_registry *g = &f->c->registries[1];
	assert_non_null(g->mapping);
	assert_string_equal(g->mapping_file, folder_at(&f->dir, "m.yaml"));
	assert_true(listed(g->extensions, g->extension_count, "urn:x"));
	assert_true(listed(g->extensions, g->extension_count, "urn:ietf:params:xml:ns:secDNS-1.1"));
	assert_true(listed(g->required, g->required_count, "urn:x"));
	edit_main(f, "script: idn",
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
	folder_put_as(&f->dir, "m.yaml", mapping_text, 0644);
	edit_main(f, "script: idn", "mapping: m.yaml\n    script: idn");
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
	folder_put_as(&f->dir, "vneppd.yaml", buf_cstr(&both), 0644);
	buf_fini(&both);
	expect_error(f, "m.yaml:4:28:", "there is no fact 'domian'");
	folder_put_as(&f->dir, "m.yaml", mapping_text, 0644);
	refuse_main(f, "script: idn", "mapping: m.yaml\n    extensions: [\"urn:y\"]\n    script: idn",
	            "m.yaml:1:17:", "'urn:x' is not in 'extensions' of the registry 'idn'");
	refuse_main(f, "script: idn", "mapping: none.yaml\n    script: idn", ":29:14:", "cannot be read");
	refuse_main(f, "script: idn", "mapping: [m.yaml]\n    script: idn", ":29:14:", "neither a file nor");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(reads_the_registries),
	    TEST(routes_to_the_longest_zone),
	    TEST(a_zone_has_one_registry_per_script),
	    TEST(values_of_a_registry_are_checked),
	    TEST(a_client_certificate_needs_its_key),
	    TEST(a_new_password_has_a_file_of_its_own),
	    TEST(what_is_required_is_told),
	    TEST(a_mapping_is_announced_and_required),
	    TEST(a_changed_mapping_changes_the_account),
	    TEST(a_mapping_is_checked_with_all_the_rest),
	};
	return cmocka_run_group_tests_name("config_registries", tests, NULL, NULL);
}
