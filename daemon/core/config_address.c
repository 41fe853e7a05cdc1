/* Hosts and ports in the configuration. */
#include "daemon/core/config_int.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#define EPP_PORT 700 /* RFC 5734, section 7 */
#define HOST_MAX 253

struct parts {
	struct str host, port; /* port empty: not given */
	bool bracketed;
};

/* "host", "host:port", "[v6]", "[v6]:port"; false for anything else, a bare IPv6 address among it. */
static bool split(struct str s, struct parts *out)
{
	*out = (struct parts){0};
	if (s.len > 0 && s.ptr[0] == '[') {
		const char *end = memchr(s.ptr, ']', s.len);
		if (!end)
			return false;
		out->bracketed = true;
		out->host = str_make(s.ptr + 1, (size_t)(end - s.ptr) - 1);
		struct str rest = str_make(end + 1, s.len - out->host.len - 2);
		if (rest.len == 0)
			return true;
		out->port = str_make(rest.ptr + 1, rest.len - 1);
		return rest.ptr[0] == ':' && out->port.len > 0;
	}
	struct str rest = s;
	out->host = str_split(&rest, ':');
	out->port = rest;
	bool has_colon = out->host.len < s.len;
	return out->host.len > 0 && (!has_colon || rest.len > 0) &&
	       !memchr(rest.ptr ? rest.ptr : "", ':', rest.len);
}

static bool is_ip(struct str host, int family)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char address[sizeof(struct in6_addr)];
	return str_copy(text, sizeof text, host) && inet_pton(family, text, address) == 1;
}

static bool parse_port(struct str s, uint64_t min, uint16_t *out)
{
	uint64_t port;
	if (!str_to_u64(s, &port) || port < min || port > 65535)
		return false;
	*out = (uint16_t)port;
	return true;
}

bool config_address_listen(struct config_reading *r, struct yaml_node *map, const char *key,
                           enum yaml_presence p, const char **out)
{
	struct parts parts;
	uint16_t port;
	struct str s;
	if (!yaml_str(r->d, map, key, p, &s))
		return false;
	if (!split(s, &parts) || !is_ip(parts.host, parts.bracketed ? AF_INET6 : AF_INET) ||
	    !parse_port(parts.port, 0, &port)) {
		yaml_error(r->d, yaml_get(map, key), "'%.*s' is not an address with a port", STR_ARG(s));
		diag_help(r->d,
		          "numeric, such as 127.0.0.1:8443, 0.0.0.0:8443 or [::]:8443; port 0 is a free one");
		return false;
	}
	*out = s.ptr;
	return true;
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]:", 6) == 0;
}

bool config_address_is_local(struct config_reading *r, struct yaml_node *n, const char **out)
{
	size_t max = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	struct parts parts;
	uint16_t port;
	if (n->text.len && memchr(n->text.ptr, '/', n->text.len)) {
		const char *path = n->text.ptr;
		*out = path[0] == '/' ? path : arena_printf(r->arena, "%s%s", r->dir, path).ptr;
		if (strlen(*out) <= max)
			return true;
		yaml_error(r->d, n, "the path is %zu bytes long, a Unix socket's is at most %zu",
		           strlen(*out), max);
		return false;
	}
	*out = n->text.ptr;
	if (!split(n->text, &parts) || !is_ip(parts.host, parts.bracketed ? AF_INET6 : AF_INET) ||
	    !parse_port(parts.port, 0, &port))
		yaml_error(r->d, n, "'%.*s' is not an address with a port", STR_ARG(n->text));
	else if (!is_loopback(*out))
		yaml_error(r->d, n, "'%s' can be reached from other machines", *out);
	else
		return true;
	diag_help(r->d, "127.0.0.1:9443, [::1]:9443, or the path of a Unix socket: /run/vnepp/admin.sock");
	return false;
}

bool config_address_ip(struct config_reading *r, struct yaml_node *map, const char *key, const char **out)
{
	struct str s;
	if (!yaml_str(r->d, map, key, YAML_OPTIONAL, &s))
		return false;
	if (!is_ip(s, AF_INET) && !is_ip(s, AF_INET6)) {
		yaml_error(r->d, yaml_get(map, key), "'%.*s' is not an IP address", STR_ARG(s));
		return false;
	}
	*out = s.ptr;
	return true;
}

/* A DNS name, an IPv4 address, or an IPv6 address in brackets. */
static bool is_host(const struct parts *p)
{
	if (p->bracketed)
		return is_ip(p->host, AF_INET6);
	if (p->host.len > HOST_MAX)
		return false;
	for (size_t i = 0; i < p->host.len; i++) {
		char c = p->host.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.')
			return false;
	}
	return true;
}

bool config_address_endpoint(struct config_reading *r, struct yaml_node *n, struct config_endpoint *out)
{
	struct parts parts;
	uint16_t port = EPP_PORT;
	if (!yaml_as_kind(r->d, n, YAML_SCALAR))
		return false;
	if (!split(n->text, &parts) || !is_host(&parts) ||
	    (parts.port.len > 0 && !parse_port(parts.port, 1, &port))) {
		yaml_error(r->d, n, "'%.*s' is not a host with a port", STR_ARG(n->text));
		diag_help(r->d, "such as epp.example.vn:700, 192.0.2.1:700 or [2001:db8::1]:700");
		return false;
	}
	*out = (struct config_endpoint){arena_str(r->arena, parts.host).ptr, port};
	return true;
}
