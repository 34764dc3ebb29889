// SPDX-License-Identifier: GPL-3.0-or-later
/* One command in, one answer out: parse, unwrap, rules of the table, handler, one commit, wrap
 * (ISO 7816-4 5.4–5.6; GlobalPlatform 11.1, Amendment D 6). */
#include "core/card.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"

#define CLA_SECURE 0x04U
#define CLA_CHANNEL 0x03U
#define CLA_OTHER 0x78U /* classes that this card does not have at all */
#define INS_SELECT 0xA4U
#define INS_INITIALIZE_UPDATE 0x50U
#define INS_EXTERNAL_AUTHENTICATE 0x82U
#define INS_GET_DATA 0xCAU
#define INS_GET_STATUS 0xF2U
#define INS_SET_STATUS 0xF0U
#define CLA_PROPRIETARY 0x80U

/* 62xx and 63xx are warnings: the answer goes out. */
static bool
is_success(uint16_t sw)
{
	return sw == SW_OK || (sw >> 8) == 0x62 || (sw >> 8) == 0x63;
}

static bool
wants_commit(uint16_t sw)
{
	return sw == SW_OK || sw == SW_MORE_DATA;
}

/* The row for class and instruction; NULL with *sw set when there is none. */
static const struct card_command *
find_command(const struct card_app *app, uint8_t cla, uint8_t ins, uint16_t *sw)
{
	bool class_known = cla == 0; /* SELECT */

	for (unsigned int i = 0; i < app->command_count; i++) {
		if (app->commands[i].cla != cla)
			continue;
		if (app->commands[i].ins == ins)
			return &app->commands[i];
		class_known = true;
	}
	*sw = class_known ? SW_INS : SW_CLA;
	return NULL;
}

/* All domains have the issuer domain's commands. */
static const struct card_app *
commands_of(const struct card *card)
{
	return card_is_domain(card, card->selected) ? &issuer_app
						    : card_app_at(card, card->selected);
}

bool
card_takes_data(const struct card *card, const uint8_t header[4])
{
	const struct card_command *row;
	uint16_t sw;

	if ((header[0] & CLA_SECURE) != 0) /* at least a MAC */
		return true;
	if (header[0] == 0 && header[1] == INS_SELECT)
		return true;
	row = find_command(commands_of(card), header[0], header[1], &sw);
	return row && row->lc_max > 0;
}

static uint16_t
check_rules(const struct card *card, const struct card_command *row, const struct apdu *cmd)
{
	struct entry e;

	if (row->p_rule == P_ZERO && (cmd->p1 != 0 || cmd->p2 != 0))
		return SW_P1P2;
	if (cmd->lc < row->lc_min || cmd->lc > row->lc_max)
		return SW_LENGTH;
	if ((row->access & ACCESS_SECURED) != 0) {
		if (registry_read(card, card->selected, &e) != RC_OK)
			return SW_MEMORY;
		if (!card_is_secured(card) || (e.flags & ENTRY_FRESH) != 0)
			return SW_CONDITIONS;
	}
	if ((row->access & ACCESS_UNSECURED) != 0 && card->life != CARD_OP_READY &&
	    card->life != CARD_INITIALIZED)
		return SW_CONDITIONS;
	if ((row->access & ACCESS_CHANNEL) != 0 && !card->session.open)
		return SW_SECURITY_STATUS;
	return SW_OK;
}

/* Words that ISO 7816-4 has and that are not the link's own (61xx, 6Cxx, 60). */
static bool
is_possible(uint16_t sw)
{
	const unsigned int first = sw >> 8;

	return (first >= 0x62 && first <= 0x6F && first != 0x6C) || first >> 4 == 9;
}

static uint16_t
run_application(struct card *card, const struct card_command *row, struct card_call *call)
{
	const unsigned int index = card->selected;
	const struct card_confined before = card_enter(card, index);
	const uint16_t sw = row->handler(&card->env[index], call);

	card_leave(card, index, &before);
	return is_possible(sw) ? sw : (uint16_t)SW_FAULT;
}

/* Looks the command up, checks it and runs its handler. */
static uint16_t
run_command(struct card *card, const struct apdu *cmd, struct card_call *call)
{
	const struct card_command *row;
	uint16_t sw = SW_OK;

	row = find_command(commands_of(card), cmd->cla, cmd->ins, &sw);
	if (!row)
		return sw;
	sw = check_rules(card, row, cmd);
	if (sw != SW_OK)
		return sw;
	if (card_is_domain(card, card->selected))
		return row->handler(&card->env[card->selected], call);
	return run_application(card, row, call);
}

/* A terminated card tells what it is, and nothing else; a locked one also lets its issuer unlock it
 * (GlobalPlatform 5.1.1, table 11-1). */
static bool
life_forbids(const struct card *card, const struct apdu *cmd)
{
	if (card->life == CARD_TERMINATED)
		return cmd->ins != INS_GET_DATA;
	if (card->life != CARD_LOCKED)
		return false;
	return cmd->ins != INS_GET_DATA && cmd->ins != INS_INITIALIZE_UPDATE &&
	       cmd->ins != INS_EXTERNAL_AUTHENTICATE && cmd->ins != INS_GET_STATUS &&
	       cmd->ins != INS_SET_STATUS;
}

/* Whether the selected application has this command of a secured class for itself. */
static bool
is_its_own(const struct card *card, const struct apdu *cmd)
{
	uint16_t sw;

	return find_command(commands_of(card), cmd->cla, cmd->ins, &sw) != NULL;
}

