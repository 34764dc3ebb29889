// SPDX-License-Identifier: GPL-3.0-or-later
/* Tables and messages as text, one paragraph each. */
#include "inspect/text.h"

#include <inttypes.h>

#include "base/card_number.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/time2000.h"
#include "inspect/words.h"
#include "stream/ts.h"

#define HEX_SIZE (2 * CRYPTO_SIGNATURE + 1)

static void
print_time(FILE *out, uint32_t t)
{
	char text[TIME2000_TEXT_SIZE];

	time2000_format(t, text);
	fputs(text, out);
}

static void
print_ca(FILE *out, const char *indent, struct psi_loop descriptors, const char *what)
{
	struct psi_descriptor d;
	struct psi_ca ca;
	uint16_t operator_id;

	while (psi_descriptor_next(&descriptors, &d)) {
		if (!psi_ca_parse(&d, &ca))
			continue;
		fprintf(out, "%sCA_descriptor: system 0x%04X, %s PID 0x%04X", indent, ca.system_id,
			what, ca.pid);
		if (inspect_ca_operator(&ca, &operator_id))
			fprintf(out, ", operator %u\n", operator_id);
		else
			fputs(", private bytes of another system\n", out);
	}
}

static void
text_pat(void *ctx, const struct psi_pat *pat)
{
	struct psi_loop loop = pat->programs;
	struct psi_program p;
	FILE *out = ctx;

	fprintf(out, "PAT version %u: transport stream %u\n", pat->h.version, pat->h.extension);
	while (psi_program_next(&loop, &p))
		fprintf(out, "  %s %u: PID 0x%04X\n", p.number ? "service" : "network, number",
			p.number, p.pid);
}

static void
text_pmt(void *ctx, uint16_t pid, const struct psi_pmt *pmt)
{
	struct psi_loop loop = pmt->streams;
	struct psi_stream s;
	FILE *out = ctx;

	fprintf(out, "PMT PID 0x%04X version %u: service %u, PCR PID 0x%04X\n", pid, pmt->h.version,
		pmt->h.extension, pmt->pcr_pid);
	print_ca(out, "  ", pmt->descriptors, "ECM");
	while (psi_stream_next(&loop, &s)) {
		fprintf(out, "  stream type 0x%02X: PID 0x%04X\n", s.type, s.pid);
		print_ca(out, "    ", s.descriptors, "ECM");
	}
}

static void
text_cat(void *ctx, const struct psi_cat *cat)
{
	FILE *out = ctx;

	fprintf(out, "CAT version %u\n", cat->h.version);
	print_ca(out, "  ", cat->descriptors, "EMM");
}

static void
print_offer(FILE *out, const char *name, const struct ecm_offer *o)
{
	char unit[WORDS_UNIT_SIZE];

	words_unit(o->unit, unit);
	fprintf(out, "  %s: event %" PRIu32 ", %" PRIu32 " to view", name, o->event_id,
		o->price_view);
	if (o->flags & OFFER_RECORDABLE)
		fprintf(out, ", %" PRIu32 " to view and record", o->price_record);
	fprintf(out, " (minor units of %s, wallet slot %u)", unit, o->slot);
	fputs(o->flags & OFFER_NOT_NOW ? ", not for sale now" : "", out);
	fputs(o->flags & OFFER_NO_CALLBACK ? ", record need not be collected" : "", out);
	fputs("\n    for sale ", out);
	print_time(out, o->window_start);
	fputs(" until ", out);
	print_time(out, o->window_end);
	fputs(", event ", out);
	print_time(out, o->event_start);
	fputs(" until ", out);
	print_time(out, o->event_end);
	fputc('\n', out);
}

static void
print_slice(FILE *out, const struct ecm_slice *s)
{
	char unit[WORDS_UNIT_SIZE];

	words_unit(s->unit, unit);
	fprintf(out, "  pay per time: event %" PRIu32 ", %" PRIu32 " for each %u s", s->event_id,
		s->price, s->seconds);
	if (s->ceiling > 0)
		fprintf(out, ", at most %" PRIu32 " a session", s->ceiling);
	fprintf(out, " (minor units of %s, wallet slot %u)", unit, s->slot);
	fputs(s->flags & OFFER_NOT_NOW ? ", not for sale now" : "", out);
	fputs(s->flags & OFFER_NO_CALLBACK ? ", record need not be collected" : "", out);
	fputs(", until ", out);
	print_time(out, s->event_end);
	fputc('\n', out);
}

static void
print_preview(FILE *out, const struct ecm_preview *p)
{
	fprintf(out, "  preview %" PRIu32 ":", p->id);
	if (p->seconds > 0)
		fprintf(out, " %u s,", p->seconds);
	if (p->periods > 0)
		fprintf(out, " %u crypto periods,", p->periods);
	if (p->starts > 0)
		fprintf(out, " begun %u times,", p->starts);
	fprintf(out, " in units of %u s\n", p->unit_s);
}

