// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/link: T=1, against a reader of a hundred lines that follows ISO 7816-3 11.6 from its
 * side. */
#include "link/t1.h"
#include "test.h"

#include <string.h>

/* The reader's end: sends one APDU, collects one answer, repeats what is lost. */
struct host {
	struct t1_card *card;
	enum t1_edc edc;
	uint8_t ifsc, ifsd;
	bool ns, nr;
	unsigned int executed; /* commands that reached the application */
	uint32_t noise;        /* state of the fault generator; 0: a perfect line */
	size_t answer_len;     /* what the application answers */
	uint8_t command[1100];
	size_t command_len;
};

static void
host_init(struct host *h, struct t1_card *card, enum t1_edc edc)
{
	memset(h, 0, sizeof *h);
	h->card = card;
	h->edc = edc;
	h->ifsc = 254;
	h->ifsd = T1_IFS_DEFAULT;
	h->answer_len = 2;
	t1_card_reset(card, edc, h->ifsc);
}

static bool
line_fails(struct host *h)
{
	if (h->noise == 0)
		return false;
	h->noise = h->noise * 1664525U + 1013904223U;
	return (h->noise >> 24) % 5 == 0;
}

static uint8_t
answer_byte(size_t i)
{
	return (uint8_t)(i * 7 + 3);
}

/* Runs the application when a command came out. */
static enum t1_event
serve(struct host *h, enum t1_event e)
{
	uint8_t answer[1026];
	const uint8_t *command;

	if (e != T1_COMMAND)
		return e;
	command = t1_card_command(h->card, &h->command_len);
	memcpy(h->command, command, h->command_len);
	h->executed++;
	for (size_t i = 0; i + 2 < h->answer_len; i++)
		answer[i] = answer_byte(i);
	answer[h->answer_len - 2] = 0x90;
	answer[h->answer_len - 1] = 0x00;
	return t1_card_answer(h->card, answer, h->answer_len);
}

/* Sends a block and receives one; false: nothing usable came back. */
static bool
exchange(struct host *h, const struct t1_block *b, uint8_t *in, struct t1_block *got)
{
	uint8_t out[T1_BLOCK_MAX];
	size_t len = t1_block_build(h->edc, b, out), n;
	enum t1_event e = T1_NONE;
	const uint8_t *reply;

	if (line_fails(h))
		out[len - 1] ^= 0x55;
	for (size_t i = 0; i < len; i++)
		e = serve(h, t1_card_feed(h->card, out[i], true));
	if (e == T1_NONE)
		e = t1_card_silence(h->card);
	CHECK(e == T1_OUTPUT);
	reply = t1_card_output(h->card, &n);
	memcpy(in, reply, n);
	if (line_fails(h))
		in[n - 1] ^= 0xAA;
	return t1_block_parse(h->edc, in, n, got) == RC_OK;
}

static struct t1_block
host_r(const struct host *h, uint8_t error)
{
	return (struct t1_block) { .pcb = (uint8_t)(T1_PCB_R | (h->nr ? T1_R_SEQUENCE : 0) |
						    error) };
}

/* One APDU there and back. Returns the answer's length, 0 when the line was given up. */
static size_t
host_transmit(struct host *h, const uint8_t *cmd, size_t len, uint8_t *answer)
{
	uint8_t in[T1_BLOCK_MAX];
	struct t1_block out, got;
	size_t at = 0, got_len = 0;
	bool lost = false;

	for (unsigned int tries = 0; tries < 400; tries++) {
		if (got_len == 0 && !lost) {
			const bool more = len - at > h->ifsc;
			const uint8_t piece = (uint8_t)(more ? h->ifsc : len - at);

			out = (struct t1_block) { .pcb = (uint8_t)((h->ns ? T1_I_SEQUENCE : 0) |
								   (more ? T1_I_MORE : 0)),
						  .len = piece,
						  .inf = cmd + at };
		}
		while (!exchange(h, &out, in, &got))
			out = host_r(h, T1_R_EDC);
		if ((got.pcb & 0xC0) == T1_PCB_R) {
			const bool next = (got.pcb & T1_R_SEQUENCE) != 0;

			if (got_len > 0 || next == h->ns)
				continue;         /* the same once more */
			if (len - at > h->ifsc) { /* our piece arrived */
				h->ns = !h->ns;
				at += h->ifsc;
			} else { /* the whole command did, and its answer was lost */
				out = host_r(h, T1_R_OTHER);
				lost = true;
			}
			continue;
		}
		if ((got.pcb & 0x80) == 0) {
			if (((got.pcb & T1_I_SEQUENCE) != 0) != h->nr) {
				out = host_r(h, T1_R_OTHER);
				continue;
			}
			if (got_len == 0)
				h->ns = !h->ns;
			h->nr = !h->nr;
			memcpy(answer + got_len, got.inf, got.len);
			got_len += got.len;
			lost = true; /* from here on only R-blocks go out */
			if ((got.pcb & T1_I_MORE) == 0)
				return got_len;
			out = host_r(h, 0);
			continue;
		}
		CU_FAIL("unexpected S-block");
		return 0;
	}
	return 0;
}

