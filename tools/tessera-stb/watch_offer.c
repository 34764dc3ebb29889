// SPDX-License-Identifier: GPL-3.0-or-later
/* An offer: shown, decided, paid. The PIN lives in one buffer, as short as it can. */
#include "watch_run.h"

#include "base/mem.h"
#include "ca/words.h"

#include <stdio.h>
#include <string.h>

#define MONEY_TEXT 48
#define PROMPT_TEXT 640
#define ANSWER_TEXT 16
#define AUTO_SLICES 20U /* agreed to without --max-price */

static uint32_t
price_of(const struct watch_run *run, const struct watch_offer *offer)
{
	return run->record_right && offer->recordable ? offer->price_record : offer->price_view;
}

/* In the offer's minor units, what --max-price says; without it what the operator allows, or a
 * number of slices. */
static uint32_t
auto_ceiling(const struct watch_run *run, const struct watch_offer *offer)
{
	uint64_t ceiling = run->max_price_fine;

	for (unsigned int d = offer->decimals; d < MAX_PRICE_DECIMALS; d++)
		ceiling /= 10;
	if (!run->max_price)
		ceiling = (uint64_t)offer->price_view * AUTO_SLICES;
	if (offer->ceiling > 0 && ceiling > offer->ceiling)
		ceiling = offer->ceiling;
	return ceiling < UINT32_MAX ? (uint32_t)ceiling : UINT32_MAX;
}

static bool
is_bought(const struct watch_run *run, uint32_t event_id)
{
	for (size_t i = 0; i < run->receipt_count; i++) {
		if (run->receipts[i].offer.event_id == event_id)
			return true;
	}
	return false;
}

static void
keep_receipt(struct watch_run *run, const struct watch_offer *offer, const struct ca_answer *a)
{
	struct receipt *r;

	if (run->receipt_count == RECEIPTS_MAX)
		return;
	r = &run->receipts[run->receipt_count++];
	r->offer = *offer;
	r->record = run->record_right && offer->recordable;
	r->has_certificate = a->has_receipt;
	r->card = a->receipt;
}

static void
say_bought(const struct watch_offer *offer, const struct ca_answer *a)
{
	char after[MONEY_TEXT];

	if (a->has_receipt)
		fprintf(stderr, "bought: event %lu, record %lu, balance %s\n",
			(unsigned long)offer->event_id, (unsigned long)a->receipt.record,
			cli_money(a->receipt.balance_after, offer->decimals, offer->unit, after,
				  sizeof after));
	else
		fprintf(stderr, "bought: event %lu (the answer was lost, the card has it)\n",
			(unsigned long)offer->event_id);
}

static void
say_agreed(const struct watch_offer *offer, const struct ca_answer *a)
{
	char spent[MONEY_TEXT], most[MONEY_TEXT];

	fprintf(stderr, "pay per time: event %lu, %s so far, at most %s\n",
		(unsigned long)offer->event_id,
		cli_money(a->session.spent, offer->decimals, offer->unit, spent, sizeof spent),
		cli_money(a->session.ceiling, offer->decimals, offer->unit, most, sizeof most));
}

static bool
is_booking(enum ca_outcome outcome)
{
	return outcome == OUTCOME_BOOKED || outcome == OUTCOME_BOOKED_SHORT;
}

/* One try with a PIN. *again: the PIN was wrong and there are tries left. */
static enum rc
try_pin(struct watch_run *run, const struct watch_offer *offer, const char *pin, bool *again)
{
	struct ca_purchase_result result = { 0 };
	enum rc rc =
		watch_buy(run->watch, offer, run->record_right && offer->recordable, pin, &result);

	*again = false;
	if (rc == RC_OK && result.pin != CA_PIN_OK) {
		run->pins_wrong++;
		*again = result.pin == CA_PIN_WRONG;
		if (*again)
			fprintf(stderr, "%s, %u %s left\n", ca_pin_words(result.pin),
				result.tries_left, result.tries_left == 1 ? "try" : "tries");
		else
			fprintf(stderr, "%s\n", ca_pin_words(result.pin));
	} else if (rc == RC_OK && offer->sale == SALE_SLICES &&
		   result.answer.outcome == OUTCOME_OPEN) {
		say_agreed(offer, &result.answer);
	} else if (rc == RC_OK && is_booking(result.answer.outcome)) {
		fprintf(stderr, "event %lu: %s\n", (unsigned long)offer->event_id,
			ca_outcome_words(result.answer.outcome));
	} else if (rc == RC_OK && result.answer.outcome == OUTCOME_OPEN) {
		keep_receipt(run, offer, &result.answer);
		say_bought(offer, &result.answer);
	} else if (rc == RC_OK) {
		fprintf(stderr, "not bought: %s\n", ca_outcome_words(result.answer.outcome));
	} else if (rc == RC_NOT_FOUND) {
		fprintf(stderr, "not bought: the service has gone\n");
		rc = RC_OK;
	}
	mem_wipe(&result, sizeof result);
	return rc;
}

