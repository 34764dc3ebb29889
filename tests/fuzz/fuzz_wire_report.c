// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as a report batch and as a record: what opens is sealed again to the same bytes. */
#include "base/mem.h"
#include "fuzz_crypto.h"
#include "wire/record.h"

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
	static const struct report_keys keys;
	uint8_t out[REPORT_MAX], bytes[RECORD_SIZE];
	struct record record;
	struct report report;
	size_t len = 0;

	if (size >= RECORD_SIZE && record_decode(data, &record) == RC_OK) {
		record_encode(&record, bytes);
		require(memcmp(bytes, data, RECORD_SIZE) == 0);
	}
	if (report_parse(data, size, &report) != RC_OK ||
	    report_open(fuzz_crypto(), &keys, data, size, &report) != RC_OK)
		return 0;
	require(report_seal(fuzz_crypto(), &keys, &report, out, sizeof out, &len) == RC_OK);
	require(len == size && memcmp(out, data, len) == 0);
	return 0;
}
