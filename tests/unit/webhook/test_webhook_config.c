/* webhooks.yaml: what a good one becomes, what is refused and where, and that the sample says what holds without it. */
#include "daemon/core/config_webhook.h"
#include "epp/base/logapi.h"
#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OLD "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define NEW "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

struct fixture {
	struct folder dir;
	struct diag d;
	struct buf out;
};

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){0};
	folder_make(&f.dir);
	folder_add(&f.dir, "secrets");
	folder_put_as(&f.dir, "secrets/one", OLD "\n", 0640);
	folder_put_as(&f.dir, "ca.pem", "certificate\n", 0644);
	diag_init(&f.d);
	buf_init(&f.out, 1 << 20);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	diag_fini(&f->d);
	buf_fini(&f->out);
	return folder_remove(&f->dir);
}

static struct config_webhook *load(struct fixture *f, const char *text)
{
	folder_put_as(&f->dir, "webhooks.yaml", text, 0644);
	return config_webhook_load(folder_at(&f->dir, "webhooks.yaml"), &f->d);
}

static struct config_webhook *load_good(struct fixture *f, const char *text)
{
	struct config_webhook *c = load(f, text);
	if (!c) {
		diag_print(&f->d, &f->out);
		fail_msg("%s", buf_cstr(&f->out));
	}
	return c;
}

static void refuse(struct fixture *f, const char *text, const char *place, const char *why)
{
	struct config_webhook *c = load(f, text);
	buf_clear(&f->out);
	diag_print_short(&f->d, &f->out);
	const char *said = buf_cstr(&f->out);
	if (c || !strstr(said, why) || !strstr(said, place))
		fail_msg("not refused with '%s' at %s: %s\n%s", why, place, text, said);
	diag_fini(&f->d);
	diag_init(&f->d);
}

#define ONE(more) \
	"receivers:\n  - partner: anphat\n    url: https://a.example/x\n    secrets: secrets/one\n" more

static void everything_that_can_be_said(void **state)
{
	struct fixture *f = *state;
	folder_put_as(&f->dir, "secrets/two", "\n" NEW "\r\n\n" OLD, 0600);
	struct config_webhook *c = load_good(
	    f,
	    "feed: f.sock\ndatabase: hooks.db\ntimeout: 3s\nparallel: 2\nlog: {format: json, level: debug}\n"
	    "retry: {first: 1s, longest: 1h, give_up: 2d}\n" ONE(
	        "    ca: ca.pem\n    internal: true\n    from: beginning\n") "  - {partner: hoasen, url: "
	                                                                     "\"https://[2001:db8::1]:8443/"
	                                                                     "a?b=c\", secrets: "
	                                                                     "secrets/two}\n");
	assert_string_equal(c->feed, folder_at(&f->dir, "f.sock"));
	assert_string_equal(c->database, folder_at(&f->dir, "hooks.db"));
	assert_int_equal(c->timeout_ms, 3000);
	assert_int_equal(c->parallel, 2);
	assert_int_equal(c->log_format, CONFIG_LOG_JSON);
	assert_int_equal(c->log_level, LOG_DEBUG);
	assert_int_equal(c->retry_first_ms, 1000);
	assert_int_equal(c->retry_longest_ms, 3600 * 1000);
	assert_int_equal(c->give_up_ms, 2 * 86400 * 1000);
	assert_int_equal(c->count, 2);
	assert_string_equal(c->receivers[0].partner, "anphat");
	assert_string_equal(c->receivers[0].url, "https://a.example/x");
	assert_non_null(strstr(c->receivers[0].ca_file, "/ca.pem"));
	assert_true(c->receivers[0].internal && c->receivers[0].beginning);
	assert_int_equal(c->receivers[0].secret_count, 1);
	assert_null(c->receivers[1].ca_file);
	assert_false(c->receivers[1].internal || c->receivers[1].beginning);
	assert_int_equal(c->receivers[1].secret_count, 2);
	assert_string_equal(secret_reveal(secret_in(&c->receivers[1].secrets[0])), NEW);
	assert_string_equal(secret_reveal(secret_in(&c->receivers[1].secrets[1])), OLD);
	config_webhook_free(c);
}

