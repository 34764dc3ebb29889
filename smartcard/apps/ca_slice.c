// SPDX-License-Identifier: GPL-3.0-or-later
/* A session ↔ its place in memory, and what a slice costs: the debit and the session's record. */
#include "apps/ca_slice.h"

#include "apps/ca_debit.h"
#include "apps/ca_record.h"
#include "base/bytes.h"
#include "base/mem.h"

#define HEAD_SIZE 64U /* fields; the bits of the slices behind them */

static uint32_t
place_at(unsigned int place)
{
	return CA_AT_SESSIONS + place * CA_SESSION_SIZE;
}

enum rc
ca_ppt_load(const struct card_env *env, unsigned int place, struct ca_ppt *s)
{
	uint8_t raw[HEAD_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc = nv_part_read(&env->part, place_at(place), raw, sizeof raw);

	if (rc != RC_OK)
		return rc;
	s->event_id = read_be32(&r);
	s->record = read_be32(&r);
	s->grid = read_be32(&r);
	s->price = read_be32(&r);
	s->ceiling = read_be32(&r);
	s->spent = read_be32(&r);
	s->event_end = read_be32(&r);
	s->service_id = read_be16(&r);
	s->seconds = read_be16(&r);
	s->slices = read_be16(&r);
	s->count = read_be16(&r);
	s->slot = read_u8(&r);
	read_bytes(&r, s->unit, UNIT_SIZE);
	s->flags = read_u8(&r);
	return nv_part_read(&env->part, place_at(place) + HEAD_SIZE, s->paid, sizeof s->paid);
}

enum rc
ca_ppt_stage(const struct card_env *env, unsigned int place, const struct ca_ppt *s)
{
	uint8_t raw[HEAD_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);
	enum rc rc;

	write_be32(&w, s->event_id);
	write_be32(&w, s->record);
	write_be32(&w, s->grid);
	write_be32(&w, s->price);
	write_be32(&w, s->ceiling);
	write_be32(&w, s->spent);
	write_be32(&w, s->event_end);
	write_be16(&w, s->service_id);
	write_be16(&w, s->seconds);
	write_be16(&w, s->slices);
	write_be16(&w, s->count);
	write_u8(&w, s->slot);
	write_bytes(&w, s->unit, UNIT_SIZE);
	write_u8(&w, s->flags);
	rc = ca_stage_changed(env, place_at(place), raw, sizeof raw);
	if (rc == RC_OK)
		rc = ca_stage_changed(env, place_at(place) + HEAD_SIZE, s->paid, sizeof s->paid);
	return rc;
}

enum rc
ca_ppt_find(const struct card_env *env, uint32_t event_id, unsigned int *place, struct ca_ppt *s)
{
	for (unsigned int i = 0; i < CA_SESSIONS_MAX; i++) {
		enum rc rc = ca_ppt_load(env, i, s);

		if (rc != RC_OK)
			return rc;
		if ((s->flags & SESSION_USED) && s->event_id == event_id) {
			*place = i;
			return RC_OK;
		}
	}
	return RC_NOT_FOUND;
}

uint32_t
ca_ppt_index(const struct ca_ppt *s, uint32_t time)
{
	return time < s->grid || s->seconds == 0 ? UINT32_MAX : (time - s->grid) / s->seconds;
}

static void
new_record(const struct ca_ppt *s, const struct ca_slice_view *v, uint16_t operator_id,
	   const struct ca_journal *j, struct record *r)
{
	*r = (struct record) { .sequence = j->head + 1,
			       .type = RECORD_SLICE,
			       .operator_id = operator_id,
			       .event_id = s->event_id,
			       .service_id = s->service_id,
			       .slot = s->slot };
	memcpy(r->unit, s->unit, UNIT_SIZE);
	if (v->slice->flags & OFFER_NO_CALLBACK)
		r->flags |= RECORD_NO_CALLBACK;
}

/* The record that this slice belongs to, with its price in it. RC_SPACE: the store is full. */
static enum rc
make_record(const struct card_env *env, const struct ca_ppt *s, const struct ca_slice_view *v,
	    struct ca_journal *j, struct record *r, bool *grows)
{
	struct ca_identity id;
	enum rc rc = ca_identity_load(env, &id);

	*grows = false;
	if (rc == RC_OK)
		rc = ca_journal_load(env, j);
	if (rc == RC_OK && s->record != 0 && s->record == j->head) {
		rc = ca_journal_session(env, j, r);
		*grows = rc == RC_OK && r->price <= UINT32_MAX - s->price;
		rc = rc == RC_NOT_FOUND ? RC_OK : rc;
	}
	if (rc == RC_OK && !*grows) {
		rc = ca_journal_reserve(env, j);
		new_record(s, v, id.operator_id, j, r);
	}
	if (rc != RC_OK)
		return rc;
	r->price += s->price;
	r->count++;
	r->time = v->time;
	return RC_OK;
}

enum rc
ca_slice_charge(const struct card_env *env, struct ca_ppt *s, const struct ca_slice_view *v,
		struct ca_answer *a, enum ca_outcome *outcome)
{
	struct ca_journal j;
	struct record r;
	bool grows;
	enum rc rc = make_record(env, s, v, &j, &r, &grows);

	*outcome = OUTCOME_RECORDS_FULL;
	if (rc != RC_OK)
		return rc == RC_SPACE ? RC_OK : rc;
	rc = ca_debit(env, &r, s->price, outcome);
	if (rc != RC_OK || *outcome != OUTCOME_OPEN) {
		if (*outcome == OUTCOME_BALANCE_LOW)
			ca_answer_balance(env, s->slot, a);
		return rc;
	}
	s->record = r.sequence;
	rc = grows ? ca_journal_grow(env, &j, &r) : ca_journal_append(env, &j, &r);
	ca_answer_receipt(a, &r);
	ca_answer_balance(env, s->slot, a);
	return rc;
}
