/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A laboratory's key file: what inspection opens ECMs and EMMs with. One key a line, # begins a
 *comment:
 *
 *	epoch GROUP EPOCH HEX32               epoch key of a key group
 *	card LEAF HEX32                       CA card key
 *	cw SERVICE PERIOD PARITY HEX          control word; parity 0 even, 1 odd
 *	SERVICE PERIOD PARITY TIME HEX        the same, as `tessera-headend scramble --cw-log`
 *writes it
 *
 * Numbers are decimal. */
#ifndef TESSERA_INSPECT_LAB_KEYS_H
#define TESSERA_INSPECT_LAB_KEYS_H

#include "crypto/crypto.h"

struct lab_keys;

/* Reads the text of a whole file. RC_FORMAT: *line is the number of the line that is no key;
 * RC_NO_MEMORY. */
enum rc lab_keys_parse(const char *text, size_t len, struct lab_keys **keys,
		       unsigned int *line) RC_CHECKED;
void lab_keys_free(struct lab_keys **keys); /* NULL-safe; wipes */

/* CRYPTO_KEY bytes, or NULL when the file has none; keys may be NULL. They live as long as keys. */
const uint8_t *lab_keys_epoch(const struct lab_keys *keys, uint8_t group, uint16_t epoch);
const uint8_t *lab_keys_card(const struct lab_keys *keys, uint32_t leaf);
/* *len (8 or 16) bytes, or NULL. */
const uint8_t *lab_keys_word(const struct lab_keys *keys, uint16_t service_id, uint32_t period,
			     unsigned int parity, size_t *len);

#endif
