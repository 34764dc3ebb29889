// SPDX-License-Identifier: GPL-3.0-or-later
/* Control words by crypto period. The parity of a word is the low bit of its period's number
 * (FORMATS.md, "ECM"); an ECM carries the words of its own period and of the next. */
#include "watch/keyring.h"

#include "base/mem.h"

static void
drop(struct keyring_word *w)
{
	bool changed = w->changed || w->set;

	mem_wipe(w, sizeof *w);
	w->changed = changed;
}

void
keyring_wipe(struct keyring *k)
{
	for (unsigned int i = 0; i < KEY_SLOTS; i++)
		drop(&k->words[i]);
	k->running = false;
}

/* The packets are in that period now, whatever was before. */
static void
start_at(struct keyring *k, uint32_t period)
{
	keyring_wipe(k);
	k->running = true;
	k->current = period;
	k->since = KEYRING_GRACE;
	k->contrary = 0;
}

/* An ECM may come a little before its period begins, and the last one may be asked about again
 * after its period has ended. Anything else means another recording, or a gap: nothing of before is
 * good. */
static void
follow_ecm(struct keyring *k, uint32_t period)
{
	uint32_t ahead = period - k->current;

	if (!k->running || (period != k->asked && ahead > 1))
		start_at(k, period);
	k->asked = period;
}

static bool
is_zero(const uint8_t *cw, size_t size)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum |= cw[i];
	return sum == 0;
}

static void
put(struct keyring *k, uint32_t period, const uint8_t *cw)
{
	struct keyring_word *w = &k->words[period & 1U];

	if (is_zero(cw, k->cw_size))
		return;
	if (w->set && w->period == period && memcmp(w->cw, cw, k->cw_size) == 0)
		return;
	if (w->set && (w->period == k->current || w->period + 1 == k->current)) {
		drop(&k->words[KEY_LATE]);
		if (w->period != period) {
			k->words[KEY_LATE] = *w;
			k->words[KEY_LATE].changed = true;
		}
	}
	w->set = w->changed = true;
	w->period = period;
	memcpy(w->cw, cw, k->cw_size);
}

void
keyring_install(struct keyring *k, uint32_t period, uint8_t cw_size, const uint8_t even[ECM_CW_MAX],
		const uint8_t odd[ECM_CW_MAX])
{
	if (k->cw_size != cw_size)
		keyring_wipe(k);
	k->cw_size = cw_size;
	follow_ecm(k, period);
	put(k, period, period & 1U ? odd : even);
	put(k, period + 1, period & 1U ? even : odd);
}

void
keyring_refuse(struct keyring *k, uint32_t period)
{
	follow_ecm(k, period);
	for (unsigned int i = 0; i < KEY_SLOTS; i++) {
		if (k->words[i].set && (int32_t)(k->words[i].period - period) >= 0)
			drop(&k->words[i]);
	}
}

static bool
find(const struct keyring *k, uint32_t period, enum keyring_slot *slot)
{
	for (unsigned int i = 0; i < KEY_SLOTS; i++) {
		if (k->words[i].set && k->words[i].period == period) {
			*slot = (enum keyring_slot)i;
			return true;
		}
	}
	return false;
}

static void
advance(struct keyring *k)
{
	k->current++;
	k->since = 0;
	k->contrary = 0;
}

bool
keyring_choose(struct keyring *k, struct keyring_pid *pid, unsigned int parity,
	       enum keyring_slot *slot)
{
	uint32_t period = k->current;

	if (!k->running)
		return false;
	if (k->since < UINT32_MAX)
		k->since++;
	if ((k->current & 1U) == parity) {
		k->contrary = 0;
	} else if (k->since < KEYRING_GRACE && pid->seen && pid->period + 1 == k->current &&
		   k->asked != k->current + 1) {
		/* This PID has not arrived in the period yet; it will not when the next one's ECM
		 * has come, as in a period of few packets. */
		return find(k, k->current - 1, slot);
	} else {
		period = k->current + 1;
		if (++k->contrary >= KEYRING_CONFIRM)
			advance(k);
	}
	pid->seen = true;
	pid->period = period;
	return find(k, period, slot);
}

bool
keyring_take_change(struct keyring *k, enum keyring_slot slot)
{
	bool changed = k->words[slot].changed;

	k->words[slot].changed = false;
	return changed;
}
