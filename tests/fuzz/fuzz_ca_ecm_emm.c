// SPDX-License-Identifier: GPL-3.0-or-later
/* A personalised card that is fed messages. The input is a list of: kind u8, length u8, bytes.
 * Bare sections test the checks in front; resealed ones reach what stands behind MAC and
 * signature, because this harness owns the keys. Whatever comes, books and answers stay sound. */
#include "card_fixture.h"

#include "base/bytes.h"
#include "base/status_word.h"
#include "derive/ladder.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind { BARE_ECM, BARE_EMM, SEALED_ECM, SEALED_EMM, SIGNED_EMM, GLOBAL_EMM, APDU, KINDS };

static struct card_fixture f;
static uint8_t before[CARD_NV_SIZE];

static uint16_t
send(uint8_t ins, const uint8_t *data, size_t len, uint8_t *rsp, size_t *rsp_len)
{
	*rsp_len = 0;
	return len == 0 ? SW_LENGTH : fix_send(&f, CA_CLA, ins, 0, 0, data, len, rsp, rsp_len);
}

static void
check_answer(uint16_t sw, const uint8_t *rsp, size_t len)
{
	struct ca_answer a;

	if (sw != SW_OK) {
		MUST(len == 0);
		return;
	}
	MUST(ca_answer_decode(rsp, len, &a) == RC_OK);
	MUST((a.cw_size != 0) == (a.outcome == OUTCOME_OPEN));
}

/* Any bytes with the MAC that the card expects for what they claim to be. */
static void
sealed_ecm(const uint8_t *data, size_t len)
{
	uint8_t section[ECM_MAX], service_key[CRYPTO_KEY], mac_key[CRYPTO_KEY], mac[CRYPTO_MAC];
	uint8_t rsp[256];
	struct ecm ecm;
	uint16_t sw;

	if (len > ECM_MAX || len < ECM_HEADER + ECM_MAC)
		return;
	memcpy(section, data, len);
	put_be16(section + 1, (uint16_t)((get_be16(section + 1) & 0xF000) | (len - 3)));
	if (ecm_parse(section, len, &ecm) == RC_OK) {
		MUST(ladder_service_key(crypto_test(), f.epoch_key, ecm.operator_id, ecm.service_id,
					service_key) == RC_OK);
		fix_working_key(service_key, LABEL_ECM_MAC, mac_key);
		MUST(crypto_cmac(crypto_test(), mac_key, section, len - ECM_MAC, mac) == RC_OK);
		memcpy(section + len - ECM_MAC, mac, ECM_MAC);
	}
	sw = send(CA_INS_ECM, section, len, rsp, &len);
	check_answer(sw, rsp, len);
}

/* Any bytes as the body of an EMM: sequence step u8, part u8, then the commands. */
static void
sealed_emm(enum kind kind, const uint8_t *data, size_t len)
{
	struct emm_header h = kind == GLOBAL_EMM
				      ? fix_emm_global(&f)
				      : fix_emm_header(&f, kind == SIGNED_EMM ? EMM_SIGNED : 0);
	uint8_t section[EMM_MAX], rsp[256];
	size_t section_len, n;

	if (len < 2)
		return;
	h.sequence -= data[0] & 1U;
	h.parts = EMM_PARTS_MAX;
	h.part = (uint8_t)(1U + data[1] % EMM_PARTS_MAX);
	if (!fix_emm_seal_body(&f, &h, data + 2, len - 2, section, &section_len))
		return;
	if (send(CA_INS_EMM, section, section_len, rsp, &n) == SW_OK)
		MUST(n == 1 && rsp[0] <= CA_EMM_OUTCOME_LAST);
}

/* Nobody vouched for these bytes: not one of the memory may change. */
static void
bare(uint8_t ins, const uint8_t *data, size_t len)
{
	uint8_t rsp[256];
	uint16_t sw;

	memcpy(before, f.nv.bytes, sizeof before);
	sw = send(ins, data, len, rsp, &len);
	if (ins == CA_INS_ECM)
		check_answer(sw, rsp, len);
	MUST(memcmp(before, f.nv.bytes, sizeof before) == 0);
}

static void
any_apdu(const uint8_t *data, size_t len)
{
	uint8_t rsp[CARD_RESPONSE_MAX + 2];

	MUST(card_transmit(&f.card, data, len, rsp, sizeof rsp) >= 2);
}

static void
one(enum kind kind, const uint8_t *data, size_t len)
{
	switch (kind) {
	case BARE_ECM:
		bare(CA_INS_ECM, data, len);
		break;
	case BARE_EMM:
		bare(CA_INS_EMM, data, len);
		break;
	case SEALED_ECM:
		sealed_ecm(data, len);
		break;
	case SEALED_EMM:
	case SIGNED_EMM:
	case GLOBAL_EMM:
		sealed_emm(kind, data, len);
		break;
	case APDU:
	case KINDS:
		any_apdu(data, len);
		break;
	}
}

/* Money is conserved; without the purse's key no credit came in. */
static void
check_books(void)
{
	struct ca_slot wallet;

	fix_power_cycle(&f);
	wallet = fix_wallet(&f);
	MUST(wallet.credit_emm == 1000 && wallet.credit_load == 0 && wallet.credit_code == 0);
	MUST(wallet.balance == 1000 - (int64_t)wallet.spent && wallet.balance >= 0);
	MUST(fix_info(&f).records <= CA_RECORDS_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_over(data, size);

	fix_copy(&f);
	fix_topup(&f, 1000, 1);
	fix_grant(&f, FIX_PRODUCT, FIX_T0, FIX_T0 + 86400);
	while (r.left > 0 && !r.failed) {
		enum kind kind = (enum kind)(read_u8(&r) % KINDS);
		size_t len = read_u8(&r);
		const uint8_t *bytes;

		if (len > r.left)
			len = r.left;
		bytes = read_slice(&r, len);
		if (bytes)
			one(kind, bytes, len);
	}
	check_books();
	return 0;
}
