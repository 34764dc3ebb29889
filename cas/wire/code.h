/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Codes that people read and type: a top-up for a remote control, and the proof that a right was
 * taken off a card (FORMATS.md, "Codes"). Digits are ASCII; the last is a Luhn check digit, so that
 * a slip of the finger costs no try. */
#ifndef TESSERA_WIRE_CODE_H
#define TESSERA_WIRE_CODE_H

#include "crypto/crypto.h"

#include <stdbool.h>

#define TOPUP_CODE_DIGITS 20
#define TOPUP_CODE_AMOUNT_MAX 9999999U /* minor units */
#define TOPUP_CODE_WINDOW 32U          /* codes older than the newest typed that still count */
#define TOPUP_CODE_TRIES 5U            /* wrong codes in a row until the operator's next top-up */

/* The code of a card's counter-th top-up (1, 2, 3 …) under ladder step *code* below its purse card
 * key. RC_RANGE: amount 0 or above the maximum. */
enum rc topup_code_make(const struct crypto *c, const uint8_t code_key[CRYPTO_KEY], uint32_t leaf,
			uint32_t counter, uint32_t amount_minor,
			uint8_t digits[TOPUP_CODE_DIGITS]) RC_CHECKED;
/* What the digits say in clear: counter modulo 100, and amount. RC_FORMAT: not digits, or no
 * amount; RC_INTEGRITY: the check digit is wrong. */
enum rc topup_code_read(const uint8_t digits[TOPUP_CODE_DIGITS], uint8_t *counter,
			uint32_t *amount_minor) RC_CHECKED;
/* The counter that a code means on a card that has seen newest; 0: too old. */
uint32_t topup_code_counter(uint32_t newest, uint8_t modulo_100);

#define CONFIRMATION_DIGITS 12
/* A right that was cancelled, as the card held it. */
struct confirmation {
	uint16_t product;
	uint32_t start, end;
	uint32_t counter; /* of the card's cancellations: 1, 2, 3 … */
};
/* The card's proof under ladder step *confirm* below its CA card key. */
enum rc confirmation_make(const struct crypto *c, const uint8_t confirm_key[CRYPTO_KEY],
			  const struct confirmation *what,
			  uint8_t digits[CONFIRMATION_DIGITS]) RC_CHECKED;
/* Counter modulo 1000 of such digits. RC_FORMAT, RC_INTEGRITY. */
enum rc confirmation_read(const uint8_t digits[CONFIRMATION_DIGITS], uint16_t *counter) RC_CHECKED;

/* Takes exactly n digits out of a text that may have blanks and hyphens between them. RC_FORMAT. */
enum rc code_from_text(const char *text, uint8_t *digits, size_t n) RC_CHECKED;
/* Groups of four with hyphens, and NUL: n + n / 4 + 1 bytes are enough. */
void code_to_text(const uint8_t *digits, size_t n, char *text);
/* True when the last of n digits is the Luhn check digit of those before. */
bool code_is_whole(const uint8_t *digits, size_t n);
/* That check digit for n digits. */
uint8_t code_check_digit(const uint8_t *digits, size_t n);

#endif
