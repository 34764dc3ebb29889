// SPDX-License-Identifier: GPL-3.0-or-later
/* Bytes of a hostile reader to both of the card's links: first byte chooses protocol and redundancy
 * code. */
#include "link/t0.h"
#include "link/t1.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
even_has_data(const void *ctx, const uint8_t header[4])
{
	(void)ctx;
	return (header[1] & 1) == 0;
}

/* An answer as long as the command's first bytes say. */
static size_t
make_answer(const uint8_t *command, size_t len, uint8_t answer[1026])
{
	const size_t n = len > 3 ? (size_t)command[2] * 4 + command[3] % 4 : 0;

	memset(answer, 0x5A, n + 2);
	return n + 2;
}

static void
run_t1(const uint8_t *data, size_t size, enum t1_edc edc)
{
	uint8_t answer[1026];
	struct t1_card t;
	size_t len;

	t1_card_reset(&t, edc, 254);
	for (size_t i = 0; i < size; i++) {
		if (t1_card_feed(&t, data[i], true) == T1_COMMAND) {
			const uint8_t *command = t1_card_command(&t, &len);
			const size_t n = make_answer(command, len, answer);

			if (len % 3 == 0)
				(void)t1_card_more_time(&t, 1);
			(void)t1_card_answer(&t, answer, n);
		}
	}
	(void)t1_card_silence(&t);
}

static void
run_t0(const uint8_t *data, size_t size)
{
	uint8_t answer[1026];
	struct t0_card t;
	size_t len;

	t0_card_reset(&t, even_has_data, NULL);
	for (size_t i = 0; i < size; i++) {
		if (t0_card_feed(&t, data[i]) == T0_COMMAND) {
			const uint8_t *command = t0_card_command(&t, &len);
			const size_t n = make_answer(command, len, answer);

			(void)t0_card_answer(&t, answer, n);
		}
	}
	t0_card_silence(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 0)
		run_t0(data + 1, size - 1);
	else
		run_t1(data + 1, size - 1, (data[0] & 1) != 0 ? T1_LRC : T1_CRC);
	return 0;
}
