/* The control socket: clients that go, at every byte, and the server that goes. */
#include "tests/unit/daemon/admin_world.h"

enum parting { BREAKS, CLOSES, SAYS_NO_MORE, PARTINGS };

static void part(struct client *c, enum parting how)
{
	if (how == BREAKS)
		mem_stream_reset(c->stream);
	else if (how == CLOSES)
		stream_close(c->stream);
	else
		mem_stream_half_close(c->stream);
}

static void a_client_may_go_at_every_byte(void **state)
{
	static const char text[] =
	    "{\"cmd\":\"echo\",\"n\":1}\n{\"cmd\":\"later\"}\n{\"cmd\":\"never\"}\n{\"cmd\":\"echo\"}\n";
	struct world *w = *state;
	for (size_t n = 0; n < sizeof text; n++) {
		for (int how = 0; how < PARTINGS; how++) {
			/* at once, or when all is under way, or when it has been answered as far as it goes */
			for (unsigned wait = 0; wait < 3; wait++) {
				struct client c;
				connect_to(w, &c);
				vloop_run_for(&w->v, 5);
				stream_write(c.stream, str_make(text, n));
				if (wait)
					vloop_run_for(&w->v, wait == 1 ? 2 : 2 * LATER_MS);
				part(&c, (enum parting)how);
				vloop_run_for(&w->v, 2 * LATER_MS);
				answer_never(w);
				vloop_run_for(&w->v, 2 * LATER_MS);
				if (w->admin.conns.count != 0)
					fail_msg("byte %zu, parting %d, wait %u: a connection stayed", n, how,
					         wait);
				client_fini(&c);
			}
		}
	}
}

static void who_has_said_all_gets_all_answers(void **state)
{
	struct world *w = *state;
	struct client c;
	connect_to(w, &c);
	tell(&c,
	     "{\"cmd\":\"echo\",\"n\":1}\n{\"cmd\":\"later\"}\n{\"cmd\":\"echo\",\"n\":2}\n{\"cmd\":\"ec");
	vloop_run_for(&w->v, 2);
	mem_stream_half_close(c.stream);
	vloop_run_for(&w->v, 2 * LATER_MS);
	assert_string_equal(buf_cstr(&c.in),
	                    "{\"n\":1,\"ok\":true}\n{\"n\":\"later\",\"ok\":true}\n{\"n\":2,\"ok\":true}\n");
	assert_true(hung_up(&c));
	client_fini(&c);
}

static void a_command_outlives_its_client(void **state)
{
	struct world *w = *state;
	struct client c;
	connect_to(w, &c);
	say(&c, "{\"cmd\":\"never\"}\n{\"cmd\":\"echo\"}\n");
	mem_stream_reset(c.stream);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->admin.conns.count, 1);
	answer_never(w);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->admin.conns.count, 0);
	assert_int_equal(w->ran, 1); /* what it had sent ahead is not done for nobody */
	client_fini(&c);
}

static void closing_waits_for_commands_only(void **state)
{
	struct world *w = *state;
	struct client a, b;
	connect_to(w, &a);
	connect_to(w, &b);
	say(&b, "{\"cmd\":\"never\"}\n");
	admin_close(&w->admin);
	admin_close(&w->admin);
	vloop_run_for(&w->v, 1000);
	assert_true(hung_up(&a) && hung_up(&b));
	assert_int_equal(w->admin.conns.count, 1);
	answer_never(w);
	vloop_run_for(&w->v, 10);
	assert_int_equal(w->admin.conns.count, 0);
	client_fini(&a);
	client_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_client_may_go_at_every_byte),
	    T(who_has_said_all_gets_all_answers),
	    T(a_command_outlives_its_client),
	    T(closing_waits_for_commands_only),
	};
	return cmocka_run_group_tests_name("admin_ends", tests, NULL, NULL);
}
