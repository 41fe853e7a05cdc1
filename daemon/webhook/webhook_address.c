/* Address ranges of RFC 6890 and its successors. */
#include "daemon/webhook/webhook_address.h"
#include "epp/base/attr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

struct range {
	uint32_t net;
	int bits;
};

#define V4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct range closed[] = {
    {V4(0, 0, 0, 0), 8},      /* this network */
    {V4(10, 0, 0, 0), 8},     /* private */
    {V4(100, 64, 0, 0), 10},  /* shared by carriers */
    {V4(127, 0, 0, 0), 8},    /* loopback */
    {V4(169, 254, 0, 0), 16}, /* link-local; clouds answer with credentials there */
    {V4(172, 16, 0, 0), 12},  /* private */
    {V4(192, 0, 0, 0), 24},   /* protocol assignments */
    {V4(192, 0, 2, 0), 24},   /* documentation, as two below */
    {V4(192, 88, 99, 0), 24}, /* 6to4 relays */
    {V4(192, 168, 0, 0), 16}, /* private */
    {V4(198, 18, 0, 0), 15},  /* benchmarks */
    {V4(198, 51, 100, 0), 24}, {V4(203, 0, 113, 0), 24},
    {V4(224, 0, 0, 0), 3}, /* multicast, reserved, broadcast */
};

static bool v4_is_public(uint32_t address)
{
	for (size_t i = 0; i < ARRAY_LEN(closed); i++)
		if ((address ^ closed[i].net) >> (32 - closed[i].bits) == 0)
			return false;
	return true;
}

static uint32_t v4_in(const uint8_t *bytes)
{
	return V4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

static bool v6_is_public(const uint8_t *b)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}, nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0)
		return v4_is_public(v4_in(b + 12));
	if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 */
		return v4_is_public(v4_in(b + 2));
	if (b[0] == 0x20 && b[1] == 0x01 && (b[2] < 0x02 || (b[2] == 0x0d && b[3] == 0xb8)))
		return false; /* Teredo and other assignments of 2001::/23; documentation */
	if (b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10)
		return false;         /* documentation */
	return (b[0] & 0xe0) == 0x20; /* 2000::/3 is all that is given out */
}

bool webhook_address_is_public(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return v4_is_public(ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr));
	if (a->sa_family == AF_INET6)
		return v6_is_public(((const struct sockaddr_in6 *)(const void *)a)->sin6_addr.s6_addr);
	return false;
}
