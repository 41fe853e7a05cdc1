/* Greetings: any bytes parse or are refused, and whatever a registry says of itself is compared and told once. */
#include "daemon/session/registry_view.h"
#include "epp/outline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drop(struct log *log, enum log_level level, const char *event, const char *msg,
                 const struct log_field *fields, size_t n)
{
	(void)log, (void)level, (void)event, (void)msg, (void)fields, (void)n;
}

/* The input is one greeting or two, so that a changed one is met: the first byte says where the second begins. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct log log = {.level = LOG_DEBUG, .write = drop};
	static struct epp_parser *p;
	struct registry_view v;
	struct arena arena = {0};
	struct epp_outline o;
	struct epp_response r;
	struct errmsg e;
	if (size == 0)
		return 0;
	p = p ? p : epp_parser_new();
	struct str all = str_make((const char *)data + 1, size - 1);
	size_t first = all.len * data[0] / 255;
	struct str parts[2] = {str_make(all.ptr, first), str_make(all.ptr + first, all.len - first)};
	registry_view_init(&v, &log, "registry", "account", 60000);
	for (int i = 0; i < 2; i++)
		if (epp_parse(p, parts[i], &r, &e) == OK && r.kind == EPP_KIND_GREETING)
			registry_view_greeting(&v, &r.greeting, 1795140000000);
		else if (r.kind == EPP_KIND_RESPONSE)
			registry_view_login_events(&v, &r.ext.login_sec);
	enum err err = epp_outline_read(all, &arena, &o, &e);
	(void)err; /* any answer will do */
	arena_fini(&arena);
	registry_view_fini(&v);
	return 0;
}
