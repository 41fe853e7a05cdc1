/*
 * The journal's own protocol (systemd's "Native Journal Protocol"): one datagram per event, a line per field. Texts are
 * escaped as everywhere, so a line end never stands in one and the long form of a field is not needed.
 *
 *   MESSAGE=session.closed: the registry closed the connection registry=sim account=anphat session=4 …
 *   PRIORITY=4
 *   SYSLOG_IDENTIFIER=vneppd
 *   MESSAGE_ID=…                    of events that somebody may want to wait for
 *   VNEPP_EVENT=session.closed
 *   VNEPP_SESSION=4                 each field, in capitals
 */
#include "daemon/core/log_int.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define VALUE_MAX 1000 /* bytes of one text that are kept */

/* Once given, an id never changes: systemd/logs.md lists them, tests/integration/test_events.sh compares. */
static const struct {
	const char *event, *id;
} ids[] = {
    {"ready", "537ec9cd9faa5c9eab118728988208d9"},
    {"stopped", "7bd302f5e6ce51ca94c04d18bd68ed9e"},
    {"start.failed", "613bd590c2d459448335ee6f6ebf9a88"},
    {"admission.closed", "c25ff8de9f205a85bd326f7047648ebd"},
    {"admission.open", "8ef6ed623ed051dca339cfdfd130f8bf"},
    {"store.failing", "b58ae11f62a455f6a68f01c3975bdd7a"},
    {"store.recovered", "8d421ca5995b5fa9bee778e95ebdaa59"},
    {"config.reloaded", "8f97de15731054bf9ed85df863cec821"},
    {"config.refused", "e833b4f0cc2d5b9d9cea27fbd67cba82"},
    {"certificate.invalid", "31f91c02ae43541e9c40c347c1b51799"},
    {"certificate.runs_out", "9d8f41fed31a532dba745c69343f4987"},
    {"certificate.taken", "2ec7b027d7f8761aacfbe7241682dfd1"},
    {"certificate.refused", "bec20ade34dde244fcfe5386dfd42ef7"},
    {"pool.stopped", "7ddc4d48025559179fac9f4c1bfacc4a"},
    {"account.billing", "f4674ca28fce559f9f9d531c6825a1d1"},
    {"account.funded", "4733b1071d435b13b074511725298451"},
    {"account.password_changed", "661899f7212552fabb7b518b60b2a450"},
    {"account.password_refused", "2807fba09e965318ab9949a895b97e9c"},
    {"pause.changed", "000c335340745ddf9886579d26620de3"},
    {"rules.changed", "7bb40f1a98c75e71ad94834fd6cb4b18"},
    {"rules.refused", "5020fc63e9d7552b8de22382eb63dc18"},
    {"rules.failed", "2cf6f7177ee659afb18a03b2af74e6c9"},
    {"drain.begun", "c0f0f43ec7b55e82811c606b87235741"},
    {"drain.empty", "da47c7ff600254b684ee63942106ba47"},
    {"trace.begun", "d7c92c158058e655d1f80674ffa670c3"},
    {"admin.denied", "e3713fbb32b8559c9a52e2f9fc6f85cf"},
    {"stop.deadline", "24388f759d465146b13247121fd2ed6a"},
    {"stop.given_up", "f8ec8cdcd3245746a1891d86427f641b"},
    {"feed.lost", "6069f6e763ac72aaf69fc660a446b8e0"},
    {"webhook.disabled", "a6c196cc2d912d9da7aa1fa0a2a09e8d"},
    {"webhook.given_up", "890e44e98ed40c7ffdbf8d57713623ff"},
};

const char *log_journal_id(const char *event)
{
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (strcmp(ids[i].event, event) == 0)
			return ids[i].id;
	return NULL;
}

int log_journal_open(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (!str_copy(to.sun_path, sizeof to.sun_path, str_c(path)))
		return -1;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	(void)close(fd); /* nothing was written */
	return -1;
}

struct datagram {
	char *text;
	size_t len;
};

/* What does not fit is left out; a line end is always free. */
static void put(struct datagram *d, struct str s)
{
	size_t room = LOG_JOURNAL_MAX - 1 - d->len;
	if (s.len > room)
		return;
	memcpy(d->text + d->len, s.ptr, s.len);
	d->len += s.len;
}

static void put_value(struct datagram *d, struct str s)
{
	static const struct str dots = STR("\xe2\x80\xa6");
	size_t from = d->len;
	while (s.len) {
		char room[8];
		struct str unit;
		if (d->len - from > VALUE_MAX) {
			put(d, dots);
			return;
		}
		size_t n = log_escape(s, room, &unit);
		put(d, unit);
		s = str_make(s.ptr + n, s.len - n);
	}
}

static struct str value_of(const struct log_field *f, char digits[24])
{
	if (f->type == LOG_FIELD_STR)
		return f->str;
	if (f->type == LOG_FIELD_U64)
		(void)snprintf(digits, 24, "%" PRIu64, f->u64);
	else
		(void)snprintf(digits, 24, "%" PRId64, f->i64);
	return str_c(digits);
}

static void end_line(struct datagram *d)
{
	d->text[d->len++] = '\n';
}

/* False: there is no room for another field. */
static bool begin_line(struct datagram *d, const char *prefix, const char *key)
{
	if (d->len + strlen(prefix) + strlen(key) + VALUE_MAX + 64 > LOG_JOURNAL_MAX)
		return false;
	put(d, str_c(prefix));
	for (; *key; key++)
		d->text[d->len++] = (char)toupper((unsigned char)*key);
	put(d, STR("="));
	return true;
}

static void put_message(struct datagram *d, const char *event, const char *text,
                        const struct log_field *fields, size_t n)
{
	char digits[24];
	put(d, STR("MESSAGE="));
	put(d, str_c(event));
	put(d, STR(": "));
	put_value(d, str_c(text));
	for (size_t i = 0; i < n && d->len < LOG_JOURNAL_MAX / 3; i++) {
		put(d, STR(" "));
		put(d, str_c(fields[i].key));
		put(d, STR("="));
		put_value(d, value_of(&fields[i], digits));
	}
	end_line(d);
}

size_t log_journal_format(char out[LOG_JOURNAL_MAX], const char *program, enum log_level level,
                          const char *event, const char *text, const struct log_field *fields, size_t n)
{
	struct datagram d = {.text = out};
	const char *id = log_journal_id(event);
	char digits[24];
	put_message(&d, event, text, fields, n);
	d.len += (size_t)snprintf(out + d.len, LOG_JOURNAL_MAX - d.len,
	                          "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nVNEPP_EVENT=%s\n", (int)level + 3,
	                          program, event); /* syslog's levels: error is 3 */
	if (id)
		d.len += (size_t)snprintf(out + d.len, LOG_JOURNAL_MAX - d.len, "MESSAGE_ID=%s\n", id);
	for (size_t i = 0; i < n; i++) {
		if (!begin_line(&d, "VNEPP_", fields[i].key))
			break;
		put_value(&d, value_of(&fields[i], digits));
		end_line(&d);
	}
	return d.len;
}
