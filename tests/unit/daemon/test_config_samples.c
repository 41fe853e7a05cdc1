/*
 * The documented samples in systemd/: they load as they are once the files that they name exist, and the values shown
 * behind '#' are those that hold without them. Run from the top of the tree.
 */
#include "tests/unit/daemon/config_world.h"

static void read_sample(const char *name, struct buf *out)
{
	char path[128], part[4096];
	size_t n;
	snprintf(path, sizeof path, "systemd/%s", name);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s: run the tests from the top of the tree", path);
	while ((n = fread(part, 1, sizeof part, file)) > 0)
		buf_append(out, part, n);
	fclose(file);
}

/* A line that begins with '#' and a key, or with '#' and what belongs below such a key; words begin with "# ". */
static bool is_hidden_value(struct str line, size_t *hash)
{
	size_t at = 0;
	while (at < line.len && line.ptr[at] == ' ')
		at++;
	*hash = at;
	if (at >= line.len || line.ptr[at] != '#')
		return false;
	struct str rest = str_make(line.ptr + at + 1, line.len - at - 1);
	if (str_starts(rest, STR("  - ")))
		return true;
	if (str_starts(rest, STR("  ")) && !str_starts(rest, STR("   ")))
		rest = str_make(rest.ptr + 2, rest.len - 2);
	size_t key = 0;
	while (key < rest.len && ((rest.ptr[key] >= 'a' && rest.ptr[key] <= 'z') || rest.ptr[key] == '_'))
		key++;
	return key > 0 && key < rest.len && rest.ptr[key] == ':';
}

static size_t show_hidden(struct str text, struct buf *out)
{
	size_t shown = 0;
	while (text.len > 0) {
		struct str line = str_split(&text, '\n');
		size_t hash;
		if (is_hidden_value(line, &hash)) {
			buf_append(out, line.ptr, hash);
			line = str_make(line.ptr + hash + 1, line.len - hash - 1);
			shown++;
		}
		buf_add(out, line);
		buf_byte(out, '\n');
	}
	return shown;
}

static int set_up_samples(void **state)
{
	static const char *const dummies[] = {"tls/api.crt",
	                                      "tls/api.key",
	                                      "tls/partners-ca.crt",
	                                      "tls/registry-ca.crt",
	                                      "tls/registry-client.crt",
	                                      "tls/registry-client.key",
	                                      "secrets/admin.token",
	                                      "secrets/vnnic-ascii.password",
	                                      "secrets/vnnic-idn.password"};
	static const char *const samples[] = {"vneppd.yaml", "partners.yaml", "limits.yaml"};
	static struct fixture f;
	f = (struct fixture){0};
	folder_make(&f.dir);
	folder_add(&f.dir, "tls");
	folder_add(&f.dir, "secrets");
	folder_add(&f.dir, "rules");
	for (size_t i = 0; i < ARRAY_LEN(dummies); i++)
		folder_put_as(&f.dir, dummies[i], "something\n", 0640);
	diag_init(&f.d);
	buf_init(&f.out, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		buf_clear(&f.out);
		read_sample(samples[i], &f.out);
		folder_put_as(&f.dir, samples[i], buf_cstr(&f.out), 0640);
	}
	buf_clear(&f.out);
	*state = &f;
	return 0;
}

static void load_samples(struct fixture *f)
{
	if (!load(f))
		fail_msg("%s", buf_cstr(&f->out));
}

static void the_samples_load(void **state)
{
	struct fixture *f = *state;
	load_samples(f);
	const struct config *c = f->c;
	assert_int_equal(c->registry_count, 2);
	assert_int_equal(c->partner_count, 1);
	assert_int_equal(c->registries[0].commands_per_second.max, 20);
	assert_int_equal(c->partners[0].lines_per_second.max, 500);
	assert_int_equal(c->registries[0].date_offset_s, 7 * 3600);
	assert_false(c->sandbox);
	assert_int_equal(c->admin_listen_count, 1);
	assert_string_equal(c->admin_listen[0], "/run/vnepp/admin.sock");
	assert_ptr_equal(config_route(c, STR("nguyen.id.vn"), false, NULL), &c->registries[0]);
	assert_ptr_equal(config_route(c, STR("xn--nguyn-.vn"), true, NULL), &c->registries[1]);
}

