/* The configuration: partners, and the certificates by which they are recognised. */
#include "tests/unit/daemon/config_world.h"

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

static void partners_are_checked(void **state)
{
	struct fixture *f = *state;
	folder_put_as(&f->dir, "limits.yaml", "{}\n", 0644);
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
	edit_partners(f, "fingerprint: \"" HEX64,
	              "fingerprint: \"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
	              "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF");
	load_good(f);
	assert_string_equal(config_partner(f->c, "alpha")->identities[1].value, HEX64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(reads_the_partners),           TEST(recognises_certificates),
	    TEST(partners_are_checked),         TEST(a_partner_needs_an_account_for_its_zones),
	    TEST(fingerprints_may_have_colons),
	};
	return cmocka_run_group_tests_name("config_partners", tests, NULL, NULL);
}
