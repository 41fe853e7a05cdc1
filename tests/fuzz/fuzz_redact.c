/* The frame printer: any bytes are printed; a secret in a well-formed place never is. */
#include "epp/redact.h"

#include "epp/base/check.h"

#define SECRET "Tr0ub4dor"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_make((const char *)data, size);
	struct buf doc, out;
	buf_init(&doc, 1 << 22);
	buf_init(&out, 1 << 24);
	REQUIRE(epp_redact_print(in, &out) == OK);
	/* the input around a password: before it in the element, and behind it in the document */
	buf_lit(&doc, "<a><pw>" SECRET "</pw>");
	buf_add(&doc, in);
	buf_lit(&doc, "<authInfo><x y='" SECRET "'/></authInfo></a>");
	/* in the open, put there by the fuzzer itself */
	bool own = in.len && memmem(in.ptr, in.len, SECRET, sizeof(SECRET) - 1);
	buf_clear(&out);
	REQUIRE(epp_redact_print(buf_str(&doc), &out) == OK);
	REQUIRE(own || buf_len(&out) == 0 ||
	        !memmem(buf_data(&out), buf_len(&out), SECRET, sizeof(SECRET) - 1));
	buf_fini(&doc);
	buf_fini(&out);
	return 0;
}
