/*
 * The documented samples in systemd/: they load as they are once the files that they name exist, and the values shown
 * behind '#' are those that hold without them. Run from the top of the tree.
 */
#include "daemon/core/config.h"
#include "epp/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	struct diag d;
	struct buf out;
};

static const char *path_of(struct fixture *f, const char *name)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", f->dir, name);
	return path;
}

static void put(struct fixture *f, const char *name, struct str text)
{
	FILE *file = fopen(path_of(f, name), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path_of(f, name), 0640), 0);
}

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

static int setup(void **state)
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
	f = (struct fixture){.dir = "/tmp/vnepp-samples-XXXXXX"};
	assert_non_null(mkdtemp(f.dir));
	assert_int_equal(mkdir(path_of(&f, "tls"), 0755), 0);
	assert_int_equal(mkdir(path_of(&f, "secrets"), 0755), 0);
	assert_int_equal(mkdir(path_of(&f, "rules"), 0755), 0);
	for (size_t i = 0; i < ARRAY_LEN(dummies); i++)
		put(&f, dummies[i], STR("something\n"));
	diag_init(&f.d);
	buf_init(&f.out, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		buf_clear(&f.out);
		read_sample(samples[i], &f.out);
		put(&f, samples[i], buf_str(&f.out));
	}
	buf_clear(&f.out);
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
	diag_fini(&f->d);
	buf_fini(&f->out);
	return nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct config *load(struct fixture *f)
{
	char path[256];
	snprintf(path, sizeof path, "%s", path_of(f, "vneppd.yaml"));
	struct config *c = config_load(path, 0, &f->d);
	if (!c) {
		buf_clear(&f->out);
		diag_print(&f->d, &f->out);
		fail_msg("%s", buf_cstr(&f->out));
	}
	return c;
}

static void the_samples_load(void **state)
{
	struct fixture *f = *state;
	struct config *c = load(f);
	assert_int_equal(c->registry_count, 2);
	assert_int_equal(c->partner_count, 1);
	assert_int_equal(c->registries[0].commands_per_second.max, 20);
	assert_int_equal(c->partners[0].lines_per_second.max, 500);
	assert_int_equal(c->registries[0].date_offset_s, 7 * 3600);
	assert_false(c->sandbox);
	assert_ptr_equal(config_route(c, STR("nguyen.id.vn"), false, NULL), &c->registries[0]);
	assert_ptr_equal(config_route(c, STR("xn--nguyn-.vn"), true, NULL), &c->registries[1]);
	config_unref(&c);
}

static void missing_files_are_the_only_findings(void **state)
{
	struct fixture *f = *state;
	char path[256];
	assert_int_equal(unlink(path_of(f, "tls/api.key")), 0);
	assert_int_equal(unlink(path_of(f, "secrets/vnnic-idn.password")), 0);
	snprintf(path, sizeof path, "%s", path_of(f, "vneppd.yaml"));
	assert_null(config_load(path, 0, &f->d));
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
	struct config *a = load(f);
	struct buf text;
	buf_init(&text, 1 << 20);
	buf_clear(&f->out);
	read_sample("vneppd.yaml", &text);
	assert_in_range(show_hidden(buf_str(&text), &f->out), 25, 100);
	put(f, "vneppd.yaml", buf_str(&f->out));
	buf_fini(&text);
	struct config *b = load(f);
	assert_true(b->sandbox);
	assert_int_equal(b->admin_listen_count, 2);
	assert_string_equal(b->admin_listen[0], "127.0.0.1:9443");
	assert_string_equal(b->admin_listen[1], "/run/vnepp/admin.sock");
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
	config_unref(&b);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_samples_load),
	    TEST(missing_files_are_the_only_findings),
	    TEST(values_behind_a_hash_are_the_defaults),
	};
	return cmocka_run_group_tests_name("config_samples", tests, NULL, NULL);
}
