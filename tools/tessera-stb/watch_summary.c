// SPDX-License-Identifier: GPL-3.0-or-later
/* What happened, for people and for programs. */
#include "watch_run.h"

#include "base/card_number.h"
#include "base/hex.h"
#include "ca/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MONEY_TEXT 48

/* From the beginning to the end: a right that ended on the way is no refusal. */
static bool
is_refused(const struct watch_service *s)
{
	switch (s->access) {
	case WATCH_ABSENT:
	case WATCH_CLEAR:
		return false;
	case WATCH_FOREIGN:
		return true;
	case WATCH_NO_ECM:
		return s->without_key > 0;
	case WATCH_DECIDED:
		return !s->was_open;
	}
	return true;
}

static const char *
service_words(const struct watch_service *s)
{
	switch (s->access) {
	case WATCH_ABSENT:
		return "not in the stream";
	case WATCH_CLEAR:
		return "not scrambled";
	case WATCH_FOREIGN:
		return "scrambled for the cards of others";
	case WATCH_NO_ECM:
		return "no ECM in the stream";
	case WATCH_DECIDED:
		return ca_outcome_words(s->outcome);
	}
	return "unknown";
}

static const char *
outcome_key(const struct watch_service *s)
{
	switch (s->access) {
	case WATCH_ABSENT:
		return "absent";
	case WATCH_CLEAR:
		return "clear";
	case WATCH_FOREIGN:
		return "foreign";
	case WATCH_NO_ECM:
		return "no ECM";
	case WATCH_DECIDED:
		return ca_outcome_text(s->outcome);
	}
	return "unknown";
}

void
run_gather(struct watch_run *run)
{
	run->service_count = watch_get_services(run->watch, run->services, WATCH_SERVICES_MAX);
	watch_get_stats(run->watch, &run->stats);
	run->is_rtp = io_source_rtp(run->source, &run->rtp);
}

int
run_verdict(const struct watch_run *run)
{
	const struct watch_service *services = run->services;
	size_t count = run->service_count;
	int status = 0;

	if (watch_card_is_gone(run->watch))
		return cli_fail(RC_READER, "the card has gone", "%s", run->box.spec);
	if (run->options.standby)
		count = 0;
	for (size_t i = 0; i < count && status == 0; i++) {
		if (services[i].access == WATCH_ABSENT)
			status = cli_fail(RC_NOT_FOUND, "not in the stream", "service %u",
					  services[i].number);
	}
	for (size_t i = 0; i < count && status == 0; i++) {
		if (is_refused(&services[i]))
			status = cli_fail(RC_REFUSED, service_words(&services[i]), "service %u",
					  services[i].number);
	}
	if (status == 0 && run->stats.packets_in == 0)
		status = cli_fail(RC_FORMAT, "no transport stream", "%s", run->in);
	if (count == 0 && run->stats.without_key > 0 && !run->options.standby)
		status = cli_fail(RC_REFUSED, "nothing in it is scrambled for this card", "%s",
				  run->in);
	return status;
}

static json_t *
session_json(const struct watch_service *s)
{
	return json_pack("{s:I, s:i, s:I, s:I, s:I}", "event", (json_int_t)s->session_event,
			 "slices", s->session.slices, "spent_minor", (json_int_t)s->session.spent,
			 "ceiling_minor", (json_int_t)s->session.ceiling, "record",
			 (json_int_t)s->session.record);
}

static json_t *
service_json(const struct watch_service *s)
{
	char title[sizeof s->title];
	json_t *json;

	memcpy(title, s->title, sizeof title);
	stb_clean(title);
	json = json_pack("{s:i, s:s, s:s, s:s, s:b, s:I, s:I, s:I}", "service", s->number,
			 "outcome", outcome_key(s), "words", service_words(s), "title", title,
			 "was_open", s->was_open, "packets_descrambled", (json_int_t)s->descrambled,
			 "packets_without_key", (json_int_t)s->without_key, "ecms",
			 (json_int_t)s->ecms);
	if (json && s->has_session)
		json_object_set_new(json, "session", session_json(s));
	return json;
}

