/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A box for card_fixture.h's card: its identity, its end of the channel, and its questions. */
#ifndef TESSERA_CARD_BOX_H
#define TESSERA_CARD_BOX_H

#include "card_fixture.h"

struct fix_box {
	struct pair_identity id;
	uint8_t hash[CRYPTO_HASH];
	struct pair_session channel;
};

/* A box with a new key. */
void fix_box_init(struct fix_box *box);
/* OPEN CHANNEL and, when the card wants the box, CONFIRM CHANNEL. Returns the status word of the
 * last of them. */
uint16_t fix_box_open(struct card_fixture *f, struct fix_box *box, enum ca_standing *standing);
/* An ECM whose answer comes through the channel. Returns the status word, SW_SM_DATA when the box
 * refuses the answer. */
uint16_t fix_box_ecm(struct card_fixture *f, struct fix_box *box, const struct ecm *ecm,
		     struct ca_answer *a);
/* A command in the channel. Returns the inner status word, or the outer one when it is not 9000;
 * SW_SM_DATA when the box refuses the answer. rsp: PAIR_PLAIN_MAX + 16 bytes, or NULL. */
uint16_t fix_box_send(struct card_fixture *f, struct fix_box *box, const uint8_t header[4],
		      const uint8_t *data, size_t data_len, uint8_t *rsp, size_t *len);
uint16_t fix_box_purchase(struct card_fixture *f, struct fix_box *box, const struct ca_purchase *p,
			  struct ca_answer *a);
/* EMM_TAG_PAIR or EMM_TAG_UNPAIR of this box, signed. Returns the status word. */
uint16_t fix_box_emm(struct card_fixture *f, uint8_t tag, const struct fix_box *box);

#endif
