// SPDX-License-Identifier: GPL-3.0-or-later
/* Pay-per-time sessions: a place for each event, with a bit for each slice of its grid. */
#include "apps/ca_ppt.h"

#include "apps/ca_clock.h"
#include "apps/ca_slice.h"
#include "base/mem.h"

#define SESSION_REST_S 600U /* no ECM is fresh for longer */

static bool
has_paid(const struct ca_ppt *s, uint32_t time)
{
	uint32_t index = ca_ppt_index(s, time);

	return index < CA_SESSION_SLICES && (s->paid[index / 8] & (1U << (index % 8))) != 0;
}

static bool
has_terms(const struct ca_ppt *s, const struct ecm_slice *slice)
{
	return s->slot == slice->slot && s->price == slice->price && s->seconds == slice->seconds &&
	       memcmp(s->unit, slice->unit, UNIT_SIZE) == 0;
}

static bool
is_for_sale(const struct ca_slice_view *v)
{
	return v->fresh && !(v->slice->flags & OFFER_NOT_NOW) && v->time < v->slice->event_end;
}

static void
tell(const struct ca_ppt *s, struct ca_answer *a)
{
	a->has_session = true;
	a->session.record = s->record;
	a->session.spent = s->spent;
	a->session.ceiling = s->ceiling;
	a->session.slices = s->slices;
}

static void
open_by(const struct ca_ppt *s, uint32_t time, struct ca_answer *a)
{
	a->opened_by = OPENED_BY_SLICE;
	a->opened_id = s->event_id;
	a->right_end = s->grid + (ca_ppt_index(s, time) + 1) * s->seconds;
	tell(s, a);
}

/* Pays for the slice at v->time, which is not paid yet. */
static enum rc
pay(const struct card_env *env, unsigned int place, struct ca_ppt *s, const struct ca_slice_view *v,
    struct ca_answer *a, enum ca_outcome *outcome)
{
	uint32_t index = ca_ppt_index(s, v->time);
	enum rc rc;

	*outcome = OUTCOME_OFFER;
	if (index >= CA_SESSION_SLICES)
		return RC_OK;
	*outcome = OUTCOME_OLD;
	if (index < s->count)
		return RC_OK;
	*outcome = OUTCOME_CEILING;
	if (s->price > s->ceiling || s->spent > s->ceiling - s->price) {
		tell(s, a);
		return RC_OK;
	}
	rc = ca_slice_charge(env, s, v, a, outcome);
	if (rc != RC_OK || *outcome != OUTCOME_OPEN)
		return rc;
	s->paid[index / 8] |= (uint8_t)(1U << (index % 8));
	s->count = (uint16_t)(index + 1);
	s->slices++;
	s->spent += s->price;
	rc = ca_ppt_stage(env, place, s);
	if (rc == RC_OK)
		rc = ca_clock_stage(env);
	open_by(s, v->time, a);
	a->session.charged = true;
	return rc;
}

enum rc
ca_ppt_open(const struct card_env *env, const struct ca_slice_view *v, struct ca_answer *a,
	    enum ca_outcome *outcome)
{
	struct ca_ppt s;
	unsigned int place = 0;
	enum rc rc = ca_ppt_find(env, v->slice->event_id, &place, &s);

	*outcome = v->fresh ? OUTCOME_OFFER : OUTCOME_OLD;
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK)
		return rc;
	if (has_paid(&s, v->time)) {
		*outcome = OUTCOME_OPEN;
		open_by(&s, v->time, a);
		return RC_OK;
	}
	if ((s.flags & SESSION_STOPPED) || !has_terms(&s, v->slice) || !is_for_sale(v))
		return RC_OK;
	return pay(env, place, &s, v, a, outcome);
}

/* The end of the newest slice paid. */
static uint32_t
paid_until(const struct ca_ppt *s)
{
	return s->grid + s->count * (uint32_t)s->seconds;
}