static json_t *
receipt_json(const struct receipt *r)
{
	char tac[2 * sizeof r->card.tac + 1], title[sizeof r->offer.title];
	json_t *o;

	memcpy(title, r->offer.title, sizeof title);
	stb_clean(title);
	o = json_pack("{s:I, s:i, s:s, s:b, s:s, s:i}", "event", (json_int_t)r->offer.event_id,
		      "service", r->offer.service_id, "title", title, "may_record", r->record,
		      "unit", r->offer.unit, "decimals", r->offer.decimals);
	if (!o || !r->has_certificate)
		return o;
	hex_encode(r->card.tac, sizeof r->card.tac, tac);
	json_object_set_new(o, "price_minor", json_integer((json_int_t)r->card.price));
	json_object_set_new(o, "record", json_integer((json_int_t)r->card.record));
	json_object_set_new(o, "balance_after_minor",
			    json_integer((json_int_t)r->card.balance_after));
	json_object_set_new(o, "certificate", json_string(tac));
	return o;
}

static json_t *
stats_json(const struct watch_run *run, const struct watch_stats *s)
{
	return json_pack(
		"{s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I}, "
		"s:I, "
		"s:I, s:I, s:I}",
		"packets", "in", (json_int_t)s->packets_in, "out", (json_int_t)s->packets_out,
		"descrambled", (json_int_t)s->descrambled, "without_key",
		(json_int_t)s->without_key, "resyncs", (json_int_t)s->resyncs, "bytes_skipped",
		(json_int_t)s->bytes_skipped, "ecms", "to_card", (json_int_t)s->ecms, "repeated",
		(json_int_t)s->ecms_repeated, "refused", (json_int_t)s->ecms_refused, "emms",
		"applied", (json_int_t)s->emms_applied, "repeated", (json_int_t)s->emms_repeated,
		"old", (json_int_t)s->emms_old, "refused", (json_int_t)s->emms_refused, "offers",
		(json_int_t)run->offers, "declined", (json_int_t)run->declined, "pins_wrong",
		(json_int_t)run->pins_wrong, "sections_wrong", (json_int_t)s->sections_wrong);
}

static int
print_json(const struct watch_run *run, const char *number, int verdict)
{
	const struct watch_stats *stats = &run->stats;
	const struct ca_info *info = ca_session_info(run->box.session);
	json_t *root = stats_json(run, stats);
	json_t *list = json_array(), *bought = json_array(), *decisions = json_object();

	for (size_t i = 0; i < run->service_count; i++)
		json_array_append_new(list, service_json(&run->services[i]));
	for (size_t i = 0; i < run->receipt_count; i++)
		json_array_append_new(bought, receipt_json(&run->receipts[i]));
	for (unsigned int i = 0; i < WATCH_OUTCOMES; i++) {
		if (stats->decisions[i] > 0)
			json_object_set_new(decisions, ca_outcome_text((enum ca_outcome)i),
					    json_integer((json_int_t)stats->decisions[i]));
	}
	json_object_set_new(root, "card_number", json_string(number));
	json_object_set_new(root, "profile", json_string(ca_profile_words(info->profile)));
	json_object_set_new(root, "services", list);
	json_object_set_new(root, "decisions", decisions);
	json_object_set_new(root, "purchases", bought);
	json_object_set_new(root, "seconds", json_real(run->seconds));
	if (run->is_rtp)
		json_object_set_new(root, "rtp",
				    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "received",
					      (json_int_t)run->rtp.received, "lost",
					      (json_int_t)run->rtp.lost, "reordered",
					      (json_int_t)run->rtp.reordered, "repeated",
					      (json_int_t)run->rtp.repeated, "too_late",
					      (json_int_t)run->rtp.too_late, "malformed",
					      (json_int_t)run->rtp.malformed));
	if (run->zap.service != 0)
		json_object_set_new(root, "zap",
				    json_pack("{s:i, s:I, s:I}", "service", run->zap.service,
					      "milliseconds", (json_int_t)run->zap.ms,
					      "card_milliseconds", (json_int_t)run->zap.card_ms));
	json_object_set_new(root, "exit_status", json_integer(verdict));
	return stb_print_json(root, run->out && strcmp(run->out, "-") == 0 ? stderr : stdout);
}

static void
print_receipt(const struct receipt *r)
{
	char price[MONEY_TEXT], after[MONEY_TEXT], tac[2 * sizeof r->card.tac + 1];

	if (!r->has_certificate) {
		fprintf(stderr,
			"  receipt   event %" PRIu32 ": bought, the answer was lost; see history\n",
			r->offer.event_id);
		return;
	}
	hex_encode(r->card.tac, sizeof r->card.tac, tac);
	fprintf(stderr,
		"  receipt   event %" PRIu32 ": %s, record %" PRIu32
		", balance %s, certificate %s\n",
		r->offer.event_id,
		cli_money(r->card.price, r->offer.decimals, r->offer.unit, price, sizeof price),
		r->card.record,
		cli_money(r->card.balance_after, r->offer.decimals, r->offer.unit, after,
			  sizeof after),
		tac);
}

