// SPDX-License-Identifier: GPL-3.0-or-later
/* The vpcd framing on any stream: first byte = size of the pieces it comes in. */
#include "reader/vpcd_frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vpcd_frame f = { 0 };
	uint8_t again[VPCD_HEADER + VPCD_FRAME_MAX];
	size_t step, pos = 1, taken = 0, len = 0;
	bool complete = false;

	if (size < 1)
		return 0;
	step = data[0] ? data[0] : 256;
	while (pos < size) {
		size_t n = size - pos < step ? size - pos : step;

		if (vpcd_frame_feed(&f, data + pos, n, &taken, &complete) != RC_OK)
			return 0;
		if (taken > n || (taken == 0 && !complete))
			abort();
		pos += taken;
		if (!complete)
			continue;
		if (vpcd_frame_encode(f.payload, f.len, again, sizeof again, &len) != RC_OK ||
		    len > pos - 1 || memcmp(again, data + pos - len, len) != 0)
			abort();
		vpcd_frame_clear(&f);
	}
	return 0;
}