static void
t1__commands_and_answers_of_every_length_cross_in_chains(void)
{
	static const size_t lengths[] = { 4, 5, 32, 253, 254, 255, 508, 509, 1033 };
	uint8_t cmd[1033], answer[1100];
	struct t1_card card;
	struct host h;

	for (unsigned int edc = 0; edc < 2; edc++) {
		host_init(&h, &card, edc == 0 ? T1_LRC : T1_CRC);
		for (size_t i = 0; i < sizeof cmd; i++)
			cmd[i] = (uint8_t)(i * 3);
		for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
			h.answer_len = lengths[sizeof lengths / sizeof lengths[0] - 1 - i];
			h.answer_len = h.answer_len > 1026 ? 1026 : h.answer_len;
			CHECK(host_transmit(&h, cmd, lengths[i], answer) == h.answer_len);
			CHECK(h.command_len == lengths[i]);
			CHECK_BYTES(h.command, cmd, lengths[i]);
			for (size_t k = 0; k + 2 < h.answer_len; k++)
				CHECK(answer[k] == answer_byte(k));
		}
		CHECK(h.executed == sizeof lengths / sizeof lengths[0]);
	}
}

static void
t1__a_noisy_line_never_runs_a_command_twice_or_changes_an_answer(void)
{
	uint8_t cmd[600], answer[1100];
	struct t1_card card;
	struct host h;

	for (uint32_t seed = 1; seed <= 300; seed++) {
		host_init(&h, &card, seed % 2 == 0 ? T1_LRC : T1_CRC);
		h.noise = seed * 2654435761U;
		for (unsigned int i = 0; i < 4; i++) {
			size_t len = 5 + (seed * 37 + i * 211) % 590, got;

			h.answer_len = 2 + (seed * 91 + i * 333) % 1000;
			memset(cmd, (int)(seed + i), sizeof cmd);
			got = host_transmit(&h, cmd, len, answer);
			CHECK(got == h.answer_len);
			CHECK(h.executed == i + 1);
			CHECK(h.command_len == len);
			for (size_t k = 0; k + 2 < got; k++)
				CHECK(answer[k] == answer_byte(k));
		}
	}
}

static void
send(struct host *h, uint8_t pcb, const uint8_t *inf, uint8_t len, struct t1_block *got)
{
	static const uint8_t none[1] = { 0 };
	struct t1_block b = { .nad = 0x12, .pcb = pcb, .len = len, .inf = inf ? inf : none };
	uint8_t in[T1_BLOCK_MAX];

	CHECK(exchange(h, &b, in, got));
	CHECK(got->nad == 0x21);
	got->inf = NULL;
}

static void
t1__supervisory_requests_are_answered_in_kind(void)
{
	static const uint8_t fe = 0xFE, bad = 0xFF;
	struct t1_card card;
	struct t1_block got;
	struct host h;

	host_init(&h, &card, T1_LRC);
	send(&h, T1_PCB_S | T1_S_IFS, &fe, 1, &got);
	CHECK(got.pcb == (T1_PCB_S | T1_S_RESPONSE | T1_S_IFS) && card.ifsd == 254);
	send(&h, T1_PCB_S | T1_S_IFS, &bad, 1, &got);
	CHECK((got.pcb & 0xC0) == T1_PCB_R && card.ifsd == 254);
	send(&h, T1_I_MORE, (const uint8_t *)"abcd", 4, &got);
	CHECK(got.pcb == (T1_PCB_R | T1_R_SEQUENCE));
	send(&h, T1_PCB_S | T1_S_ABORT, NULL, 0, &got);
	CHECK(got.pcb == (T1_PCB_S | T1_S_RESPONSE | T1_S_ABORT) && card.apdu_len == 0);
	send(&h, T1_PCB_S | T1_S_RESYNCH, NULL, 0, &got);
	CHECK(got.pcb == (T1_PCB_S | T1_S_RESPONSE | T1_S_RESYNCH));
	CHECK(!card.nr && card.ifsd == T1_IFS_DEFAULT);
}

