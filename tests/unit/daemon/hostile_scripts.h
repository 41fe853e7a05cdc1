/*
 * Bytes that a registry might send in place of a greeting or an answer: lengths, halves, words, silence, ends. Included
 * by the tests that send them.
 */
#ifndef VNEPP_TESTS_HOSTILE_SCRIPTS_H
#define VNEPP_TESTS_HOSTILE_SCRIPTS_H

#include "epp/trid.h"
#include "tests/unit/daemon/hostile_documents.h"

#include <stdio.h>

enum after { STAY, HANG_UP, RESET };

/* Bytes in place of an answer. */
struct script {
	const char *what;
	void (*make)(struct buf *out, const char *cltrid, size_t n);
	size_t n;
	enum after after;
	size_t piece;    /* 0: all at once; else the first so many bytes, the rest later */
	size_t later_ms; /* when the first or the rest comes */
	enum reading reading;
	const char *why;     /* what the log says of the session's end; NULL: it goes on */
	const char *greeted; /* … in place of a greeting */
};

/* ---- what is sent ---- */

static inline void put_length(struct buf *out, uint32_t n)
{
	const unsigned char b[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
	                            (unsigned char)(n >> 8), (unsigned char)n};
	buf_append(out, b, 4);
}

static inline void a_length(struct buf *out, const char *cltrid, size_t n)
{
	(void)cltrid;
	put_length(out, (uint32_t)n);
	buf_lit(out, "<epp/>");
}

static inline void put_good(struct buf *out, const char *code, const char *cltrid)
{
	size_t before = buf_len(out);
	put_length(out, 0);
	buf_printf(out,
	           EPP_DOC(
	               "<response><result code=\"%s\"><msg>said</msg></result><trID>%s%s%s<svTRID>sv</svTRID>"
	               "</trID></response>"),
	           code, cltrid ? "<clTRID>" : "", cltrid ? cltrid : "", cltrid ? "</clTRID>" : "");
	close_frame(out, before);
}

static inline void good(struct buf *out, const char *cltrid, size_t n)
{
	(void)n;
	put_good(out, "1000", cltrid);
}

static inline void code(struct buf *out, const char *cltrid, size_t n)
{
	char text[16];
	snprintf(text, sizeof text, "%zu", n);
	put_good(out, text, cltrid);
}

static inline void code_alone(struct buf *out, const char *cltrid, size_t n)
{
	(void)cltrid;
	code(out, NULL, n);
}

static inline void for_another(struct buf *out, const char *cltrid, size_t n)
{
	(void)n;
	(void)cltrid;
	put_good(out, "1000", "SOMEBODY-ELSES-1");
}

/* Equal but for the case of its letters. */
static inline void for_nearly(struct buf *out, const char *cltrid, size_t n)
{
	char other[EPP_TRID_MAX + 1];
	(void)n;
	snprintf(other, sizeof other, "%s", cltrid);
	other[0] ^= 0x20;
	put_good(out, "1000", other);
}

static inline void twice(struct buf *out, const char *cltrid, size_t n)
{
	good(out, cltrid, n);
	good(out, cltrid, n);
}

static inline void both_in_one(struct buf *out, const char *cltrid, size_t n)
{
	size_t before = buf_len(out);
	twice(out, cltrid, n);
	size_t half = (buf_len(out) - before) / 2;
	memmove(buf_data(out) + before + half, buf_data(out) + before + half + 4, half - 4);
	buf_truncate(out, buf_len(out) - 4);
	close_frame(out, before);
}

static inline void a_greeting(struct buf *out, const char *cltrid, size_t n)
{
	(void)cltrid;
	(void)n;
	size_t before = buf_len(out);
	put_length(out, 0);
	buf_lit(out,
	        EPP_DOC("<greeting><svID>x</svID><svDate>2026-11-20T02:00:00Z</svDate><svcMenu><version>1.0"
	                "</version><lang>en</lang><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI>"
	                "</svcMenu><dcp><access><all/></access><statement><purpose><prov/></purpose>"
	                "<recipient><ours/></recipient><retention><stated/></retention></statement></dcp>"
	                "</greeting>"));
	close_frame(out, before);
}

static inline void plain_text(struct buf *out, const char *cltrid, size_t n)
{
	static const char *const texts[] = {"503 too many connections\r\n", "Access denied.\r\n",
	                                    "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
	                                    "-ERR go away\r\n", "220 mail.example ESMTP\r\n"};
	(void)cltrid;
	buf_add(out, str_c(texts[n]));
}

static inline void nothing(struct buf *out, const char *cltrid, size_t n)
{
	(void)out;
	(void)cltrid;
	(void)n;
}

/* The first n bytes of a good answer. */
static inline void first_bytes(struct buf *out, const char *cltrid, size_t n)
{
	good(out, cltrid, 0);
	buf_truncate(out, n);
}

static inline void zeros(struct buf *out, const char *cltrid, size_t n)
{
	(void)cltrid;
	for (size_t i = 0; i < n; i++)
		buf_byte(out, '\0');
}

/* ---- and how the session ends ---- */

