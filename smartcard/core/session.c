// SPDX-License-Identifier: GPL-3.0-or-later
/* The open secure channel and the life cycle, as the rest of the core and applications ask for
 * them. */
#include "base/mem.h"
#include "core/kernel.h"

void
card_close_channel(struct card *card)
{
	scp03_close(&card->session);
	mem_wipe(card->session_dek, sizeof card->session_dek);
	card->session_dek_len = 0;
	card->scp_pending = false;
	card->scp_key_version = 0;
	card->perso_target = 0;
	card->perso_block = 0;
}

bool
card_is_secured(const struct card *card)
{
	return card->life == CARD_SECURED;
}

uint32_t
card_command_number(const struct card *card)
{
	return card->commands;
}

uint32_t
card_selection_number(const struct card *card)
{
	return card->selections;
}

enum rc
card_unwrap_key(const struct card *card, const uint8_t wrapped[CRYPTO_KEY], const uint8_t *kcv,
		uint8_t key[CRYPTO_KEY])
{
	static const uint8_t iv[CRYPTO_BLOCK] = { 0 };
	const struct crypto *c = card->port->crypto;
	uint8_t plain[CRYPTO_KEY], check[CRYPTO_KCV];
	enum rc rc;

	if (!card->session.open)
		return RC_STATE;
	rc = c->cbc(c->ctx, card->session_dek, card->session_dek_len, CRYPTO_DECRYPT, iv, wrapped,
		    CRYPTO_KEY, plain);
	if (rc == RC_OK && kcv) {
		rc = crypto_kcv(c, plain, check);
		if (rc == RC_OK && !mem_equal_ct(check, kcv, CRYPTO_KCV))
			rc = RC_AUTH;
	}
	if (rc == RC_OK)
		memcpy(key, plain, CRYPTO_KEY);
	mem_wipe(plain, sizeof plain);
	return rc;
}
