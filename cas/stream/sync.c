// SPDX-License-Identifier: GPL-3.0-or-later
/* Resynchronisation (ISO/IEC 13818-1 2.4.3.3, annex G): a boundary is believed after three sync
 * bytes 188 apart; once locked, one more is enough, and where it is missing the packet counts as
 * cut short only if a chain of three starts inside it. */
#include "stream/sync.h"

#define SYNC 0x47
#define CHAIN 3U
#define OTHER_CHAIN 8U

/* What was carried over, followed by the caller's bytes. */
struct view {
	const struct ts_sync *s;
	const uint8_t *data;
	size_t total;
};

static uint8_t
view_at(const struct view *v, size_t k)
{
	return k < v->s->have ? v->s->carry[k] : v->data[k - v->s->have];
}

static bool
chain_at(const struct view *v, size_t k, size_t links)
{
	for (size_t i = 0; i < links; i++) {
		if (view_at(v, k + i * TS_SIZE) != SYNC)
			return false;
	}
	return true;
}

static void
drop(struct ts_sync *s, const uint8_t **data, size_t *len, size_t n)
{
	size_t carried = n < s->have ? n : s->have;

	s->have -= carried;
	memmove(s->carry, s->carry + carried, s->have);
	*data += n - carried;
	*len -= n - carried;
}

static const uint8_t *
take(struct ts_sync *s, const uint8_t **data, size_t *len)
{
	const uint8_t *packet = *data;

	s->packets++;
	if (s->have > 0) {
		size_t carried = s->have < TS_SIZE ? s->have : TS_SIZE;

		memcpy(s->packet, s->carry, carried);
		memcpy(s->packet + carried, *data, TS_SIZE - carried);
		packet = s->packet;
	}
	drop(s, data, len, TS_SIZE);
	return packet;
}

static const uint8_t *
stash(struct ts_sync *s, const uint8_t **data, size_t *len)
{
	memcpy(s->carry + s->have, *data, *len);
	s->have += *len;
	*data += *len;
	*len = 0;
	return NULL;
}

/* Unlocked: moves to the first chain. False: more bytes are needed. */
static bool
search(struct ts_sync *s, const uint8_t **data, size_t *len)
{
	struct view v = { s, *data, s->have + *len };
	size_t span = (CHAIN - 1) * TS_SIZE;
	size_t k = 0;

	while (k + span < v.total && !chain_at(&v, k, CHAIN))
		k++;
	s->locked = k + span < v.total;
	s->skipped += k;
	drop(s, data, len, k);
	return s->locked;
}

enum verdict { WHOLE, CUT_SHORT, LAST_BEFORE_GARBAGE, UNDECIDED };

/* Locked on a sync byte, 188 bytes are there: what follows? */
static enum verdict
judge(const struct view *v, size_t *length)
{
	size_t span = (CHAIN - 1) * TS_SIZE;

	if (v->total == TS_SIZE || view_at(v, TS_SIZE) == SYNC)
		return WHOLE;
	for (size_t k = 1; k < TS_SIZE && k + span < v->total; k++) {
		if (chain_at(v, k, CHAIN)) {
			*length = k;
			return CUT_SHORT;
		}
	}
	return v->total < TS_SIZE + span ? UNDECIDED : LAST_BEFORE_GARBAGE;
}

static void
lose(struct ts_sync *s)
{
	s->locked = false;
	s->resyncs++;
}

const uint8_t *
ts_sync_next(struct ts_sync *s, const uint8_t **data, size_t *len)
{
	for (;;) {
		struct view v = { s, *data, s->have + *len };
		size_t length = 0;

		if (!s->locked) {
			if (!search(s, data, len))
				return stash(s, data, len);
			continue;
		}
		if (v.total < TS_SIZE)
			return stash(s, data, len);
		if (view_at(&v, 0) != SYNC) {
			lose(s);
			continue;
		}
		switch (judge(&v, &length)) {
		case WHOLE:
			return take(s, data, len);
		case CUT_SHORT:
			s->resyncs++;
			s->skipped += length;
			drop(s, data, len, length);
			break;
		case LAST_BEFORE_GARBAGE:
			lose(s);
			return take(s, data, len);
		case UNDECIDED:
			return stash(s, data, len);
		}
	}
}

const uint8_t *
ts_sync_finish(struct ts_sync *s)
{
	const uint8_t *none = s->packet;
	size_t zero = 0;

	while (s->have >= TS_SIZE) {
		struct view v = { s, none, s->have };

		if (chain_at(&v, 0, (s->have - 1) / TS_SIZE + 1) ||
		    (s->locked && s->carry[0] == SYNC))
			return take(s, &none, &zero);
		s->skipped++;
		drop(s, &none, &zero, 1);
	}
	s->skipped += s->have;
	s->have = 0;
	return NULL;
}

void
ts_sync_init(struct ts_sync *s)
{
	memset(s, 0, sizeof *s);
}

size_t
ts_sync_other_size(const uint8_t *data, size_t len)
{
	static const uint8_t sizes[] = { 192, 204 };

	for (size_t i = 0; i < sizeof sizes; i++) {
		size_t size = sizes[i];

		for (size_t k = 0; k < size && k + (OTHER_CHAIN - 1) * size < len; k++) {
			size_t links = 0;

			while (links < OTHER_CHAIN && data[k + links * size] == SYNC)
				links++;
			if (links == OTHER_CHAIN)
				return size;
		}
	}
	return 0;
}
