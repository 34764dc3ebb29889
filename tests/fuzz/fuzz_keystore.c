// SPDX-License-Identifier: GPL-3.0-or-later
/* Keystore: first byte 0: the rest is a file; else: the rest is an opened body. What decodes,
 * encodes to the same. */
#include "store/keystore_format.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
header(const uint8_t *data, size_t size)
{
	uint8_t bytes[KEYSTORE_HEADER];
	struct keystore_header h;
	const char *field = NULL;

	if (keystore_header_decode(data, size, &h, &field) != RC_OK)
		return;
	keystore_header_encode(&h, bytes);
	if (memcmp(bytes, data, sizeof bytes) != 0)
		abort();
}

static void
body(const uint8_t *data, size_t size)
{
	uint8_t bytes[KEYSTORE_BODY_MAX];
	struct keystore_body b;
	const char *field = NULL;

	if (keystore_body_decode(data, size, &b, &field) != RC_OK)
		return;
	if (keystore_body_encode(&b, bytes) != size || memcmp(bytes, data, size) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 0)
		header(data + 1, size - 1);
	else if (size > 0)
		body(data + 1, size - 1);
	return 0;
}
