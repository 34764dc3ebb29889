// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-card timing: the chart, an SVG of one bar for each step and profile. */
#include "timing_out.h"

#include <errno.h>
#include <stdio.h>

#define WIDTH 900
#define LEFT 230 /* of the bars */
#define RIGHT 130
#define BAR 14
#define ROW 20
#define HEAD 70
#define GROUP 28 /* title of a profile */
#define FOOT 30

#define LINE_COLOUR "#4878a8"
#define CARD_COLOUR "#d9843b"

/* Text that may hold anything a file name may. */
static void
put_text(FILE *f, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<')
			fputs("&lt;", f);
		else if (*text == '&')
			fputs("&amp;", f);
		else
			fputc((unsigned char)*text < ' ' ? ' ' : *text, f);
	}
}

static void
put_label(FILE *f, int x, int y, const char *attributes, const char *text)
{
	fprintf(f, "<text x=\"%d\" y=\"%d\" %s>", x, y, attributes);
	put_text(f, text);
	fputs("</text>\n", f);
}

static void
put_box(FILE *f, double x, int y, double width, const char *colour)
{
	fprintf(f, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", x, y,
		width, BAR, colour);
}

/* A round number of milliseconds, so that some five lines cover the longest bar. */
static double
grid_ms(double longest_ms)
{
	double step = 1;

	while (longest_ms / step > 8)
		step *= longest_ms / step > 80 ? 10 : (longest_ms / step > 16 ? 5 : 2);
	return step;
}

static double
longest_ms(const struct timing_result *r)
{
	double longest = 1;

	for (size_t i = 0; i < r->run_count; i++) {
		for (size_t k = 0; k < r->runs[i].count; k++) {
			const struct timing_step *s = &r->runs[i].steps[k];
			const double ms = timing_ms(s->line_ns + s->card_ns);

			longest = ms > longest ? ms : longest;
		}
	}
	return longest;
}

static int
height(const struct timing_result *r)
{
	int y = HEAD + FOOT;

	for (size_t i = 0; i < r->run_count; i++)
		y += GROUP + ROW * (int)r->runs[i].count;
	return y;
}

static void
put_grid(FILE *f, const struct timing_result *r, double scale)
{
	const int bottom = height(r) - FOOT;
	const double step = grid_ms(longest_ms(r));

	for (int line = 0; line * step <= longest_ms(r) + step / 2; line++) {
		const double ms = line * step, x = LEFT + ms * scale;
		char text[24];

		fprintf(f, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#ddd\"/>\n",
			x, HEAD, x, bottom);
		snprintf(text, sizeof text, "%.0f ms", ms);
		put_label(f, (int)x, bottom + 16, "text-anchor=\"middle\" fill=\"#666\"", text);
	}
}

static int
put_run(FILE *f, const struct timing_run *run, int y, double scale)
{
	char text[96];

	snprintf(text, sizeof text, "%s: %s", run->profile->name, run->profile->card);
	put_label(f, 12, y + GROUP - 8, "font-weight=\"bold\"", text);
	y += GROUP;
	for (size_t i = 0; i < run->count; i++) {
		const struct timing_step *s = &run->steps[i];
		const double line = timing_ms(s->line_ns) * scale;
		const double card = timing_ms(s->card_ns) * scale;

		put_label(f, LEFT - 8, y + BAR - 2, "text-anchor=\"end\"", s->name);
		put_box(f, LEFT, y, line, LINE_COLOUR);
		put_box(f, LEFT + line, y, card, CARD_COLOUR);
		snprintf(text, sizeof text, "%.1f ms", timing_ms(s->line_ns + s->card_ns));
		put_label(f, (int)(LEFT + line + card) + 6, y + BAR - 2, "fill=\"#333\"", text);
		y += ROW;
	}
	return y;
}

enum rc
timing_chart(const struct timing_result *r, const char *path)
{
	const double scale = (WIDTH - LEFT - RIGHT) / longest_ms(r);
	FILE *f = fopen(path, "w");
	char text[80];
	int y = HEAD, error;

	if (!f)
		return RC_IO;
	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
		WIDTH, height(r));
	put_label(f, 12, 24, "font-size=\"16\"", r->image ? r->image : "Time of a transaction");
	put_label(f, 12, 44, "fill=\"#333\"", timing_link_text(&r->link, text, sizeof text));
	put_box(f, LEFT, HEAD - 18, 14, LINE_COLOUR);
	put_label(f, LEFT + 20, HEAD - 6, "fill=\"#333\"", "line");
	put_box(f, LEFT + 70, HEAD - 18, 14, CARD_COLOUR);
	put_label(f, LEFT + 90, HEAD - 6, "fill=\"#333\"", "card");
	put_grid(f, r, scale);
	for (size_t i = 0; i < r->run_count; i++)
		y = put_run(f, &r->runs[i], y, scale);
	fputs("</svg>\n", f);
	error = ferror(f) ? EIO : 0;
	if (fclose(f) != 0)
		error = errno;
	errno = error;
	return error == 0 ? RC_OK : RC_IO;
}
