// SPDX-License-Identifier: GPL-3.0-or-later
/* Bytes of a hostile QEMU to the VSCARD machine: first byte = size of the pieces it comes in. The
 * same bytes in one piece must give the same answers. */
#include "emulator/vscard.h"
#include "fake_card.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns a checksum over all that comes back. */
static uint32_t
run(const uint8_t *data, size_t size, size_t piece)
{
	static struct vscard v;
	uint8_t answer[VSCARD_ANSWER_MAX];
	enum vscard_event event = VSCARD_EVENT_NONE;
	uint32_t sum = 0;

	vscard_init(&v, fake_card(), fake_card_has_data, NULL);
	for (size_t at = 0; at < size && event != VSCARD_EVENT_BROKEN;) {
		const size_t n = size - at < piece ? size - at : piece;
		const size_t taken = vscard_feed(&v, data + at, n, &event);
		size_t len;

		if (taken > n || (event == VSCARD_EVENT_NONE && taken != n))
			abort();
		at += taken;
		len = vscard_react(&v, event, answer);
		if (len > sizeof answer)
			abort();
		for (size_t i = 0; i < len; i++)
			sum = sum * 31 + answer[i];
	}
	vscard_wipe(&v);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (run(data + 1, size - 1, data[0] ? data[0] : 256) != run(data + 1, size - 1, size))
		abort();
	return 0;
}
