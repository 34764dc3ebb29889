/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A payment terminal with its PSAM, as a model: it has the keys of the fixture's purse and drives
 * every transaction of the PBOC face, with its own idea of what each proof must be. */
#ifndef TESSERA_CARD_PURSE_H
#define TESSERA_CARD_PURSE_H

#include "card_fixture.h"
#include "wire/pboc.h"

/* Key indices of the fixture's purse: one for each algorithm. */
#define TERM_3DES 1
#define TERM_SM4 2
#define TERM_AES 3
#define TERM_PIN "\x12\x34\x56"
#define TERM_PIN_LEN 3
#define TERM_TAG 0x02     /* record of EF17 with 48 bytes */
#define TERM_TAG_TWO 0x09 /* and with 30 */

struct purse_terminal {
	struct card_fixture *f;
	uint8_t index; /* of the key */
	bool lies;     /* sends a wrong MAC */
	struct pboc_transaction t;
	/* From INITIALIZE. */
	uint8_t random[4], version, algorithm;
	uint16_t sequence; /* the card's */
	/* From the second command. */
	uint8_t mac[PBOC_MAC], tac[PBOC_MAC];
	uint32_t terminal_sequence;
};

/* Keys, files and PIN of the PBOC face, in STORE DATA from *block on. */
void fix_personalise_face(struct card_fixture *f, struct scp03_session *s, uint8_t *block);
struct pboc_key fix_face_key(uint8_t type, uint8_t index);
/* The card's random numbers are 01 02 03 … from now on, the same each time. */
void fix_fixed_random(struct card_fixture *f);

/* Selects the purse. */
void term_start(struct purse_terminal *t, struct card_fixture *f);
uint16_t term_verify(struct purse_terminal *t);
uint16_t term_initialize(struct purse_terminal *t, uint8_t type, uint32_t amount);
/* Checks what the card answers; amount of an overdraft is the new limit. */
uint16_t term_finish(struct purse_terminal *t);
uint16_t term_do(struct purse_terminal *t, uint8_t type, uint32_t amount);
uint16_t term_cache(struct purse_terminal *t, uint8_t tag, const uint8_t *record, size_t len);
uint16_t term_prove(struct purse_terminal *t, uint8_t type, uint16_t sequence);
/* A secured command under the key of this type, after a challenge; enciphers where asked. */
uint16_t term_secured(struct purse_terminal *t, const uint8_t header[4], uint8_t key_type,
		      const void *data, size_t len, bool enciphers);
/* PIN under the reload key. */
uint16_t term_reload(struct purse_terminal *t, const uint8_t *pin, size_t len);
uint16_t term_authenticate(struct purse_terminal *t);
/* As the face shows it; aborts when the card does not say. */
uint32_t term_balance(struct purse_terminal *t, uint8_t face);

#endif
