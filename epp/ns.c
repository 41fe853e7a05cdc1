/* The table of namespaces. */
#include "epp/ns.h"

static const struct {
	struct str uri;
	struct str prefix;
	enum epp_ns_kind kind;
} namespaces[EPP_NS__COUNT] = {
#define X(name, kind, prefix, uri) \
	[EPP_NS_##name] = {{uri, sizeof(uri) - 1}, {prefix, sizeof(prefix) - 1}, EPP_NS_##kind},
    EPP_NAMESPACES(X)
#undef X
};

enum epp_ns epp_ns_find(struct str uri)
{
	if (str_empty(uri))
		return EPP_NS_NONE;
	for (int i = EPP_NS_OTHER + 1; i < EPP_NS__COUNT; i++) {
		if (str_eq(namespaces[i].uri, uri))
			return (enum epp_ns)i;
	}
	return EPP_NS_OTHER;
}

struct str epp_ns_uri(enum epp_ns ns)
{
	return ns > EPP_NS_OTHER && ns < EPP_NS__COUNT ? namespaces[ns].uri : STR("");
}

struct str epp_ns_prefix(enum epp_ns ns)
{
	return ns > EPP_NS_OTHER && ns < EPP_NS__COUNT ? namespaces[ns].prefix : STR("");
}

enum epp_ns_kind epp_ns_kind(enum epp_ns ns)
{
	return ns > EPP_NS_OTHER && ns < EPP_NS__COUNT ? namespaces[ns].kind : EPP_NS_OBJECT;
}
