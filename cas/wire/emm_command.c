// SPDX-License-Identifier: GPL-3.0-or-later
/* Commands in an EMM's body ↔ bytes (FORMATS.md, "EMM commands"). */
#include "wire/emm.h"

#include "base/bytes.h"
#include "base/mem.h"

#define TAG_CRITICAL 0x80U
#define SLOT_MAX 15U
#define SLOT_SIZE 14     /* without the label */
#define PIN_RESET_SIZE 6 /* without the digits */
#define PIN_RESET_DIGITS_MIN 4

/* Length of a command's value, without a label or digits at its end; -1: the tag has no encoding in
 * version 1. */
static int
value_size(uint8_t tag)
{
	switch (tag) {
	case EMM_TAG_ENTITLEMENT:
		return 11;
	case EMM_TAG_ENTITLEMENT_CANCEL:
		return 2;
	case EMM_TAG_EVENT_RIGHT:
		return 9;
	case EMM_TAG_EVENT_CANCEL:
		return 4;
	case EMM_TAG_EPOCH_KEY:
		return 3 + CRYPTO_KEY;
	case EMM_TAG_SIGNING_KEY:
		return 2 + CRYPTO_PUBLIC;
	case EMM_TAG_CREDIT:
		return 22;
	case EMM_TAG_SLOT:
		return SLOT_SIZE;
	case EMM_TAG_SLOT_LIMITS:
		return 13;
	case EMM_TAG_REFUND:
		return 25;
	case EMM_TAG_RECORD_ACK:
		return 4 + CRYPTO_MAC;
	case EMM_TAG_REPORT_POLICY:
		return 10;
	case EMM_TAG_PIN_RESET:
		return PIN_RESET_SIZE;
	case EMM_TAG_PAIR:
	case EMM_TAG_UNPAIR:
		return CRYPTO_HASH;
	case EMM_TAG_TIME:
	case EMM_TAG_CLOCK_SET:
		return 4;
	default:
		return -1;
	}
}

/* Bytes at the value's end whose number stands in front of them. */
static size_t
text_size(const struct emm_command *cmd)
{
	if (cmd->tag == EMM_TAG_SLOT)
		return cmd->u.slot.label_len;
	return cmd->tag == EMM_TAG_PIN_RESET ? cmd->u.pin_reset.len : 0;
}

static bool
are_digits(const uint8_t *digits, uint8_t len)
{
	if (len < PIN_RESET_DIGITS_MIN || len > PIN_RESET_DIGITS)
		return false;
	for (uint8_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
	}
	return true;
}

/* A place of zeros is a free one on the card. */
static bool
is_some_box(const uint8_t key_hash[CRYPTO_HASH])
{
	static const uint8_t nobody[CRYPTO_HASH];

	return memcmp(key_hash, nobody, CRYPTO_HASH) != 0;
}

/* Slot 0 is the purse: no operator's. */
static bool
is_token_slot(uint8_t slot)
{
	return slot >= 1 && slot <= SLOT_MAX;
}

static bool
command_is_possible(const struct emm_command *cmd)
{
	switch (cmd->tag) {
	case EMM_TAG_ENTITLEMENT:
		return (cmd->u.entitlement.flags & ~ENTITLEMENT_MAY_RECORD) == 0 &&
		       cmd->u.entitlement.product != PRODUCT_ALL;
	case EMM_TAG_EVENT_RIGHT:
		return (cmd->u.event_right.flags & ~ENTITLEMENT_MAY_RECORD) == 0;
	case EMM_TAG_SIGNING_KEY:
		return cmd->u.signing_key.floor >= 1 &&
		       cmd->u.signing_key.floor <= cmd->u.signing_key.version;
	case EMM_TAG_CREDIT:
		return cmd->u.credit.slot <= SLOT_MAX && cmd->u.credit.source >= CREDIT_EMM &&
		       cmd->u.credit.source <= CREDIT_CODE;
	case EMM_TAG_SLOT:
		return is_token_slot(cmd->u.slot.slot) && cmd->u.slot.maximum <= INT64_MAX &&
		       cmd->u.slot.label_len <= SLOT_LABEL_BYTES;
	case EMM_TAG_SLOT_LIMITS:
		return is_token_slot(cmd->u.slot_limits.slot);
	case EMM_TAG_REFUND:
		return cmd->u.refund.slot <= SLOT_MAX && cmd->u.refund.record > 0;
	case EMM_TAG_PIN_RESET:
		return cmd->u.pin_reset.number > 0 &&
		       are_digits(cmd->u.pin_reset.digits, cmd->u.pin_reset.len);
	case EMM_TAG_PAIR:
	case EMM_TAG_UNPAIR:
		return is_some_box(cmd->u.box.key_hash);
	default:
		return true;
	}
}

