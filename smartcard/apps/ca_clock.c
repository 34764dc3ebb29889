// SPDX-License-Identifier: GPL-3.0-or-later
/* The operator's clock on the card. */
#include "apps/ca_clock.h"

#include "base/bytes.h"
#include "base/mem.h"

static enum rc
read_stored(const struct card_env *env, uint32_t *clock, uint32_t *signed_time)
{
	uint8_t raw[8];
	enum rc rc = nv_part_read(&env->part, CA_AT_CLOCK, raw, sizeof raw);

	if (rc == RC_OK) {
		*clock = get_be32(raw);
		*signed_time = get_be32(raw + 4);
	}
	return rc;
}

static enum rc
load(const struct card_env *env, struct ca_ram **out)
{
	struct ca_ram *ram = ca_ram(env);
	enum rc rc = RC_OK;

	if (!ram->clock_loaded)
		rc = read_stored(env, &ram->clock, &ram->signed_time);
	ram->clock_loaded = rc == RC_OK;
	*out = ram;
	return rc;
}

enum rc
ca_clock_now(const struct card_env *env, uint32_t *now)
{
	struct ca_ram *ram;
	enum rc rc = load(env, &ram);

	if (rc == RC_OK)
		*now = ram->clock;
	return rc;
}

enum rc
ca_clock_signed_time(const struct card_env *env, uint32_t *signed_time)
{
	struct ca_ram *ram;
	enum rc rc = load(env, &ram);

	if (rc == RC_OK)
		*signed_time = ram->signed_time;
	return rc;
}

enum rc
ca_clock_stage(const struct card_env *env)
{
	struct ca_ram *ram;
	uint8_t raw[8];
	enum rc rc = load(env, &ram);

	if (rc != RC_OK)
		return rc;
	put_be32(raw, ram->clock);
	put_be32(raw + 4, ram->signed_time);
	return ca_stage_changed(env, CA_AT_CLOCK, raw, sizeof raw);
}

/* Stages when one of the two has moved six hours past what is stored. */
static enum rc
stage_if_due(const struct card_env *env, const struct ca_ram *ram)
{
	uint32_t clock, signed_time;
	enum rc rc = read_stored(env, &clock, &signed_time);

	if (rc != RC_OK)
		return rc;
	if ((ram->clock > clock && ram->clock - clock >= CA_CLOCK_STORE_S) ||
	    (ram->signed_time > signed_time && ram->signed_time - signed_time >= CA_CLOCK_STORE_S))
		return ca_clock_stage(env);
	return RC_OK;
}

enum rc
ca_clock_judge(const struct card_env *env, const struct ecm *ecm, enum ca_freshness *freshness,
	       uint32_t *moment)
{
	uint32_t two_periods = (uint32_t)ecm->period_100ms * 2U / 10U;
	struct ca_ram *ram;
	enum rc rc = load(env, &ram);

	if (rc != RC_OK)
		return rc;
	if (ecm->time > ram->signed_time && ecm->time - ram->signed_time > CA_CLOCK_LEAD_S) {
		*freshness = CA_AHEAD;
		*moment = ram->clock;
		return RC_OK;
	}
	if (ecm->time < ram->clock && ram->clock - ecm->time > two_periods) {
		*freshness = CA_OLD;
		*moment = ram->clock;
		return RC_OK;
	}
	if (ecm->time > ram->clock)
		ram->clock = ecm->time;
	if (ecm->period != ram->verify_period) {
		ram->verify_period = ecm->period;
		ram->verifications = 0;
	}
	*freshness = CA_FRESH;
	*moment = ecm->time;
	return stage_if_due(env, ram);
}

enum rc
ca_clock_advance(const struct card_env *env, uint32_t now, bool *moved)
{
	struct ca_ram *ram;
	enum rc rc = load(env, &ram);

	if (rc != RC_OK)
		return rc;
	*moved = now > ram->signed_time;
	if (!*moved)
		return RC_OK;
	ram->signed_time = now;
	if (now > ram->clock)
		ram->clock = now;
	return stage_if_due(env, ram);
}

/* The sequence of global EMMs runs with the clock: it begins anew, or no time would be new again.
 */
enum rc
ca_clock_set(const struct card_env *env, uint32_t now)
{
	static const uint8_t none[8];
	struct ca_ram *ram;
	enum rc rc = load(env, &ram);

	if (rc != RC_OK)
		return rc;
	ram->clock = now;
	ram->signed_time = now;
	ram->global_sequence = 0;
	ram->global_parts = 0;
	mem_wipe(ram->seen, sizeof ram->seen);
	rc = ca_clock_stage(env);
	return rc == RC_OK ? ca_stage_changed(env, CA_AT_EMM + 8, none, sizeof none) : rc;
}
