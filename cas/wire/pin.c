// SPDX-License-Identifier: GPL-3.0-or-later
/* Which purchase PINs card and head-end let anybody choose (FORMATS.md, "Card commands"). */
#include "wire/ca_apdu.h"

/* All digits the same, or a run up or down (9 and 0 are no neighbours). */
static bool
is_trivial(const uint8_t *pin, size_t len)
{
	const int step = pin[1] - pin[0];

	if (step < -1 || step > 1)
		return false;
	for (size_t i = 2; i < len; i++) {
		if (pin[i] - pin[i - 1] != step)
			return false;
	}
	return true;
}

bool
ca_pin_is_fit(const uint8_t *pin, size_t len)
{
	if (len < PIN_MIN || len > PIN_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (pin[i] < '0' || pin[i] > '9')
			return false;
	}
	return !is_trivial(pin, len);
}
