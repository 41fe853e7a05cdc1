/*
 * A site for the tests of the partners' API: a folder with a configuration, three partners and a store, and the shipped
 * rules. One for all tests of a program.
 */
#ifndef VNEPP_TESTS_API_SITE_H
#define VNEPP_TESTS_API_SITE_H

#include "daemon/core/config.h"
#include "daemon/job/decide.h"
#include "daemon/store/store.h"
#include "epp/base/check.h"
#include "policy/policy.h"
#include "tests/harness/folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define START_MS 1795140000000ll /* 2026-11-20T09:00:00+07:00 */

static struct folder dir;
static struct config *config;
static struct decider *decider;

static const char main_text[] =
    "instance: test\n"
    "sandbox: {clock: \"2026-11-20T09:00:00+07:00\"}\n"
    "store: {path: test.db}\n"
    "api: {listen: \"127.0.0.1:0\", certificate: cert.pem, key: key.pem, client_ca: cert.pem, max_body: 8MB,"
    " max_line: 4KB, max_lines: 12000}\n"
    "policy: {rules: \"%s\", activate: files}\n"
    "partners: partners.yaml\n"
    "limits: limits.yaml\n"
    "registries:\n"
    "  - name: reg\n"
    "    endpoints: [\"registry:700\"]\n"
    "    zones: [id.vn, biz.vn]\n"
    "    dates: \"+07:00\"\n"
    "    contacts: create\n"
    "    accounts:\n"
    "      - {name: one, login: gateway1, password_file: pw, sessions: 1, window: 1}\n"
    "      - {name: two, login: gateway2, password_file: pw, sessions: 1, window: 1}\n";

static const char partners_text[] =
    "partners:\n"
    "  - {name: an, certificates: [{san_dns: an.test}], account: one}\n"
    "  - {name: binh, certificates: [{san_dns: binh.test}], account: two}\n"
    "  - {name: chi, certificates: [{san_dns: chi.test}], account: two, zones: [biz.vn]}\n";

static const char limits_text[] = "partners: {binh: {lines_per_second: 10, burst: 10}}\n";

/* Those in the folder whose names begin so. */
static UNUSED void remove_files(const char *prefix)
{
	const struct dirent *e;
	DIR *d = opendir(dir.path);
	assert_non_null(d);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.' || strncmp(e->d_name, prefix, strlen(prefix)) != 0)
			continue;
		unlink(folder_at(&dir, e->d_name));
	}
	closedir(d);
}

static UNUSED struct store_backend *new_store(void)
{
	struct errmsg e;
	struct store_backend *b = NULL;
	if (store_sqlite_open(folder_at(&dir, "store.db"), NULL, &b, &e))
		print_error("%s\n", e.text);
	assert_non_null(b);
	return b;
}

static UNUSED int group_set_up(void **state)
{
	static const uint8_t key[32] = "a key that only this test knows";
	char text[8192], rules[4096];
	struct diag d;
	struct buf out;
	(void)state;
	folder_make(&dir);
	assert_true(realpath("policy/rules", rules));
	folder_put(&dir, "pw", "secret-password\n");
	folder_put(&dir, "cert.pem", "not looked at\n");
	folder_put(&dir, "key.pem", "not looked at\n");
	snprintf(text, sizeof text, main_text, rules);
	folder_put(&dir, "vneppd.yaml", text);
	folder_put(&dir, "partners.yaml", partners_text);
	folder_put(&dir, "limits.yaml", limits_text);
	diag_init(&d);
	buf_init(&out, 1u << 20);
	config = config_load(folder_at(&dir, "vneppd.yaml"), START_MS, &d);
	struct policy_ruleset *set = policy_load_dir("policy/rules", NULL, &d);
	diag_print(&d, &out);
	if (d.errors)
		print_error("%s", buf_cstr(&out));
	assert_true(config && set);
	decider = decider_new(set, key);
	buf_fini(&out);
	diag_fini(&d);
	return 0;
}

static UNUSED int group_tear_down(void **state)
{
	(void)state;
	decider_unref(&decider);
	config_unref(&config);
	return folder_remove(&dir);
}

#endif