static void
write_value(struct writer *w, const struct emm_command *cmd)
{
	switch (cmd->tag) {
	case EMM_TAG_ENTITLEMENT:
		write_be16(w, cmd->u.entitlement.product);
		write_be32(w, cmd->u.entitlement.start);
		write_be32(w, cmd->u.entitlement.end);
		write_u8(w, cmd->u.entitlement.flags);
		break;
	case EMM_TAG_ENTITLEMENT_CANCEL:
		write_be16(w, cmd->u.entitlement_cancel.product);
		break;
	case EMM_TAG_EVENT_RIGHT:
		write_be32(w, cmd->u.event_right.event_id);
		write_be32(w, cmd->u.event_right.end);
		write_u8(w, cmd->u.event_right.flags);
		break;
	case EMM_TAG_EVENT_CANCEL:
		write_be32(w, cmd->u.event_cancel.event_id);
		break;
	case EMM_TAG_EPOCH_KEY:
		write_u8(w, cmd->u.epoch_key.group);
		write_be16(w, cmd->u.epoch_key.epoch);
		write_bytes(w, cmd->u.epoch_key.key, CRYPTO_KEY);
		break;
	case EMM_TAG_SIGNING_KEY:
		write_u8(w, cmd->u.signing_key.version);
		write_u8(w, cmd->u.signing_key.floor);
		write_bytes(w, cmd->u.signing_key.public_key, CRYPTO_PUBLIC);
		break;
	case EMM_TAG_CREDIT:
		write_u8(w, cmd->u.credit.slot);
		write_u8(w, cmd->u.credit.source);
		write_be64(w, cmd->u.credit.total);
		write_be32(w, cmd->u.credit.sequence);
		write_bytes(w, cmd->u.credit.cryptogram, sizeof cmd->u.credit.cryptogram);
		break;
	case EMM_TAG_SLOT:
		write_u8(w, cmd->u.slot.slot);
		write_bytes(w, cmd->u.slot.unit, UNIT_SIZE);
		write_u8(w, cmd->u.slot.decimals);
		write_be64(w, cmd->u.slot.maximum);
		write_u8(w, cmd->u.slot.label_len);
		write_bytes(w, cmd->u.slot.label, cmd->u.slot.label_len);
		break;
	case EMM_TAG_SLOT_LIMITS:
		write_u8(w, cmd->u.slot_limits.slot);
		write_be32(w, cmd->u.slot_limits.overdraft);
		write_be32(w, cmd->u.slot_limits.threshold);
		write_be32(w, cmd->u.slot_limits.ceiling);
		break;
	case EMM_TAG_REFUND:
		write_u8(w, cmd->u.refund.slot);
		write_be32(w, cmd->u.refund.record);
		write_be64(w, cmd->u.refund.total);
		write_be32(w, cmd->u.refund.sequence);
		write_bytes(w, cmd->u.refund.cryptogram, sizeof cmd->u.refund.cryptogram);
		break;
	case EMM_TAG_REPORT_POLICY:
		write_be16(w, cmd->u.report_policy.count);
		write_be32(w, cmd->u.report_policy.age_s);
		write_be32(w, cmd->u.report_policy.amount);
		break;
	case EMM_TAG_RECORD_ACK:
		write_be32(w, cmd->u.record_ack.record);
		write_bytes(w, cmd->u.record_ack.chain, CRYPTO_MAC);
		break;
	case EMM_TAG_PIN_RESET:
		write_u8(w, cmd->u.pin_reset.which);
		write_be32(w, cmd->u.pin_reset.number);
		write_u8(w, cmd->u.pin_reset.len);
		write_bytes(w, cmd->u.pin_reset.digits, cmd->u.pin_reset.len);
		break;
	case EMM_TAG_PAIR:
	case EMM_TAG_UNPAIR:
		write_bytes(w, cmd->u.box.key_hash, CRYPTO_HASH);
		break;
	default: /* time and clock: value_size has turned away all others */
		write_be32(w, cmd->u.time.now);
		break;
	}
}

enum rc
emm_command_encode(const struct emm_command *cmd, uint8_t *body, size_t cap, size_t *len)
{
	int size = value_size(cmd->tag);
	struct writer w;

	if (size < 0 || !command_is_possible(cmd))
		return RC_FORMAT;
	size += (int)text_size(cmd);
	if (*len > cap || cap - *len < 2U + (size_t)size)
		return RC_SPACE;
	w = writer_over(body + *len, cap - *len);
	write_u8(&w, cmd->tag);
	write_u8(&w, (uint8_t)size);
	write_value(&w, cmd);
	*len += w.len;
	return RC_OK;
}

/* Length u8 and text up to the value's end; a length that is not so becomes an impossible one. */
static void
read_text(struct reader *r, uint8_t *len, uint8_t *text, size_t max)
{
	*len = read_u8(r);
	if (*len == r->left && r->left <= max)
		read_bytes(r, text, r->left);
	else
		*len = UINT8_MAX;
}

