// SPDX-License-Identifier: GPL-3.0-or-later
/* What needs the viewer's PIN, and the end of what it began. ISO 7816-4 11.5. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "ca/session.h"
#include "ca/session_private.h"

#include <string.h>

#define LE_MAX 256U

bool
ca_pin_is_possible(const char *pin)
{
	size_t len = strlen(pin);

	return len >= PIN_MIN && len <= PIN_MAX && strspn(pin, "0123456789") == len;
}

/* True when the status word speaks about the PIN. */
static bool
pin_result(uint16_t sw, enum ca_pin_result *result, uint8_t *tries_left)
{
	if ((sw & 0xFFF0U) == SW_PIN_WRONG(0)) {
		*tries_left = (uint8_t)(sw & 0x0FU);
		*result = *tries_left > 0 ? CA_PIN_WRONG : CA_PIN_BLOCKED;
		return true;
	}
	if (sw == SW_BLOCKED) {
		*tries_left = 0;
		*result = CA_PIN_BLOCKED;
		return true;
	}
	return false;
}

enum rc
ca_buy(struct ca_session *s, const struct ca_purchase *purchase, struct ca_purchase_result *result)
{
	uint8_t data[CA_PURCHASE_MAX];
	struct apdu buy = { .cla = CA_CLA, .ins = CA_INS_PURCHASE, .data = data, .le = LE_MAX };
	struct ca_purchase_result got = { .pin = CA_PIN_OK };
	size_t len = 0;
	enum rc rc;

	if (purchase->pin_len < PIN_MIN || purchase->pin_len > PIN_MAX)
		return RC_USAGE;
	rc = ca_purchase_encode(purchase, data, sizeof data, &len);
	buy.lc = (uint16_t)len;
	if (rc == RC_OK)
		rc = ca_session_use(s, purchase->operator_id);
	if (rc == RC_OK)
		rc = ca_exchange_private(s, &buy);
	if (rc == RC_OK && !pin_result(s->sw, &got.pin, &got.tries_left)) {
		rc = status_word_rc(s->sw);
		if (rc == RC_OK)
			rc = ca_answer_decode(s->rsp, s->rsp_len, &got.answer);
	}
	if (rc == RC_OK)
		*result = got;
	mem_wipe(&got, sizeof got);
	mem_wipe(data, sizeof data);
	ca_wipe_answer(s);
	return rc;
}

enum rc
ca_stop(struct ca_session *s, uint16_t operator_id, uint32_t event_id, struct ca_answer *answer)
{
	const struct ca_stop what = { operator_id, event_id };
	uint8_t data[CA_STOP_SIZE];
	struct apdu stop = {
		.cla = CA_CLA, .ins = CA_INS_STOP, .data = data, .lc = sizeof data, .le = LE_MAX
	};
	enum rc rc;

	ca_stop_encode(&what, data);
	rc = ca_exchange_private(s, &stop);
	if (rc == RC_OK)
		rc = status_word_rc(s->sw);
	if (rc == RC_OK)
		rc = ca_answer_decode(s->rsp, s->rsp_len, answer);
	ca_wipe_answer(s);
	return rc;
}

static enum rc
pin_command(struct ca_session *s, const struct apdu *command, enum ca_pin_result *result,
	    uint8_t *tries_left)
{
	enum rc rc = ca_session_home(s);

	if (rc == RC_OK)
		rc = ca_exchange_private(s, command);
	if (rc != RC_OK)
		return rc;
	if (s->sw == SW_OK) {
		*result = CA_PIN_OK;
		return RC_OK;
	}
	if (s->sw == SW_DATA || s->sw == SW_LENGTH) {
		*result = CA_PIN_UNFIT;
		return RC_OK;
	}
	return pin_result(s->sw, result, tries_left) ? RC_OK : status_word_rc(s->sw);
}

enum rc
ca_pin_verify(struct ca_session *s, const char *pin, enum ca_pin_result *result,
	      uint8_t *tries_left)
{
	struct apdu verify = { .ins = ISO_INS_VERIFY, .p2 = PIN_PURCHASE };

	if (!ca_pin_is_possible(pin))
		return RC_USAGE;
	verify.data = (const uint8_t *)pin;
	verify.lc = (uint16_t)strlen(pin);
	return pin_command(s, &verify, result, tries_left);
}

enum rc
ca_pin_change(struct ca_session *s, const char *old_pin, const char *new_pin,
	      enum ca_pin_result *result, uint8_t *tries_left)
{
	struct apdu change = { .ins = ISO_INS_CHANGE_REFERENCE, .p2 = PIN_PURCHASE };
	uint8_t data[1 + 2 * PIN_MAX];
	size_t old_len = strlen(old_pin), new_len = strlen(new_pin);
	enum rc rc;

	if (!ca_pin_is_possible(old_pin) || !ca_pin_is_possible(new_pin))
		return RC_USAGE;
	data[0] = (uint8_t)old_len;
	memcpy(data + 1, old_pin, old_len);
	memcpy(data + 1 + old_len, new_pin, new_len);
	change.data = data;
	change.lc = (uint16_t)(1 + old_len + new_len);
	rc = pin_command(s, &change, result, tries_left);
	mem_wipe(data, sizeof data);
	return rc;
}

enum rc
ca_set_threshold(struct ca_session *s, uint8_t slot, uint32_t threshold, const char *pin,
		 enum ca_pin_result *result, uint8_t *tries_left)
{
	struct apdu set = { .cla = CA_CLA, .ins = CA_INS_THRESHOLD };
	uint8_t data[CA_THRESHOLD_SIZE + PIN_MAX];
	enum rc rc;

	if (!ca_pin_is_possible(pin))
		return RC_USAGE;
	data[0] = slot;
	put_be32(data + 1, threshold);
	memcpy(data + CA_THRESHOLD_SIZE, pin, strlen(pin));
	set.data = data;
	set.lc = (uint16_t)(CA_THRESHOLD_SIZE + strlen(pin));
	rc = pin_command(s, &set, result, tries_left);
	mem_wipe(data, sizeof data);
	return rc;
}
