/* Frames out of a captured stretch of bytes: with length headers, or XML documents one after the other. */
#ifndef VNEPP_CLI_EPP_CAPTURE_H
#define VNEPP_CLI_EPP_CAPTURE_H

#include "epp/base/str.h"

#include <stdbool.h>

struct capture_frame {
	struct str xml; /* a view */
	bool has_header;
	size_t missing; /* bytes that the header promises and that are not there */
};

/* Takes the next one off `*in`; false when nothing but white space is left. */
bool capture_next(struct str *in, struct capture_frame *out);

#endif
