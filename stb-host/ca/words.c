// SPDX-License-Identifier: GPL-3.0-or-later
/* Outcomes in the viewer's words. */
#include "ca/words.h"

const char *
ca_outcome_words(enum ca_outcome outcome)
{
	switch (outcome) {
	case OUTCOME_OPEN:
		return "can be watched";
	case OUTCOME_NOT_ENTITLED:
		return "this card has no subscription for it (not entitled)";
	case OUTCOME_OFFER:
		return "can be bought (offer)";
	case OUTCOME_OFFER_CHANGED:
		return "the offer has changed since it was shown, nothing was charged";
	case OUTCOME_BALANCE_LOW:
		return "the balance of the card is too low";
	case OUTCOME_EXPIRED:
		return "the right to watch has expired";
	case OUTCOME_NOT_YET:
		return "the right to watch has not begun yet";
	case OUTCOME_NO_KEY:
		return "the card lacks the current key; leave it in the box until the operator's "
		       "next message";
	case OUTCOME_REVOKED:
		return "the operator refuses this card";
	case OUTCOME_OLD:
		return "recorded earlier and not paid for";
	case OUTCOME_CLOCK:
		return "the card waits for the operator's time, a matter of seconds";
	case OUTCOME_OWNED:
		return "already bought";
	case OUTCOME_WINDOW:
		return "not for sale at this time";
	case OUTCOME_RECORDS_FULL:
		return "the card's purchase records must be collected first";
	case OUTCOME_RATING:
		return "above the age limit of this card";
	case OUTCOME_REGION:
		return "not available in this region";
	case OUTCOME_FROZEN:
		return "the operator has frozen this card";
	case OUTCOME_NO_OFFER:
		return "the card has seen no such offer";
	case OUTCOME_NO_SLOT:
		return "the card has no wallet that can pay for it";
	case OUTCOME_CHANNEL:
		return "the card opens nothing for this box: they are not paired";
	case OUTCOME_CEILING:
		return "the ceiling agreed for this session is reached";
	case OUTCOME_STOPPED:
		return "the session is stopped, nothing more is charged";
	case OUTCOME_BOOKED:
		return "booked; it is paid when it begins";
	case OUTCOME_BOOKED_SHORT:
		return "booked, but the balance will not suffice when it begins";
	case OUTCOME_COLLECT:
		return "the operator must collect this card's purchases first";
	case OUTCOME_PREVIEW_OVER:
		return "the free preview is used up";
	case OUTCOME_LIMIT:
		return "above the limit of a single purchase";
	}
	return "the card decided something that this box does not know";
}

const char *
ca_emm_words(enum ca_emm_outcome outcome)
{
	switch (outcome) {
	case CA_EMM_APPLIED:
		return "applied";
	case CA_EMM_REPEATED:
		return "seen before";
	case CA_EMM_NOT_MINE:
		return "for another card";
	case CA_EMM_OLD:
		return "older than what the card has";
	case CA_EMM_EXPIRED:
		return "expired";
	case CA_EMM_NOTED:
		return "a signature for other messages";
	case CA_EMM_UNVOUCHED:
		return "the signature for this message has not come yet";
	case CA_EMM_LATER:
		return "too many messages for now";
	}
	return "unknown";
}

const char *
ca_pin_words(enum ca_pin_result result)
{
	switch (result) {
	case CA_PIN_OK:
		return "the PIN is right";
	case CA_PIN_WRONG:
		return "the PIN is wrong";
	case CA_PIN_BLOCKED:
		return "the PIN is blocked; ask the operator for a reset";
	case CA_PIN_UNFIT:
		return "the card does not take this PIN: 4 to 8 digits, not all the same, no run";
	}
	return "unknown";
}

const char *
ca_profile_words(uint8_t profile)
{
	if (profile == PROFILE_LABORATORY)
		return "laboratory";
	return profile == PROFILE_PAIRED ? "paired" : "unknown";
}
