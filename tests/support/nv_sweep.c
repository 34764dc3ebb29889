// SPDX-License-Identifier: GPL-3.0-or-later
/* The engine: cuts at every write, again in the recovery, then the transaction once more. */
#include "nv_sweep.h"

#include "base/status_word.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define RECOVERY_WRITES_MAX 400

static const struct card_fixture *
original(enum sweep_start start)
{
	static struct card_fixture unsecured, paired_unsecured, laboratory, paired;

	switch (start) {
	case START_UNSECURED:
		if (unsecured.port.app_count == 0)
			fix_init_unsecured(&unsecured);
		return &unsecured;
	case START_PAIRED_UNSECURED:
		if (paired_unsecured.port.app_count == 0)
			fix_init_paired_unsecured(&paired_unsecured, 1);
		return &paired_unsecured;
	case START_LABORATORY:
		if (laboratory.port.app_count == 0)
			fix_init(&laboratory);
		return &laboratory;
	case START_PAIRED:
		if (paired.port.app_count == 0)
			fix_init_paired(&paired, 1);
		return &paired;
	}
	return NULL;
}

/* Power back; the CA application may be deleted, so nothing is selected. */
static void
power_up(struct sweep *s)
{
	nv_ram_power_up(&s->f.nv);
	MUST(card_reset(&s->f.card, &s->f.port) == RC_OK);
}

void
sweep_load(struct sweep *s, const uint8_t *bytes)
{
	memcpy(s->f.nv.bytes, bytes, CARD_NV_SIZE);
	power_up(s);
}

static void
lead_in(struct sweep *s)
{
	if (s->row->lead_in)
		s->row->lead_in(s);
	else if (s->row->app != VIEW_ISSUER)
		sweep_select(s, s->row->app);
}

static uint16_t
wanted(const struct sweep_row *row)
{
	return row->sw == 0 ? (uint16_t)SW_OK : row->sw;
}

void
sweep_begin(struct sweep *s, const struct sweep_row *row)
{
	memset(s, 0, sizeof *s);
	s->row = row;
	fix_copy_of(&s->f, original(row->start));
	if (row->prepare)
		row->prepare(s);
	memcpy(s->start, s->f.nv.bytes, CARD_NV_SIZE);
	sweep_load(s, s->start);
	card_view(&s->f, &s->before);
	lead_in(s);
}

/* What is there after a power-up, in m->now and m->recovered. */
static void
look(struct sweep_moment *m)
{
	struct sweep *s = m->s;

	power_up(s);
	card_view(&s->f, &m->now);
	memcpy(m->recovered, s->f.nv.bytes, CARD_NV_SIZE);
	m->is_old = view_homes_equal(&s->f, &m->now, s->start);
	m->is_new = view_homes_equal(&s->f, &m->now, s->done);
}

/* The recovery of m->torn is cut at each of its writes, and once more in the one after it; each
 * time the same state must come of it. */
static void
cut_recovery(struct sweep_moment *m, enum tear tear)
{
	struct sweep *s = m->s;
	struct card_view now;
	bool cut = true;

	for (int64_t n = 0; cut && n < RECOVERY_WRITES_MAX; n++) {
		memcpy(s->f.nv.bytes, m->torn, CARD_NV_SIZE);
		nv_ram_power_up(&s->f.nv);
		nv_ram_plan_cut(&s->f.nv, n, tear);
		(void)!card_reset(&s->f.card, &s->f.port);
		cut = s->f.nv.dead;
		if (!cut)
			break;
		nv_ram_power_up(&s->f.nv);
		nv_ram_plan_cut(&s->f.nv, n / 2, tear);
		(void)!card_reset(&s->f.card, &s->f.port);
		power_up(s);
		card_view(&s->f, &now);
		CHECK(view_homes_equal(&s->f, &now, s->start) == m->is_old);
		CHECK(view_homes_equal(&s->f, &now, s->done) == m->is_new);
	}
	CHECK(!cut);
}