static void
print_title(FILE *out, const char *name, const char *title, size_t len)
{
	char text[WORDS_TITLE_SIZE];

	if (len == 0)
		return;
	words_title(title, len, text);
	fprintf(out, "  %s: %s\n", name, text);
}

static void
print_criteria(FILE *out, const struct ecm_criteria *c)
{
	if (c->free)
		fputs("  opens: to every card that holds the key\n", out);
	for (size_t i = 0; i < c->product_count; i++)
		fprintf(out, "%s%u%s", i == 0 ? "  opens: to product " : " or ", c->products[i],
			i + 1U == c->product_count ? "\n" : "");
	if (c->has_event)
		fprintf(out, "  opens: to a right to event %" PRIu32 "\n", c->event_id);
	if (c->has_offer)
		print_offer(out, "offer", &c->offer);
	if (c->has_next_offer)
		print_offer(out, "next offer", &c->next_offer);
	if (c->has_slice)
		print_slice(out, &c->slice);
	if (c->has_preview)
		print_preview(out, &c->preview);
	if (c->rating)
		fprintf(out, "  rating: %u years and older\n", c->rating);
	for (size_t i = 0; i < c->negative_count; i++)
		fprintf(out, "%s%" PRIu32 "%s", i == 0 ? "  refused: leaf " : ", ", c->negative[i],
			i + 1U == c->negative_count ? "\n" : "");
	if (c->recording)
		fprintf(out, "  recording: %s\n", words_recording(c->recording));
	print_title(out, "title", c->title, c->title_len);
	print_title(out, "next title", c->next_title, c->next_title_len);
}

static void
print_words(FILE *out, const struct inspect_ecm *e)
{
	static const char *const parity[] = { "even", "odd" };
	const uint8_t *const words[] = { e->ecm.cw_even, e->ecm.cw_odd };
	char hex[HEX_SIZE];

	fprintf(out, "  control words: %s", words_opened(e->opened));
	for (size_t i = 0; e->opened == INSPECT_OPENED && i < 2; i++) {
		hex_encode(words[i], e->ecm.cw_size, hex);
		fprintf(out, ", %s %s", parity[i], hex);
	}
	for (size_t i = 0; i < 2; i++) {
		if (!e->logged[i])
			continue;
		hex_encode(e->logged[i], e->logged_len, hex);
		fprintf(out, "; %s by the log %s", parity[i], hex);
		if (e->opened == INSPECT_OPENED)
			fputs(e->logged_len == e->ecm.cw_size &&
					      memcmp(words[i], e->logged[i], e->logged_len) == 0
				      ? " (same)"
				      : " (DIFFERENT)",
			      out);
	}
	fputc('\n', out);
	mem_wipe(hex, sizeof hex);
}

static void
text_ecm(void *ctx, const struct inspect_ecm *e)
{
	FILE *out = ctx;

	fprintf(out, "ECM PID 0x%04X table 0x%02X, %zu bytes: operator %u, service %u\n", e->pid,
		e->ecm.table_id, e->len, e->ecm.operator_id, e->ecm.service_id);
	fprintf(out, "  key group %u, epoch %u; crypto period %" PRIu32 " (%s), %u.%u s, from ",
		e->ecm.group, e->ecm.epoch, e->ecm.period, e->ecm.period & 1 ? "odd" : "even",
		e->ecm.period_100ms / 10, e->ecm.period_100ms % 10);
	print_time(out, e->ecm.time);
	fputc('\n', out);
	print_criteria(out, &e->ecm.criteria);
	print_words(out, e);
}

static void
print_command(FILE *out, const struct emm_command *c)
{
	char hex[HEX_SIZE];

	fprintf(out, "  %s: ", words_command(c->tag));
	switch (c->tag) {
	case EMM_TAG_ENTITLEMENT:
		fprintf(out, "product %u from ", c->u.entitlement.product);
		print_time(out, c->u.entitlement.start);
		fputs(" until ", out);
		print_time(out, c->u.entitlement.end);
		fputs(c->u.entitlement.flags & ENTITLEMENT_MAY_RECORD ? ", may record" : "", out);
		break;
	case EMM_TAG_ENTITLEMENT_CANCEL:
		if (c->u.entitlement_cancel.product == PRODUCT_ALL)
			fputs("all products", out);
		else
			fprintf(out, "product %u", c->u.entitlement_cancel.product);
		break;
	case EMM_TAG_EVENT_RIGHT:
		fprintf(out, "event %" PRIu32 " until ", c->u.event_right.event_id);
		print_time(out, c->u.event_right.end);
		fputs(c->u.event_right.flags & ENTITLEMENT_MAY_RECORD ? ", may record" : "", out);
		break;
	case EMM_TAG_EVENT_CANCEL:
		fprintf(out, "event %" PRIu32, c->u.event_cancel.event_id);
		break;
	case EMM_TAG_EPOCH_KEY:
		hex_encode(c->u.epoch_key.key, CRYPTO_KEY, hex);
		fprintf(out, "group %u, epoch %u, key %s", c->u.epoch_key.group,
			c->u.epoch_key.epoch, hex);
		break;
	case EMM_TAG_SIGNING_KEY:
		fprintf(out, "version %u, none below %u is taken any more",
			c->u.signing_key.version, c->u.signing_key.floor);
		break;
	case EMM_TAG_CREDIT:
		fprintf(out,
			"wallet slot %u, source %u, total %" PRIu64 " minor units, number %" PRIu32,
			c->u.credit.slot, c->u.credit.source, c->u.credit.total,
			c->u.credit.sequence);
		break;
	case EMM_TAG_RECORD_ACK:
		hex_encode(c->u.record_ack.chain, CRYPTO_MAC, hex);
		fprintf(out, "up to record %" PRIu32 ", chain %s", c->u.record_ack.record, hex);
		break;
	case EMM_TAG_PAIR:
	case EMM_TAG_UNPAIR:
		hex_encode(c->u.box.key_hash, CRYPTO_HASH, hex);
		fputs(hex, out);
		break;
	default:
		print_time(out, c->u.time.now);
		break;
	}
	fputc('\n', out);
	mem_wipe(hex, sizeof hex);
}

