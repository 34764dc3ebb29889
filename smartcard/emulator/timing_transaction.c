// SPDX-License-Identifier: GPL-3.0-or-later
/* A whole transaction as box and head-end would have it: SELECT, the handshake, a signed top-up, a
 * grant, the ECM of an event with an offer, PURCHASE with PIN, the ECM once more, the report. The
 * box's work is not counted. */
#include "emulator/timing_private.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "derive/ladder.h"
#include "emulator/timing_story.h"
#include "wire/ca_apdu.h"
#include "wire/personalise.h"
#include "wire/record.h"

#include <stdlib.h>

struct story {
	struct timing_model *m;
	struct timing_step *steps;
	uint32_t emm_sequence;
	struct pair_identity box;
	struct pair_session channel;
	uint8_t rsp[APDU_RESPONSE_MAX];
	size_t rsp_len; /* without SW */
};

/* One case 4 command that must be answered 9000. */
static enum rc
say(struct story *s, enum timing_step_index index, const char *name, const uint8_t header[4],
    const uint8_t *data, size_t len)
{
	const struct apdu apdu = { .cla = header[0],
				   .ins = header[1],
				   .p1 = header[2],
				   .p2 = header[3],
				   .data = data,
				   .lc = (uint16_t)len,
				   .le = 256 };
	uint8_t cmd[APDU_COMMAND_MAX];
	size_t cmd_len = 0;
	enum rc rc = apdu_build(&apdu, cmd, sizeof cmd, &cmd_len);

	if (rc == RC_OK)
		rc = timing_command(s->m, name, cmd, cmd_len, s->rsp, &s->rsp_len,
				    &s->steps[index]);
	mem_wipe(cmd, sizeof cmd);
	if (rc != RC_OK)
		return rc;
	if (s->rsp_len < 2 || get_be16(s->rsp + s->rsp_len - 2) != SW_OK)
		return RC_FAIL;
	s->rsp_len -= 2;
	return RC_OK;
}

/* The answer to data, out of the channel: rsp holds the plain text afterwards. */
static enum rc
unwrap_answer(struct story *s, const uint8_t *data, size_t len)
{
	uint8_t plain[PAIR_PLAIN_MAX + CRYPTO_BLOCK];
	enum rc rc = pair_unwrap(s->m->inner, &s->channel, PAIR_RESPONSE, data, len, s->rsp,
				 s->rsp_len, plain, &s->rsp_len);

	if (rc == RC_OK)
		memcpy(s->rsp, plain, s->rsp_len);
	mem_wipe(plain, sizeof plain);
	return rc;
}

/* A command inside the channel that must be answered 9000. */
static enum rc
say_wrapped(struct story *s, enum timing_step_index index, const char *name, const uint8_t inner[4],
	    const uint8_t *data, size_t len)
{
	static const uint8_t header[4] = { CA_CLA, CA_INS_WRAPPED, 0, 0 };
	uint8_t text[PAIR_PLAIN_MAX], wrapped[PAIR_WRAPPED_MAX];
	size_t wrapped_len = 0;
	enum rc rc = pair_next(&s->channel);

	memcpy(text, inner, 4);
	memcpy(text + 4, data, len);
	if (rc == RC_OK)
		rc = pair_wrap(s->m->inner, &s->channel, PAIR_COMMAND, NULL, 0, text, 4 + len,
			       wrapped, sizeof wrapped, &wrapped_len);
	if (rc == RC_OK)
		rc = say(s, index, name, header, wrapped, wrapped_len);
	if (rc == RC_OK)
		rc = unwrap_answer(s, wrapped, wrapped_len);
	if (rc == RC_OK && (s->rsp_len < 2 || get_be16(s->rsp) != SW_OK))
		rc = RC_FAIL;
	if (rc == RC_OK) {
		s->rsp_len -= 2;
		memmove(s->rsp, s->rsp + 2, s->rsp_len);
	}
	mem_wipe(text, sizeof text);
	return rc;
}

