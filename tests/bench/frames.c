/*
 * What the worst frame costs: frames of a hostile registry, each as long as a frame may be, parsed by the gateway's parser.
 * Prints a line for each kind: CPU milliseconds, memory in KiB, what became of it; the last line is the worst of all.
 */
#include "epp/base/check.h"
#include "epp/frame.h"
#include "epp/response.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HEAD "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><response><result code=\"1000\"><msg>"
#define ROOM (EPP_FRAME_MAX_AFTER_LOGIN - EPP_FRAME_HEADER)

/* Fills the rest of a frame with a pattern that has the number of its repetition in it. */
static void fill(struct buf *b, const char *pattern, const char *end)
{
	for (unsigned i = 0; buf_len(b) + 2 * strlen(pattern) + strlen(end) < ROOM; i++) {
		for (const char *c = pattern; *c; c++) {
			if (*c == '#')
				buf_printf(b, "%u", i);
			else
				buf_byte(b, (unsigned char)*c);
		}
	}
	buf_append(b, end, strlen(end));
}

static const struct kind {
	const char *name, *begin, *pattern, *end;
} kinds[] = {
    {"one long text", HEAD, "x", "</msg></result></response></epp>"},
    {"texts under the limit", HEAD "</msg></result><extension>",
     "<a xmlns='urn:x'>0123456789012345678901234567890123456789</a>", "</extension></response></epp>"},
    {"attributes of one element", "<epp xmlns='urn:ietf:params:xml:ns:epp-1.0' ", " a#='1'", "/>"},
    {"256 attributes, again and again", HEAD "</msg></result><extension>",
     "<x:y xmlns:x='urn:x' a='1' b='2' c='3' d='4' e='5' f='6' g='7' h='8' i='9' j='0' k='1' l='2' m='3'/>",
     "</extension></response></epp>"},
    {"namespace declarations", "<epp xmlns='urn:ietf:params:xml:ns:epp-1.0' ", " xmlns:p#='urn:#'", "/>"},
    {"a namespace for each element", HEAD "</msg></result><extension>", "<p#:e xmlns:p#='urn:#'/>",
     "</extension></response></epp>"},
    {"depth", "<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'>", "<a>", ""},
    {"a long name", "<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'><", "n", "/></epp>"},
    {"names that never come again", HEAD "</msg></result><extension>", "<name-#-of-its-own/>",
     "</extension></response></epp>"},
    {"siblings", HEAD "</msg></result><resData>", "<a/>", "</resData></response></epp>"},
    {"results", HEAD "</msg></result>", "<result code='2306'><msg>m</msg></result>", "</response></epp>"},
    {"values of a result", HEAD "</msg>", "<value><a xmlns='urn:#'>1</a></value>",
     "</result></response></epp>"},
    {"statuses of a name",
     HEAD "</msg></result><resData><d:infData xmlns:d='urn:ietf:params:xml:ns:domain-1.0'>",
     "<d:status s='ok'/>", "</d:infData></resData></response></epp>"},
    {"comments", HEAD "</msg></result>", "<!-- # -->", "</response></epp>"},
    {"processing instructions", HEAD "</msg></result>", "<?a #?>", "</response></epp>"},
    {"CDATA", HEAD, "<![CDATA[#]]>", "</msg></result></response></epp>"},
    {"character references", HEAD, "&#x41;", "</msg></result></response></epp>"},
    {"white space", HEAD "</msg></result>", "\n \t", "</response></epp>"},
    {"extensions", HEAD "</msg></result><extension>", "<a xmlns='urn:#'>#</a>",
     "</extension></response></epp>"},
    {"objects of a greeting", "<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'><greeting><svID>x</svID><svcMenu>",
     "<objURI>urn:#</objURI>", "</svcMenu></greeting></epp>"},
};

static double cpu_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The most memory that was resident since the mark was reset, in KiB. */
static long peak_kib(void)
{
	char line[256];
	long kib = 0;
	FILE *f = fopen("/proc/self/status", "re");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = atol(line + 6);
	if (f)
		fclose(f);
	return kib;
}

static void reset_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "5", 1) != 1)
		fprintf(stderr, "the peak cannot be reset: memory is too high\n");
	if (fd >= 0)
		close(fd);
}

struct cost {
	double ms;
	long kib;
	int err;
};

/* In a process of its own, so that one frame's memory does not hide another's. */
static void measure(const struct kind *k, struct cost *out)
{
	struct epp_parser *p = epp_parser_new();
	struct epp_response r;
	struct errmsg e;
	struct buf frame;
	buf_init(&frame, ROOM);
	buf_append(&frame, k->begin, strlen(k->begin));
	fill(&frame, k->pattern, k->end);
	enum err warm = epp_parse(p, STR(HEAD "</msg></result></response></epp>"), &r, &e);
	REQUIRE(warm == OK && buf_ok(&frame));
	reset_peak();
	long before = peak_kib();
	double from = cpu_ms();
	out->err = (int)epp_parse(p, buf_str(&frame), &r, &e);
	out->ms = cpu_ms() - from;
	out->kib = peak_kib() - before;
}

static bool measure_apart(const struct kind *k, struct cost *out)
{
	int fds[2], status;
	if (pipe(fds))
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		struct cost c;
		measure(k, &c);
		_exit(write(fds[1], &c, sizeof c) == (ssize_t)sizeof c ? 0 : 1);
	}
	close(fds[1]);
	bool ok = pid > 0 && read(fds[0], out, sizeof *out) == (ssize_t)sizeof *out;
	close(fds[0]);
	return waitpid(pid, &status, 0) == pid && ok;
}

int main(void)
{
	struct cost worst = {0};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct cost best = {.ms = 1e9}, c;
		for (int tries = 0; tries < 3; tries++) { /* other work on the machine must not count */
			if (!measure_apart(&kinds[i], &c))
				return 1;
			best = c.ms < best.ms ? c : best;
		}
		printf("%-34s %6.2f ms %6ld KiB  %s\n", kinds[i].name, best.ms, best.kib,
		       best.err ? err_name((enum err)best.err) : "read");
		worst.ms = best.ms > worst.ms ? best.ms : worst.ms;
		worst.kib = best.kib > worst.kib ? best.kib : worst.kib;
	}
	printf("worst %.2f ms %ld KiB\n", worst.ms, worst.kib);
	return 0;
}
