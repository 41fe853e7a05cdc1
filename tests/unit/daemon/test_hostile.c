/*
 * A registry that sends whatever it likes, byte by byte: for each document as a greeting, as the answer to the log-in
 * and as the answer to a command, the session is in the state that it should be, the command in flight is told the
 * truth, one line in the log says why, and memory does not grow.
 *
 * What can be read as EPP is taken; everything else ends the session, and a command in flight is of unknown outcome.
 */
#include "tests/unit/daemon/hostile_documents.h"
#include "tests/unit/daemon/session_owner.h"

#include <malloc.h>

#define MIB        (1u << 20)
#define MEMORY_MAX (2u * MIB) /* that one answer may cost, beyond its own bytes */

/* ---- stages ----------------------------------------------------------------------------------------------------------------- */

enum stage { AS_GREETING, AS_LOGIN_ANSWER, AS_ANSWER };
static const char *const stage_names[] = {"greeting", "log-in", "answer"};

struct scene {
	struct play w;
	struct owner o;
	struct cmd m;
	struct buf doc, frame;
	enum stage stage;
};

static struct scene *scene; /* for the peer's callback */

static bool hostile_command(struct play *w, struct peer *p, const char *xml)
{
	struct scene *s = scene;
	char id[EPP_TRID_MAX + 1];
	bool login = strstr(xml, "<login>") != NULL;
	(void)w;
	if (s->stage != (login ? AS_LOGIN_ANSWER : AS_ANSWER) || strstr(xml, "<logout"))
		return false;
	assert_int_equal(sscanf(strstr(xml, "<clTRID>"), "<clTRID>%64[^<]", id), 1);
	put_frame(&s->frame, buf_str(&s->doc), id);
	peer_raw(p, buf_data(&s->frame), buf_len(&s->frame));
	return true;
}

static void scene_open(struct scene *s, enum stage stage)
{
	scene = s;
	s->stage = stage;
	play_open(&s->w);
	s->w.on_command = hostile_command;
	play_listen(&s->w, 700, true);
	log_capture_expect(&s->w.log, "session.closed");
	log_capture_expect(&s->w.log, "session.answer_cut");
	struct session_config c = play_session_config(&s->w);
	if (stage == AS_GREETING) {
		put_frame(&s->frame, buf_str(&s->doc), "x");
		s->w.manners.raw = buf_str(&s->frame);
	}
	owner_open(&s->o, &s->w, &c);
	if (stage != AS_ANSWER)
		return;
	assert_true(owner_wait(&s->o, is_ready, HOUR_MS));
	cmd_init(&s->m, &s->w, 1);
	owner_send(&s->o, &s->m);
}

static void scene_close(struct scene *s)
{
	if (s->o.s)
		PLAY_CALL(&s->w, session_abort(s->o.s, SESSION_END_CLEAN, "end of the test"));
	assert_true(owner_wait(&s->o, is_closed, HOUR_MS));
	play_close(&s->w);
}

