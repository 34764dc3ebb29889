// SPDX-License-Identifier: GPL-3.0-or-later
/* Opening the secure channel of the selected domain: INITIALIZE UPDATE, EXTERNAL AUTHENTICATE
 * (GlobalPlatform Amendment D 7.1). */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"

#define SEQUENCE_LAST 0xFFFFFFU

/* The next sequence number, durable before anything is derived from it. */
static uint16_t
next_sequence(struct card *card, uint32_t *sequence)
{
	uint32_t value;

	if (domain_cell_read(card, card->selected, CELL_SEQUENCE, &value) != RC_OK)
		return SW_MEMORY;
	if (value >= SEQUENCE_LAST)
		return SW_CONDITIONS;
	value++;
	if (domain_cell_write(card, card->selected, CELL_SEQUENCE, value) != RC_OK)
		return SW_MEMORY;
	*sequence = value;
	return SW_OK;
}

static uint16_t
check_failures(const struct card *card, uint32_t *failures)
{
	if (domain_cell_read(card, card->selected, CELL_FAILURES, failures) != RC_OK)
		return SW_MEMORY;
	return *failures >= SCP_FAILURES_MAX ? SW_BLOCKED : SW_OK;
}

static uint8_t
size_of_i(uint8_t i)
{
	return (i & SCP03_I_S16) != 0 ? SCP03_S16 : SCP03_S8;
}

/* Pseudo-random from a sequence number that was never used, or random. */
static uint16_t
make_challenge(struct card *card, const struct scp03_key_set *keys, uint8_t i,
	       uint8_t challenge[SCP03_S16], uint8_t sequence[3])
{
	const struct crypto *c = card->port->crypto;
	const struct card_app *domain = card_app_at(card, card->selected);
	const struct crypto_part aid = { domain->aid, domain->aid_len };
	uint32_t number = 0;
	uint16_t sw;

	if ((i & SCP03_I_PSEUDO_RANDOM) == 0)
		return c->random(c->ctx, challenge, size_of_i(i)) == RC_OK ? SW_OK : SW_FAULT;
	if ((sw = next_sequence(card, &number)) != SW_OK)
		return sw;
	put_be24(sequence, number);
	return scp03_card_challenge(c, keys, sequence, &aid, size_of_i(i), challenge) == RC_OK
		       ? SW_OK
		       : SW_FAULT;
}

/* Derives the session and writes the answer. */
static uint16_t
begin_session(struct card *card, const struct key_set *set, uint8_t i, struct card_call *call)
{
	struct writer w = writer_over(call->rsp, CARD_RESPONSE_MAX);
	struct scp03_key_set keys = { .key_len = set->len[0] };
	const uint8_t size = size_of_i(i);
	uint8_t challenge[SCP03_S16], sequence[3];
	struct issuer_data d;
	uint16_t sw;

	if (issuer_read(card, &d) != RC_OK)
		return SW_MEMORY;
	mem_wipe(&d.keys, sizeof d.keys);
	memcpy(keys.enc, set->key[0], sizeof keys.enc);
	memcpy(keys.mac, set->key[1], sizeof keys.mac);
	sw = make_challenge(card, &keys, i, challenge, sequence);
	if (sw == SW_OK && scp03_derive_set(card->port->crypto, &keys, size, call->cmd->data,
					    challenge, &card->session) != RC_OK)
		sw = SW_FAULT;
	mem_wipe(&keys, sizeof keys);
	if (sw != SW_OK)
		return sw;
	memcpy(card->session_dek, set->key[2], sizeof card->session_dek);
	card->session_dek_len = set->len[2];
	card->scp_key_version = set->version;
	card->scp_pending = true;
	write_be16(&w, 0);
	write_bytes(&w, d.serial, sizeof d.serial);
	write_u8(&w, set->version);
	write_u8(&w, 0x03);
	write_u8(&w, i);
	write_bytes(&w, challenge, size);
	write_bytes(&w, card->session.card_cryptogram, size);
	if ((i & SCP03_I_PSEUDO_RANDOM) != 0)
		write_bytes(&w, sequence, sizeof sequence);
	call->rsp_len = (uint16_t)w.len;
	return SW_OK;
}

uint16_t
issuer_initialize_update(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct card *card = env->card;
	struct key_set set;
	uint32_t failures;
	uint8_t i;
	uint16_t sw;
	enum rc rc;

	card_close_channel(card);
	if (cmd->p2 != 0)
		return SW_P1P2;
	if (domain_i_read(card, card->selected, &i) != RC_OK)
		return SW_MEMORY;
	if (cmd->lc != size_of_i(i))
		return SW_LENGTH;
	rc = domain_set_find(card, card->selected, cmd->p1, &set);
	/* A domain without any key has no counters that must be kept. */
	if (rc == RC_NOT_FOUND && domain_has_keys(card, card->selected) == RC_NOT_FOUND)
		return SW_REFERENCE;
	sw = check_failures(card, &failures);
	if (sw == SW_OK && rc != RC_OK)
		sw = rc == RC_NOT_FOUND ? SW_REFERENCE : SW_MEMORY;
	if (sw == SW_OK)
		sw = begin_session(card, &set, i, call);
	if (sw != SW_OK)
		card_close_channel(card);
	mem_wipe(&set, sizeof set);
	return sw;
}

/* Written down before the comparison: a power cut gives no try back. */
static uint16_t
authenticate(struct card *card, size_t len, uint32_t failures)
{
	const unsigned int domain = card->selected;
	enum rc rc;

	if (domain_cell_write(card, domain, CELL_FAILURES, failures + 1) != RC_OK)
		return SW_MEMORY;
	/* The whole command without Le: the MAC covers header and data. */
	rc = scp03_card_authenticate(card->port->crypto, &card->session, card->command, len);
	if (rc == RC_OK && domain_cell_write(card, domain, CELL_FAILURES, 0) != RC_OK)
		rc = RC_IO;
	if (rc == RC_OK)
		return SW_OK;
	if (rc == RC_IO)
		return SW_MEMORY;
	return rc == RC_CRYPTO ? SW_FAULT : SW_AUTH_FAILED;
}

uint16_t
issuer_external_authenticate(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct card *card = env->card;
	uint32_t failures;
	uint16_t sw = SW_OK;
	uint8_t i;

	if (cmd->extended)
		return SW_LENGTH;
	if (!card->scp_pending)
		return SW_CONDITIONS;
	card->scp_pending = false;
	if (cmd->lc != 2 * card->session.size)
		sw = SW_LENGTH;
	else if (domain_i_read(card, card->selected, &i) != RC_OK)
		sw = SW_MEMORY;
	else if (cmd->p2 != 0 || !scp03_level_fits(i, cmd->p1))
		sw = SW_P1P2;
	if (sw == SW_OK)
		sw = check_failures(card, &failures);
	if (sw == SW_OK)
		sw = authenticate(card, 5U + cmd->lc, failures);
	if (sw != SW_OK)
		card_close_channel(card);
	return sw;
}
