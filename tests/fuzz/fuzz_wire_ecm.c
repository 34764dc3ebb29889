// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as an ECM: parsing never crashes, and what parses is written back as it was read,
 * optional tags that version 1 does not know apart. */
#include "base/mem.h"
#include "fuzz_crypto.h"
#include "wire/ecm.h"

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
	static const uint8_t key[CRYPTO_KEY];
	struct ecm ecm, again;
	uint8_t section[ECM_MAX];
	size_t len = 0;

	if (ecm_open(fuzz_crypto(), key, data, size, &ecm) == RC_OK)
		require(ecm.cw_size == 8 || ecm.cw_size == 16);
	if (ecm_parse(data, size, &ecm) != RC_OK)
		return 0;
	require(ecm_criteria_size(&ecm.criteria) <= ecm_criteria_room(ecm.cw_size));
	require(ecm_criteria_fit(&ecm.criteria, ecm.cw_size) == RC_OK);
	require(ecm_seal(fuzz_crypto(), key, &ecm, section, &len) == RC_OK);
	require(len <= size);
	require(ecm_open(fuzz_crypto(), key, section, len, &again) == RC_OK);
	require(memcmp(&ecm, &again, sizeof ecm) == 0);
	if (len == size)
		require(memcmp(section + ECM_HEADER + 2U * ecm.cw_size,
			       data + ECM_HEADER + 2U * ecm.cw_size,
			       len - ECM_HEADER - 2U * ecm.cw_size - ECM_MAC) == 0);
	return 0;
}