static void
print_commands(FILE *out, const uint8_t *body, size_t len)
{
	struct emm_command c;
	enum rc rc;

	while ((rc = emm_command_decode(&body, &len, &c)) == RC_OK)
		print_command(out, &c);
	if (rc != RC_NOT_FOUND)
		fprintf(out, "  command 0x%02X: %s\n", len ? body[0] : 0U, rc_text(rc));
	mem_wipe(&c, sizeof c);
}

static void
text_emm(void *ctx, const struct inspect_emm *e)
{
	const struct emm_header *h = &e->header;
	char number[CARD_NUMBER_SIZE];
	FILE *out = ctx;

	fprintf(out, "EMM PID 0x%04X table 0x%02X (%s), %zu bytes: operator %u", e->pid,
		h->table_id, words_emm_class(h->table_id), e->len, h->operator_id);
	if (h->table_id == EMM_UNIQUE) {
		card_number_format(h->operator_id, h->address, number);
		fprintf(out, ", card %s", number);
	} else if (h->table_id != EMM_GLOBAL) {
		fprintf(out, ", address 0x%08" PRIX32, h->address);
	}
	fprintf(out, "\n  sequence %" PRIu32 ", part %u of %u, valid until ", h->sequence, h->part,
		h->parts);
	print_time(out, h->valid_until);
	if (h->flags & (EMM_SIGNED | EMM_ROOT))
		fprintf(out, ", signed by %s version %u",
			h->flags & EMM_ROOT ? "the root" : "signing key", h->signing_version);
	if (h->flags & EMM_CIPHERED)
		fprintf(out, ", ciphered for card key version %u", h->key_version);
	if (h->table_id == EMM_AUTH)
		fprintf(out, "\n  vouches for %zu sections\n", e->entries);
	else if (e->entries > 0)
		fprintf(out, "\n  epoch %u of key group %u for %zu subsets\n", e->tree.epoch,
			e->tree.group, e->entries);
	else
		fprintf(out, "\n  body: %s\n", words_opened(e->opened));
	if (e->body)
		print_commands(out, e->body, e->body_len);
}

static void
text_damaged(void *ctx, uint16_t pid, uint8_t table_id, enum rc rc)
{
	FILE *out = ctx;

	fprintf(out, "DAMAGED section on PID 0x%04X, table 0x%02X: %s\n", pid, table_id,
		rc == RC_INTEGRITY ? "wrong CRC" : rc_text(rc));
}

struct inspect_events
inspect_text_events(FILE *out)
{
	struct inspect_events events = { .ctx = out,
					 .pat = text_pat,
					 .pmt = text_pmt,
					 .cat = text_cat,
					 .ecm = text_ecm,
					 .emm = text_emm,
					 .damaged = text_damaged };

	return events;
}

void
inspect_text_summary(FILE *out, const struct inspect *i)
{
	uint64_t packets, skipped, resyncs;
	struct inspect_pid p;

	inspect_sync(i, &packets, &skipped, &resyncs);
	fprintf(out, "%-6s  %-5s %7s %10s %10s %10s %8s %8s %7s %6s\n", "PID", "kind", "service",
		"packets", "even", "odd", "sections", "distinct", "damaged", "lost");
	for (uint16_t pid = 0; pid < TS_PIDS; pid++) {
		if (!inspect_pid_at(i, pid, &p))
			continue;
		fprintf(out, "0x%04X  %-5s %7u %10" PRIu64 " %10" PRIu64 " %10" PRIu64, pid,
			words_kind(p.kind), p.service_id, p.packets, p.even, p.odd);
		fprintf(out, " %8" PRIu32 " %8" PRIu32 " %7" PRIu32 " %6" PRIu32 "\n", p.sections,
			p.distinct, p.damaged, p.losses);
	}
	fprintf(out,
		"%" PRIu64 " packets, %" PRIu64 " bytes skipped, %" PRIu64 " resynchronisations\n",
		packets, skipped, resyncs);
}
