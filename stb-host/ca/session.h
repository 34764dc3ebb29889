/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conversation with the CA application of a card (FORMATS.md, "Card commands"). What the card
 * decides is an outcome in the answer; an enum rc says that there was an answer at all. */
#ifndef TESSERA_CA_SESSION_H
#define TESSERA_CA_SESSION_H

#include "base/apdu_link.h"
#include "channel/pairing.h"
#include "wire/ca_apdu.h"
#include "wire/record.h"

struct ca_session;

#define CA_WHY 200

/* Resets the card, selects the CA application and reads its info. link is copied, what it points at
 * must outlive the session. why: one clause, set on failure. RC_NOT_FOUND: no CA application on the
 * card; RC_VERSION: of another interface; RC_STATE: not personalised; RC_READER, RC_TIMEOUT,
 * RC_NO_MEMORY. */
enum rc ca_session_open(const struct apdu_link *link, struct ca_session **out,
			char why[CA_WHY]) RC_CHECKED;
/* The same on a session whose card went and may be back, or is another. On failure the session
 * stays as it was. */
enum rc ca_session_reopen(struct ca_session *s, char why[CA_WHY]) RC_CHECKED;
void ca_session_close(struct ca_session **s); /* NULL-safe; wipes */
/* What a box brings for cards of profile paired. Borrowed: must outlive the session. */
struct ca_box {
	const struct crypto *crypto;
	const struct pair_identity *identity;
	void *ctx;
	/* The root verification key of an operator whom this box trusts. RC_NOT_FOUND: none yet. */
	enum rc (*trusted)(void *ctx, uint16_t operator_id, uint8_t key[CRYPTO_PUBLIC]);
	/* Trust on first use: remembers the key of an operator whose card has proved itself. */
	enum rc (*trust)(void *ctx, uint16_t operator_id, const uint8_t key[CRYPTO_PUBLIC]);
};
/* Opens the channel to a paired card, which may pair it with this box on first use; for other cards
 * there is nothing to do. RC_REFUSED: the card opens none for this box (why says what helps); it is
 * asked again after each EMM that it applies. RC_AUTH: certificate or proof is wrong; RC_READER,
 * RC_TIMEOUT, RC_CRYPTO, or what trusted and trust return. */
enum rc ca_session_pair(struct ca_session *s, const struct ca_box *box,
			char why[CA_WHY]) RC_CHECKED;
/* The channel is open. */
bool ca_session_is_paired(const struct ca_session *s);
/* Which part of the key tree the card has, enum ca_tree_profile, after ca_session_use.
 * RC_NOT_FOUND: a card from before there were any. */
enum rc ca_read_tree(struct ca_session *s, uint8_t *profile) RC_CHECKED;
/* RC_NOT_FOUND: no paired card. */
enum rc ca_read_boxes(struct ca_session *s, struct ca_boxes *boxes) RC_CHECKED;

/* A card may hold several operators. ECMs, EMMs and purchases find theirs by themselves; everything
 * else is about the one that the session was opened with, the card's issuer, or that was chosen.
 * RC_NOT_FOUND: the operator is not on this card; RC_READER, RC_TIMEOUT. */
enum rc ca_session_choose(struct ca_session *s, uint16_t operator_id) RC_CHECKED;
/* The next question alone is about this operator. */
enum rc ca_session_use(struct ca_session *s, uint16_t operator_id) RC_CHECKED;
/* What this operator's part of the card says of itself; NULL: not on this card. Valid until the
 * next call with s. */
const struct ca_info *ca_session_operator(struct ca_session *s, uint16_t operator_id);

/* As read when the session was opened, or by ca_session_refresh. Lives as long as s. */
const struct ca_info *ca_session_info(const struct ca_session *s);
enum rc ca_session_refresh(struct ca_session *s) RC_CHECKED;
/* Status word of the last answer, 0 when the reader failed. */
uint16_t ca_session_status_word(const struct ca_session *s);

/* Hands an ECM section over; answer->outcome says what the card decided. A reader that fails once
 * is asked again after a reset. RC_AUTH: the MAC is wrong; RC_FORMAT: the card cannot read it;
 * RC_STATE: not personalised; RC_READER, RC_TIMEOUT. The caller wipes *answer. */
enum rc ca_ecm(struct ca_session *s, const uint8_t *section, size_t len,
	       struct ca_answer *answer) RC_CHECKED;
/* The same for an EMM section. RC_AUTH: MAC or signature wrong; RC_FORMAT; RC_READER, RC_TIMEOUT.
 */
