/* Host check and create (RFC 5732). */
#include "epp/build_int.h"

#define NS_DECL " xmlns:host=\"" EPP_URI_HOST "\""

enum err epp_build_host_check(struct buf *out, const struct epp_cmd *cmd, const struct str *names,
                              size_t count, struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<check><host:check" NS_DECL ">");
	build_names(&b, "host:name", names, count, 1, LABEL_MAX);
	build_lit(&b, "</host:check></check>");
	return build_end(&b, e);
}

enum err epp_build_host_create(struct buf *out, const struct epp_cmd *cmd, const struct epp_ns_host *host,
                               struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<create><host:create" NS_DECL ">");
	build_token_elem(&b, "host:name", host->name, 1, LABEL_MAX);
	for (size_t i = 0; i < host->addr_count; i++) {
		if (host->addrs[i].v6)
			build_lit(&b, "<host:addr ip=\"v6\">");
		else
			build_lit(&b, "<host:addr ip=\"v4\">");
		build_addr(&b, "host:addr", &host->addrs[i]);
		build_lit(&b, "</host:addr>");
	}
	build_lit(&b, "</host:create></create>");
	return build_end(&b, e);
}
