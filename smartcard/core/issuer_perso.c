// SPDX-License-Identifier: GPL-3.0-or-later
/* INSTALL, and personalisation: INSTALL [for personalisation] names the application or domain,
 * STORE DATA brings it its data groupings (GlobalPlatform 11.5, 11.11). */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "wire/personalise.h"

#define P1_LAST_BLOCK 0x80
#define P1_DGI_FORMAT 0x08
#define P2_THREE_KEYS_FROM_1 0x81
#define PUT_KEY_ANSWER (1U + SET_KEYS * CRYPTO_KCV)

/* Function of INSTALL (11.5.2.1). */
#define FOR_LOAD 0x02
#define FOR_INSTALL 0x04
#define FOR_MAKE_SELECTABLE 0x08
#define FOR_EXTRADITION 0x10
#define FOR_PERSONALISATION 0x20

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

/* A domain gets its first keys from the issuer; then it is its own master. */
static uint16_t
may_fill_domain(struct card *card, unsigned int index)
{
	enum rc rc;

	if (card->selected == index)
		return SW_OK;
	if (card->selected != 0)
		return SW_CONDITIONS;
	rc = domain_has_keys(card, index);
	if (rc == RC_OK)
		return SW_CONDITIONS;
	if (rc == RC_NOT_FOUND)
		rc = domain_cells_prepare(card, index);
	return rc == RC_OK ? SW_OK : SW_MEMORY;
}

/* Before the card is SECURED, or after it was installed again. */
static bool
is_open(const struct card *card, const struct entry *e)
{
	return card->life == CARD_OP_READY || card->life == CARD_INITIALIZED ||
	       (e->flags & ENTRY_FRESH) != 0;
}

/* An application is filled by the domain that keeps it, and once; but for what may come later. */
static uint16_t
may_fill_app(const struct card *card, unsigned int index, const struct entry *e)
{
	unsigned int keeper;

	if (registry_keeper(card, index, &keeper) != RC_OK)
		return SW_MEMORY;
	if (keeper != card->selected)
		return SW_CONDITIONS;
	return is_open(card, e) || card_app_at(card, index)->later_dgi != 0 ? SW_OK : SW_CONDITIONS;
}

static uint16_t
begin_personalisation(struct card *card, const struct apdu *cmd)
{
	const uint8_t *aid = NULL;
	unsigned int index;
	uint8_t len = 0;
	struct entry e;
	uint16_t sw;

	if (!read_target(cmd, &aid, &len) || !aid)
		return SW_DATA;
	if (card_find(card, aid, len, &index) != RC_OK)
		return SW_REFERENCE;
	if (registry_read(card, index, &e) != RC_OK)
		return SW_MEMORY;
	if ((e.flags & ENTRY_DELETED) != 0)
		return SW_REFERENCE;
	if ((e.flags & (ENTRY_LOCKED | ENTRY_NOT_SELECTABLE)) != 0)
		return SW_CONDITIONS;
	sw = card_is_domain(card, index) ? may_fill_domain(card, index)
					 : may_fill_app(card, index, &e);
	if (sw == SW_OK)
		card->perso_target = (uint8_t)(index + 1);
	return sw;
}

uint16_t
issuer_install(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct card *card = env->card;
	uint16_t sw = SW_P1P2;

	card->perso_target = 0;
	card->perso_block = 0;
	if (cmd->p2 != 0)
		return SW_P1P2;
	switch (cmd->p1) {
	case FOR_PERSONALISATION:
		sw = begin_personalisation(card, cmd);
		break;
	case FOR_INSTALL:
	case FOR_MAKE_SELECTABLE:
	case FOR_INSTALL | FOR_MAKE_SELECTABLE:
		sw = content_install(card, call);
		break;
	case FOR_EXTRADITION:
		sw = content_extradite(card, call);
		break;
	case FOR_LOAD:
		sw = SW_FUNCTION; /* this card takes no code */
		break;
	default:
		break;
	}
	call->rsp[0] = 0x00;
	call->rsp_len = 1;
	return sw;
}

static uint16_t
store_in_domain(struct card *card, unsigned int domain, uint16_t dgi, struct reader *r)
{
	uint8_t answer[PUT_KEY_ANSWER];
	struct writer w = writer_over(answer, sizeof answer);
	uint8_t i;

	if (dgi == DGI_DOMAIN_KEYS)
		return domain_put_keys(card, domain, 0, P2_THREE_KEYS_FROM_1, r, &w);
	if (dgi != DGI_DOMAIN_I)
		return SW_REFERENCE;
	i = read_u8(r);
	if (!reader_at_end(r) || !scp03_i_exists(i))
		return SW_DATA;
	return domain_i_stage(card, domain, i) == RC_OK ? SW_OK : SW_MEMORY;
}

static uint16_t
store_in_app(struct card *card, unsigned int index, uint16_t dgi, const uint8_t *data, uint16_t len)
{
	const struct card_app *app = card_app_at(card, index);
	struct card_confined before;
	struct entry e;
	uint16_t sw;

	if (!app->store_data)
		return SW_REFERENCE;
	if (registry_read(card, index, &e) != RC_OK)
		return SW_MEMORY;
	if (!is_open(card, &e) && dgi != app->later_dgi)
		return SW_CONDITIONS;
	before = card_enter(card, index);
	sw = app->store_data(&card->env[index], dgi, data, len);
	card_leave(card, index, &before);
	return sw;
}

/* Tag u16, length u8 or FF and u16, data. */
static uint16_t
store_one(struct card *card, struct reader *r)
{
	const unsigned int target = card->perso_target - 1U;
	struct reader value;
	const uint8_t *data;
	uint16_t dgi = read_be16(r);
	uint16_t len = read_u8(r);

	if (len == 0xFF)
		len = read_be16(r);
	data = read_slice(r, len);
	if (!data)
		return SW_DATA;
	if (card_is_domain(card, target)) {
		value = reader_over(data, len);
		return store_in_domain(card, target, dgi, &value);
	}
	return store_in_app(card, target, dgi, data, len);
}

/* The last block closes what INSTALL opened. */
static uint16_t
end_personalisation(struct card *card)
{
	const unsigned int target = card->perso_target - 1U;
	struct entry e;

	card->perso_target = 0;
	if (registry_read(card, target, &e) != RC_OK)
		return SW_MEMORY;
	if ((e.flags & ENTRY_FRESH) == 0)
		return SW_OK;
	e.flags = (uint8_t)(e.flags & ~ENTRY_FRESH);
	return registry_stage(card, target, &e) == RC_OK ? SW_OK : SW_MEMORY;
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
	return (cmd->p1 & P1_LAST_BLOCK) != 0 ? end_personalisation(card) : (uint16_t)SW_OK;
}