static size_t memory(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

static void judge(struct scene *s, const struct document *d)
{
	char what[128];
	bool ends = d->reading == REFUSED || s->stage == AS_GREETING ||
	            (d->reading == NOT_IN && s->stage == AS_LOGIN_ANSWER);
	snprintf(what, sizeof what, "%s as %s", d->what, stage_names[s->stage]);
	if (s->o.closed != ends)
		fail_msg("%s: %s%s", what, ends ? "it goes on" : "it has ended: ", s->o.text);
	if (ends && (s->o.why == SESSION_END_CLEAN || s->o.text[0] == '\0'))
		fail_msg("%s: it ended as %s: %s", what, session_end_name(s->o.why), s->o.text);
	const char *why = s->stage == AS_GREETING && is_whole_answer(d) ? "instead of a greeting" : d->why;
	if (ends && why && !log_capture_has(&s->w.log, why))
		fail_msg("%s: the log does not say '%s': %s", what, why, s->o.text);
	if (log_capture_count(&s->w.log, "session.closed") != ends)
		fail_msg("%s: %zu lines tell of the end", what,
		         log_capture_count(&s->w.log, "session.closed"));
	if (s->stage == AS_LOGIN_ANSWER && s->o.ready == ends)
		fail_msg("%s: ready %u", what, s->o.ready);
	if (s->stage != AS_ANSWER)
		return;
	if (s->m.done != 1 || s->m.outcome != (ends ? SESSION_UNKNOWN : SESSION_ANSWERED))
		fail_msg("%s: the command was told %d", what, (int)s->m.outcome);
}

static void play_document(const struct document *d, enum stage stage)
{
	struct scene *s = xcalloc(1, sizeof *s);
	buf_init(&s->doc, 4u * MIB);
	buf_init(&s->frame, 4u * MIB);
	compose(&s->doc, d);
	scene_open(s, stage);
	size_t before = memory();
	vloop_run_for(&s->w.v, 1000);
	size_t after = memory(),
	       bytes = 8 * buf_len(&s->doc); /* in the peer's, the stream's and our own buffers */
	if (after > before + bytes + MEMORY_MAX)
		fail_msg("%s as %s: %zu bytes more", d->what, stage_names[stage], after - before);
	judge(s, d);
	scene_close(s);
	buf_fini(&s->doc);
	buf_fini(&s->frame);
	free(s);
}

/* ---- tests ------------------------------------------------------------------------------------------------------------------ */

static void cut_at(struct buf *out, size_t n)
{
	buf_add(out, str_make(GOOD, n));
}

static void bytes_of(struct buf *out, size_t n)
{
	uint64_t x = n * 0x9e3779b97f4a7c15ull + 1;
	for (size_t i = 0; i < 600; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		buf_byte(out, (char)x);
	}
}

/* One byte of a good answer is another. */
static void damaged(struct buf *out, size_t n)
{
	buf_lit(out, GOOD);
	buf_data(out)[n] ^= 0x15;
}

static void every_document_as_a_greeting(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(documents); i++)
		play_document(&documents[i], AS_GREETING);
}

static void every_document_as_an_answer_to_the_log_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(documents); i++)
		play_document(&documents[i], AS_LOGIN_ANSWER);
}

static void every_document_as_an_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(documents); i++)
		play_document(&documents[i], AS_ANSWER);
	for (size_t i = 0; i < ARRAY_LEN(large); i++)
		play_document(&large[i], AS_ANSWER);
}

static void a_good_answer_cut_anywhere(void **state)
{
	(void)state;
	for (size_t n = 1; n < sizeof(GOOD) - 1; n++)
		play_document(&(struct document){"cut", REFUSED, .make = cut_at, .n = n}, AS_ANSWER);
}

static void noise(void **state)
{
	(void)state;
	for (size_t n = 0; n < 100; n++)
		play_document(&(struct document){"noise", REFUSED, .make = bytes_of, .n = n},
		              (enum stage)(n % 3));
}

/* Whatever one wrong byte does: an answer is never taken for another one's, and never for more than it says. */
static void one_wrong_byte(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(GOOD) - 1; n++) {
		struct scene *s = xcalloc(1, sizeof *s);
		buf_init(&s->doc, MIB);
		buf_init(&s->frame, MIB);
		damaged(&s->doc, n);
		scene_open(s, AS_ANSWER);
		log_capture_expect(&s->w.log, "session.ready");
		vloop_run_for(&s->w.v, 1000);
		assert_int_equal(s->m.done, 1);
		if (s->m.outcome == SESSION_ANSWERED) {
			char *code = strstr(buf_cstr(&s->doc), "code=\"");
			assert_true(code && atoi(code + 6) == s->m.code);
		}
		scene_close(s);
		buf_fini(&s->doc);
		buf_fini(&s->frame);
		free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_document_as_a_greeting),
	    cmocka_unit_test(every_document_as_an_answer_to_the_log_in),
	    cmocka_unit_test(every_document_as_an_answer),
	    cmocka_unit_test(a_good_answer_cut_anywhere),
	    cmocka_unit_test(noise),
	    cmocka_unit_test(one_wrong_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