enum rc ca_emm(struct ca_session *s, const uint8_t *section, size_t len,
	       enum ca_emm_outcome *outcome) RC_CHECKED;

enum ca_pin_result { CA_PIN_OK, CA_PIN_WRONG, CA_PIN_BLOCKED, CA_PIN_UNFIT };

struct ca_purchase_result {
	enum ca_pin_result pin;
	uint8_t tries_left;      /* with CA_PIN_WRONG */
	struct ca_answer answer; /* with CA_PIN_OK; the caller wipes it */
};

/* Ends a session of slices, or takes back a booking; without a PIN. */
enum rc ca_stop(struct ca_session *s, uint16_t operator_id, uint32_t event_id,
		struct ca_answer *answer) RC_CHECKED;

/* Buys. Never sent twice: after RC_READER or RC_TIMEOUT the purchase may or may not have been made;
 * the next ECM tells (outcome open by this event). RC_USAGE: the PIN is not 4…8 digits. */
enum rc ca_buy(struct ca_session *s, const struct ca_purchase *purchase,
	       struct ca_purchase_result *result) RC_CHECKED;
/* VERIFY of the purchase PIN; *tries_left with CA_PIN_WRONG. */
enum rc ca_pin_verify(struct ca_session *s, const char *pin, enum ca_pin_result *result,
		      uint8_t *tries_left) RC_CHECKED;
/* CHANGE REFERENCE DATA. CA_PIN_UNFIT: the card does not take the new one (trivial, or not 4…8
 * digits). */
enum rc ca_pin_change(struct ca_session *s, const char *old_pin, const char *new_pin,
		      enum ca_pin_result *result, uint8_t *tries_left) RC_CHECKED;
/* Below which balance of a slot the viewer wants to be warned, minor units; 0 never. RC_NOT_FOUND:
 * no such slot, or a card that knows no thresholds. */
enum rc ca_set_threshold(struct ca_session *s, uint8_t slot, uint32_t threshold, const char *pin,
			 enum ca_pin_result *result, uint8_t *tries_left) RC_CHECKED;
/* 4…8 ASCII digits. */
bool ca_pin_is_possible(const char *pin);

/* A top-up code that the viewer typed; tries_left with CA_CODE_WRONG. */
enum ca_code_result { CA_CODE_OK, CA_CODE_TYPO, CA_CODE_USED, CA_CODE_WRONG, CA_CODE_BLOCKED };
struct ca_code_answer {
	enum ca_code_result result;
	uint8_t tries_left;
	uint32_t amount; /* with CA_CODE_OK, minor units of slot 0 */
	int64_t balance_after;
};
enum rc ca_topup_code(struct ca_session *s, const uint8_t digits[TOPUP_CODE_DIGITS],
		      struct ca_code_answer *answer) RC_CHECKED;
/* Takes the whole balance of a slot off the card; *r is the proof, with CA_PIN_OK. Never sent
 * twice: after RC_READER or RC_TIMEOUT the newest record tells. RC_STATE: there is nothing to pay
 * out. */
enum rc ca_payout(struct ca_session *s, uint8_t slot, const char *pin, enum ca_pin_result *result,
		  uint8_t *tries_left, struct record *r) RC_CHECKED;

/* Lists; *items is malloc'ed (NULL when *count is 0), the caller frees it. */
enum rc ca_entitlements(struct ca_session *s, struct ca_entitlement **items,
			size_t *count) RC_CHECKED;
enum rc ca_events(struct ca_session *s, struct ca_event_right **items, size_t *count) RC_CHECKED;
enum rc ca_wallet(struct ca_session *s, struct ca_slot **items, size_t *count) RC_CHECKED;
/* Proofs of cancellations, newest first. */
enum rc ca_confirmations(struct ca_session *s, struct ca_confirmation **items,
			 size_t *count) RC_CHECKED;
/* Newest first. */
enum rc ca_records(struct ca_session *s, struct record **items, size_t *count) RC_CHECKED;
/* What waits for collection. */
enum rc ca_read_account(struct ca_session *s, struct ca_account *account) RC_CHECKED;
enum rc ca_read_status(struct ca_session *s, struct ca_status *status) RC_CHECKED;

/* Takes one sealed batch of a report; anything but RC_OK ends the report with it. */
typedef enum rc (*ca_batch_fn)(void *ctx, const uint8_t *batch, size_t len);
/* Fetches all batches, oldest record first. *records: how many the batches carry. RC_FORMAT: the
 * card's batches do not follow each other. */
enum rc ca_report(struct ca_session *s, ca_batch_fn take, void *ctx, size_t *records) RC_CHECKED;

#endif
