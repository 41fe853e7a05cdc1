/* Batch bodies in all three formats, pushed in pieces of any size: every item is read or refused with an error that has
 * a line and a reason, and what was read survives being stored. */
#include "daemon/api/item_csv.h"
#include "daemon/api/item_json.h"
#include "daemon/api/line_error.h"
#include "daemon/api/split.h"
#include "daemon/job/item.h"
#include "epp/base/arena.h"
#include "epp/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ITEM_BYTES 4096

struct body {
	struct split split;
	struct item_csv csv;
	bool have_header, stopped;
	struct arena arena, scratch;
	struct line_errors errors;
};

static void store_and_read(const struct item_request *req)
{
	struct item_request back;
	struct buf first, second;
	buf_init(&first, ITEM_PAYLOAD_MAX);
	buf_init(&second, ITEM_PAYLOAD_MAX);
	item_encode(req, &first);
	if (buf_ok(&first)) {
		REQUIRE(item_decode(buf_str(&first), &back) == OK);
		item_encode(&back, &second);
		REQUIRE(buf_ok(&second) && str_eq(buf_str(&first), buf_str(&second)));
	}
	buf_fini(&first);
	buf_fini(&second);
}

static void read_text(struct body *b, struct str text, uint32_t line)
{
	struct item_request req;
	struct item_draft d;
	uint64_t before = b->errors.total;
	bool csv = b->split.format == SPLIT_CSV, good;
	item_draft_begin(&d, &req, &b->arena, &b->errors, line, text.ptr);
	if (csv && !b->have_header) {
		b->have_header = true;
		b->stopped = !item_csv_header(&b->csv, &d, &b->scratch, text);
		return;
	}
	good = csv ? item_csv_read(&b->csv, &d, &b->scratch, text) : item_json_read(&d, &b->scratch, text);
	REQUIRE(good == (b->errors.total == before));
	if (good)
		store_and_read(&req);
}

static void take_all(struct body *b)
{
	struct str text;
	uint32_t line, last = 0;
	while (!b->stopped) {
		switch (split_next(&b->split, &text, &line)) {
		case SPLIT_ITEM:
			REQUIRE(text.len <= ITEM_BYTES && line > last);
			last = line;
			read_text(b, text, line);
			break;
		case SPLIT_TOO_LONG: break;
		case SPLIT_BROKEN:
			REQUIRE(b->split.error);
			b->stopped = true;
			break;
		case SPLIT_MORE:
		case SPLIT_END: return;
		}
	}
}

static void check_errors(const struct line_errors *e)
{
	for (size_t i = 0; i < e->count; i++)
		REQUIRE(e->list[i].at.line > 0 && e->list[i].reason && e->list[i].expected.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct body b = {.have_header = false};
	size_t piece = (size_t)data[1] + 1;
	struct str left = str_make((const char *)data + 2, size - 2);
	split_init(&b.split, (enum split_format)(data[0] % 3), ITEM_BYTES);
	arena_init(&b.arena);
	arena_init(&b.scratch);
	line_errors_init(&b.errors, &b.arena);
	while (left.len && !b.stopped) {
		size_t n = left.len < piece ? left.len : piece;
		REQUIRE(split_push(&b.split, str_make(left.ptr, n)));
		left = str_make(left.ptr + n, left.len - n);
		take_all(&b);
	}
	split_finish(&b.split);
	take_all(&b);
	check_errors(&b.errors);
	line_errors_fini(&b.errors);
	arena_fini(&b.scratch);
	arena_fini(&b.arena);
	split_fini(&b.split);
	return 0;
}
