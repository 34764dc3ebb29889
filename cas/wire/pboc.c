// SPDX-License-Identifier: GPL-3.0-or-later
/* What is below the MACs of the PBOC e-purse (JR/T 0025.1-2010, 7 and annexes), as a table of
 * fields. */
#include "wire/pboc.h"

#include "base/bytes.h"
#include "base/mem.h"

enum field {
	END,
	BEFORE,
	AFTER,
	SEQUENCE,
	AMOUNT,
	OLD_LIMIT,
	NEW_LIMIT,
	TYPE,
	TERMINAL,
	TERMINAL_SEQUENCE,
	STAMP,
	AUTH_CODE
};

#define FIELDS_MAX 6
#define PROOFS 3

/* Load and unload, purchases, overdraft: MAC1, MAC2, certificate. */
static const uint8_t layouts[3][PROOFS][FIELDS_MAX] = {
	{ { BEFORE, AMOUNT, TYPE, TERMINAL },
	  { AMOUNT, TYPE, TERMINAL, STAMP },
	  { AFTER, SEQUENCE, AMOUNT, TYPE, TERMINAL, STAMP } },
	{ { AMOUNT, TYPE, TERMINAL, STAMP, AUTH_CODE },
	  { AMOUNT },
	  { AMOUNT, TYPE, TERMINAL, TERMINAL_SEQUENCE, STAMP } },
	{ { BEFORE, OLD_LIMIT, TYPE, TERMINAL },
	  { NEW_LIMIT, TYPE, TERMINAL, STAMP },
	  { AFTER, SEQUENCE, NEW_LIMIT, TYPE, TERMINAL, STAMP } },
};

static const struct {
	uint8_t type, layout, key;
} types[] = {
	{ PBOC_DEPOSIT_LOAD, 0, PBOC_KEY_LOAD },
	{ PBOC_PURSE_LOAD, 0, PBOC_KEY_LOAD },
	{ PBOC_UNLOAD, 0, PBOC_KEY_UNLOAD },
	{ PBOC_CASH, 1, PBOC_KEY_PURCHASE },
	{ PBOC_DEPOSIT_PURCHASE, 1, PBOC_KEY_PURCHASE },
	{ PBOC_PURSE_PURCHASE, 1, PBOC_KEY_PURCHASE },
	{ PBOC_COMPOUND, 1, PBOC_KEY_PURCHASE },
	{ PBOC_OVERDRAFT, 2, PBOC_KEY_OVERDRAFT },
};
#define TYPES (sizeof types / sizeof types[0])

static size_t
find_type(uint8_t type)
{
	size_t i = 0;

	while (i < TYPES && types[i].type != type)
		i++;
	return i;
}

static void
write_field(struct writer *w, const struct pboc_transaction *t, enum field field)
{
	switch (field) {
	case END:
		break;
	case BEFORE:
		write_be32(w, t->balance_before);
		break;
	case AFTER:
		write_be32(w, t->balance_after);
		break;
	case SEQUENCE:
		write_be16(w, t->sequence);
		break;
	case AMOUNT:
		write_be32(w, t->amount);
		break;
	case OLD_LIMIT:
		write_be24(w, t->limit_before);
		break;
	case NEW_LIMIT:
		write_be24(w, t->limit_after);
		break;
	case TYPE:
		write_u8(w, t->type);
		break;
	case TERMINAL:
		write_bytes(w, t->terminal, sizeof t->terminal);
		break;
	case TERMINAL_SEQUENCE:
		write_be32(w, t->terminal_sequence);
		break;
	case STAMP:
		write_bytes(w, t->stamp, sizeof t->stamp);
		break;
	case AUTH_CODE:
		if (t->has_auth_code)
			write_bytes(w, t->auth_code, sizeof t->auth_code);
		break;
	}
}

size_t
pboc_proof_input(const struct pboc_transaction *t, enum pboc_proof proof,
		 uint8_t out[PBOC_INPUT_MAX])
{
	struct writer w = writer_over(out, PBOC_INPUT_MAX);
	const size_t type = find_type(t->type);

	if (type == TYPES)
		return 0;
	for (size_t i = 0; i < FIELDS_MAX; i++)
		write_field(&w, t, (enum field)layouts[types[type].layout][proof][i]);
	return w.len;
}

enum rc
pboc_proof_mac(const struct crypto *c, const struct pboc_key *key, const struct pboc_transaction *t,
	       enum pboc_proof proof, uint8_t mac[PBOC_MAC])
{
	uint8_t input[PBOC_INPUT_MAX];
	struct crypto_part part = { input, pboc_proof_input(t, proof, input) };

	return part.len == 0 ? RC_RANGE : pboc_mac(c, key, NULL, &part, 1, mac);
}

bool
pboc_is_online(uint8_t type)
{
	const size_t i = find_type(type);

	return i < TYPES && types[i].layout != 1;
}

enum pboc_key_type
pboc_session_key_type(uint8_t type)
{
	const size_t i = find_type(type);

	return i < TYPES ? (enum pboc_key_type)types[i].key : PBOC_KEY_PURCHASE;
}
