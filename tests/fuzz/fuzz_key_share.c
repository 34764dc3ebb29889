// SPDX-License-Identifier: GPL-3.0-or-later
/* Text of a key share: any bytes give a result, and what is read is written the same way. */
#include "base/mem.h"
#include "store/share.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[SHARE_TEXT_MAX];
	struct share s, again;
	unsigned int line;
	size_t len;

	if (share_decode((const char *)data, size, &s, &line) != RC_OK)
		return 0;
	len = share_encode(&s, text);
	if (share_decode(text, len, &again, &line) != RC_OK || again.len != s.len ||
	    memcmp(again.value, s.value, s.len) != 0 || again.set != s.set)
		abort();
	return 0;
}
