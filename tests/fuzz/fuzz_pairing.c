// SPDX-License-Identifier: GPL-3.0-or-later
/* Messages of the channel between box and card: the first byte says which end reads (bit 0),
 * whether the bytes are a text that the harness wraps first, one byte then altered (bit 1), and how
 * long is what the message is bound to (high four bits). A failure closes the session. */
#include "channel/pairing.h"
#include "fuzz_crypto.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int condition)
{
	if (!condition)
		abort();
}

static void
read_message(struct pair_session s, enum pair_direction direction, const uint8_t *bound,
	     size_t bound_len, const uint8_t *in, size_t len)
{
	static const struct pair_session closed;
	static const uint8_t zeros[PAIR_PLAIN_MAX + CRYPTO_BLOCK];
	uint8_t plain[PAIR_PLAIN_MAX + CRYPTO_BLOCK] = { 0 }, again[PAIR_WRAPPED_MAX];
	size_t n = 0, again_len = 0;

	if (pair_unwrap(fuzz_crypto(), &s, direction, bound, bound_len, in, len, plain, &n) !=
	    RC_OK) {
		must(memcmp(&s, &closed, sizeof closed) == 0);
		must(memcmp(plain, zeros, sizeof zeros) == 0);
		return;
	}
	must(s.open && n <= PAIR_PLAIN_MAX);
	must(pair_wrap(fuzz_crypto(), &s, direction, bound, bound_len, plain, n, again,
		       sizeof again, &again_len) == RC_OK);
	must(again_len == len && memcmp(again, in, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pair_session s = { .enc = { 1 }, .mac = { 2 }, .number = 7, .open = true };
	uint8_t wire[PAIR_WRAPPED_MAX];
	enum pair_direction direction;
	size_t bound, len = 0;
	uint8_t *copy;

	if (size < 1 || size - 1 < (bound = data[0] >> 4))
		return 0;
	direction = (data[0] & 1) != 0 ? PAIR_RESPONSE : PAIR_COMMAND;
	len = size - 1 - bound;
	copy = malloc(len > 0 ? len : 1); /* exactly as long, so that one byte more is seen */
	if (!copy)
		return 0;
	memcpy(copy, data + 1 + bound, len);
	if ((data[0] & 2) == 0) {
		read_message(s, direction, data + 1, bound, copy, len);
	} else if (pair_wrap(fuzz_crypto(), &s, direction, data + 1, bound, copy, len, wire,
			     sizeof wire, &len) == RC_OK) {
		read_message(s, direction, data + 1, bound, wire, len);
		wire[data[0] % len] ^= 0x10;
		read_message(s, direction, data + 1, bound, wire, len);
	}
	free(copy);
	return 0;
}
