// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as an EMM and as its commands: nothing crashes, and what is read is written back the
 * same. */
#include "base/mem.h"
#include "fuzz_crypto.h"
#include "wire/emm.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int condition)
{
	if (!condition)
		abort();
}

static void
commands(const uint8_t *body, size_t len)
{
	uint8_t again[255 + 2];
	struct emm_command cmd;

	for (;;) {
		const uint8_t *from = body;
		size_t n = 0;

		if (emm_command_decode(&body, &len, &cmd) != RC_OK)
			return;
		(void)emm_command_needs_signature(cmd.tag);
		require(emm_command_encode(&cmd, again, sizeof again, &n) == RC_OK);
		require(n <= (size_t)(body - from));
		require(memcmp(body - n, again, n) == 0);
	}
}

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	(void)digest;
	memcpy(signature, ctx, CRYPTO_SIGNATURE);
	return RC_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct emm_keys keys;
	uint8_t body[EMM_BODY_MAX], section[EMM_MAX], signature[CRYPTO_SIGNATURE] = { 0 };
	uint8_t public_key[CRYPTO_PUBLIC] = { 0 };
	size_t body_len = 0, len = 0;
	struct emm_header h;

	commands(data, size);
	if (emm_parse(data, size, &h) != RC_OK)
		return 0;
	require(emm_verify(fuzz_crypto(), data, size, public_key) ==
		(h.flags & (EMM_SIGNED | EMM_ROOT) ? RC_OK : RC_AUTH));
	if (emm_open(fuzz_crypto(), data, size, &keys, body, &body_len) != RC_OK)
		return 0;
	commands(body, body_len);
	if (h.flags & (EMM_SIGNED | EMM_ROOT))
		memcpy(signature, data + size - CRYPTO_SIGNATURE, CRYPTO_SIGNATURE);
	require(emm_seal(fuzz_crypto(), &h, body, body_len, &keys, sign, signature, section,
			 &len) == RC_OK);
	require(len == size && memcmp(section, data, size) == 0);
	return 0;
}