static void missing_files_are_the_only_findings(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(unlink(folder_at(&f->dir, "tls/api.key")), 0);
	assert_int_equal(unlink(folder_at(&f->dir, "secrets/vnnic-idn.password")), 0);
	assert_false(load(f));
	assert_int_equal(f->d.errors, 2);
}

static void same_lists(const char **a, size_t na, const char **b, size_t nb)
{
	assert_int_equal(na, nb);
	for (size_t i = 0; i < na; i++)
		assert_string_equal(a[i], b[i]);
}

static void same_registry(const struct config_registry *a, const struct config_registry *b)
{
	assert_string_equal(a->language, b->language);
	same_lists(a->objects, a->object_count, b->objects, b->object_count);
	same_lists(a->extensions, a->extension_count, b->extensions, b->extension_count);
	assert_int_equal(a->hosts, b->hosts);
	assert_int_equal(a->create_contacts, b->create_contacts);
	assert_int_equal(a->check_first, b->check_first);
	assert_int_equal(a->check_names, b->check_names);
	assert_int_equal(a->connect_ms, b->connect_ms);
	assert_int_equal(a->greeting_ms, b->greeting_ms);
	assert_int_equal(a->login_ms, b->login_ms);
	assert_int_equal(a->answer_ms, b->answer_ms);
	assert_int_equal(a->tls_ms, b->tls_ms);
	assert_int_equal(a->logout_ms, b->logout_ms);
	assert_int_equal(a->skew_warn_ms, b->skew_warn_ms);
	assert_int_equal(a->keepalive_ms, b->keepalive_ms);
	assert_int_equal(a->max_age_ms, b->max_age_ms);
	assert_int_equal(a->backoff_min_ms, b->backoff_min_ms);
	assert_int_equal(a->backoff_max_ms, b->backoff_max_ms);
	assert_int_equal(a->settle_ms, b->settle_ms);
	assert_int_equal(a->poll_ms, b->poll_ms);
	assert_int_equal(a->accounts[0].sessions, b->accounts[0].sessions);
	assert_int_equal(a->accounts[0].window, b->accounts[0].window);
}

static void values_behind_a_hash_are_the_defaults(void **state)
{
	struct fixture *f = *state;
	load_samples(f);
	struct config *a = config_ref(f->c);
	struct buf text;
	buf_init(&text, 1 << 20);
	buf_clear(&f->out);
	read_sample("vneppd.yaml", &text);
	assert_in_range(show_hidden(buf_str(&text), &f->out), 25, 100);
	folder_put_as(&f->dir, "vneppd.yaml", buf_cstr(&f->out), 0640);
	buf_fini(&text);
	load_samples(f);
	const struct config *b = f->c;
	assert_true(b->sandbox);
	assert_int_equal(b->admin_listen_count, 2);
	assert_string_equal(b->admin_listen[0], "/run/vnepp/admin.sock");
	assert_string_equal(b->admin_listen[1], "127.0.0.1:9443");
	assert_string_equal(b->registries[0].source_address, "192.0.2.10");
	assert_int_equal(a->api_max_connections, b->api_max_connections);
	assert_int_equal(a->api_max_per_address, b->api_max_per_address);
	assert_int_equal(a->api_max_per_partner, b->api_max_per_partner);
	assert_int_equal(a->api_max_body_bytes, b->api_max_body_bytes);
	assert_int_equal(a->api_max_line_bytes, b->api_max_line_bytes);
	assert_int_equal(a->api_max_lines, b->api_max_lines);
	assert_int_equal(a->notice_ms, b->notice_ms);
	assert_int_equal(a->log_format, b->log_format);
	assert_int_equal(a->log_level, b->log_level);
	assert_int_equal(a->stop_ms, b->stop_ms);
	same_registry(&a->registries[0], &b->registries[0]);
	config_unref(&a);
}

#define SAMPLES(t) cmocka_unit_test_setup_teardown(t, set_up_samples, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SAMPLES(the_samples_load),
	    SAMPLES(missing_files_are_the_only_findings),
	    SAMPLES(values_behind_a_hash_are_the_defaults),
	};
	return cmocka_run_group_tests_name("config_samples", tests, NULL, NULL);
}
