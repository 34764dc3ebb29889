// SPDX-License-Identifier: GPL-3.0-or-later
/* Random lives with random cuts, for as long as one likes; after each, the invariants. Prints the
 * seed of a life that went wrong: --seed with it and --lives 1 makes it again. stress_card
 * [--seconds N | --lives N] [--seed N] */
#include "stress_card.h"

#include "base/status_word.h"
#include "invariants.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 40

static struct stress x;
static struct card_fixture originals[3]; /* by enum kind */
enum kind { LABORATORY, PAIRED, UNSECURED, KINDS };
static unsigned long long life_seed;

static void
say_seed(int signal_number)
{
	char text[64];
	const int n =
		snprintf(text, sizeof text, "stress_card: --lives 1 --seed %llu\n", life_seed);

	(void)signal_number;
	(void)!write(2, text, n > 0 ? (size_t)n : 0);
}

/* The card's own random numbers come from the life's seed too. */
static enum rc
seeded(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)stress_below(&x, 256);
	return RC_OK;
}

static void
make_originals(void)
{
	fix_init(&originals[LABORATORY]);
	fix_init_paired(&originals[PAIRED], 1);
	fix_init_unsecured(&originals[UNSECURED]);
	for (unsigned int i = LABORATORY; i <= PAIRED; i++) {
		fix_topup(&originals[i], FIX_BALANCE, 1);
		fix_grant(&originals[i], FIX_PRODUCT, FIX_T0, FIX_T0 + 30 * 86400);
	}
}

static void
begin(uint64_t seed)
{
	memset(&x.s.session, 0, sizeof x.s.session);
	memset(&x.s.box.channel, 0, sizeof x.s.box.channel);
	x.random = seed * 0x9E3779B97F4A7C15U | 1;
	(void)stress_below(&x, 2);
	fix_copy_of(&x.s.f, &originals[stress_below(&x, 8) == 0 ? UNSECURED : stress_below(&x, 2)]);
	x.s.f.crypto.table.random = seeded;
	x.by_issuer = stress_below(&x, 3) == 0;
	x.issued = FIX_BALANCE;
	x.credit_sequence = 1;
	x.now = FIX_T0;
	card_view(&x.s.f, &x.s.before);
}

/* Power on; the recovery may be cut too, again and again. */
static void
power_up(void)
{
	bool again = true;

	while (again) {
		nv_ram_power_up(&x.s.f.nv);
		if (stress_below(&x, 3) == 0)
			nv_ram_plan_cut(&x.s.f.nv, stress_below(&x, 12),
					(enum tear)stress_below(&x, TEAR_COUNT));
		again = card_reset(&x.s.f.card, &x.s.f.port) != RC_OK;
		MUST(!again || x.s.f.nv.dead);
	}
	nv_ram_power_up(&x.s.f.nv);
	scp03_close(&x.s.session);
	pair_close(&x.s.box.channel);
	x.cuts++;
}

static void
one_command(void)
{
	const uint32_t who = stress_below(&x, 10);

	if (stress_below(&x, 3) == 0)
		nv_ram_plan_cut(&x.s.f.nv, stress_below(&x, 30),
				(enum tear)stress_below(&x, TEAR_COUNT));
	else if (stress_below(&x, 30) == 0)
		nv_ram_plan_read_fault(&x.s.f.nv, stress_below(&x, 60));
	if (who < 3)
		stress_stranger(&x);
	else if (who < 5 && x.by_issuer)
		stress_issuer(&x);
	else
		stress_viewer(&x);
	x.commands++;
	if (x.s.f.nv.dead || stress_below(&x, 20) == 0)
		power_up();
	x.s.f.nv.cut_after = -1;
	x.s.f.nv.fault_after = -1;
}

