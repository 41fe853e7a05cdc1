/* Whether an address belongs to the public internet, so that a partner's URL cannot make us call our own network. */
#ifndef VNEPP_WEBHOOK_ADDRESS_H
#define VNEPP_WEBHOOK_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/*
 * False for loopback, private, link-local, shared, unique local, multicast, documentation and reserved addresses,
 * for IPv6 forms (mapped, NAT64, 6to4) of such IPv4 ones, for tunnels that hide where they lead (Teredo), and for
 * families other than IPv4 and IPv6.
 */
bool webhook_address_is_public(const struct sockaddr *a);

#endif
