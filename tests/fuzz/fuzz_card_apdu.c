// SPDX-License-Identifier: GPL-3.0-or-later
/* Streams of APDUs (length u8 or FF and u16, command) against a blank card in RAM with its own
 * applications; two lengths have a meaning: 00 resets, FE opens a real channel with the public
 * keys. Whatever is sent: an answer fits, a card without power cut never loses its memory, and it
 * comes up again. */
#include "base/bytes.h"
#include "fuzz_bench.h"

#include <string.h>

#define RESET 0x00
#define OPEN_CHANNEL 0xFE
#define LONG 0xFF

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Level 00, so that plain commands reach what stands behind the channel. */
static void
open_channel(struct fuzz_bench *b, uint8_t *rsp)
{
	static const uint8_t select[] = { 0, 0xA4, 4, 0, 0 };
	static const uint8_t update[] = { 0x80, 0x50, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct scp03_session session;
	struct scp03_keys keys;
	uint8_t cmd[32];
	size_t len = 0;

	for (uint8_t i = 0; i < CRYPTO_KEY; i++)
		keys.enc[i] = keys.mac[i] = keys.dek[i] = (uint8_t)(0x40 + i);
	(void)fuzz_bench_transmit(b, select, sizeof select, rsp);
	if (fuzz_bench_transmit(b, update, sizeof update, rsp) != 34 ||
	    scp03_derive(b->crypto, &keys, update + 5, rsp + 13, &session) != RC_OK ||
	    scp03_host_authenticate(b->crypto, &session, 0x00, cmd, sizeof cmd, &len) != RC_OK)
		return;
	(void)fuzz_bench_transmit(b, cmd, len, rsp);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_over(data, size);
	static struct fuzz_bench bench;
	struct fuzz_bench *b = &bench;
	uint8_t rsp[1026];

	fuzz_bench_start(b, NULL);
	while (!r.failed && r.left > 0) {
		size_t len = read_u8(&r);
		const uint8_t *cmd;

		if (len == RESET) {
			fuzz_require(card_reset(&b->card, &b->port) == RC_OK);
			continue;
		}
		if (len == OPEN_CHANNEL) {
			open_channel(b, rsp);
			continue;
		}
		if (len == LONG)
			len = read_be16(&r);
		if (len > r.left)
			len = r.left;
		cmd = read_slice(&r, len);
		if (cmd)
			(void)fuzz_bench_transmit(b, cmd, len, rsp);
	}
	fuzz_require(card_reset(&b->card, &b->port) == RC_OK);
	return 0;
}
