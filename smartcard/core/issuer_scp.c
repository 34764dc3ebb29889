// SPDX-License-Identifier: GPL-3.0-or-later
/* Opening the secure channel: INITIALIZE UPDATE, EXTERNAL AUTHENTICATE (GlobalPlatform Amendment
 * D 7.1). */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"

#define SEQUENCE_LAST 0xFFFFFFU

/* The next sequence number, durable before anything is derived from it. */
static uint16_t
next_sequence(struct card_env *env, uint32_t *sequence)
{
	uint32_t value;

	if (nv_cell_read(&env->part, 0, ISSUER_CELLS, CELL_SEQUENCE, &value) != RC_OK)
		return SW_MEMORY;
	if (value >= SEQUENCE_LAST)
		return SW_CONDITIONS;
	value++;
	if (nv_cell_write(&env->part, 0, ISSUER_CELLS, CELL_SEQUENCE, value) != RC_OK)
		return SW_MEMORY;
	*sequence = value;
	return SW_OK;
}

static uint16_t
check_failures(struct card_env *env, uint32_t *failures)
{
	if (nv_cell_read(&env->part, 0, ISSUER_CELLS, CELL_FAILURES, failures) != RC_OK)
		return SW_MEMORY;
	return *failures >= SCP_FAILURES_MAX ? SW_BLOCKED : SW_OK;
}

/* Derives the session and writes the answer. */
static enum rc
begin_session(struct card *card, const struct issuer_data *d, const uint8_t *host_challenge,
	      uint32_t sequence, struct card_call *call)
{
	const struct crypto *c = card->port->crypto;
	struct writer w = writer_over(call->rsp, CARD_RESPONSE_MAX);
	const struct crypto_part aid = { issuer_app.aid, issuer_app.aid_len };
	struct scp03_key_set set = { .key_len = CRYPTO_KEY };
	uint8_t challenge[SCP03_CHALLENGE], sequence_bytes[3];
	enum rc rc;

	put_be24(sequence_bytes, sequence);
	memcpy(set.enc, d->keys.enc, CRYPTO_KEY);
	rc = scp03_card_challenge(c, &set, sequence_bytes, &aid, SCP03_S8, challenge);
	mem_wipe(&set, sizeof set);
	if (rc == RC_OK)
		rc = scp03_derive(c, &d->keys, host_challenge, challenge, &card->session);
	if (rc != RC_OK)
		return rc;
	memcpy(card->session_dek, d->keys.dek, CRYPTO_KEY);
	card->scp_key_version = d->key_version;
	card->scp_pending = true;
	write_be16(&w, 0);
	write_bytes(&w, d->serial, sizeof d->serial);
	write_u8(&w, d->key_version);
	write_u8(&w, 0x03);
	write_u8(&w, SCP03_I);
	write_bytes(&w, challenge, sizeof challenge);
	write_bytes(&w, card->session.card_cryptogram, SCP03_CRYPTOGRAM);
	write_bytes(&w, sequence_bytes, sizeof sequence_bytes);
	call->rsp_len = (uint16_t)w.len;
	return RC_OK;
}

uint16_t
issuer_initialize_update(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct issuer_data d;
	uint32_t failures, sequence = 0;
	uint16_t sw;

	card_close_channel(env->card);
	if (cmd->p2 != 0)
		return SW_P1P2;
	if ((sw = check_failures(env, &failures)) != SW_OK)
		return sw;
	if (issuer_read(env->card, &d) != RC_OK)
		return SW_MEMORY;
	if (cmd->p1 != 0 && cmd->p1 != d.key_version)
		sw = SW_REFERENCE;
	if (sw == SW_OK)
		sw = next_sequence(env, &sequence);
	if (sw == SW_OK && begin_session(env->card, &d, cmd->data, sequence, call) != RC_OK)
		sw = SW_FAULT;
	mem_wipe(&d, sizeof d);
	return sw;
}

static bool
is_level(uint8_t level)
{
	return level == 0x00 || level == 0x01 || level == 0x03 || level == 0x11 || level == 0x13 ||
	       level == 0x33;
}

uint16_t
issuer_external_authenticate(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct card *card = env->card;
	uint32_t failures;
	uint16_t sw;
	enum rc rc;

	if (cmd->extended)
		return SW_LENGTH;
	if (!card->scp_pending)
		return SW_CONDITIONS;
	card->scp_pending = false;
	if (cmd->p2 != 0 || !is_level(cmd->p1)) {
		card_close_channel(card);
		return SW_P1P2;
	}
	if ((sw = check_failures(env, &failures)) != SW_OK)
		return sw;
	/* Written down before the comparison: a power cut gives no try back. */
	if (nv_cell_write(&env->part, 0, ISSUER_CELLS, CELL_FAILURES, failures + 1) != RC_OK)
		return SW_MEMORY;
	/* The whole command without Le: the MAC covers header and data. */
	rc = scp03_card_authenticate(card->port->crypto, &card->session, card->command,
				     5U + cmd->lc);
	if (rc == RC_OK && nv_cell_write(&env->part, 0, ISSUER_CELLS, CELL_FAILURES, 0) != RC_OK)
		rc = RC_IO;
	if (rc == RC_OK)
		return SW_OK;
	card_close_channel(card);
	if (rc == RC_IO)
		return SW_MEMORY;
	return rc == RC_CRYPTO ? SW_FAULT : SW_AUTH_FAILED;
}
