/* Socket addresses as text and back. */
#include "daemon/net/sock_addr.h"

#include <stdio.h>

/* IPv4 in IPv6 clothes (a dual-stack listener) is shown, and counted, as what it is. */
static bool mapped_v4(const struct sockaddr *sa, struct in_addr *v4)
{
	const struct sockaddr_in6 *s6 = (const struct sockaddr_in6 *)(const void *)sa;
	if (sa->sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&s6->sin6_addr))
		return false;
	memcpy(v4, &s6->sin6_addr.s6_addr[12], sizeof *v4);
	return true;
}

bool sock_addr_is_loopback(const struct sockaddr *sa)
{
	struct in_addr v4;
	if (sa->sa_family == AF_INET)
		v4 = ((const struct sockaddr_in *)(const void *)sa)->sin_addr;
	else if (!mapped_v4(sa, &v4))
		return sa->sa_family == AF_INET6 &&
		       IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
	return ntohl(v4.s_addr) >> 24 == 127;
}

void sock_addr_host(char *out, size_t size, const struct sockaddr *sa)
{
	struct in_addr v4;
	if (mapped_v4(sa, &v4))
		uv_inet_ntop(AF_INET, &v4, out, size);
	else if (sa->sa_family == AF_INET6)
		uv_ip6_name((const struct sockaddr_in6 *)(const void *)sa, out, size);
	else if (sa->sa_family == AF_INET)
		uv_ip4_name((const struct sockaddr_in *)(const void *)sa, out, size);
	else
		snprintf(out, size, "unix");
}

static unsigned port_of(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)sa)->sin6_port);
	return ntohs(((const struct sockaddr_in *)(const void *)sa)->sin_port);
}

void sock_addr_format(char *out, size_t size, const struct sockaddr *sa)
{
	char host[INET6_ADDRSTRLEN] = "";
	sock_addr_host(host, sizeof host, sa);
	bool v6 = strchr(host, ':') != NULL;
	snprintf(out, size, "%s%s%s:%u", v6 ? "[" : "", host, v6 ? "]" : "", port_of(sa));
}

void sock_addr_of_peer(const uv_tcp_t *h, char *out, size_t size)
{
	struct sockaddr_storage ss;
	int len = sizeof ss;
	if (uv_tcp_getpeername(h, (struct sockaddr *)&ss, &len) == 0)
		sock_addr_format(out, size, (const struct sockaddr *)&ss);
	else
		snprintf(out, size, "unknown");
}

enum err sock_addr_parse(struct str text, struct sockaddr_storage *out)
{
	const char *colon = text.len ? memrchr(text.ptr, ':', text.len) : NULL;
	if (!colon)
		return ERR_SYNTAX;
	struct str host = str_make(text.ptr, (size_t)(colon - text.ptr));
	struct str port_text = str_make(colon + 1, text.len - host.len - 1);
	uint64_t port;
	if (!str_to_u64(port_text, &port) || port > 65535)
		return ERR_SYNTAX;
	bool v6 = host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
	if (v6)
		host = str_make(host.ptr + 1, host.len - 2);
	char name[INET6_ADDRSTRLEN];
	if (!str_copy(name, sizeof name, host))
		return ERR_SYNTAX;
	int r = v6 ? uv_ip6_addr(name, (int)port, (struct sockaddr_in6 *)out)
	           : uv_ip4_addr(name, (int)port, (struct sockaddr_in *)out);
	return r == 0 ? OK : ERR_SYNTAX;
}