#define BAD_LENGTH  "a frame length of "
#define UNASKED     "instead of a greeting"
#define GOES_ON     READ, NULL, UNASKED
#define ENDS(why)   REFUSED, why, why
#define CUT         REFUSED, "the connection was cut", "the peer closed without saying so"
#define ANSWER(why) REFUSED, why, UNASKED
static const struct script scripts[] = {
    {"length 0", a_length, 0, STAY, 0, 0, ENDS(BAD_LENGTH "0")},
    {"length 1", a_length, 1, STAY, 0, 0, ENDS(BAD_LENGTH "1")},
    {"length 2", a_length, 2, STAY, 0, 0, ENDS(BAD_LENGTH "2")},
    {"length 3", a_length, 3, STAY, 0, 0, ENDS(BAD_LENGTH "3")},
    {"length 4", a_length, 4, STAY, 0, 0, ENDS(BAD_LENGTH "4")},
    {"length 5", a_length, 5, STAY, 0, 0, ENDS("cannot be read")},
    {"length 2^24", a_length, 1u << 24, STAY, 0, 0, ENDS(BAD_LENGTH "16777216")},
    {"length 2^31 - 1", a_length, 0x7fffffff, STAY, 0, 0, ENDS(BAD_LENGTH "2147483647")},
    {"length 2^31", a_length, 0x80000000, STAY, 0, 0, ENDS(BAD_LENGTH "2147483648")},
    {"length 2^32 - 1", a_length, 0xffffffff, STAY, 0, 0, ENDS(BAD_LENGTH "4294967295")},
    {"1,000 zeros", zeros, 1000, STAY, 0, 0, ENDS(BAD_LENGTH "0")},
    {"a header in 1 and 3 bytes", good, 0, STAY, 1, 50, GOES_ON},
    {"a header in 2 and 2 bytes", good, 0, STAY, 2, 50, GOES_ON},
    {"a header in 3 and 1 bytes", good, 0, STAY, 3, 50, GOES_ON},
    {"a header, then the rest", good, 0, STAY, 4, 50, GOES_ON},
    {"a header and a byte, then the rest", good, 0, STAY, 5, 50, GOES_ON},
    {"a slow answer in two halves", good, 0, STAY, 60, 3000, GOES_ON},
    {"an answer just in time", good, 0, STAY, 0, 4000, GOES_ON},
    {"the answer for another command", for_another, 0, STAY, 0, 0,
     ANSWER("an answer with clTRID 'SOMEBODY-ELSES-1'")},
    {"a clTRID in other letters", for_nearly, 0, STAY, 0, 0, ANSWER("an answer with clTRID '")},
    {"the answer twice", twice, 0, STAY, 0, 0, ANSWER("an answer to nothing")},
    {"two answers in one frame", both_in_one, 0, STAY, 0, 0,
     ENDS("the document ends too early, or something follows it")},
    {"a greeting", a_greeting, 0, STAY, 0, 0, REFUSED, "a greeting that nobody asked for",
     "the greeting does not offer urn:ietf:params:xml:ns:contact-1.0"},
    {"too many connections, in words", plain_text, 0, HANG_UP, 0, 0,
     ENDS("plain text instead of a frame: 503 too many connections")},
    {"a refusal in words", plain_text, 1, HANG_UP, 0, 0,
     ENDS("plain text instead of a frame: Access denied.")},
    {"HTTP", plain_text, 2, HANG_UP, 0, 0, ENDS("plain text instead of a frame: HTTP/1.1 502")},
    {"another protocol, kept open", plain_text, 3, STAY, 0, 0,
     ENDS("plain text instead of a frame: -ERR go away")},
    {"a mail server, reset", plain_text, 4, STAY, 0, 0, ENDS("plain text instead of a frame: 220 mail")},
    {"silence", nothing, 0, STAY, 0, 0, ENDS("no answer")},
    {"a good-bye without a word", nothing, 0, HANG_UP, 0, 0, ENDS("the registry closed the connection")},
    {"a reset", nothing, 0, RESET, 0, 0, CUT},
    {"half a header, then silence", first_bytes, 2, STAY, 0, 0, ENDS("no answer")},
    {"half a header, then the end", first_bytes, 2, HANG_UP, 0, 0,
     ENDS("the registry closed in the middle of an answer")},
    {"half an answer, then silence", first_bytes, 100, STAY, 0, 0, ENDS("no answer")},
    {"half an answer, then the end", first_bytes, 100, HANG_UP, 0, 0,
     ENDS("the registry closed in the middle of an answer")},
    {"half an answer, then a reset", first_bytes, 100, RESET, 0, 0, CUT},
    {"a late answer", good, 0, STAY, 0, 60000, ENDS("no answer")},
    {"the second half late", good, 0, STAY, 60, 60000, ENDS("no answer")},
    {"1500, then silence", code_alone, 1500, STAY, 0, 0, ENDS("1500")},
    {"1500, then the end", code_alone, 1500, HANG_UP, 0, 0, ENDS("1500")},
    {"1500 for our command", code, 1500, STAY, 0, 0, ENDS("1500")},
    {"2400", code, 2400, STAY, 0, 0, NOT_IN, NULL, UNASKED},
    {"2500, then the end", code, 2500, HANG_UP, 0, 0, ENDS("2500")},
    {"2500 without clTRID", code_alone, 2500, HANG_UP, 0, 0, ENDS("2500")},
    {"2501 without clTRID", code_alone, 2501, HANG_UP, 0, 0, ENDS("2501")},
    {"2502, then the end", code, 2502, HANG_UP, 0, 0, ENDS("2502")},
    {"2502 without clTRID", code_alone, 2502, HANG_UP, 0, 0, ENDS("2502")},
};

#endif