static void
make_prompt(const struct watch_run *run, const struct watch_offer *offer, char text[PROMPT_TEXT])
{
	uint32_t price = price_of(run, offer);
	char cost[MONEY_TEXT], before[MONEY_TEXT], after[MONEY_TEXT], balance[2 * MONEY_TEXT + 32];
	char title[sizeof offer->title], how[MONEY_TEXT + 64] = "";

	memcpy(title, offer->title, sizeof title);
	stb_clean(title);
	if (offer->sale == SALE_SLICES)
		snprintf(how, sizeof how, " for each %u s", offer->slice_s);
	else if (offer->sale == SALE_NEXT)
		snprintf(how, sizeof how, ", paid when it begins");
	else if (offer->has_preview && offer->preview_s != PREVIEW_NO_LIMIT)
		snprintf(how, sizeof how, " (preview: %u s left)", offer->preview_s);
	cli_money(price, offer->decimals, offer->unit, cost, sizeof cost);
	cli_money(offer->balance, offer->decimals, offer->unit, before, sizeof before);
	cli_money(offer->balance - (int64_t)price, offer->decimals, offer->unit, after,
		  sizeof after);
	if (offer->has_balance)
		snprintf(balance, sizeof balance, "%s now, %s afterwards", before, after);
	else
		snprintf(balance, sizeof balance, "not known");
	snprintf(text, PROMPT_TEXT,
		 "\n  %s    %s%s(event %lu on service %u)\n  Price:    %s%s%s\n  Balance:  %s\n"
		 "%s? [y/N] ",
		 offer->sale == SALE_NEXT ? "Next: " : "Event:", title, title[0] ? " " : "",
		 (unsigned long)offer->event_id, offer->service_id, cost,
		 run->record_right && offer->recordable ? ", with the right to record" : "", how,
		 balance, offer->sale == SALE_NEXT ? "Book it" : "Buy it");
}

static enum rc
ask_pin(struct watch_run *run, const struct watch_offer *offer)
{
	char pin[PIN_TEXT];
	bool again = true;
	enum rc rc = RC_OK;

	while (rc == RC_OK && again) {
		rc = cli_ask("PIN (empty: do not buy): ", true, pin, sizeof pin);
		if (rc == RC_SPACE) {
			pin[0] = 'x';
			pin[1] = '\0';
			rc = RC_OK;
		}
		if (rc == RC_OK && pin[0] == '\0') {
			run->declined++;
			again = false;
		} else if (rc == RC_OK && !ca_pin_is_possible(pin)) {
			fprintf(stderr, "a PIN has 4 to 8 digits\n");
		} else if (rc == RC_OK) {
			rc = try_pin(run, offer, pin, &again);
		}
		mem_wipe(pin, sizeof pin);
	}
	return rc;
}

/* In minor units or as 5.00; the operator's limit when nothing is said. */
static enum rc
ask_ceiling(struct watch_run *run, const struct watch_offer *offer)
{
	struct watch_offer agreed = *offer;
	char prompt[PROMPT_TEXT], answer[MONEY_TEXT] = "", most[MONEY_TEXT];
	uint64_t ceiling = 0;
	enum rc rc;

	agreed.ceiling = auto_ceiling(run, offer);
	snprintf(prompt, sizeof prompt, "At most, as 5.00 (empty: %s): ",
		 cli_money(agreed.ceiling, offer->decimals, offer->unit, most, sizeof most));
	rc = cli_ask(prompt, false, answer, sizeof answer);
	if (rc == RC_OK && answer[0] != '\0') {
		rc = cli_parse_money(answer, offer->decimals, &ceiling);
		if (rc != RC_OK || ceiling > UINT32_MAX) {
			fprintf(stderr, "that is no amount: not bought\n");
			run->declined++;
			return RC_OK;
		}
		agreed.ceiling = (uint32_t)ceiling;
	}
	return rc == RC_OK ? ask_pin(run, &agreed) : rc;
}

