// SPDX-License-Identifier: GPL-3.0-or-later
/* The channel to a paired card: certificate, handshake, wrapped commands (FORMATS.md, "Channel
 * between box and card"). A session of the channel lives until the card is reset. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "ca/session.h"
#include "ca/session_private.h"

#include <stdio.h>
#include <stdlib.h>

#define LE_MAX 256U
#define HEADER 4U
#define STATUS 2U

static enum rc
get_data(struct ca_session *s, enum ca_data what, uint8_t page)
{
	struct apdu get = { .cla = CA_CLA, .ins = CA_INS_GET_DATA, .p2 = page, .le = LE_MAX };
	enum rc rc;

	get.p1 = (uint8_t)what;
	rc = ca_exchange(s, &get);
	return rc == RC_OK ? status_word_rc(s->sw) : rc;
}

/* The key that the card's certificate must stand under: trusted, or the card's own word on the
 * first encounter with its operator. */
static enum rc
root_key(struct ca_session *s, uint8_t key[CRYPTO_PUBLIC], bool *is_first)
{
	const struct ca_box *box = s->box;
	enum rc rc = box->trusted(box->ctx, s->info.operator_id, key);

	*is_first = rc == RC_NOT_FOUND;
	if (rc != RC_NOT_FOUND)
		return rc;
	rc = get_data(s, CA_DATA_CERTIFICATE, 1);
	if (rc == RC_OK && s->rsp_len != CRYPTO_PUBLIC)
		rc = RC_FORMAT;
	if (rc == RC_OK)
		memcpy(key, s->rsp, CRYPTO_PUBLIC);
	return rc;
}

/* Once in a session: whose key this is. */
static enum rc
check_card(struct ca_session *s, char why[CA_WHY])
{
	uint8_t key[CRYPTO_PUBLIC];
	struct pair_certificate cert;
	bool is_first = false;
	enum rc rc = get_data(s, CA_DATA_CERTIFICATE, 0);

	if (rc == RC_OK)
		rc = pair_certificate_decode(s->rsp, s->rsp_len, &cert);
	if (rc == RC_OK && (cert.operator_id != s->info.operator_id || cert.leaf != s->info.leaf))
		rc = RC_AUTH;
	if (rc == RC_OK)
		rc = root_key(s, key, &is_first);
	if (rc == RC_OK)
		rc = pair_certificate_verify(s->box->crypto, &cert, key);
	if (rc == RC_AUTH)
		snprintf(why, CA_WHY,
			 "the card's certificate is not by the operator %u whom this "
			 "box trusts",
			 s->info.operator_id);
	if (rc != RC_OK)
		return rc;
	memcpy(s->card_key, cert.public_key, CRYPTO_PUBLIC);
	memcpy(s->root_key, key, CRYPTO_PUBLIC);
	s->card_is_known = true;
	s->operator_is_new = is_first;
	return RC_OK;
}

static enum rc
refused(enum ca_standing standing, char why[CA_WHY])
{
	switch (standing) {
	case CA_STANDING_OTHERS:
		snprintf(why, CA_WHY,
			 "the card belongs to another box; the operator can pair it "
			 "with this one as well (tessera-stb init shows this box's key "
			 "hash)");
		return RC_REFUSED;
	case CA_STANDING_FULL:
		snprintf(why, CA_WHY,
			 "all %d places for boxes on the card are taken; the operator "
			 "must unpair one first",
			 CA_BOXES_MAX);
		return RC_REFUSED;
	case CA_STANDING_OPERATOR:
		snprintf(why, CA_WHY,
			 "the card is paired by its operator only; give him this "
			 "box's key hash (tessera-stb init shows it)");
		return RC_REFUSED;
	case CA_STANDING_PAIRED:
	case CA_STANDING_NEW:
		break;
	}
	return RC_FORMAT;
}

/* The card's reply to a hello lies in s->rsp + 1. */
static enum rc
send_hello(struct ca_session *s, const struct pair_hello *hello, char why[CA_WHY])
{
	struct apdu open = { .cla = CA_CLA,
			     .ins = CA_INS_OPEN_CHANNEL,
			     .data = hello->bytes,
			     .lc = PAIR_HELLO,
			     .le = LE_MAX };
	enum rc rc = ca_exchange(s, &open);

	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	if (rc != RC_OK)
		return rc;
	if (s->rsp_len == 1)
		return refused((enum ca_standing)s->rsp[0], why);
	return s->rsp_len == 1 + PAIR_REPLY && s->rsp[0] <= CA_STANDING_NEW ? RC_OK : RC_FORMAT;
}

static enum rc
send_proof(struct ca_session *s, const uint8_t proof[PAIR_PROOF])
{
	struct apdu confirm = {
		.cla = CA_CLA, .ins = CA_INS_CONFIRM_CHANNEL, .data = proof, .lc = PAIR_PROOF
	};
	enum rc rc = ca_exchange(s, &confirm);

	return rc == RC_OK ? status_word_rc(s->sw) : rc;
}

