// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as a command APDU: what parses is built again in the same or a shorter case with the
 * same meaning. */
#include "base/mem.h"
#include "wire/iso7816/apdu.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int condition)
{
	if (!condition)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct apdu a, again;
	uint8_t *out;
	size_t len = 0;

	if (apdu_parse(data, size, &a) != RC_OK)
		return 0;
	require(a.le <= 65536 && (a.lc == 0) == (a.data == NULL));
	require(a.lc == 0 || (a.data >= data && a.data + a.lc <= data + size));
	out = malloc(size);
	require(out != NULL);
	require(apdu_build(&a, out, size, &len) == RC_OK);
	require(apdu_parse(out, len, &again) == RC_OK);
	require(again.cla == a.cla && again.ins == a.ins && again.p1 == a.p1 && again.p2 == a.p2);
	require(again.lc == a.lc && again.le == a.le);
	require(a.lc == 0 || memcmp(again.data, a.data, a.lc) == 0);
	free(out);
	return 0;
}