static bool
is_pin_known(const struct card_view *v)
{
	static const uint8_t pins[2][PIN_MAX + 1] = { { 4, '2', '5', '8', '0' },
						      { 5, '7', '3', '9', '1', '5' } };

	return memcmp(v->pin, pins[0], sizeof pins[0]) == 0 ||
	       memcmp(v->pin, pins[1], sizeof pins[1]) == 0;
}

/* Without its issuer, nobody changed what is the issuer's. */
static void
check_continuity(const struct card_view *was, const struct card_view *is)
{
	MUST(is->life == was->life);
	for (unsigned int i = 0; i < card_entry_count(&x.s.f.card); i++) {
		MUST(is->entries[i].flags == was->entries[i].flags);
		MUST(is->keys_check[i] == was->keys_check[i]);
		MUST(!was->has_keys[i] || is->scp_sequence[i] >= was->scp_sequence[i]);
	}
	MUST(is->slot.spent >= was->slot.spent);
	MUST(is->slot.credit[0] >= was->slot.credit[0] && is->slot.credit[0] <= x.issued);
	MUST(is->purse.sequence >= was->purse.sequence);
	MUST(is->journal.head >= was->journal.head && is->journal.base >= was->journal.base);
	MUST(is->emm_sequence[0] >= was->emm_sequence[0]);
	MUST(is->pin_tries <= PIN_TRIES && is_pin_known(is));
}

/* A SECURED card that nobody deleted from still shows what it was sold for. */
static void
check_use(const struct card_view *v)
{
	struct ecm ecm = fix_ecm(x.now);
	struct ca_answer a;

	fix_power_cycle(&x.s.f);
	if (v->life != CARD_SECURED || x.s.f.profile == PROFILE_PAIRED)
		return;
	MUST(fix_ecm_send(&x.s.f, &ecm, &a) == SW_OK);
	MUST(a.outcome == OUTCOME_OPEN && memcmp(a.cw_even, ecm.cw_even, 8) == 0);
}

static void
end_life(void)
{
	struct card_view v;

	power_up();
	card_view(&x.s.f, &v);
	MUST(invariant_02_balance_is_within_bounds(&v));
	MUST(v.has_ca != x.s.before.has_ca || v.has_purse != x.s.before.has_purse || x.by_issuer ||
	     invariant_03_money_is_conserved(&v));
	MUST(invariant_14_log_pointer_and_entries_agree(&v));
	MUST(x.by_issuer || invariant_20_rights_and_records_agree(&x.s.f, &v));
	if (x.by_issuer)
		return;
	check_continuity(&x.s.before, &v);
	x.purchases += v.journal.head - x.s.before.journal.head;
	x.topups += v.slot.credit[0] != x.s.before.slot.credit[0];
	check_use(&v);
}

static uint64_t
number(const char *text)
{
	char *end;
	const unsigned long long value = strtoull(text, &end, 10);

	if (*end != '\0' || end == text) {
		fprintf(stderr, "stress_card: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "lives", required_argument, NULL, 'l' },
		{ "seed", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	const time_t started = time(NULL);
	uint64_t seconds = 5, lives = 0, seed = (uint64_t)started, done = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			seconds = number(optarg);
		else if (c == 'l')
			lives = number(optarg);
		else if (c == 'r')
			seed = number(optarg);
		else
			return 2;
	}
	(void)signal(SIGABRT, say_seed);
	make_originals();
	fix_box_init(&x.s.box);
	while (lives > 0 ? done < lives : (uint64_t)(time(NULL) - started) < seconds) {
		life_seed = seed + done;
		begin(seed + done);
		for (uint32_t n = 1 + stress_below(&x, COMMANDS_MAX); n > 0; n--)
			one_command();
		end_life();
		done++;
	}
	printf("%llu lives from seed %llu: %lu commands, %lu cuts and power-ups, %lu purchases, "
	       "%lu "
	       "topped up\n",
	       (unsigned long long)done, (unsigned long long)seed, x.commands, x.cuts, x.purchases,
	       x.topups);
	return EXIT_SUCCESS;
}