/* A free place, else that of a session whose slices are all over; of those the oldest. RC_SPACE. */
static enum rc
find_room(const struct card_env *env, uint32_t now, unsigned int *place)
{
	uint32_t oldest = UINT32_MAX;
	struct ca_ppt s;

	for (unsigned int i = 0; i < CA_SESSIONS_MAX; i++) {
		enum rc rc = ca_ppt_load(env, i, &s);

		if (rc != RC_OK)
			return rc;
		if (!(s.flags & SESSION_USED)) {
			*place = i;
			return RC_OK;
		}
		if (paid_until(&s) < oldest) {
			oldest = paid_until(&s);
			*place = i;
		}
	}
	return oldest < now && now - oldest >= SESSION_REST_S ? RC_OK : RC_SPACE;
}

static void
begin(const struct ca_slice_view *v, struct ca_ppt *s)
{
	*s = (struct ca_ppt) { .event_id = v->slice->event_id,
			       .grid = v->time,
			       .price = v->slice->price,
			       .event_end = v->slice->event_end,
			       .service_id = v->service_id,
			       .seconds = v->slice->seconds,
			       .slot = v->slice->slot,
			       .flags = SESSION_USED };
	memcpy(s->unit, v->slice->unit, UNIT_SIZE);
}

/* The session of before in new terms, or past its grid. */
static void
begin_again(const struct ca_slice_view *v, struct ca_ppt *s, enum ca_outcome *outcome)
{
	if (has_paid(s, v->time))
		*outcome = OUTCOME_OWNED;
	else if (v->time < paid_until(s))
		*outcome = OUTCOME_OLD;
	else
		begin(v, s);
}

/* The session of before, in the same terms and on the same grid. */
static void
take_up(struct ca_ppt *s)
{
	if (!(s->flags & SESSION_STOPPED))
		return;
	s->flags &= (uint8_t)~SESSION_STOPPED;
	s->record = 0;
	s->spent = 0;
	s->slices = 0;
}

/* Stages the session as agreed: its slice is paid already. */
static enum rc
keep(const struct card_env *env, unsigned int place, const struct ca_ppt *s,
     const struct ca_slice_view *v, struct ca_answer *a)
{
	enum rc rc = ca_ppt_stage(env, place, s);

	open_by(s, v->time, a);
	return rc;
}

enum rc
ca_ppt_agree(const struct card_env *env, const struct ca_slice_view *v, uint32_t ceiling,
	     struct ca_answer *a, enum ca_outcome *outcome)
{
	struct ca_ppt s;
	unsigned int place = 0;
	enum rc rc = ca_ppt_find(env, v->slice->event_id, &place, &s);
	bool known = rc == RC_OK;

	*outcome = OUTCOME_WINDOW;
	if (!is_for_sale(v))
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	*outcome = OUTCOME_RECORDS_FULL;
	if (rc == RC_NOT_FOUND)
		rc = find_room(env, v->now, &place);
	if (rc != RC_OK)
		return rc == RC_SPACE ? RC_OK : rc;
	*outcome = OUTCOME_OPEN;
	if (!known)
		begin(v, &s);
	else if (!has_terms(&s, v->slice) || ca_ppt_index(&s, v->time) >= CA_SESSION_SLICES)
		begin_again(v, &s, outcome);
	else
		take_up(&s);
	if (*outcome != OUTCOME_OPEN)
		return RC_OK;
	s.ceiling = ceiling;
	if (has_paid(&s, v->time))
		return keep(env, place, &s, v, a);
	return pay(env, place, &s, v, a, outcome);
}

enum rc
ca_ppt_stop(const struct card_env *env, uint32_t event_id, struct ca_answer *a)
{
	struct ca_ppt s;
	unsigned int place = 0;
	enum rc rc = ca_ppt_find(env, event_id, &place, &s);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK)
		return rc;
	tell(&s, a);
	if (s.flags & SESSION_STOPPED)
		return RC_OK;
	s.flags |= SESSION_STOPPED;
	return ca_ppt_stage(env, place, &s);
}
