/* Framing: whatever comes, no byte outside the input is named and the walk ends. */
#include "epp/frame.h"

#include "epp/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_make((const char *)data, size), payload, text;
	size_t used;
	enum err err;
	while ((err = epp_frame_next(in, EPP_FRAME_MAX_BEFORE_LOGIN, &payload, &used)) == OK) {
		REQUIRE(used > EPP_FRAME_HEADER && used <= in.len && payload.len == used - EPP_FRAME_HEADER);
		REQUIRE(payload.ptr == in.ptr + EPP_FRAME_HEADER);
		in = str_make(in.ptr + used, in.len - used);
	}
	REQUIRE(used == 0 && (err == ERR_AGAIN || err == ERR_FRAME));
	if (epp_frame_is_text(in, &text))
		REQUIRE(text.len <= in.len && text.ptr == in.ptr);
	return 0;
}
