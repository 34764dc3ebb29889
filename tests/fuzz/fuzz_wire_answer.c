// SPDX-License-Identifier: GPL-3.0-or-later
/* What a card answers, and a purchase that comes to it, from any bytes: the first byte chooses the
 * noun, the rest is decoded; what decodes is encoded again to the same bytes, skipped optional tags
 * apart. */
#include "base/mem.h"
#include "wire/ca_apdu.h"

#include <stdlib.h>

#define ROOM 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int condition)
{
	if (!condition)
		abort();
}

static void
answer(const uint8_t *in, size_t len)
{
	uint8_t out[ROOM];
	struct ca_answer a, again;
	size_t n = 0;

	if (ca_answer_decode(in, len, &a) != RC_OK)
		return;
	require(ca_answer_encode(&a, out, CA_ANSWER_MAX, &n) == RC_OK && n <= len);
	require(n < len || memcmp(out, in, n) == 0);
	require(ca_answer_decode(out, n, &again) == RC_OK);
}

static void
fixed(uint8_t what, const uint8_t *in, size_t len)
{
	uint8_t out[ROOM];
	struct ca_purchase p;
	struct ca_info i;
	struct ca_status s;
	size_t n = 0;

	if (what == 1 && ca_purchase_decode(in, len, &p) == RC_OK)
		require(ca_purchase_encode(&p, out, CA_PURCHASE_MAX, &n) == RC_OK);
	else if (what == 2 && ca_info_decode(in, len, &i) == RC_OK)
		require(ca_info_encode(&i, out, sizeof out, &n) == RC_OK);
	else if (what == 3 && ca_status_decode(in, len, &s) == RC_OK)
		require(ca_status_encode(&s, out, sizeof out, &n) == RC_OK);
	else
		return;
	require(n == len && memcmp(out, in, n) == 0);
}

/* One item of a list; false at its end or at bytes that are none. */
static bool
item(uint8_t what, const uint8_t **in, size_t *len)
{
	const uint8_t *from = *in;
	struct ca_entitlement e;
	struct ca_event_right r;
	struct ca_slot s;
	uint8_t out[ROOM];
	size_t n = 0;

	if (what == 4 && ca_entitlement_decode(in, len, &e) == RC_OK)
		require(ca_entitlement_encode(&e, out, sizeof out, &n) == RC_OK);
	else if (what == 5 && ca_event_right_decode(in, len, &r) == RC_OK)
		require(ca_event_right_encode(&r, out, sizeof out, &n) == RC_OK);
	else if (what == 6 && ca_slot_decode(in, len, &s) == RC_OK)
		require(ca_slot_encode(&s, out, sizeof out, &n) == RC_OK);
	else
		return false;
	require(n == (size_t)(*in - from) && memcmp(out, from, n) == 0);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *in;
	uint8_t what;
	size_t len;

	if (size == 0)
		return 0;
	what = data[0] % 7;
	in = data + 1;
	len = size - 1;
	if (what == 0)
		answer(in, len);
	else if (what < 4)
		fixed(what, in, len);
	else
		while (item(what, &in, &len))
			;
	return 0;
}