static enum rc
ask(struct watch_run *run, const struct watch_offer *offer)
{
	char prompt[PROMPT_TEXT], answer[ANSWER_TEXT] = "", cost[MONEY_TEXT], before[MONEY_TEXT];
	enum rc rc;

	if (offer->sale != SALE_NEXT && offer->has_balance &&
	    offer->balance < (int64_t)price_of(run, offer)) {
		fprintf(stderr, "event %lu for %s cannot be bought: %s (%s)\n",
			(unsigned long)offer->event_id,
			cli_money(price_of(run, offer), offer->decimals, offer->unit, cost,
				  sizeof cost),
			ca_outcome_words(OUTCOME_BALANCE_LOW),
			cli_money(offer->balance, offer->decimals, offer->unit, before,
				  sizeof before));
		run->declined++;
		return RC_OK;
	}
	make_prompt(run, offer, prompt);
	rc = cli_ask(prompt, false, answer, sizeof answer);
	if (rc == RC_NOT_FOUND) {
		cli_warn("event %lu is on offer and there is no terminal to ask: not bought",
			 (unsigned long)offer->event_id);
		run->declined++;
		return RC_OK;
	}
	if (rc == RC_SPACE)
		rc = RC_OK;
	if (rc != RC_OK)
		return rc;
	if (strcmp(answer, "y") != 0 && strcmp(answer, "Y") != 0 && strcmp(answer, "yes") != 0) {
		run->declined++;
		return RC_OK;
	}
	return offer->sale == SALE_SLICES ? ask_ceiling(run, offer) : ask_pin(run, offer);
}

static bool
is_too_dear(const struct watch_run *run, const struct watch_offer *offer)
{
	uint64_t price = price_of(run, offer);

	for (unsigned int d = offer->decimals; d < MAX_PRICE_DECIMALS; d++)
		price *= 10; /* less than 2^32 · 10^9 */
	return price > run->max_price_fine;
}

static enum rc
buy_by_rule(struct watch_run *run, const struct watch_offer *offer)
{
	struct watch_offer agreed = *offer;
	char pin[PIN_TEXT], cost[MONEY_TEXT];
	bool again = false;
	size_t len = 0;
	enum rc rc;

	/* Nothing is booked without a viewer, no slices where the whole is bought. */
	if (offer->sale == SALE_NEXT ||
	    (offer->sale == SALE_SLICES && is_bought(run, offer->event_id)))
		return RC_OK;
	if (offer->sale == SALE_SLICES)
		agreed.ceiling = auto_ceiling(run, offer);
	if (offer->spent > 0 && offer->spent + (uint64_t)offer->price_view > agreed.ceiling)
		return RC_OK; /* as much as was allowed */

	if (run->pin_is_bad || is_too_dear(run, offer)) {
		cli_warn("event %lu for %s is not bought: %s", (unsigned long)offer->event_id,
			 cli_money(price_of(run, offer), offer->decimals, offer->unit, cost,
				   sizeof cost),
			 run->pin_is_bad ? "the PIN of the file is wrong" : "above --max-price");
		run->declined++;
		return RC_OK;
	}
	rc = cli_passphrase(run->pin_file, -1, NULL, false, pin, sizeof pin, &len);
	if (rc != RC_OK || !ca_pin_is_possible(pin)) {
		run->pin_is_bad = true;
		run->declined++;
		cli_warn("%s has no PIN of 4 to 8 digits: nothing is bought", run->pin_file);
		rc = RC_OK;
	} else {
		rc = try_pin(run, &agreed, pin, &again);
		run->pin_is_bad = again;
	}
	mem_wipe(pin, sizeof pin);
	return rc;
}

enum rc
run_offer(struct watch_run *run, const struct watch_offer *offer)
{
	run->offers++;
	switch (run->buy) {
	case BUY_ASK:
		return ask(run, offer);
	case BUY_NEVER:
		run->declined++;
		return RC_OK;
	case BUY_AUTO:
		return buy_by_rule(run, offer);
	}
	return RC_FAIL;
}
