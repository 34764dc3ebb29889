// SPDX-License-Identifier: GPL-3.0-or-later
/* Money in by a typed code, and out with the card's proof. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "ca/session.h"
#include "ca/session_private.h"

#include <string.h>

#define LE_MAX 256U
#define CODE_ANSWER 12U

/* True when the status word speaks about tries. */
static bool
tries_of(uint16_t sw, uint8_t *left)
{
	bool counts = (sw & 0xFFF0U) == SW_PIN_WRONG(0);

	*left = counts ? (uint8_t)(sw & 0x0FU) : 0;
	return counts || sw == SW_BLOCKED;
}

enum rc
ca_topup_code(struct ca_session *s, const uint8_t digits[TOPUP_CODE_DIGITS],
	      struct ca_code_answer *answer)
{
	struct apdu type = { .cla = CA_CLA,
			     .ins = CA_INS_TOPUP_CODE,
			     .data = digits,
			     .lc = TOPUP_CODE_DIGITS,
			     .le = LE_MAX };
	struct ca_code_answer got = { .result = CA_CODE_OK };
	enum rc rc = ca_exchange(s, &type);

	if (rc != RC_OK)
		return rc;
	if (tries_of(s->sw, &got.tries_left)) {
		got.result = got.tries_left > 0 ? CA_CODE_WRONG : CA_CODE_BLOCKED;
	} else if (s->sw == SW_DATA) {
		got.result = CA_CODE_TYPO;
	} else if (s->sw == SW_CONDITIONS) {
		got.result = CA_CODE_USED;
	} else {
		rc = status_word_rc(s->sw);
		if (rc == RC_OK && s->rsp_len != CODE_ANSWER)
			rc = RC_FORMAT;
		if (rc != RC_OK)
			return rc;
		got.amount = get_be32(s->rsp);
		got.balance_after = (int64_t)get_be64(s->rsp + 4);
	}
	*answer = got;
	return RC_OK;
}

enum rc
ca_payout(struct ca_session *s, uint8_t slot, const char *pin, enum ca_pin_result *result,
	  uint8_t *tries_left, struct record *r)
{
	uint8_t data[1 + PIN_MAX];
	struct apdu pay = { .cla = CA_CLA, .ins = CA_INS_PAYOUT, .data = data, .le = LE_MAX };
	size_t len = strlen(pin);
	enum rc rc;

	if (!ca_pin_is_possible(pin))
		return RC_USAGE;
	data[0] = slot;
	memcpy(data + 1, pin, len);
	pay.lc = (uint16_t)(1 + len);
	rc = ca_exchange_private(s, &pay);
	mem_wipe(data, sizeof data);
	if (rc == RC_OK && tries_of(s->sw, tries_left)) {
		*result = *tries_left > 0 ? CA_PIN_WRONG : CA_PIN_BLOCKED;
		return RC_OK;
	}
	if (rc == RC_OK)
		rc = s->sw == SW_CONDITIONS ? RC_STATE : status_word_rc(s->sw);
	if (rc == RC_OK && s->rsp_len != RECORD_SIZE)
		rc = RC_FORMAT;
	if (rc == RC_OK)
		rc = record_decode(s->rsp, r);
	if (rc == RC_OK)
		*result = CA_PIN_OK;
	return rc;
}
