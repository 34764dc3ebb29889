// SPDX-License-Identifier: GPL-3.0-or-later
/* PIN with a durable try counter (ISO 7816-4 11.5.6; payment invariants 9 and 10). */
#include "core/pin.h"

#include "base/mem.h"
#include "base/status_word.h"
#include "wire/ca_apdu.h"

#define PIN_BLOCK (1U + PIN_MAX)

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
read_tries(struct card_env *env, const struct pin_place *place, uint32_t *tries)
{
	return nv_cell_read(&env->part, place->cells, place->n_cells, place->cell, tries);
}

static enum rc
write_tries(struct card_env *env, const struct pin_place *place, uint32_t tries)
{
	return nv_cell_write(&env->part, place->cells, place->n_cells, place->cell, tries);
}

static uint16_t
compare(struct card_env *env, const struct pin_place *place, const uint8_t block[PIN_BLOCK],
	const uint8_t stored[PIN_BLOCK])
{
	uint32_t tries;

	if (stored[0] == 0)
		return SW_CONDITIONS;
	if (read_tries(env, place, &tries) != RC_OK)
		return SW_MEMORY;
	if (tries == 0 || tries > PIN_TRIES)
		return SW_BLOCKED;
	if (write_tries(env, place, tries - 1) != RC_OK)
		return SW_MEMORY;
	if (!mem_equal_ct(block, stored, PIN_BLOCK))
		return tries == 1 ? (uint16_t)SW_BLOCKED : SW_PIN_WRONG(tries - 1);
	return write_tries(env, place, PIN_TRIES) == RC_OK ? SW_OK : SW_MEMORY;
}

uint16_t
pin_verify(struct card_env *env, const struct pin_place *place, const uint8_t *pin, uint8_t len)
{
	uint8_t block[PIN_BLOCK], stored[PIN_BLOCK];
	uint16_t sw = SW_DATA;

	if (!make_block(pin, len, block))
		goto out;
	sw = SW_MEMORY;
	if (nv_part_read(&env->part, place->offset, stored, sizeof stored) != RC_OK)
		goto out;
	sw = compare(env, place, block, stored);
out:
	mem_wipe(block, sizeof block);
	mem_wipe(stored, sizeof stored);
	return sw;
}

uint16_t
pin_set(struct card_env *env, const struct pin_place *place, const uint8_t *pin, uint8_t len)
{
	uint8_t block[PIN_BLOCK];
	uint16_t sw = SW_DATA;

	if (make_block(pin, len, block) && ca_pin_is_fit(pin, len)) {
		sw = SW_MEMORY;
		if (nv_part_stage(&env->part, place->offset, block, sizeof block) == RC_OK &&
		    write_tries(env, place, PIN_TRIES) == RC_OK)
			sw = SW_OK;
	}
	mem_wipe(block, sizeof block);
	return sw;
}

uint8_t
pin_tries_left(struct card_env *env, const struct pin_place *place)
{
	uint32_t tries;

	if (read_tries(env, place, &tries) != RC_OK || tries > PIN_TRIES)
		return 0;
	return (uint8_t)tries;
}
