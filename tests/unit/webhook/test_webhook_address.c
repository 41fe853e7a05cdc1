/* Which addresses belong to the public internet: the edges of every range. */
#include "daemon/webhook/webhook_address.h"
#include "epp/base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

static bool is_public(const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return webhook_address_is_public((const struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return webhook_address_is_public((const struct sockaddr *)&v6);
}

static void outside(void **state)
{
	static const char *const all[] = {"1.0.0.0",
	                                  "8.8.8.8",
	                                  "9.255.255.255",
	                                  "11.0.0.0",
	                                  "100.63.255.255",
	                                  "100.128.0.0",
	                                  "126.255.255.255",
	                                  "128.0.0.0",
	                                  "169.253.255.255",
	                                  "169.255.0.0",
	                                  "172.15.255.255",
	                                  "172.32.0.0",
	                                  "192.0.1.0",
	                                  "192.0.3.0",
	                                  "192.88.98.255",
	                                  "192.88.100.0",
	                                  "192.167.255.255",
	                                  "192.169.0.0",
	                                  "198.17.255.255",
	                                  "198.20.0.0",
	                                  "198.51.99.255",
	                                  "198.51.101.0",
	                                  "203.0.112.255",
	                                  "203.0.114.0",
	                                  "223.255.255.255",
	                                  "203.162.4.191",
	                                  "2001:200::1",
	                                  "2400:cb00::1",
	                                  "2606:4700:4700::1111",
	                                  "2a00::1",
	                                  "3ffe::1",
	                                  "2001:db7::1",
	                                  "2001:db9::1",
	                                  "::ffff:8.8.8.8",
	                                  "64:ff9b::8.8.8.8",
	                                  "2002:808:808::1"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!is_public(all[i]))
			fail_msg("%s is outside", all[i]);
}

static void inside(void **state)
{
	static const char *const all[] = {"0.0.0.0",
	                                  "0.255.255.255",
	                                  "10.0.0.0",
	                                  "10.255.255.255",
	                                  "100.64.0.0",
	                                  "100.127.255.255",
	                                  "127.0.0.0",
	                                  "127.0.0.1",
	                                  "127.255.255.255",
	                                  "169.254.0.0",
	                                  "169.254.169.254",
	                                  "169.254.255.255",
	                                  "172.16.0.0",
	                                  "172.31.255.255",
	                                  "192.0.0.0",
	                                  "192.0.0.255",
	                                  "192.0.2.0",
	                                  "192.0.2.255",
	                                  "192.88.99.1",
	                                  "192.168.0.0",
	                                  "192.168.255.255",
	                                  "198.18.0.0",
	                                  "198.19.255.255",
	                                  "198.51.100.0",
	                                  "203.0.113.255",
	                                  "224.0.0.0",
	                                  "239.255.255.255",
	                                  "240.0.0.0",
	                                  "255.255.255.255",
	                                  "::",
	                                  "::1",
	                                  "::2",
	                                  "::127.0.0.1",
	                                  "fc00::1",
	                                  "fdff::1",
	                                  "fe80::1",
	                                  "febf::1",
	                                  "fec0::1",
	                                  "ff02::1",
	                                  "100::1",
	                                  "2001::1",
	                                  "2001:1ff::1",
	                                  "2001:10::1",
	                                  "2001:db8::1",
	                                  "2001:db8:ffff::1",
	                                  "3fff::1",
	                                  "3fff:fff::1",
	                                  "4000::1",
	                                  "5f00::1",
	                                  "::ffff:127.0.0.1",
	                                  "::ffff:10.1.2.3",
	                                  "64:ff9b::10.0.0.1",
	                                  "64:ff9b:1::1",
	                                  "2002:7f00:1::1",
	                                  "2002:a00:1::1",
	                                  "2002:c0a8:101::1"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (is_public(all[i]))
			fail_msg("%s is inside", all[i]);
}

static void other_families_are_inside(void **state)
{
	const struct sockaddr_un u = {.sun_family = AF_UNIX};
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	(void)state;
	assert_false(webhook_address_is_public((const struct sockaddr *)&u));
	assert_false(webhook_address_is_public(&none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(outside), cmocka_unit_test(inside),
	                                   cmocka_unit_test(other_families_are_inside)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
