// SPDX-License-Identifier: GPL-3.0-or-later
/* PIN with a durable try counter (ISO 7816-4 11.5.6; payment invariants 9 and 10).
 *
 * The PIN and its counter live apart, in a transaction and in a cell. Both carry the number of the
 * PIN: a counter with another number is some earlier PIN's and counts as full. So a new PIN and its
 * tries come with one commit, and a cut in between gives the old PIN no try back. */
#include "core/pin.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "wire/ca_apdu.h"

#define PIN_BLOCK (1U + PIN_MAX)
#define NUMBER_LAST 0xFFFFFFU

struct stored {
	uint8_t block[PIN_BLOCK];
	uint32_t number;
};

/* Length, digits, zeros. */
static bool
make_block(const uint8_t *pin, uint8_t len, uint8_t block[PIN_BLOCK])
{
	memset(block, 0, PIN_BLOCK);
	if (len < PIN_MIN || len > PIN_MAX)
		return false;
	for (uint8_t i = 0; i < len; i++) {
		if (pin[i] < '0' || pin[i] > '9')
			return false;
	}
	block[0] = len;
	memcpy(block + 1, pin, len);
	return true;
}

static enum rc
read_stored(const struct card_env *env, const struct pin_place *place, struct stored *pin)
{
	uint8_t bytes[PIN_STORED];
	enum rc rc = nv_part_read(&env->part, place->offset, bytes, sizeof bytes);

	if (rc == RC_OK) {
		memcpy(pin->block, bytes, PIN_BLOCK);
		pin->number = get_be24(bytes + PIN_BLOCK);
	}
	mem_wipe(bytes, sizeof bytes);
	return rc;
}

/* In the cell: number of the PIN u24, tries u8. */
static enum rc
read_tries(const struct card_env *env, const struct pin_place *place, uint32_t number,
	   uint32_t *tries)
{
	uint32_t value;
	enum rc rc = nv_cell_read(&env->part, place->cells, place->n_cells, place->cell, &value);

	if (rc == RC_OK)
		*tries = value >> 8 == number ? (value & 0xFF) : PIN_TRIES;
	return rc;
}

static enum rc
write_tries(const struct card_env *env, const struct pin_place *place, uint32_t number,
	    uint32_t tries)
{
	return nv_cell_write(&env->part, place->cells, place->n_cells, place->cell,
			     number << 8 | tries);
}

static uint16_t
compare(const struct card_env *env, const struct pin_place *place, const uint8_t block[PIN_BLOCK],
	const struct stored *pin)
{
	uint32_t tries;

	if (pin->block[0] == 0)
		return SW_CONDITIONS;
	if (read_tries(env, place, pin->number, &tries) != RC_OK)
		return SW_MEMORY;
	if (tries == 0 || tries > PIN_TRIES)
		return SW_BLOCKED;
	if (write_tries(env, place, pin->number, tries - 1) != RC_OK)
		return SW_MEMORY;
	if (!mem_equal_ct(block, pin->block, PIN_BLOCK))
		return tries == 1 ? (uint16_t)SW_BLOCKED : SW_PIN_WRONG(tries - 1);
	return write_tries(env, place, pin->number, PIN_TRIES) == RC_OK ? SW_OK : SW_MEMORY;
}

uint16_t
pin_verify(struct card_env *env, const struct pin_place *place, const uint8_t *pin, uint8_t len)
{
	uint8_t block[PIN_BLOCK];
	struct stored stored;
	uint16_t sw = SW_DATA;

	if (!make_block(pin, len, block))
		goto out;
	sw = SW_MEMORY;
	if (read_stored(env, place, &stored) == RC_OK)
		sw = compare(env, place, block, &stored);
	mem_wipe(&stored, sizeof stored);
out:
	mem_wipe(block, sizeof block);
	return sw;
}

/* Stages the PIN under the next number. A cell that was never written begins without a try. */
static uint16_t
stage(const struct card_env *env, const struct pin_place *place, const uint8_t block[PIN_BLOCK])
{
	uint8_t bytes[PIN_STORED];
	struct stored before = { .number = 0 };
	uint32_t tries;
	uint16_t sw = SW_MEMORY;
	enum rc rc = read_stored(env, place, &before);

	if (rc == RC_OK)
		rc = read_tries(env, place, before.number, &tries);
	if (rc == RC_FORMAT)
		rc = write_tries(env, place, 0, 0);
	if (rc == RC_OK && before.number == NUMBER_LAST) {
		sw = SW_CONDITIONS;
	} else if (rc == RC_OK) {
		memcpy(bytes, block, PIN_BLOCK);
		put_be24(bytes + PIN_BLOCK, before.number + 1);
		rc = nv_part_stage(&env->part, place->offset, bytes, sizeof bytes);
		sw = rc == RC_OK ? SW_OK : SW_MEMORY;
	}
	mem_wipe(bytes, sizeof bytes);
	mem_wipe(&before, sizeof before);
	return sw;
}

uint16_t
pin_set(const struct card_env *env, const struct pin_place *place, const uint8_t *pin, uint8_t len)
{
	uint8_t block[PIN_BLOCK];
	uint16_t sw = SW_DATA;

	if (make_block(pin, len, block) && ca_pin_is_fit(pin, len))
		sw = stage(env, place, block);
	mem_wipe(block, sizeof block);
	return sw;
}

uint8_t
pin_tries_left(struct card_env *env, const struct pin_place *place)
{
	struct stored stored;
	uint32_t tries = 0;
	enum rc rc = read_stored(env, place, &stored);

	if (rc == RC_OK)
		rc = read_tries(env, place, stored.number, &tries);
	/* No PIN has no tries. */
	if (rc != RC_OK || tries > PIN_TRIES || stored.block[0] == 0)
		tries = 0;
	mem_wipe(&stored, sizeof stored);
	return (uint8_t)tries;
}