static void
redo(struct sweep *s)
{
	if (s->row->redo)
		s->row->redo(s);
	else
		CHECK(s->row->act(s).sw == wanted(s->row));
}

/* Also what belongs to deleted entries: nothing of them is left. */
static bool
is_done_completely(const struct sweep_moment *m)
{
	struct card_view v = m->now;

	memset(v.entries, 0, sizeof v.entries);
	return view_homes_equal(&m->s->f, &v, m->s->done);
}

static void
cut_once(struct sweep *s, uint32_t write, enum tear tear, void (*check)(struct sweep_moment *m))
{
	static struct sweep_moment m;

	memset(&m, 0, sizeof m);
	m.s = s;
	m.before = &s->before;
	m.after = &s->after;
	sweep_load(s, s->start);
	lead_in(s);
	nv_ram_plan_cut(&s->f.nv, write, tear);
	m.answer = s->row->act(s);
	CHECK(s->f.nv.dead);
	memcpy(m.command, s->f.last, s->f.last_len);
	m.command_len = s->f.last_len;
	memcpy(m.torn, s->f.nv.bytes, CARD_NV_SIZE);
	look(&m);
	check(&m);
	for (unsigned int t = 0; t < TEAR_COUNT; t++)
		cut_recovery(&m, (enum tear)t);
	sweep_load(s, m.recovered);
	lead_in(s);
	redo(s);
	look(&m);
	CHECK(m.is_new);
	CHECK(is_done_completely(&m));
	m.answer = (struct sweep_answer) { .sw = wanted(s->row) };
	check(&m);
}

unsigned int
sweep_run(struct sweep *s, const struct sweep_row *row, void (*check)(struct sweep_moment *m))
{
	uint32_t writes;

	test_row(row->name);
	sweep_begin(s, row);
	s->f.nv.page_writes = 0;
	CHECK(row->act(s).sw == wanted(row));
	writes = s->f.nv.page_writes;
	memcpy(s->done, s->f.nv.bytes, CARD_NV_SIZE);
	power_up(s);
	card_view(&s->f, &s->after);
	CHECK(writes > 0);
	CHECK(((row->flags & ROW_CELLS) != 0) == view_homes_equal(&s->f, &s->after, s->start));
	for (uint32_t write = 0; write < writes; write++) {
		for (unsigned int tear = 0; tear < TEAR_COUNT; tear++) {
			char name[100];
			const unsigned int failed = CU_get_number_of_failures();

			snprintf(name, sizeof name, "%s, write %u of %u, tear %u", row->name, write,
				 writes, tear);
			test_row(name);
			cut_once(s, write, (enum tear)tear, check);
			if (CU_get_number_of_failures() != failed)
				fprintf(stderr, "  in %s\n", name);
			test_row("");
		}
	}
	return writes * TEAR_COUNT;
}

unsigned int
sweep_reads(struct sweep *s, const struct sweep_row *row, void (*check)(struct sweep_moment *m))
{
	static struct sweep_moment m;
	uint32_t reads;

	sweep_begin(s, row);
	s->f.nv.reads = 0;
	CHECK(row->act(s).sw == wanted(row));
	reads = s->f.nv.reads;
	memcpy(s->done, s->f.nv.bytes, CARD_NV_SIZE);
	power_up(s);
	card_view(&s->f, &s->after);
	for (uint32_t k = 0; k < reads; k++) {
		memset(&m, 0, sizeof m);
		m.s = s;
		m.before = &s->before;
		m.after = &s->after;
		test_row(row->name);
		sweep_load(s, s->start);
		lead_in(s);
		s->f.nv.page_writes = 0;
		nv_ram_plan_read_fault(&s->f.nv, k);
		m.answer = row->act(s);
		CHECK(s->f.nv.dead);
		m.writes = s->f.nv.page_writes;
		look(&m);
		check(&m);
		test_row("");
	}
	return reads;
}
