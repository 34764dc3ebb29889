// SPDX-License-Identifier: GPL-3.0-or-later
/* The preview counters. A unit is written off before it is shown, so that no power cut gives a
 * second look at it. */
#include "apps/ca_preview.h"

#include "apps/ca_clock.h"
#include "base/bytes.h"
#include "base/mem.h"

struct preview_entry {
	uint32_t id;
	uint32_t from, until; /* the unit written off last */
	uint16_t seconds, periods;
	uint8_t starts;
	bool used;
};

static enum rc
load(const struct card_env *env, unsigned int place, struct preview_entry *e)
{
	uint8_t raw[CA_PREVIEW_SIZE] = { 0 };
	struct reader r = reader_over(raw, sizeof raw);
	enum rc rc =
		nv_part_read(&env->part, CA_AT_PREVIEWS + place * CA_PREVIEW_SIZE, raw, sizeof raw);

	if (rc != RC_OK)
		return rc;
	e->id = read_be32(&r);
	e->from = read_be32(&r);
	e->until = read_be32(&r);
	e->seconds = read_be16(&r);
	e->periods = read_be16(&r);
	e->starts = read_u8(&r);
	e->used = read_u8(&r) != 0;
	return RC_OK;
}

static enum rc
stage(const struct card_env *env, unsigned int place, const struct preview_entry *e)
{
	uint8_t raw[CA_PREVIEW_SIZE] = { 0 };
	struct writer w = writer_over(raw, sizeof raw);

	write_be32(&w, e->id);
	write_be32(&w, e->from);
	write_be32(&w, e->until);
	write_be16(&w, e->seconds);
	write_be16(&w, e->periods);
	write_u8(&w, e->starts);
	write_u8(&w, e->used ? 1 : 0);
	return ca_stage_changed(env, CA_AT_PREVIEWS + place * CA_PREVIEW_SIZE, raw, sizeof raw);
}

/* The id's place; else a free one, or the one that was shown longest ago, if that is long enough.
 * RC_SPACE. */
static enum rc
find(const struct card_env *env, uint32_t id, uint32_t time, unsigned int *place,
     struct preview_entry *e)
{
	uint32_t oldest = UINT32_MAX;
	bool is_free = false;

	for (unsigned int i = 0; i < CA_PREVIEWS_MAX; i++) {
		enum rc rc = load(env, i, e);

		if (rc != RC_OK)
			return rc;
		if (e->used && e->id == id) {
			*place = i;
			return RC_OK;
		}
		if (!is_free && (!e->used || e->until < oldest)) {
			is_free = !e->used;
			oldest = e->until;
			*place = i;
		}
	}
	memset(e, 0, sizeof *e);
	e->id = id;
	if (!is_free && (time < oldest || time - oldest < CA_PREVIEW_KEEP_S))
		return RC_SPACE;
	return RC_OK;
}

static uint16_t
left(uint16_t limit, uint16_t used)
{
	return limit > used ? (uint16_t)(limit - used) : 0;
}

static void
tell(const struct ecm_preview *p, const struct preview_entry *e, struct ca_answer *a)
{
	a->has_preview = true;
	a->preview.seconds = p->seconds ? left(p->seconds, e->seconds) : PREVIEW_NO_LIMIT;
	a->preview.periods = p->periods ? left(p->periods, e->periods) : PREVIEW_NO_LIMIT;
	a->preview.starts =
		p->starts ? (uint8_t)left(p->starts, e->starts) : PREVIEW_NO_STARTS_LIMIT;
}

static uint16_t
add_up(uint16_t a, uint32_t b)
{
	return b > UINT16_MAX - (uint32_t)a ? UINT16_MAX : (uint16_t)(a + b);
}

/* Length of the next unit and the crypto periods in it, as far as they are left; 0: none. */
static uint32_t
next_unit(const struct ecm *ecm, const struct preview_entry *e, uint32_t *periods)
{
	const struct ecm_preview *p = &ecm->criteria.preview;
	uint32_t period_100ms = ecm->period_100ms > 0 ? ecm->period_100ms : 1;
	uint32_t seconds = p->unit_s;

	if (p->seconds > 0 && left(p->seconds, e->seconds) < seconds)
		seconds = left(p->seconds, e->seconds);
	*periods = (seconds * 10U + period_100ms - 1) / period_100ms;
	if (p->periods > 0 && left(p->periods, e->periods) < *periods) {
		*periods = left(p->periods, e->periods);
		seconds = *periods * period_100ms / 10U;
	}
	return seconds;
}

/* Begins the next unit at the ECM's time; false: used up. */
static bool
write_off(const struct ecm *ecm, struct preview_entry *e)
{
	const struct ecm_preview *p = &ecm->criteria.preview;
	uint32_t gap = (uint32_t)ecm->period_100ms * 2U / 10U, periods;
	uint32_t seconds = next_unit(ecm, e, &periods);
	bool starts = !e->used || ecm->time - e->until > gap;

	if (seconds == 0 || (starts && p->starts > 0 && e->starts >= p->starts))
		return false;
	if (starts && e->starts < UINT8_MAX)
		e->starts++;
	e->used = true;
	e->seconds = add_up(e->seconds, seconds);
	e->periods = add_up(e->periods, periods);
	e->from = ecm->time;
	e->until = ecm->time + seconds;
	return true;
}

enum rc
ca_preview_open(const struct card_env *env, const struct ecm *ecm, struct ca_answer *a, bool *open,
		bool *over)
{
	struct preview_entry e;
	unsigned int place = 0;
	enum rc rc = find(env, ecm->criteria.preview.id, ecm->time, &place, &e);

	*open = false;
	*over = true;
	if (rc != RC_OK)
		return rc == RC_SPACE ? RC_OK : rc;
	if (e.used && ecm->time < e.from) /* from before the unit: shown once */
		return RC_OK;
	*open = e.used && ecm->time < e.until;
	if (!*open && write_off(ecm, &e)) {
		rc = stage(env, place, &e);
		if (rc == RC_OK)
			rc = ca_clock_stage(env);
		*open = rc == RC_OK;
	}
	*over = !*open;
	tell(&ecm->criteria.preview, &e, a);
	if (*open) {
		a->opened_by = OPENED_BY_PREVIEW;
		a->opened_id = e.id;
		a->right_end = e.until;
	}
	return rc;
}