static void
read_value(struct reader *r, struct emm_command *cmd)
{
	switch (cmd->tag) {
	case EMM_TAG_ENTITLEMENT:
		cmd->u.entitlement.product = read_be16(r);
		cmd->u.entitlement.start = read_be32(r);
		cmd->u.entitlement.end = read_be32(r);
		cmd->u.entitlement.flags = read_u8(r);
		break;
	case EMM_TAG_ENTITLEMENT_CANCEL:
		cmd->u.entitlement_cancel.product = read_be16(r);
		break;
	case EMM_TAG_EVENT_RIGHT:
		cmd->u.event_right.event_id = read_be32(r);
		cmd->u.event_right.end = read_be32(r);
		cmd->u.event_right.flags = read_u8(r);
		break;
	case EMM_TAG_EVENT_CANCEL:
		cmd->u.event_cancel.event_id = read_be32(r);
		break;
	case EMM_TAG_EPOCH_KEY:
		cmd->u.epoch_key.group = read_u8(r);
		cmd->u.epoch_key.epoch = read_be16(r);
		read_bytes(r, cmd->u.epoch_key.key, CRYPTO_KEY);
		break;
	case EMM_TAG_SIGNING_KEY:
		cmd->u.signing_key.version = read_u8(r);
		cmd->u.signing_key.floor = read_u8(r);
		read_bytes(r, cmd->u.signing_key.public_key, CRYPTO_PUBLIC);
		break;
	case EMM_TAG_CREDIT:
		cmd->u.credit.slot = read_u8(r);
		cmd->u.credit.source = read_u8(r);
		cmd->u.credit.total = read_be64(r);
		cmd->u.credit.sequence = read_be32(r);
		read_bytes(r, cmd->u.credit.cryptogram, sizeof cmd->u.credit.cryptogram);
		break;
	case EMM_TAG_SLOT:
		cmd->u.slot.slot = read_u8(r);
		read_bytes(r, cmd->u.slot.unit, UNIT_SIZE);
		cmd->u.slot.decimals = read_u8(r);
		cmd->u.slot.maximum = read_be64(r);
		read_text(r, &cmd->u.slot.label_len, cmd->u.slot.label, SLOT_LABEL_BYTES);
		break;
	case EMM_TAG_SLOT_LIMITS:
		cmd->u.slot_limits.slot = read_u8(r);
		cmd->u.slot_limits.overdraft = read_be32(r);
		cmd->u.slot_limits.threshold = read_be32(r);
		cmd->u.slot_limits.ceiling = read_be32(r);
		break;
	case EMM_TAG_REFUND:
		cmd->u.refund.slot = read_u8(r);
		cmd->u.refund.record = read_be32(r);
		cmd->u.refund.total = read_be64(r);
		cmd->u.refund.sequence = read_be32(r);
		read_bytes(r, cmd->u.refund.cryptogram, sizeof cmd->u.refund.cryptogram);
		break;
	case EMM_TAG_REPORT_POLICY:
		cmd->u.report_policy.count = read_be16(r);
		cmd->u.report_policy.age_s = read_be32(r);
		cmd->u.report_policy.amount = read_be32(r);
		break;
	case EMM_TAG_RECORD_ACK:
		cmd->u.record_ack.record = read_be32(r);
		read_bytes(r, cmd->u.record_ack.chain, CRYPTO_MAC);
		break;
	case EMM_TAG_PIN_RESET:
		cmd->u.pin_reset.which = read_u8(r);
		cmd->u.pin_reset.number = read_be32(r);
		read_text(r, &cmd->u.pin_reset.len, cmd->u.pin_reset.digits, PIN_RESET_DIGITS);
		break;
	case EMM_TAG_PAIR:
	case EMM_TAG_UNPAIR:
		read_bytes(r, cmd->u.box.key_hash, CRYPTO_HASH);
		break;
	default: /* time and clock: value_size has turned away all others */
		cmd->u.time.now = read_be32(r);
		break;
	}
}

/* The value of the next command that has a meaning in version 1. */
static enum rc
next_command(struct reader *r, uint8_t *tag, struct reader *value)
{
	int size;

	do {
		if (r->left == 0)
			return RC_NOT_FOUND;
		*tag = read_u8(r);
		*value = read_sub(r, read_u8(r));
		if (r->failed)
			return RC_TRUNCATED;
		size = value_size(*tag);
		if (size < 0 && (*tag & TAG_CRITICAL))
			return RC_REFUSED;
	} while (size < 0);
	if ((*tag == EMM_TAG_SLOT || *tag == EMM_TAG_PIN_RESET) && value->left > (size_t)size)
		size = (int)value->left; /* the text says its length */
	return value->left == (size_t)size ? RC_OK : RC_FORMAT;
}

enum rc
emm_command_decode(const uint8_t **body, size_t *len, struct emm_command *cmd)
{
	struct reader r = reader_over(*body, *len);
	struct emm_command got;
	struct reader value;
	enum rc rc;

	memset(&got, 0, sizeof got);
	rc = next_command(&r, &got.tag, &value);
	if (rc != RC_OK)
		return rc;
	read_value(&value, &got);
	if (command_is_possible(&got)) {
		*body = r.p;
		*len = r.left;
		*cmd = got;
	} else {
		rc = RC_FORMAT;
	}
	mem_wipe(&got, sizeof got);
	return rc;
}

bool
emm_command_needs_signature(uint8_t tag)
{
	return (tag & TAG_CRITICAL) && tag >= EMM_TAG_EPOCH_KEY;
}
