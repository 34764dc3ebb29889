// SPDX-License-Identifier: GPL-3.0-or-later
/* Offers seen, in RAM only: what an ECM says is never persistent except the charge. */
#include "apps/ca_seen.h"

#include "base/mem.h"

static struct ca_seen *
find(struct ca_ram *ram, uint16_t service_id)
{
	for (unsigned int i = 0; i < CA_SEEN_MAX; i++) {
		if (ram->seen[i].used && ram->seen[i].service_id == service_id)
			return &ram->seen[i];
	}
	return NULL;
}

/* A free place, else the one replaced next. */
static struct ca_seen *
make_place(struct ca_ram *ram)
{
	struct ca_seen *place;

	for (unsigned int i = 0; i < CA_SEEN_MAX; i++) {
		if (!ram->seen[i].used)
			return &ram->seen[i];
	}
	place = &ram->seen[ram->next_seen];
	ram->next_seen = (uint8_t)((ram->next_seen + 1U) % CA_SEEN_MAX);
	return place;
}

void
ca_seen_remember(const struct card_env *env, const struct ecm *ecm)
{
	struct ca_seen *seen = find(ca_ram(env), ecm->service_id);

	if (seen && seen->time > ecm->time)
		return;
	if (!ecm->criteria.has_offer && !ecm->criteria.has_next_offer && !ecm->criteria.has_slice) {
		if (seen)
			mem_wipe(seen, sizeof *seen);
		return;
	}
	if (!seen)
		seen = make_place(ca_ram(env));
	seen->used = true;
	seen->recording = ecm->criteria.recording;
	seen->cw_size = ecm->cw_size;
	seen->service_id = ecm->service_id;
	seen->time = ecm->time;
	seen->fresh_s = (uint32_t)ecm->period_100ms * 2U / 10U;
	seen->has_offer = ecm->criteria.has_offer;
	seen->offer = ecm->criteria.offer;
	seen->has_next_offer = ecm->criteria.has_next_offer;
	seen->next_offer = ecm->criteria.next_offer;
	seen->has_slice = ecm->criteria.has_slice;
	seen->slice = ecm->criteria.slice;
	memcpy(seen->cw_even, ecm->cw_even, sizeof seen->cw_even);
	memcpy(seen->cw_odd, ecm->cw_odd, sizeof seen->cw_odd);
}

void
ca_seen_forget(const struct card_env *env, uint16_t service_id)
{
	struct ca_seen *seen = find(ca_ram(env), service_id);

	if (seen)
		mem_wipe(seen, sizeof *seen);
}

const struct ca_seen *
ca_seen_find(const struct card_env *env, uint16_t service_id, uint32_t now)
{
	struct ca_seen *seen = find(ca_ram(env), service_id);

	if (!seen || (now > seen->time && now - seen->time > seen->fresh_s))
		return NULL;
	return seen;
}

bool
ca_offer_is_on(const struct ecm_offer *offer, uint32_t moment)
{
	return !(offer->flags & OFFER_NOT_NOW) && moment >= offer->window_start &&
	       moment < offer->window_end && moment < offer->event_end;
}

bool
ca_slice_is_on(const struct ecm_slice *slice, uint32_t moment)
{
	return !(slice->flags & OFFER_NOT_NOW) && moment < slice->event_end;
}