static enum rc
handshake(struct ca_session *s, char why[CA_WHY])
{
	const struct ca_box *box = s->box;
	struct pair_hello hello;
	struct pair_session channel;
	uint8_t proof[PAIR_PROOF];
	enum rc rc = pair_host_hello(box->crypto, box->identity, &hello);

	memset(&channel, 0, sizeof channel);
	if (rc == RC_OK)
		rc = send_hello(s, &hello, why);
	if (rc == RC_OK) {
		rc = pair_host_open(box->crypto, box->identity, &hello, s->card_key, s->rsp + 1,
				    &channel, proof);
		if (rc == RC_AUTH)
			snprintf(why, CA_WHY, "the card does not hold the key of its certificate");
	}
	if (rc == RC_OK)
		rc = send_proof(s, proof);
	if (rc == RC_OK)
		s->channel = channel;
	mem_wipe(&hello, sizeof hello);
	pair_close(&channel);
	return rc;
}

static enum rc
open_channel(struct ca_session *s, char why[CA_WHY])
{
	enum rc rc = s->card_is_known ? RC_OK : check_card(s, why);

	if (rc == RC_OK)
		rc = handshake(s, why);
	s->is_refused = rc == RC_REFUSED;
	if (rc == RC_OK && s->operator_is_new) {
		s->operator_is_new = false;
		rc = s->box->trust(s->box->ctx, s->info.operator_id, s->root_key);
	}
	if (rc != RC_OK && why[0] == '\0')
		snprintf(why, CA_WHY, "the channel to the card cannot be opened: %s", rc_text(rc));
	return rc;
}

bool
ca_session_is_paired(const struct ca_session *s)
{
	return s->channel.open;
}

enum rc
ca_session_pair(struct ca_session *s, const struct ca_box *box, char why[CA_WHY])
{
	why[0] = '\0';
	s->box = box; /* another operator's part of the card may be paired */
	if (s->info.profile != PROFILE_PAIRED)
		return RC_OK;
	return open_channel(s, why);
}

enum rc
ca_channel_restore(struct ca_session *s)
{
	char why[CA_WHY] = "";

	if (s->info.profile != PROFILE_PAIRED || s->channel.open)
		return RC_OK;
	return s->box && !s->is_refused ? open_channel(s, why) : RC_REFUSED;
}

enum rc
ca_channel_unwrap(struct ca_session *s, const uint8_t *bound, size_t bound_len)
{
	uint8_t plain[PAIR_PLAIN_MAX + CRYPTO_BLOCK];
	size_t len = 0;
	enum rc rc = pair_unwrap(s->box->crypto, &s->channel, PAIR_RESPONSE, bound, bound_len,
				 s->rsp, s->rsp_len, plain, &len);

	ca_wipe_answer(s);
	if (rc == RC_OK) {
		memcpy(s->rsp, plain, len);
		s->rsp_len = len;
	}
	mem_wipe(plain, sizeof plain);
	return rc == RC_FORMAT ? RC_AUTH : rc;
}

/* The command as a text, wrapped. */
static enum rc
wrap(struct ca_session *s, const struct apdu *command, uint8_t out[PAIR_WRAPPED_MAX], size_t *len)
{
	uint8_t text[PAIR_PLAIN_MAX];
	enum rc rc;

	if (command->lc > sizeof text - HEADER)
		return RC_SPACE;
	text[0] = command->cla;
	text[1] = command->ins;
	text[2] = command->p1;
	text[3] = command->p2;
	memcpy(text + HEADER, command->data, command->lc);
	rc = pair_next(&s->channel);
	if (rc == RC_OK)
		rc = pair_wrap(s->box->crypto, &s->channel, PAIR_COMMAND, NULL, 0, text,
			       HEADER + command->lc, out, PAIR_WRAPPED_MAX, len);
	mem_wipe(text, sizeof text);
	return rc;
}

/* Status word and data of the inner answer take the place of the outer ones. */
static enum rc
take_inner(struct ca_session *s, const uint8_t *wrapped, size_t len)
{
	enum rc rc = status_word_rc(s->sw);

	if (rc == RC_OK)
		rc = ca_channel_unwrap(s, wrapped, len);
	if (rc == RC_OK && s->rsp_len < STATUS)
		rc = RC_FORMAT;
	if (rc != RC_OK) {
		pair_close(&s->channel);
		return rc;
	}
	s->sw = get_be16(s->rsp);
	s->rsp_len -= STATUS;
	memmove(s->rsp, s->rsp + STATUS, s->rsp_len);
	return RC_OK;
}

enum rc
ca_exchange_private(struct ca_session *s, const struct apdu *command)
{
	uint8_t wrapped[PAIR_WRAPPED_MAX];
	struct apdu outer = { .cla = CA_CLA, .ins = CA_INS_WRAPPED, .data = wrapped, .le = LE_MAX };
	size_t len = 0;
	enum rc rc;

	if (s->info.profile != PROFILE_PAIRED)
		return ca_exchange(s, command);
	rc = ca_channel_restore(s);
	if (rc == RC_OK)
		rc = wrap(s, command, wrapped, &len);
	if (rc != RC_OK)
		return rc;
	outer.lc = (uint16_t)len;
	rc = ca_exchange(s, &outer);
	if (rc != RC_OK) {
		pair_close(&s->channel);
		return rc;
	}
	return take_inner(s, wrapped, len);
}
