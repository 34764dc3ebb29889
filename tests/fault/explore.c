// SPDX-License-Identifier: GPL-3.0-or-later
/* Visits every state that the model can get into, within a bound, checks what must hold in each,
 * and lets the real card take every step that it has a part in: once for each state of the card and
 * each command or cut. explore [--events N] [--topups N] [--emms N] */
#include "explore_card.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Open addressing over items of one size, in the order in which they came. */
struct table {
	size_t size; /* bytes of an item */
	uint8_t *items;
	uint32_t count, room;
	uint32_t *slots; /* 1 + item, 0 free */
	uint32_t slot_count;
};

struct explorer {
	struct model_bound bound;
	struct table states;         /* struct model */
	struct table cards;          /* struct model_card */
	struct table steps;          /* struct step: driven already */
	struct snapshot **snapshots; /* by card */
	uint32_t snapshot_room;
	unsigned long edges, runs;
};

/* What a step of the card depends on. */
struct step {
	uint32_t card;
	uint8_t act, which, topups, ack;
};

static void *
must(void *p)
{
	if (!p) {
		fprintf(stderr, "explore: no memory\n");
		exit(EXIT_FAILURE);
	}
	return p;
}

static uint32_t
hash(const uint8_t *p, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619U;
	return h ^ h >> 15;
}

static void
place(struct table *t, uint32_t item)
{
	uint32_t at = hash(t->items + item * t->size, t->size) & (t->slot_count - 1);

	while (t->slots[at] != 0)
		at = (at + 1) & (t->slot_count - 1);
	t->slots[at] = item + 1;
}

static void
grow(struct table *t)
{
	t->room = t->room == 0 ? 1024 : 2 * t->room;
	t->items = must(realloc(t->items, t->room * t->size));
	t->slot_count = 4 * t->room;
	free(t->slots);
	t->slots = must(calloc(t->slot_count, sizeof *t->slots));
	for (uint32_t i = 0; i < t->count; i++)
		place(t, i);
}

/* The item's number; *fresh when it was not there. */
static uint32_t
enter(struct table *t, const void *item, bool *fresh)
{
	uint32_t at;

	if (t->count == t->room)
		grow(t);
	at = hash(item, t->size) & (t->slot_count - 1);
	for (; t->slots[at] != 0; at = (at + 1) & (t->slot_count - 1)) {
		if (memcmp(t->items + (t->slots[at] - 1) * t->size, item, t->size) == 0) {
			*fresh = false;
			return t->slots[at] - 1;
		}
	}
	memcpy(t->items + t->count * t->size, item, t->size);
	t->slots[at] = ++t->count;
	*fresh = true;
	return t->count - 1;
}

/* Keeps the snapshot if the card's state had none. */
static void
keep(struct explorer *x, uint32_t card, struct snapshot *s)
{
	while (card >= x->snapshot_room) {
		const uint32_t room = x->snapshot_room == 0 ? 1024 : 2 * x->snapshot_room;

		x->snapshots = must(realloc(x->snapshots, room * sizeof(struct snapshot *)));
		memset(x->snapshots + x->snapshot_room, 0,
		       (room - x->snapshot_room) * sizeof(struct snapshot *));
		x->snapshot_room = room;
	}
	if (x->snapshots[card])
		free(s);
	else
		x->snapshots[card] = s;
}

/* The real card takes the step, unless it has. */
static bool
drive(struct explorer *x, const struct model *m, struct model_action a,
      const struct model_next *next)
{
	struct step step = { .act = (uint8_t)a.act, .which = a.which };
	struct drive d;
	bool fresh, good;

	step.card = enter(&x->cards, &m->card, &fresh);
	if (a.act == ACT_EMM || a.act == ACT_EMM_CUT) {
		step.topups = m->emm[a.which - 1].topups;
		step.ack = m->emm[a.which - 1].ack;
	}
	(void)enter(&x->steps, &step, &fresh);
	if (!fresh)
		return true;
	explore_card_restore(x->snapshots[step.card]);
	good = explore_card_drive(m, a, next, &d);
	x->runs += d.runs;
	for (unsigned int i = 0; i < next->count; i++) {
		if (good && d.to[i])
			keep(x, enter(&x->cards, &next->to[i].card, &fresh), d.to[i]);
	}
	return good;
}

static bool
expand(struct explorer *x, uint32_t state)
{
	struct model m;
	struct model_next next;
	bool fresh;

	memcpy(&m, x->states.items + state * sizeof m, sizeof m);
	for (unsigned int act = 0; act < ACT_COUNT; act++) {
		for (uint8_t which = 0; which <= MODEL_EMMS_MAX; which++) {
			const struct model_action a = { (enum model_act)act, which };

			model_next(&m, &x->bound, a, &next);
			if (next.count == 0)
				continue;
			if (model_needs_card(a.act) && !drive(x, &m, a, &next))
				return false;
			for (unsigned int i = 0; i < next.count; i++)
				(void)enter(&x->states, &next.to[i], &fresh);
			x->edges += next.count;
		}
	}
	return true;
}

static bool
explore(struct explorer *x)
{
	struct model m;
	bool fresh;

	model_init(&m);
	(void)enter(&x->states, &m, &fresh);
	explore_card_begin();
	keep(x, enter(&x->cards, &m.card, &fresh), explore_card_save());
	for (uint32_t i = 0; i < x->states.count; i++) {
		const char *broken;

		memcpy(&m, x->states.items + i * sizeof m, sizeof m);
		broken = model_broken(&m);
		if (broken) {
			fprintf(stderr, "state %u: broken: %s\n", i, broken);
			return false;
		}
		if (!expand(x, i)) {
			fprintf(stderr, "state %u\n", i);
			return false;
		}
	}
	return true;
}

static void
release(struct explorer *x)
{
	struct table *const tables[] = { &x->states, &x->cards, &x->steps };

	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		free(tables[i]->items);
		free(tables[i]->slots);
	}
	for (uint32_t i = 0; i < x->snapshot_room; i++)
		free(x->snapshots[i]);
	free(x->snapshots);
}

static uint8_t
number(const char *text, unsigned long max)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	if (*end != '\0' || value < 1 || value > max) {
		fprintf(stderr, "explore: 1…%lu, not '%s'\n", max, text);
		exit(2);
	}
	return (uint8_t)value;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "events", required_argument, NULL, 'e' },
		{ "topups", required_argument, NULL, 't' },
		{ "emms", required_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	struct explorer x = { .bound = { 2, 2, 3 },
			      .states.size = sizeof(struct model),
			      .cards.size = sizeof(struct model_card),
			      .steps.size = sizeof(struct step) };
	bool good;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'e')
			x.bound.events = number(optarg, MODEL_EVENTS_MAX);
		else if (c == 't')
			x.bound.topups = number(optarg, MODEL_LOG_MAX - MODEL_EVENTS_MAX);
		else if (c == 'm')
			x.bound.emms = number(optarg, MODEL_EMMS_MAX);
		else
			return 2;
	}
	good = explore(&x);
	printf("%u events, %u top-ups, %u EMMs: %u states, %lu edges; the card: %u states, %u "
	       "steps, "
	       "%lu commands and cuts\n",
	       x.bound.events, x.bound.topups, x.bound.emms, x.states.count, x.edges, x.cards.count,
	       x.steps.count, x.runs);
	release(&x);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
