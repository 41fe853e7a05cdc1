/* Drawing how far a batch is. */
#include "daemon/cli/progress.h"

#include "daemon/cli/width.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define PLAIN_EVERY_US  (3 * 1000000ull)
#define SAMPLE_EVERY_US (300 * 1000ull) /* 32 samples reach back ten seconds */
#define BAR_MIN         10
#define BAR_MAX         40

void progress_init(struct progress *p, FILE *out)
{
	struct winsize size;
	*p = (struct progress){.out = out, .columns = 80};
	p->terminal = isatty(fileno(out));
	if (p->terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		p->columns = size.ws_col;
}

static void add_sample(struct progress *p, uint64_t done, uint64_t now_us)
{
	unsigned last = (p->sample_at + PROGRESS_SAMPLES - 1) % PROGRESS_SAMPLES;
	if (p->sample_count && now_us - p->samples[last].at_us < SAMPLE_EVERY_US)
		return;
	p->samples[p->sample_at].at_us = now_us;
	p->samples[p->sample_at].done = done;
	p->sample_at = (p->sample_at + 1) % PROGRESS_SAMPLES;
	if (p->sample_count < PROGRESS_SAMPLES)
		p->sample_count++;
}

double progress_rate(const struct progress *p)
{
	if (p->sample_count < 2)
		return 0;
	unsigned last = (p->sample_at + PROGRESS_SAMPLES - 1) % PROGRESS_SAMPLES;
	unsigned first = (p->sample_at + PROGRESS_SAMPLES - p->sample_count) % PROGRESS_SAMPLES;
	uint64_t us = p->samples[last].at_us - p->samples[first].at_us;
	uint64_t lines = p->samples[last].done > p->samples[first].done
	                     ? p->samples[last].done - p->samples[first].done
	                     : 0;
	return us ? (double)lines * 1e6 / (double)us : 0;
}

static void render_left(struct buf *out, uint64_t left, double per_s)
{
	if (!left)
		return;
	if (per_s < 0.01) {
		buf_lit(out, "  waiting");
		return;
	}
	uint64_t s = (uint64_t)((double)left / per_s) + 1;
	if (s >= 3600)
		buf_printf(out, "  %llu:%02llu h left", (unsigned long long)(s / 3600),
		           (unsigned long long)(s / 60 % 60));
	else
		buf_printf(out, "  %llu:%02llu left", (unsigned long long)(s / 60),
		           (unsigned long long)(s % 60));
}

void progress_render(struct buf *out, unsigned columns, uint64_t done, uint64_t total, double per_s)
{
	struct buf text;
	buf_init(&text, 256);
	buf_printf(&text, " %llu/%llu lines  %.0f/s", (unsigned long long)done, (unsigned long long)total,
	           per_s);
	render_left(&text, total > done ? total - done : 0, per_s);
	size_t used = buf_len(&text) + 3, bar = columns > used ? columns - used : 0;
	bar = bar > BAR_MAX ? BAR_MAX : bar;
	if (bar >= BAR_MIN) {
		size_t full = total ? (size_t)(bar * (done < total ? done : total) / total) : bar;
		buf_byte(out, '[');
		for (size_t i = 0; i < bar; i++)
			buf_byte(out, i < full ? '#' : ' ');
		buf_byte(out, ']');
	}
	(void)width_append(out, buf_str(&text), columns); /* a narrow terminal gets the beginning */
	buf_fini(&text);
}

void progress_clear(struct progress *p)
{
	if (p->drawn)
		(void)fputs("\r\033[K", p->out);
	(void)fflush(p->out);
	p->drawn = false;
}

void progress_update(struct progress *p, uint64_t done, uint64_t total, uint64_t now_us)
{
	struct buf line;
	add_sample(p, done, now_us);
	if (!p->terminal && now_us < p->next_us)
		return;
	p->next_us = now_us + PLAIN_EVERY_US;
	buf_init(&line, 4096);
	if (p->terminal) {
		progress_render(&line, p->columns - 1, done, total, progress_rate(p));
		(void)fprintf(p->out, "\r%s\033[K",
		              buf_cstr(&line)); /* nobody to tell when the terminal is gone */
	} else {
		buf_printf(&line, "%llu of %llu lines, %.0f per second", (unsigned long long)done,
		           (unsigned long long)total, progress_rate(p));
		render_left(&line, total > done ? total - done : 0, progress_rate(p));
		(void)fprintf(p->out, "%s\n", buf_cstr(&line));
	}
	p->drawn = p->terminal;
	(void)fflush(p->out);
	buf_fini(&line);
}
