// SPDX-License-Identifier: GPL-3.0-or-later
/* A box's end of the channel, step by step. */
#include "card_box.h"

#include "base/status_word.h"

#include <string.h>

void
fix_box_init(struct fix_box *box)
{
	const struct crypto *c = crypto_test();

	memset(box, 0, sizeof *box);
	MUST(c->key_pair(c->ctx, box->id.private_key, box->id.public_key) == RC_OK);
	MUST(pair_key_hash(c, box->id.public_key, box->hash) == RC_OK);
}

uint16_t
fix_box_open(struct card_fixture *f, struct fix_box *box, enum ca_standing *standing)
{
	uint8_t rsp[256], proof[PAIR_PROOF];
	struct pair_hello hello;
	size_t len = 0;
	uint16_t sw;

	pair_close(&box->channel);
	MUST(pair_host_hello(crypto_test(), &box->id, &hello) == RC_OK);
	sw = fix_send(f, CA_CLA, CA_INS_OPEN_CHANNEL, 0, 0, hello.bytes, PAIR_HELLO, rsp, &len);
	if (sw != SW_OK)
		return sw;
	*standing = (enum ca_standing)rsp[0];
	if (len == 1)
		return sw;
	MUST(len == 1 + PAIR_REPLY);
	MUST(pair_host_open(crypto_test(), &box->id, &hello, f->card_key.public_key, rsp + 1,
			    &box->channel, proof) == RC_OK);
	sw = fix_send(f, CA_CLA, CA_INS_CONFIRM_CHANNEL, 0, 0, proof, sizeof proof, NULL, NULL);
	if (sw != SW_OK)
		pair_close(&box->channel);
	return sw;
}

uint16_t
fix_box_ecm(struct card_fixture *f, struct fix_box *box, const struct ecm *ecm, struct ca_answer *a)
{
	uint8_t section[ECM_MAX], rsp[256], plain[PAIR_PLAIN_MAX + CRYPTO_BLOCK];
	size_t section_len = fix_ecm_seal(f, ecm, section), len = 0;
	uint16_t sw;

	memset(a, 0, sizeof *a);
	MUST(pair_next(&box->channel) == RC_OK);
	sw = fix_send(f, CA_CLA, CA_INS_ECM, 0, 0, section, section_len, rsp, &len);
	if (sw != SW_OK)
		return sw;
	if (pair_unwrap(crypto_test(), &box->channel, PAIR_RESPONSE, section, section_len, rsp, len,
			plain, &len) != RC_OK)
		return SW_SM_DATA;
	MUST(ca_answer_decode(plain, len, a) == RC_OK);
	return sw;
}

uint16_t
fix_box_send(struct card_fixture *f, struct fix_box *box, const uint8_t header[4],
	     const uint8_t *data, size_t data_len, uint8_t *rsp, size_t *len)
{
	uint8_t text[PAIR_PLAIN_MAX], wrapped[PAIR_WRAPPED_MAX], answer[256];
	uint8_t plain[PAIR_PLAIN_MAX + CRYPTO_BLOCK];
	size_t wrapped_len = 0, n = 0;
	uint16_t sw;

	memcpy(text, header, 4);
	memcpy(text + 4, data, data_len);
	MUST(pair_next(&box->channel) == RC_OK);
	MUST(pair_wrap(crypto_test(), &box->channel, PAIR_COMMAND, NULL, 0, text, 4 + data_len,
		       wrapped, sizeof wrapped, &wrapped_len) == RC_OK);
	sw = fix_send(f, CA_CLA, CA_INS_WRAPPED, 0, 0, wrapped, wrapped_len, answer, &n);
	if (sw != SW_OK)
		return sw;
	if (pair_unwrap(crypto_test(), &box->channel, PAIR_RESPONSE, wrapped, wrapped_len, answer,
			n, plain, &n) != RC_OK)
		return SW_SM_DATA;
	MUST(n >= 2);
	if (rsp) {
		memcpy(rsp, plain + 2, n - 2);
		*len = n - 2;
	}
	return get_be16(plain);
}

uint16_t
fix_box_purchase(struct card_fixture *f, struct fix_box *box, const struct ca_purchase *p,
		 struct ca_answer *a)
{
	static const uint8_t header[4] = { CA_CLA, CA_INS_PURCHASE, 0, 0 };
	uint8_t data[CA_PURCHASE_MAX], rsp[PAIR_PLAIN_MAX + CRYPTO_BLOCK];
	size_t len = 0;
	uint16_t sw;

	MUST(ca_purchase_encode(p, data, sizeof data, &len) == RC_OK);
	sw = fix_box_send(f, box, header, data, len, rsp, &len);
	memset(a, 0, sizeof *a);
	if (sw == SW_OK)
		MUST(ca_answer_decode(rsp, len, a) == RC_OK);
	return sw;
}

uint16_t
fix_box_emm(struct card_fixture *f, uint8_t tag, const struct fix_box *box)
{
	struct emm_header h = fix_emm_header(f, EMM_SIGNED);
	struct emm_command cmd = { .tag = tag };

	memcpy(cmd.u.box.key_hash, box->hash, CRYPTO_HASH);
	return fix_emm_send(f, &h, &cmd, 1, NULL);
}
