/* Socket addresses as text. Private to net/. */
#ifndef VNEPP_NET_SOCK_ADDR_H
#define VNEPP_NET_SOCK_ADDR_H

#include "epp/base/err.h"
#include "epp/base/str.h"

#include <uv.h>

/* "192.0.2.1:700", "[2001:db8::1]:700"; cut to `size`. */
void sock_addr_format(char *out, size_t size, const struct sockaddr *sa);
/* The same without the port (and without brackets): what a limit per address counts by. */
void sock_addr_host(char *out, size_t size, const struct sockaddr *sa);
void sock_addr_of_peer(const uv_tcp_t *h, char *out, size_t size);
bool sock_addr_is_loopback(const struct sockaddr *sa);
/* An address with a port as sock_addr_format() writes it; no names. */
enum err sock_addr_parse(struct str text, struct sockaddr_storage *out) MUST_CHECK;

#endif
