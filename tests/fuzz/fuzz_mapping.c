/*
 * Mappings: any text gives a mapping or at least one error with a place; what loads writes frames that are well-formed,
 * with facts of any content, and the printer shows none of the personal ones.
 */
#include "epp/base/check.h"
#include "epp/dialect.h"
#include "epp/frame.h"
#include "epp/redact.h"
#include "epp/xml.h"

#include <string.h>

/* Letters only: a number could be a mapping's own. */
#define SECRET "Qzxjvkwq"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct facts {
	struct arena *arena;
	struct str input;
	uint32_t drawn;
};

static uint32_t draw(struct facts *f, uint32_t below)
{
	f->drawn = f->drawn * 1664525u + 1013904223u;
	return (f->drawn >> 8) % below;
}

static struct str get(void *arg, enum epp_fact fact, struct str name, size_t entry)
{
	struct facts *f = arg;
	const char *const *words = epp_fact_words(fact);
	(void)name;
	REQUIRE(entry < 3);
	if (draw(f, 8) == 0)
		return STR_NONE;
	if (words) {
		uint32_t n = 0;
		while (words[n])
			n++;
		return str_c(words[draw(f, n)]);
	}
	if (epp_fact_type(fact) == EPP_FACT_DATE)
		return STR("2004-05-06");
	if (epp_fact_is_personal(fact))
		return STR("<" SECRET "> & \"'");
	return draw(f, 2) ? STR("<a b=\"c\">&amp;]]>\t\n") : f->input;
}

static size_t count(void *arg, enum epp_fact_list list)
{
	(void)list;
	return draw(arg, 4);
}

static void check_frame(const struct epp_dialect *d, struct arena *arena, struct str frame)
{
	static const struct xml_reader nothing = {NULL, NULL, NULL};
	struct epp_redact_opts how = {.notes = true};
	struct errmsg e = {""};
	struct buf shown;
	struct str xml = str_make(frame.ptr + EPP_FRAME_HEADER, frame.len - EPP_FRAME_HEADER);
	struct xml_parser *p = xml_parser_new(NULL, 0);
	REQUIRE(xml_parse(p, xml, &nothing, NULL, &e) == OK);
	xml_parser_free(p);
	how.known = epp_dialect_known(d, arena, &how.known_count);
	buf_init(&shown, 64u << 20);
	REQUIRE(epp_redact_print_opts(xml, &how, &shown) == OK);
	REQUIRE(!memmem(buf_str(&shown).ptr, buf_len(&shown), SECRET, sizeof(SECRET) - 1));
	buf_fini(&shown);
}

static void write_frame(const struct epp_dialect *d, enum epp_dialect_command c, struct facts *f)
{
	const struct epp_fact_source source = {get, count, f};
	struct epp_cmd cmd = {.cltrid = STR("VN-FUZZ")};
	struct errmsg e = {""};
	struct buf out;
	struct str name = STR("ten.vn");
	buf_init(&out, 16u << 20);
	enum err err = epp_dialect_write(d, c, &source, f->arena, &cmd.ext, &cmd.ext_count, &e);
	if (!err)
		err = epp_build_domain_check(&out, &cmd, &name, 1, &e);
	REQUIRE((err == OK) == (e.text[0] == '\0'));
	REQUIRE(!strstr(e.text, SECRET));
	if (!err)
		check_frame(d, f->arena, buf_str(&out));
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_make((const char *)data, size);
	struct arena arena;
	struct diag diag;
	arena_init(&arena);
	diag_init(&diag);
	struct facts f = {&arena, in, (uint32_t)size};
	struct yaml_node *top = yaml_parse(&arena, &diag, "fuzz.yaml", in);
	struct epp_dialect *d = epp_dialect_read(&arena, &diag, top);
	REQUIRE((d == NULL) == (diag.errors > 0));
	/* Its own texts may hold the secret's letters when the fuzzer has found them. */
	bool own = size && memmem(data, size, SECRET, sizeof(SECRET) - 1);
	for (int c = 0; d && !own && c < EPP_DIALECT__COUNT; c++)
		write_frame(d, (enum epp_dialect_command)c, &f);
	diag_fini(&diag);
	arena_fini(&arena);
	return 0;
}
