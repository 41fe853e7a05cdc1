/* One line read as an item, from JSON or CSV, with what is wrong with it; what tests of the readers share. */
#ifndef VNEPP_TESTS_ITEM_READING_H
#define VNEPP_TESTS_ITEM_READING_H

#include "daemon/api/item_csv.h"
#include "daemon/api/item_json.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#define READING_LINE 7 /* the line that it is in its batch */

struct reading {
	struct arena arena, scratch;
	struct line_errors errors;
	struct item_request req;
	struct item_draft draft;
	struct buf text; /* for the test */
};

static inline void reading_init(struct reading *r)
{
	arena_init(&r->arena);
	arena_init(&r->scratch);
	line_errors_init(&r->errors, &r->arena);
	buf_init(&r->text, 1 << 20);
}

static inline void reading_fini(struct reading *r)
{
	line_errors_fini(&r->errors);
	arena_fini(&r->arena);
	arena_fini(&r->scratch);
	buf_fini(&r->text);
}

/* Of a group of tests: its state is a reading. */
static inline int reading_set_up(void **state)
{
	static struct reading r;
	reading_init(&r);
	*state = &r;
	return 0;
}

static inline int reading_tear_down(void **state)
{
	reading_fini(*state);
	return 0;
}

static inline void reading_begin(struct reading *r, uint32_t line, const char *text)
{
	line_errors_fini(&r->errors);
	line_errors_init(&r->errors, &r->arena);
	item_draft_begin(&r->draft, &r->req, &r->arena, &r->errors, line, text);
}

static inline bool reading_json(struct reading *r, const char *text)
{
	reading_begin(r, READING_LINE, text);
	return item_json_read(&r->draft, &r->scratch, str_c(text));
}

static inline bool reading_csv_header(struct reading *r, struct item_csv *csv, const char *header)
{
	*csv = (struct item_csv){0};
	reading_begin(r, 1, header);
	return item_csv_header(csv, &r->draft, &r->scratch, str_c(header));
}

/* One header, one record. */
static inline bool reading_csv(struct reading *r, const char *header, const char *record)
{
	struct item_csv csv;
	if (!reading_csv_header(r, &csv, header))
		return false;
	reading_begin(r, READING_LINE, record);
	return item_csv_read(&csv, &r->draft, &r->scratch, str_c(record));
}

/* What is wrong with what was read: "column field REASON; …"; in another line of the text than that of the item: "line:column". */
static inline const char *reading_errors(struct reading *f)
{
	buf_clear(&f->text);
	for (size_t i = 0; i < f->errors.count; i++) {
		const struct line_error *e = &f->errors.list[i];
		buf_printf(&f->text, "%s", i ? "; " : "");
		if (e->at.text_line != e->at.line)
			buf_printf(&f->text, "%u:", e->at.text_line);
		buf_printf(&f->text, "%u %.*s %s", e->at.column, STR_ARG(e->field), e->reason);
	}
	return buf_cstr(&f->text);
}

static inline void reading_check(struct reading *f, const char *input, const char *expected)
{
	if (strcmp(reading_errors(f), expected) == 0)
		return;
	print_error("for    %s\nwanted %s\ngot    %s\n", input, expected, reading_errors(f));
	for (size_t i = 0; i < f->errors.count; i++)
		print_error("       %.*s\n", STR_ARG(f->errors.list[i].expected));
	fail();
}

/* One with everything, as JSON. */
#define FULL                                                                                                     \
	"{\"ref\":\"inv-2026-000123\",\"op\":\"create\",\"domain\":\"nguyenvana.id.vn\",\"period\":2,"           \
	"\"applicant\":{\"kind\":\"citizen\",\"name\":\"Nguyễn Văn A\",\"citizenship\":\"VN\","               \
	"\"birth_date\":\"2004-05-06\",\"gender\":\"male\",\"id_number\":\"068204001234\","                      \
	"\"phone\":\"+84.912345678\",\"email\":\"a@example.vn\","                                                \
	"\"address\":{\"street\":\"12 Hùng Vương\",\"ward\":\"Lâm Viên - Đà Lạt\",\"province\":\"68\"," \
	"\"province_list\":\"2025-07-01\",\"country\":\"VN\"}},"                                                 \
	"\"contacts\":{\"admin\":\"AD-1\",\"tech\":\"TE-1\"},"                                                   \
	"\"evidence\":[{\"type\":\"ekyc\",\"issuer\":\"X, "                                                      \
	"\\\"Y\\\"\",\"reference\":\"K-991\",\"date\":\"2026-11-18\","                                           \
	"\"result\":\"confirmed\"},{\"type\":\"document_check\"}],"                                              \
	"\"ns\":[{\"name\":\"ns1.example.vn\",\"addrs\":[\"192.0.2.1\",\"2001:db8::1\"]},{\"name\":\"NS2."       \
	"example.vn\"}],"                                                                                        \
	"\"ds\":[{\"key_tag\":60485,\"alg\":13,\"digest_type\":2,\"digest\":\"d4b7\"}],"                         \
	"\"services\":[\"website\",\"email\",\"cv\"],\"if_not_free\":\"refuse\"}"

#endif