/* A box that the card has never seen, taken on first use. */
static enum rc
shake_hands(struct story *s)
{
	static const uint8_t open[4] = { CA_CLA, CA_INS_OPEN_CHANNEL, 0, 0 };
	static const uint8_t confirm[4] = { CA_CLA, CA_INS_CONFIRM_CHANNEL, 0, 0 };
	const struct crypto *c = s->m->inner;
	struct pair_hello hello = { 0 };
	uint8_t proof[PAIR_PROOF];
	enum rc rc = c->key_pair(c->ctx, s->box.private_key, s->box.public_key);

	if (rc == RC_OK)
		rc = pair_host_hello(c, &s->box, &hello);
	if (rc == RC_OK)
		rc = say(s, TIMING_OPEN_CHANNEL, "handshake: open", open, hello.bytes, PAIR_HELLO);
	if (rc == RC_OK && (s->rsp_len != 1 + PAIR_REPLY || s->rsp[0] != CA_STANDING_NEW))
		rc = RC_FAIL;
	if (rc == RC_OK)
		rc = pair_host_open(c, &s->box, &hello, s->m->card_public, s->rsp + 1, &s->channel,
				    proof);
	if (rc == RC_OK)
		rc = say(s, TIMING_CONFIRM_CHANNEL, "handshake: confirm", confirm, proof,
			 sizeof proof);
	mem_wipe(&hello, sizeof hello);
	return rc;
}

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	return crypto_signer_sign(ctx, digest, signature);
}

/* Seals and sends one command to this card; it must be applied. */
static enum rc
send_emm(struct story *s, enum timing_step_index index, const char *name, uint8_t flags,
	 const struct emm_command *command)
{
	static const uint8_t header[4] = { CA_CLA, CA_INS_EMM, 0, 0 };
	const struct emm_header h = { .table_id = EMM_UNIQUE,
				      .operator_id = STORY_OPERATOR,
				      .address = STORY_LEAF,
				      .flags = (uint8_t)(flags | EMM_CIPHERED),
				      .key_version = STORY_KEY_VERSION,
				      .signing_version = flags ? STORY_KEY_VERSION : 0,
				      .sequence = ++s->emm_sequence,
				      .part = 1,
				      .parts = 1,
				      .valid_until = STORY_TIME + STORY_DURATION };
	const struct crypto *c = s->m->inner;
	uint8_t body[EMM_BODY_MAX], section[EMM_MAX];
	struct emm_keys keys;
	size_t body_len = 0, len = 0;
	enum rc rc = emm_command_encode(command, body, sizeof body, &body_len);

	if (rc == RC_OK)
		rc = ladder_derive(c, s->m->ca_key, LABEL_EMM_ENC, NULL, 0, keys.enc);
	if (rc == RC_OK)
		rc = ladder_derive(c, s->m->ca_key, LABEL_EMM_MAC, NULL, 0, keys.mac);
	if (rc == RC_OK)
		rc = emm_seal(c, &h, body, body_len, &keys, sign, s->m->signer, section, &len);
	if (rc == RC_OK)
		rc = say(s, index, name, header, section, len);
	if (rc == RC_OK && (s->rsp_len != 1 || s->rsp[0] != CA_EMM_APPLIED))
		rc = RC_FAIL;
	mem_wipe(&keys, sizeof keys);
	return rc;
}

static enum rc
top_up(struct story *s)
{
	struct emm_command credit = { .tag = EMM_TAG_CREDIT };
	const struct crypto *c = s->m->inner;
	uint8_t key[CRYPTO_KEY];
	enum rc rc = ladder_derive(c, s->m->purse_key, LABEL_TOPUP, NULL, 0, key);

	credit.u.credit.source = CREDIT_EMM;
	credit.u.credit.total = STORY_CREDIT_MINOR;
	credit.u.credit.sequence = 1;
	if (rc == RC_OK)
		rc = credit_cryptogram(c, key, STORY_LEAF, 0, CREDIT_EMM, STORY_CREDIT_MINOR, 1,
				       credit.u.credit.cryptogram);
	mem_wipe(key, sizeof key);
	return rc == RC_OK
		       ? send_emm(s, TIMING_EMM_TOPUP, "EMM: top-up, signed", EMM_SIGNED, &credit)
		       : rc;
}

static enum rc
grant(struct story *s)
{
	struct emm_command entitlement = { .tag = EMM_TAG_ENTITLEMENT };

	entitlement.u.entitlement.product = STORY_PRODUCT;
	entitlement.u.entitlement.start = STORY_TIME;
	entitlement.u.entitlement.end = STORY_TIME + STORY_DURATION;
	return send_emm(s, TIMING_EMM_GRANT, "EMM: grant", 0, &entitlement);
}

/* Of a film for sale; period counts from STORY_TIME. */
static enum rc
send_ecm(struct story *s, enum timing_step_index index, const char *name, uint32_t period,
	 enum ca_outcome want)
{
	static const uint8_t header[4] = { CA_CLA, CA_INS_ECM, 0, 0 };
	struct ecm ecm = { .table_id = (uint8_t)(0x80 | (period & 1)),
			   .operator_id = STORY_OPERATOR,
			   .cw_size = 8,
			   .epoch = STORY_EPOCH,
			   .service_id = STORY_SERVICE,
			   .time = STORY_TIME + 10 * period,
			   .period = period,
			   .period_100ms = 100 };
	const struct crypto *c = s->m->inner;
	uint8_t key[CRYPTO_KEY], section[ECM_MAX];
	struct ca_answer answer;
	size_t len = 0;
	enum rc rc = c->random(c->ctx, ecm.cw_even, ecm.cw_size);