static void
print_session(const struct watch_service *s)
{
	char spent[MONEY_TEXT], most[MONEY_TEXT];

	fprintf(stderr,
		"  session   event %" PRIu32 ": %u slices, %s of at most %s, record %" PRIu32 "\n",
		s->session_event, s->session.slices,
		cli_money(s->session.spent, s->session_decimals, s->session_unit, spent,
			  sizeof spent),
		cli_money(s->session.ceiling, s->session_decimals, s->session_unit, most,
			  sizeof most),
		s->session.record);
}

static void
print_service(const struct watch_service *s)
{
	char title[sizeof s->title];

	memcpy(title, s->title, sizeof title);
	stb_clean(title);
	fprintf(stderr, "  service   %u%s%s%s: %s; %" PRIu64 " packets opened, %" PRIu64 " not\n",
		s->number, title[0] ? " \"" : "", title, title[0] ? "\"" : "", service_words(s),
		s->descrambled, s->without_key);
}

static void
print_text(const struct watch_run *run, const char *number)
{
	const struct watch_stats *s = &run->stats;
	const struct ca_info *info = ca_session_info(run->box.session);

	fprintf(stderr, "card %s, profile %s%s\n", number, ca_profile_words(info->profile),
		info->profile == PROFILE_LABORATORY ? " (control words in clear: not for the field)"
						    : "");
	fprintf(stderr,
		"  packets   %" PRIu64 " in, %" PRIu64 " out, %" PRIu64 " descrambled, %" PRIu64
		" without a key %s\n",
		s->packets_in, s->packets_out, s->descrambled, s->without_key,
		run->options.keep_scrambled ? "passed as they are" : "dropped");
	if (s->bytes_skipped > 0 || s->sections_wrong > 0)
		fprintf(stderr,
			"  damage    %" PRIu64 " bytes skipped, %" PRIu64 " tables with errors\n",
			s->bytes_skipped, s->sections_wrong);
	if (run->is_rtp)
		fprintf(stderr,
			"  RTP       %" PRIu64 " datagrams, %" PRIu64 " lost, %" PRIu64
			" reordered, %" PRIu64 " repeated, %" PRIu64 " too late\n",
			run->rtp.received, run->rtp.lost, run->rtp.reordered, run->rtp.repeated,
			run->rtp.too_late);
	for (size_t i = 0; i < run->service_count; i++) {
		print_service(&run->services[i]);
		if (run->services[i].has_session)
			print_session(&run->services[i]);
	}
	fprintf(stderr,
		"  ECMs      %" PRIu64 " to the card, %" PRIu64 " repeated, %" PRIu64 " refused\n",
		s->ecms, s->ecms_repeated, s->ecms_refused);
	for (unsigned int i = 0; i < WATCH_OUTCOMES; i++) {
		if (s->decisions[i] > 0)
			fprintf(stderr, "            %" PRIu64 " times: %s\n", s->decisions[i],
				ca_outcome_text((enum ca_outcome)i));
	}
	fprintf(stderr,
		"  EMMs      %" PRIu64 " applied, %" PRIu64 " repeated, %" PRIu64 " old, %" PRIu64
		" refused\n",
		s->emms_applied, s->emms_repeated, s->emms_old, s->emms_refused);
	fprintf(stderr, "  purchases %zu bought, %" PRIu64 " declined, %" PRIu64 " wrong PINs\n",
		run->receipt_count + run->client_purchases, run->declined, run->pins_wrong);
	for (size_t i = 0; i < run->receipt_count; i++)
		print_receipt(&run->receipts[i]);
	if (run->zap.service != 0)
		fprintf(stderr,
			"  zap       service %u: picture after %" PRIu64 " ms, card %" PRIu64
			" ms of it\n",
			run->zap.service, run->zap.ms, run->zap.card_ms);
	fprintf(stderr, "  time      %.2f s\n", run->seconds);
}

int
run_summary(const struct watch_run *run, int verdict)
{
	const struct ca_info *info = ca_session_info(run->box.session);
	char number[CARD_NUMBER_SIZE];

	card_number_format(info->operator_id, info->leaf, number);
	if (run->json)
		return print_json(run, number, verdict);
	print_text(run, number);
	return 0;
}