static void urls(void **state)
{
	static const char *const wrong[][2] = {{"http://a.example/", "begin with https://"},
	                                       {"ftp://a.example/", "begin with https://"},
	                                       {"HTTPS://a.example/", "begin with https://"},
	                                       {"https://", "names no host"},
	                                       {"https:///x", "names no host"},
	                                       {"https://:443/x", "names no host"},
	                                       {"https://user@a.example/", "'@'"},
	                                       {"https://a.example/#x", "'@', '#'"},
	                                       {"https://a.example\\\\@b/", "'@'"},
	                                       {"https://a.example/a b", "a space"},
	                                       {"https://tênmiền.vn/", "not ASCII"}};
	struct fixture *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char text[512];
		snprintf(text, sizeof text,
		         "receivers:\n  - {partner: a, secrets: secrets/one, url: \"%s\"}\n", wrong[i][0]);
		refuse(f, text, "webhooks.yaml:2:", wrong[i][1]);
	}
}

static void secrets(void **state)
{
	struct fixture *f = *state;
	folder_put_as(&f->dir, "secrets/one", OLD "\n", 0644);
	refuse(f, ONE(""), "webhooks.yaml:4:", "is open to others (mode 0644)");
	folder_put_as(&f->dir, "secrets/one", "\n\n", 0600);
	refuse(f, ONE(""), "webhooks.yaml:4:", "there is no secret");
	folder_put_as(&f->dir, "secrets/one", OLD "\nwhsec_short\n", 0600);
	refuse(f, ONE(""), "webhooks.yaml:4:", "line 2: not a secret");
	assert_null(strstr(buf_cstr(&f->out), "whsec_short")); /* what it is may be half a secret */
	folder_put_as(&f->dir, "secrets/one", OLD "\n" OLD "\n" OLD "\n" OLD "\n" NEW "\n", 0600);
	refuse(f, ONE(""), "webhooks.yaml:4:", "line 5: one secret too many");
	char longer[600];
	memset(longer, 'A', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	memcpy(longer, "whsec_", 6);
	folder_put_as(&f->dir, "secrets/one", longer, 0600);
	refuse(f, ONE(""), "webhooks.yaml:4:", "line 1: not a secret");
	assert_int_equal(unlink(folder_at(&f->dir, "secrets/one")), 0);
	refuse(f, ONE(""), "webhooks.yaml:4:", "cannot be read: No such file");
	refuse(f, "receivers:\n  - {partner: a, url: \"https://a.example\", secrets: \"credential:x\"}\n",
	       "webhooks.yaml:2:", "CREDENTIALS_DIRECTORY is not set");
}

static void what_else_is_refused(void **state)
{
	struct fixture *f = *state;
	refuse(f, "", "webhooks.yaml", "receivers");
	refuse(f, ONE("    forn: now\n"), "webhooks.yaml:5:", "unknown key 'forn'");
	refuse(f, ONE("    from: then\n"), "webhooks.yaml:5:", "from");
	refuse(f, ONE("    internal: maybe\n"), "webhooks.yaml:5:", "internal");
	refuse(f, ONE("    ca: none.pem\n"), "webhooks.yaml:5:", "cannot be read");
	refuse(f, ONE("  - partner: anphat\n    url: https://b.example\n    secrets: secrets/one\n"),
	       "webhooks.yaml:5:", "an entry for 'anphat' already");
	refuse(f, "receivers: [{url: \"https://a.example\", secrets: secrets/one}]\n",
	       "webhooks.yaml:1:", "partner");
	refuse(f, "receivers: [{partner: \"a b\", url: \"https://a.example\", secrets: secrets/one}]\n",
	       "webhooks.yaml:1:", "not a name");
	refuse(f, "receivers: [x]\n", "webhooks.yaml:1:", "receivers");
	refuse(f, "timeout: 90s\n" ONE(""), "webhooks.yaml:1:", "timeout");
	refuse(f, "parallel: 0\n" ONE(""), "webhooks.yaml:1:", "parallel");
	refuse(f, "retry: {first: 2h, longest: 1h}\n" ONE(""), "webhooks.yaml:1:", "shorter than 'first'");
	refuse(f, "retry: {give_up: 90d}\n" ONE(""), "webhooks.yaml:1:", "give_up");
	refuse(f, "log: {level: loud}\n" ONE(""), "webhooks.yaml:1:", "level");
	char text[512], name[200];
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	snprintf(text, sizeof text, "feed: /run/%s\n" ONE(""), name);
	refuse(f, text, "webhooks.yaml:1:", "longer than a Unix socket's");
}

static void too_many_receivers(void **state)
{
	struct fixture *f = *state;
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_lit(&b, "receivers:\n");
	for (int i = 0; i <= CONFIG_WEBHOOK_RECEIVERS_MAX; i++)
		buf_printf(&b, "  - {partner: p%d, url: \"https://a.example\", secrets: secrets/one}\n", i);
	refuse(f, buf_cstr(&b), "webhooks.yaml:2:", "more than 200");
	buf_fini(&b);
}

/* Copies the sample, with what is behind a '#' and a key in force, or without. */
static struct config_webhook *load_sample(struct fixture *f, bool hidden)
{
	char line[512];
	FILE *in = fopen("systemd/webhooks.yaml", "r");
	struct buf b;
	if (!in)
		fail_msg("systemd/webhooks.yaml: run the tests from the top of the tree");
	buf_init(&b, 1 << 20);
	while (fgets(line, sizeof line, in)) {
		size_t at = strspn(line, " ");
		bool is_key = line[at] == '#' && (line[at + 1] != ' ' || strncmp(line + at, "#  ", 3) == 0) &&
		              strchr(line, ':') && !strstr(line, "echo");
		if (is_key && hidden)
			buf_printf(&b, "%.*s%s", (int)at, line, line + at + 1);
		else if (line[at] != '#')
			buf_add(&b, str_c(line));
	}
	fclose(in);
	struct config_webhook *c = load_good(f, buf_cstr(&b));
	buf_fini(&b);
	return c;
}

static void the_sample_says_what_holds_without_it(void **state)
{
	struct fixture *f = *state;
	folder_put_as(&f->dir, "secrets/example-registrar", OLD "\n", 0640);
	folder_put_as(&f->dir, "partner-ca.pem", "certificate\n", 0644);
	struct config_webhook *a = load_sample(f, false), *b = load_sample(f, true);
	assert_string_equal(a->feed, b->feed);
	assert_string_equal(a->database, b->database);
	assert_int_equal(a->timeout_ms, b->timeout_ms);
	assert_int_equal(a->parallel, b->parallel);
	assert_int_equal(a->retry_first_ms, b->retry_first_ms);
	assert_int_equal(a->retry_longest_ms, b->retry_longest_ms);
	assert_int_equal(a->give_up_ms, b->give_up_ms);
	assert_int_equal(a->log_format, b->log_format);
	assert_int_equal(a->log_level, b->log_level);
	assert_int_equal(a->receivers[0].internal, b->receivers[0].internal);
	assert_int_equal(a->receivers[0].beginning, b->receivers[0].beginning);
	assert_null(a->receivers[0].ca_file);
	assert_non_null(b->receivers[0].ca_file); /* so the hidden values were read */
	config_webhook_free(a);
	config_webhook_free(b);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {T(everything_that_can_be_said),
	                                   T(urls),
	                                   T(secrets),
	                                   T(what_else_is_refused),
	                                   T(too_many_receivers),
	                                   T(the_sample_says_what_holds_without_it)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
