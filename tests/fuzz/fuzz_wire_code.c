// SPDX-License-Identifier: GPL-3.0-or-later
/* Any text as a code, and any bytes as a proof of a pay-out: what is read is written the same way.
 */
#include "base/mem.h"
#include "fuzz_crypto.h"
#include "wire/code.h"
#include "wire/record.h"

#include <stdlib.h>
#include <string.h>

#define TEXT 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int condition)
{
	if (!condition)
		abort();
}

static void
try_topup(const char *text)
{
	char again[TOPUP_CODE_DIGITS + TOPUP_CODE_DIGITS / 4 + 1];
	uint8_t digits[TOPUP_CODE_DIGITS], other[TOPUP_CODE_DIGITS], counter = 0;
	uint32_t amount = 0;

	if (code_from_text(text, digits, sizeof digits) != RC_OK)
		return;
	code_to_text(digits, sizeof digits, again);
	require(code_from_text(again, other, sizeof other) == RC_OK);
	require(memcmp(digits, other, sizeof digits) == 0);
	if (topup_code_read(digits, &counter, &amount) != RC_OK)
		return;
	require(code_is_whole(digits, sizeof digits));
	require(counter < 100 && amount > 0 && amount <= TOPUP_CODE_AMOUNT_MAX);
	require(topup_code_make(fuzz_crypto(), (const uint8_t[CRYPTO_KEY]) { 0 }, 1,
				topup_code_counter(1, counter), amount, other) == RC_OK);
	require(memcmp(digits, other, 9) == 0);
}

static void
try_confirmation(const char *text)
{
	uint8_t digits[CONFIRMATION_DIGITS];
	uint16_t counter = 0;

	if (code_from_text(text, digits, sizeof digits) == RC_OK &&
	    confirmation_read(digits, &counter) == RC_OK)
		require(counter < 1000 && code_is_whole(digits, sizeof digits));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[PAYOUT_PROOF_SIZE];
	struct payout_proof proof;
	char text[TEXT];
	size_t n = size < TEXT - 1 ? size : TEXT - 1;

	memcpy(text, data, n);
	text[n] = '\0';
	try_topup(text);
	try_confirmation(text);
	if (payout_proof_decode(data, size, &proof) == RC_OK) {
		payout_proof_encode(&proof, bytes);
		require(memcmp(bytes, data, sizeof bytes) == 0);
	}
	return 0;
}