static void
t1__more_time_is_asked_while_a_command_runs_and_the_consent_changes_nothing(void)
{
	static const uint8_t cmd[5] = { 0, 0x84, 0, 0, 8 };
	const struct t1_block i = { .len = sizeof cmd, .inf = cmd };
	const uint8_t two = 2;
	const struct t1_block consent = { .pcb = T1_PCB_S | T1_S_RESPONSE | T1_S_WTX,
					  .len = 1,
					  .inf = &two };
	uint8_t out[T1_BLOCK_MAX];
	enum t1_event e = T1_NONE;
	struct t1_card card;
	struct t1_block got;
	const uint8_t *reply;
	size_t len, n;

	t1_card_reset(&card, T1_LRC, 254);
	CHECK(t1_card_more_time(&card, 2) == T1_NONE);
	len = t1_block_build(T1_LRC, &i, out);
	for (n = 0; n < len; n++)
		e = t1_card_feed(&card, out[n], true);
	CHECK(e == T1_COMMAND);
	CHECK(t1_card_more_time(&card, 2) == T1_OUTPUT);
	reply = t1_card_output(&card, &n);
	CHECK_RC(t1_block_parse(T1_LRC, reply, n, &got), RC_OK);
	CHECK(got.pcb == (T1_PCB_S | T1_S_WTX) && got.inf[0] == 2);
	len = t1_block_build(T1_LRC, &consent, out);
	for (n = 0; n < len; n++)
		e = t1_card_feed(&card, out[n], true);
	CHECK(e == T1_NONE);
	CHECK(t1_card_answer(&card, (const uint8_t *)"\x90\x00", 2) == T1_OUTPUT);
}

static void
t1__wrong_blocks_are_asked_for_again(void)
{
	struct t1_card card;
	enum t1_event e = T1_NONE;
	const uint8_t *reply;
	size_t n;

	t1_card_reset(&card, T1_LRC, 32);
	for (size_t i = 0; i < 4; i++) /* wrong LRC */
		e = t1_card_feed(&card, (const uint8_t[]) { 0, 0, 0, 1 }[i], true);
	CHECK(e == T1_OUTPUT);
	reply = t1_card_output(&card, &n);
	CHECK(n == 4 && reply[1] == (T1_PCB_R | T1_R_EDC));
	for (size_t i = 0; i < 4; i++) /* parity */
		e = t1_card_feed(&card, (const uint8_t[]) { 0, 0, 0, 0 }[i], i != 2);
	CHECK(e == T1_OUTPUT);
	reply = t1_card_output(&card, &n);
	CHECK(reply[1] == (T1_PCB_R | T1_R_EDC));
	(void)t1_card_feed(&card, 0, true);
	CHECK(t1_card_silence(&card) == T1_OUTPUT);
	reply = t1_card_output(&card, &n);
	CHECK(reply[1] == (T1_PCB_R | T1_R_OTHER));
	CHECK(t1_card_silence(&card) == T1_NONE);
	(void)t1_card_feed(&card, 0, true);
	(void)t1_card_feed(&card, 0, true);
	CHECK(t1_card_feed(&card, 0xFF, true) == T1_OUTPUT); /* LEN FF is reserved */
}

static void
t1__a_command_longer_than_any_is_answered_with_wrong_length(void)
{
	uint8_t cmd[1100] = { 0 }, answer[1100];
	struct t1_card card;
	struct host h;

	host_init(&h, &card, T1_LRC);
	CHECK(host_transmit(&h, cmd, sizeof cmd, answer) == 2);
	CHECK(answer[0] == 0x67 && answer[1] == 0x00);
	CHECK(h.executed == 0);
	CHECK(host_transmit(&h, cmd, 5, answer) == 2);
	CHECK(h.executed == 1);
}

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(t1__commands_and_answers_of_every_length_cross_in_chains),
		TEST(t1__a_noisy_line_never_runs_a_command_twice_or_changes_an_answer),
		TEST(t1__supervisory_requests_are_answered_in_kind),
		TEST(t1__more_time_is_asked_while_a_command_runs_and_the_consent_changes_nothing),
		TEST(t1__wrong_blocks_are_asked_for_again),
		TEST(t1__a_command_longer_than_any_is_answered_with_wrong_length),
	};

	return test_run("link_t1", cases, sizeof cases / sizeof cases[0]);
}
