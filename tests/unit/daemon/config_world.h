/*
 * What the tests of the configuration share: a folder with a good main file, partners and limits and the files that they
 * name, to be changed in one place and loaded. Included once by each test program.
 */
#ifndef VNEPP_TESTS_CONFIG_WORLD_H
#define VNEPP_TESTS_CONFIG_WORLD_H

#include "daemon/core/config.h"
#include "epp/base/buf.h"
#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
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
	struct folder dir;
	struct diag d;
	struct buf out;
	struct config *c;
};

static inline int set_up(void **state)
{
	static struct fixture f;
	f = (struct fixture){0};
	folder_make(&f.dir);
	folder_add(&f.dir, "rules");
	folder_put_as(&f.dir, "vneppd.yaml", main_text, 0644);
	folder_put_as(&f.dir, "partners.yaml", partners_text, 0644);
	folder_put_as(&f.dir, "limits.yaml", limits_text, 0644);
	folder_put_as(&f.dir, "cert.pem", "certificate\n", 0644);
	folder_put_as(&f.dir, "key.pem", "key\n", 0600);
	folder_put_as(&f.dir, "pw", "secret-word\n", 0640);
	diag_init(&f.d);
	buf_init(&f.out, 1 << 20);
	*state = &f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	config_unref(&f->c);
	diag_fini(&f->d);
	buf_fini(&f->out);
	return folder_remove(&f->dir);
}

/* Writes `file` as `text` with the first `from` replaced by `to`. */
static inline void edit(struct fixture *f, const char *file, const char *text, const char *from,
                        const char *to)
{
	const char *at = strstr(text, from);
	assert_non_null(at);
	struct buf b;
	buf_init(&b, 1 << 16);
	buf_append(&b, text, (size_t)(at - text));
	buf_add(&b, str_c(to));
	buf_add(&b, str_c(at + strlen(from)));
	folder_put_as(&f->dir, file, buf_cstr(&b), 0644);
	buf_fini(&b);
}

static inline void edit_main(struct fixture *f, const char *from, const char *to)
{
	edit(f, "vneppd.yaml", main_text, from, to);
}

static inline void edit_partners(struct fixture *f, const char *from, const char *to)
{
	edit(f, "partners.yaml", partners_text, from, to);
}

static inline void edit_limits(struct fixture *f, const char *from, const char *to)
{
	edit(f, "limits.yaml", limits_text, from, to);
}

static inline bool load(struct fixture *f)
{
	char path[256];
	config_unref(&f->c);
	diag_fini(&f->d);
	diag_init(&f->d);
	buf_clear(&f->out);
	snprintf(path, sizeof path, "%s", folder_at(&f->dir, "vneppd.yaml"));
	f->c = config_load(path, 1000, &f->d);
	diag_print(&f->d, &f->out);
	return f->c != NULL;
}

static inline void load_good(struct fixture *f)
{
	if (!load(f) || f->d.warnings)
		fail_msg("%s", buf_cstr(&f->out));
}

/* Loading fails with exactly one finding, which holds both texts. */
static inline void expect_error(struct fixture *f, const char *place, const char *text)
{
	if (load(f) || f->d.errors != 1 || !strstr(buf_cstr(&f->out), place) ||
	    !strstr(buf_cstr(&f->out), text))
		fail_msg("wanted '%s' and '%s':\n%s", place, text, buf_cstr(&f->out));
}

static inline void refuse_main(struct fixture *f, const char *from, const char *to, const char *place,
                               const char *text)
{
	edit_main(f, from, to);
	expect_error(f, place, text);
}

static inline void refuse_partners(struct fixture *f, const char *from, const char *to, const char *place,
                                   const char *text)
{
	edit_partners(f, from, to);
	expect_error(f, place, text);
}

static inline void refuse_limits(struct fixture *f, const char *from, const char *to, const char *place,
                                 const char *text)
{
	edit_limits(f, from, to);
	expect_error(f, place, text);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

#endif
