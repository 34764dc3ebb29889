// SPDX-License-Identifier: GPL-3.0-or-later
/* tessera-card timing: the table, and the same as JSON. */
#include "timing_out.h"

#include "wire/iso7816/atr.h"

#include <stdio.h>

double
timing_ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

const char *
timing_link_text(const struct timing_link *link, char *text, size_t cap)
{
	uint16_t f = 372, d = 1;

	if (link->protocol == TIMING_14443) {
		snprintf(text, cap, "ISO 14443 type A, %u kbit/s", link->rate_kbit_s);
		return text;
	}
	if (fi_di_values(link->fi_di, &f, &d) != RC_OK)
		f = 372, d = 1;
	snprintf(text, cap, "T=%d, Fi/Di %02X (%u/%u), %u bit/s at %.4f MHz",
		 link->protocol == TIMING_T1 ? 1 : 0, link->fi_di, (unsigned int)f, (unsigned int)d,
		 (unsigned int)(TIMING_CLOCK_HZ * (uint64_t)d / f), TIMING_CLOCK_HZ / 1e6);
	return text;
}

static uint64_t
handshake_ns(const struct timing_run *run)
{
	const struct timing_step *open = &run->steps[TIMING_OPEN_CHANNEL];
	const struct timing_step *confirm = &run->steps[TIMING_CONFIRM_CHANNEL];

	return open->line_ns + open->card_ns + confirm->line_ns + confirm->card_ns;
}

static void
print_step(const struct timing_step *s)
{
	const struct timing_counts *c = &s->counts;

	printf("%-22s %4u + %-4u %8.1f %8.1f %8.1f   %3u / %-4u %3u / %-3u %5u %4u %6u\n", s->name,
	       c->bytes_to_card, c->bytes_from_card, timing_ms(s->line_ns), timing_ms(s->card_ns),
	       timing_ms(s->line_ns + s->card_ns), c->aes_calls, c->aes_blocks, c->hash_calls,
	       c->hash_blocks, c->verifications, c->multiplications, c->page_writes);
}

static void
print_run(const struct timing_result *r, const struct timing_run *run)
{
	uint64_t line_ns = 0, card_ns = 0;

	printf("\n%s: %s\n", run->profile->name, run->profile->card);
	printf("%-22s %11s %8s %8s %8s   %10s %9s %5s %4s %6s\n", "step", "bytes to, from",
	       "line ms", "card ms", "total", "AES/blocks", "SHA/bl.", "ECDSA", "ECDH", "pages");
	for (size_t i = 0; i < run->count; i++) {
		print_step(&run->steps[i]);
		line_ns += run->steps[i].line_ns;
		card_ns += run->steps[i].card_ns;
	}
	printf("%-22s %11s %8.1f %8.1f %8.1f\n", "all", "", timing_ms(line_ns), timing_ms(card_ns),
	       timing_ms(line_ns + card_ns));
	if (!r->image) {
		const struct timing_step *p = &run->steps[TIMING_PURCHASE];
		const double ms = timing_ms(p->line_ns + p->card_ns);

		printf("handshake with the box, once at each insertion: %.1f ms\n",
		       timing_ms(handshake_ns(run)));
		printf("purchase: %.1f ms, %.1f ms %s the %d ms that it may take\n", ms,
		       ms < PURCHASE_LIMIT_MS ? PURCHASE_LIMIT_MS - ms : ms - PURCHASE_LIMIT_MS,
		       ms < PURCHASE_LIMIT_MS ? "under" : "OVER", PURCHASE_LIMIT_MS);
	}
}

void
timing_print(const struct timing_result *r)
{
	char text[80];

	printf("%s\n%s\n", timing_link_text(&r->link, text, sizeof text),
	       r->image ? r->image : "a card made for this, profile paired, box of its own");
	for (size_t i = 0; i < r->run_count; i++)
		print_run(r, &r->runs[i]);
}

static json_t *
step_json(const struct timing_step *s)
{
	const struct timing_counts *c = &s->counts;

	return json_pack("{s:s, s:I, s:I, s:I, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, "
			 "s:i, s:i}",
			 "step", s->name, "line_us", (json_int_t)(s->line_ns / 1000), "card_us",
			 (json_int_t)(s->card_ns / 1000), "total_us",
			 (json_int_t)((s->line_ns + s->card_ns) / 1000), "commands",
			 (int)c->commands, "bytes_to_card", (int)c->bytes_to_card,
			 "bytes_from_card", (int)c->bytes_from_card, "line_turns", (int)c->turns,
			 "aes_calls", (int)c->aes_calls, "aes_blocks", (int)c->aes_blocks,
			 "sha256_calls", (int)c->hash_calls, "sha256_blocks", (int)c->hash_blocks,
			 "ecdsa_verifications", (int)c->verifications, "p256_multiplications",
			 (int)c->multiplications, "random_draws", (int)c->randoms, "page_writes",
			 (int)c->page_writes);
}

/* Takes steps over. */
static json_t *
run_json(const struct timing_result *r, const struct timing_run *run, json_t *steps)
{
	const struct timing_step *p = &run->steps[TIMING_PURCHASE];
	json_t *o = json_pack("{s:s, s:s, s:o}", "profile", run->profile->name, "card",
			      run->profile->card, "steps", steps);

	if (!o || r->image)
		return o;
	json_object_set_new(o, "handshake_us",
			    json_integer((json_int_t)(handshake_ns(run) / 1000)));
	json_object_set_new(o, "purchase_us",
			    json_integer((json_int_t)((p->line_ns + p->card_ns) / 1000)));
	return o;
}

json_t *
timing_json(const struct timing_result *r)
{
	json_t *profiles = json_array();
	char text[80];

	for (size_t i = 0; i < r->run_count; i++) {
		const struct timing_run *run = &r->runs[i];
		json_t *steps = json_array();

		for (size_t k = 0; k < run->count; k++)
			json_array_append_new(steps, step_json(&run->steps[k]));
		json_array_append_new(profiles, run_json(r, run, steps));
	}
	return json_pack("{s:s, s:s?, s:o}", "link", timing_link_text(&r->link, text, sizeof text),
			 "image", r->image, "profiles", profiles);
}