	ecm.criteria.has_offer = true;
	ecm.criteria.offer = (struct ecm_offer) { .event_id = STORY_EVENT,
						  .price_view = STORY_PRICE_MINOR,
						  .window_start = STORY_TIME,
						  .window_end = STORY_TIME + STORY_DURATION,
						  .event_start = STORY_TIME,
						  .event_end = STORY_TIME + STORY_DURATION };
	memcpy(ecm.criteria.offer.unit, STORY_UNIT, UNIT_SIZE);
	ecm.criteria.title_len = 16;
	memcpy(ecm.criteria.title, "A film, 16 bytes", 16);
	if (rc == RC_OK)
		rc = c->random(c->ctx, ecm.cw_odd, ecm.cw_size);
	if (rc == RC_OK)
		rc = ladder_service_key(c, s->m->epoch_key, STORY_OPERATOR, STORY_SERVICE, key);
	if (rc == RC_OK)
		rc = ecm_seal(c, key, &ecm, section, &len);
	if (rc == RC_OK)
		rc = pair_next(&s->channel);
	if (rc == RC_OK)
		rc = say(s, index, name, header, section, len);
	if (rc == RC_OK)
		rc = unwrap_answer(s, section, len);
	if (rc == RC_OK)
		rc = ca_answer_decode(s->rsp, s->rsp_len, &answer);
	if (rc == RC_OK && answer.outcome != want)
		rc = RC_FAIL;
	mem_wipe(key, sizeof key);
	mem_wipe(&ecm, sizeof ecm);
	mem_wipe(&answer, sizeof answer);
	return rc;
}

static enum rc
buy(struct story *s)
{
	static const uint8_t header[4] = { CA_CLA, CA_INS_PURCHASE, 0, 0 };
	struct ca_purchase wish = { .operator_id = STORY_OPERATOR,
				    .service_id = STORY_SERVICE,
				    .event_id = STORY_EVENT,
				    .price = STORY_PRICE_MINOR,
				    .pin_len = 4,
				    .pin = { '2', '5', '8', '0' } };
	uint8_t data[CA_PURCHASE_MAX];
	struct ca_answer answer;
	size_t len = 0;
	enum rc rc;

	memcpy(wish.unit, STORY_UNIT, UNIT_SIZE);
	rc = ca_purchase_encode(&wish, data, sizeof data, &len);
	if (rc == RC_OK)
		rc = say_wrapped(s, TIMING_PURCHASE, "purchase with PIN", header, data, len);
	if (rc == RC_OK)
		rc = ca_answer_decode(s->rsp, s->rsp_len, &answer);
	if (rc == RC_OK &&
	    (answer.outcome != OUTCOME_OPEN || answer.cw_size == 0 || !answer.has_receipt))
		rc = RC_FAIL;
	mem_wipe(&answer, sizeof answer);
	return rc;
}

enum rc
timing_transaction(struct timing_model *m, struct timing_step steps[TIMING_STEPS])
{
	static const uint8_t aid[] = AID_CA, select[4] = { 0x00, 0xA4, 0x04, 0x00 };
	static const uint8_t report[4] = { CA_CLA, CA_INS_REPORT, 0, 0 };
	static const uint8_t first[4];
	struct story *s = calloc(1, sizeof *s);
	enum rc rc;

	if (!s)
		return RC_NO_MEMORY;
	s->m = m;
	s->steps = steps;
	rc = timing_activate(m, &steps[TIMING_ACTIVATION]);
	if (rc == RC_OK)
		rc = say(s, TIMING_SELECT, "select", select, aid, sizeof aid);
	if (rc == RC_OK)
		rc = shake_hands(s);
	if (rc == RC_OK)
		rc = top_up(s);
	if (rc == RC_OK)
		rc = grant(s);
	if (rc == RC_OK)
		rc = send_ecm(s, TIMING_ECM_OFFER, "ECM: offer", 1, OUTCOME_OFFER);
	if (rc == RC_OK)
		rc = buy(s);
	if (rc == RC_OK)
		rc = send_ecm(s, TIMING_ECM_OPEN, "ECM: opened", 2, OUTCOME_OPEN);
	if (rc == RC_OK)
		rc = say(s, TIMING_REPORT, "report, one batch", report, first, sizeof first);
	mem_wipe(s, sizeof *s);
	free(s);
	return rc;
}
