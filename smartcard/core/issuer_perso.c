// SPDX-License-Identifier: GPL-3.0-or-later
/* Personalisation: INSTALL [for personalisation] names the application, STORE DATA brings it its
 * data groupings (GlobalPlatform 11.5.2.3.6, 11.11). */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"

#define P1_FOR_PERSONALISATION 0x20
#define P1_LAST_BLOCK 0x80
#define P1_DGI_FORMAT 0x08

/* 00 00 len AID 00 00 00 */
static bool
read_target(const struct apdu *cmd, const uint8_t **aid, uint8_t *len)
{
	struct reader r = reader_over(cmd->data, cmd->lc);

	if (read_be16(&r) != 0)
		return false;
	*len = read_u8(&r);
	*aid = read_slice(&r, *len);
	return read_be24(&r) == 0 && reader_at_end(&r) && *len > 0;
}

uint16_t
issuer_install(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct card *card = env->card;
	const uint8_t *aid = NULL;
	uint8_t len = 0;

	card->perso_target = 0;
	card->perso_block = 0;
	if (cmd->p1 != P1_FOR_PERSONALISATION || cmd->p2 != 0)
		return SW_P1P2;
	if (!read_target(cmd, &aid, &len) || !aid)
		return SW_DATA;
	for (unsigned int i = 1; i <= card->port->app_count; i++) {
		const struct card_app *app = card_app_at(card, i);

		if (app->aid_len == len && memcmp(app->aid, aid, len) == 0)
			card->perso_target = (uint8_t)i;
	}
	if (card->perso_target == 0)
		return SW_REFERENCE;
	call->rsp[0] = 0x00;
	call->rsp_len = 1;
	return SW_OK;
}

/* Tag u16, length u8 or FF and u16, data. */
static uint16_t
store_one(struct card *card, struct reader *r)
{
	const struct card_app *app = card_app_at(card, card->perso_target);
	const uint8_t *data;
	uint16_t dgi = read_be16(r);
	uint16_t len = read_u8(r);

	if (len == 0xFF)
		len = read_be16(r);
	data = read_slice(r, len);
	if (!data)
		return SW_DATA;
	if (!app->store_data)
		return SW_REFERENCE;
	return app->store_data(&card->env[card->perso_target], dgi, data, len);
}

uint16_t
issuer_store_data(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct card *card = env->card;
	struct reader r = reader_over(cmd->data, cmd->lc);
	uint16_t sw = SW_OK;

	if (card->perso_target == 0)
		return SW_CONDITIONS;
	if ((cmd->p1 & ~(P1_LAST_BLOCK | P1_DGI_FORMAT)) != 0 || cmd->p2 != card->perso_block)
		return SW_P1P2;
	while (sw == SW_OK && !reader_at_end(&r))
		sw = store_one(card, &r);
	if (sw != SW_OK)
		return sw;
	card->perso_block++;
	if ((cmd->p1 & P1_LAST_BLOCK) != 0)
		card->perso_target = 0;
	return SW_OK;
}