/* Removes secure messaging from the command; SW_OK when there was none where none is needed. */
static uint16_t
unwrap(struct card *card, size_t *cmd_len, struct apdu *cmd, bool *wrapped)
{
	enum rc rc;

	if ((cmd->cla & CLA_SECURE) == 0) {
		const bool opens = card_is_domain(card, card->selected) &&
				   cmd->cla == CLA_PROPRIETARY && cmd->ins == INS_INITIALIZE_UPDATE;

		/* Inside a channel with C-MAC a bare command is somebody else's. */
		if (card->session.open && (card->session.level & SCP03_C_MAC) != 0 && !opens) {
			card_close_channel(card);
			return SW_SECURITY_STATUS;
		}
		return SW_OK;
	}
	if (!card_is_domain(card, card->selected))
		return is_its_own(card, cmd) ? SW_OK : SW_SECURE_MESSAGING;
	if (cmd->ins == INS_EXTERNAL_AUTHENTICATE)
		return SW_OK; /* carries its own MAC, checked by its handler */
	if (!card->session.open || (card->session.level & SCP03_C_MAC) == 0)
		return SW_SECURITY_STATUS;
	rc = scp03_card_unwrap(card->port->crypto, &card->session, card->command, cmd_len);
	if (rc != RC_OK || apdu_parse(card->command, *cmd_len, cmd) != RC_OK) {
		card_close_channel(card);
		return rc == RC_CRYPTO ? SW_FAULT : SW_SECURITY_STATUS;
	}
	*wrapped = true;
	return SW_OK;
}

/* Longest answer data that will still fit after wrapping. */
static size_t
wrapped_length(const struct card *card, bool wrapped, size_t len)
{
	if (!wrapped || (card->session.level & SCP03_R_MAC) == 0)
		return len;
	if ((card->session.level & SCP03_R_ENC) != 0 && len > 0)
		len = (len / CRYPTO_BLOCK + 1) * CRYPTO_BLOCK;
	return len + card->session.size;
}

/* Makes what was staged durable, or forgets it; the answer leaves only afterwards. */
static uint16_t
finish(struct card *card, uint16_t sw)
{
	if (!wants_commit(sw)) {
		nv_discard(&card->nv);
	} else if (nv_commit(&card->nv) != RC_OK) {
		sw = SW_MEMORY;
	} else {
		card->life = card->next_life;
	}
	card->next_life = card->life;
	return sw;
}

/* Whether the answer fits the caller's buffer, and what the command said it expects. */
static uint16_t
check_fit(const struct card *card, const struct apdu *cmd, bool wrapped, size_t len, size_t cap)
{
	len = wrapped_length(card, wrapped, len);
	if (len + 2 > cap || len > CARD_RESPONSE_MAX)
		return SW_LENGTH;
	if (cmd->le != 0 && len > cmd->le)
		return len <= 256 ? (uint16_t)(0x6C00U | (len & 0xFF)) : (uint16_t)SW_LENGTH;
	return SW_OK;
}

/* The working copy is in card->command; the answer's data end up in card->response. */
static uint16_t
process(struct card *card, size_t cmd_len, size_t cap, size_t *rsp_len)
{
	struct apdu cmd = { 0 };
	struct card_call call = { .cmd = &cmd, .rsp = card->response };
	bool wrapped = false;
	uint16_t sw, fit;

	if (apdu_parse(card->command, cmd_len, &cmd) != RC_OK || cmd.lc > CARD_RESPONSE_MAX)
		return SW_LENGTH;
	if ((cmd.cla & CLA_OTHER) != 0)
		return SW_CLA;
	if ((cmd.cla & CLA_CHANNEL) != 0)
		return SW_CHANNEL;
	if (cmd.ins != INS_GET_STATUS)
		card->status_p1 = 0; /* its next page only at once */
	if (cmd.cla == 0 && cmd.ins == INS_SELECT) {
		sw = card->life == CARD_TERMINATED ? (uint16_t)SW_CONDITIONS
						   : card_select(card, &cmd, &call);
	} else {
		sw = unwrap(card, &cmd_len, &cmd, &wrapped);
		if (sw == SW_OK)
			sw = life_forbids(card, &cmd) ? (uint16_t)SW_CONDITIONS
						      : run_command(card, &cmd, &call);
	}
	if (is_success(sw)) {
		fit = check_fit(card, &cmd, wrapped, call.rsp_len, cap);
		sw = finish(card, fit == SW_OK ? sw : fit);
	} else {
		sw = finish(card, sw);
	}
	if (!is_success(sw))
		return sw;
	*rsp_len = call.rsp_len;
	if (wrapped && card->session.open && (card->session.level & SCP03_R_MAC) != 0 &&
	    scp03_card_wrap(card->port->crypto, &card->session, card->response, rsp_len,
			    sizeof card->response, sw) != RC_OK) {
		*rsp_len = 0;
		return SW_FAULT;
	}
	return sw;
}

size_t
card_transmit(struct card *card, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap)
{
	size_t len = 0;
	uint16_t sw;

	if (!card->powered) {
		sw = SW_FAULT;
	} else if (cmd_len > sizeof card->command) {
		sw = SW_LENGTH;
	} else {
		card->commands++;
		memcpy(card->command, cmd, cmd_len);
		sw = process(card, cmd_len, cap, &len);
		memcpy(rsp, card->response, len);
		mem_wipe(card->command, sizeof card->command);
		mem_wipe(card->response, sizeof card->response);
	}
	put_be16(rsp + len, sw);
	return len + 2;
}
