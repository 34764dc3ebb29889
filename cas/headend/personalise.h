/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns a blank card into a subscriber's card over SCP03 level 33: identity, keys, PIN, purse, keys
 * for the CA and purse domains, then new ones for the issuer domain and, as the last command, life
 * cycle SECURED. FORMATS.md, "Personalisation". */
#ifndef TESSERA_HEADEND_PERSONALISE_H
#define TESSERA_HEADEND_PERSONALISE_H

#include "base/apdu_link.h"
#include "headend/epochs.h"
#include "wire/ca_apdu.h"

#define PERSONALISE_EPOCHS_MAX (EPOCH_GROUPS_MAX * EPOCH_LIVE_MAX)

struct personalisation {
	uint16_t operator_id;
	uint32_t leaf;
	uint8_t profile;          /* enum card_profile */
	uint8_t first_use_boxes;  /* that a paired card takes by itself, at most CA_BOXES_MAX */
	uint8_t tree;             /* enum ca_tree_profile: labels of the key tree to be given */
	uint8_t pin_len;          /* PIN_MIN…PIN_MAX */
	uint8_t pin[PIN_MAX];     /* ASCII digits */
	uint32_t now;             /* the card's first signed time */
	char unit[UNIT_SIZE + 1]; /* slot 0 */
	uint8_t decimals;
	uint64_t maximum_balance; /* slot 0, minor units */
	uint32_t debit_limit;     /* largest single purchase by the CA application */
	char label[17];           /* of slot 0; what is longer than 16 bytes does not fit */
	size_t epoch_count;
	struct epoch_key epochs[PERSONALISE_EPOCHS_MAX];
};

/* why: one clause, set on failure. RC_READER, RC_TIMEOUT; RC_STATE: the card is not blank; RC_AUTH:
 * it does not know the test keys, or answers wrongly; RC_CRYPTO; otherwise the result of its status
 * word. The card is of no use after a failure on the way. */
enum rc personalise_card(const struct apdu_link *link, const struct head_keys *keys,
			 const struct personalisation *p, char why[STORE_WHY]) RC_CHECKED;
/* A random purse and purchase PIN of len digits, each as likely as any other. */
enum rc personalise_random_pin(const struct crypto *crypto, uint8_t *pin, size_t len) RC_CHECKED;

#endif
