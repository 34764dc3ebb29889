/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the PBOC e-purse and its terminals say to each other (JR/T 0025.1; FORMATS.md, "E-purse"):
 * instructions, transaction types, and the bytes below each MAC and TAC. */
#ifndef TESSERA_WIRE_PBOC_H
#define TESSERA_WIRE_PBOC_H

#include "derive/pboc.h"

#include <stdbool.h>

#define PBOC_TERMINAL 6  /* terminal number */
#define PBOC_STAMP 7     /* date YYYYMMDD and time hhmmss, BCD */
#define PBOC_AUTH_CODE 9 /* of city cards: behind the data of a purchase's MAC1 */
#define PBOC_INPUT_MAX 40
#define PBOC_LOG_RECORD 23
#define PBOC_PUBLIC 30 /* EF15 */
#define PBOC_HOLDER 55 /* EF16 */

/* The faces of slot 0: P2 of the commands. */
enum pboc_face { PBOC_DEPOSIT = 1, PBOC_PURSE = 2 };

enum pboc_type {
	PBOC_DEPOSIT_LOAD = 0x01,
	PBOC_PURSE_LOAD = 0x02,
	PBOC_UNLOAD = 0x03,
	PBOC_CASH = 0x04,
	PBOC_DEPOSIT_PURCHASE = 0x05,
	PBOC_PURSE_PURCHASE = 0x06,
	PBOC_OVERDRAFT = 0x07,
	PBOC_COMPOUND = 0x09
};

/* Key types (numbered as widely used card systems have them). */
enum pboc_key_type {
	PBOC_KEY_INTERNAL = 0x30,    /* INTERNAL AUTHENTICATE */
	PBOC_KEY_TAC = 0x34,         /* DTK */
	PBOC_KEY_MAINTENANCE = 0x36, /* DAMK: files, block, unblock */
	PBOC_KEY_PIN_UNBLOCK = 0x37, /* DPUK */
	PBOC_KEY_PIN_RELOAD = 0x38,  /* DPRK */
	PBOC_KEY_EXTERNAL = 0x39,    /* EXTERNAL AUTHENTICATE */
	PBOC_KEY_OVERDRAFT = 0x3C,   /* DUK */
	PBOC_KEY_UNLOAD = 0x3D,      /* DULK */
	PBOC_KEY_PURCHASE = 0x3E,    /* DPK: purchase, cash, compound */
	PBOC_KEY_LOAD = 0x3F         /* DLK */
};

/* One transaction, as far as it is known. */
struct pboc_transaction {
	uint8_t type; /* enum pboc_type */
	uint32_t amount;
	uint8_t terminal[PBOC_TERMINAL];
	uint8_t stamp[PBOC_STAMP];
	uint32_t terminal_sequence;
	uint32_t balance_before, balance_after; /* as the face shows them */
	uint16_t sequence;                      /* on-line sequence before the transaction */
	uint32_t limit_before, limit_after;     /* overdraft, 24 bits */
	bool has_auth_code;
	uint8_t auth_code[PBOC_AUTH_CODE];
};

/* MAC1 is the card's in on-line transactions, the terminal's in purchases; MAC2 the other's; the
 * certificate is the TAC, and MAC3 of an unload. */
enum pboc_proof { PBOC_MAC1, PBOC_MAC2, PBOC_CERTIFICATE };

/* The bytes that are authenticated. Returns their number, 0 for a type that there is not. */
size_t pboc_proof_input(const struct pboc_transaction *t, enum pboc_proof proof,
			uint8_t out[PBOC_INPUT_MAX]);
/* MAC over them. RC_RANGE: no such type; RC_CRYPTO. */
enum rc pboc_proof_mac(const struct crypto *c, const struct pboc_key *key,
		       const struct pboc_transaction *t, enum pboc_proof proof,
		       uint8_t mac[PBOC_MAC]) RC_CHECKED;
/* On-line: load, unload, overdraft; they have the on-line sequence number. */
bool pboc_is_online(uint8_t type);
/* The key that opens a session of this type. */
enum pboc_key_type pboc_session_key_type(uint8_t type);

#endif
