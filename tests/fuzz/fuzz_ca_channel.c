// SPDX-License-Identifier: GPL-3.0-or-later
/* A paired card inside its channel: the harness is the box and owns the keys, so that any bytes
 * reach what stands behind the MAC. The input is a list of: kind u8, length u8, bytes. The wrong
 * PIN costs a try, nothing else changes money or boxes, and what is not wrapped closes the channel.
 */
#include "card_box.h"

#include "base/status_word.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind { INNER, RAW, ECM, HELLO, KINDS };

static struct card_fixture f;
static struct fix_box box;
static uint8_t memory[CARD_NV_SIZE];

/* The same paired card each time, its box taken. */
static void
start(void)
{
	static struct card_fixture made;
	enum ca_standing standing;

	if (made.port.app_count == 0) {
		fix_init_paired(&made, 1);
		fix_box_init(&box);
		MUST(fix_box_open(&made, &box, &standing) == SW_OK);
		memcpy(memory, made.nv.bytes, sizeof memory);
	}
	memset(&f, 0, sizeof f);
	f.card_key = made.card_key;
	memcpy(f.epoch_key, made.epoch_key, CRYPTO_KEY);
	nv_ram_init(&f.nv, CARD_NV_SIZE, CARD_NV_PAGE);
	memcpy(f.nv.bytes, memory, sizeof memory);
	crypto_fault_init(&f.crypto, crypto_test(), 0);
	profile_port(&f.port, &f.crypto.table, &f.nv.port, &f.ram);
	fix_power_cycle(&f);
}

static void
open_again(void)
{
	enum ca_standing standing = CA_STANDING_FULL;

	if (box.channel.open && ca_ram(&f.card.env[1])->channel.open)
		return;
	MUST(fix_box_open(&f, &box, &standing) == SW_OK && standing == CA_STANDING_PAIRED);
}

static void
inner(const uint8_t *data, size_t len)
{
	uint8_t header[4] = { 0 };

	memcpy(header, data, len < 4 ? len : 4);
	data += len < 4 ? len : 4;
	len -= len < 4 ? len : 4;
	if (len > PAIR_PLAIN_MAX - 4)
		len = PAIR_PLAIN_MAX - 4;
	MUST(fix_box_send(&f, &box, header, data, len, NULL, NULL) != SW_SM_DATA);
}

static void
one(enum kind kind, const uint8_t *data, size_t len)
{
	struct ecm ecm = fix_ecm(FIX_T0);
	struct ca_answer a;
	uint8_t rsp[256];
	size_t n;

	open_again();
	switch (kind) {
	case INNER:
		inner(data, len);
		break;
	case RAW:
		if (len > 0)
			MUST(fix_send(&f, CA_CLA, CA_INS_WRAPPED, 0, 0, data, len, rsp, &n) !=
			     SW_OK);
		break;
	case ECM:
		MUST(fix_box_ecm(&f, &box, &ecm, &a) == SW_OK && a.cw_size == 0);
		break;
	case HELLO:
	case KINDS:
		if (len > 0)
			(void)fix_send(&f, CA_CLA, CA_INS_OPEN_CHANNEL, 0, 0, data, len, rsp, &n);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_over(data, size);

	start();
	while (r.left > 0 && !r.failed) {
		enum kind kind = (enum kind)(read_u8(&r) % KINDS);
		size_t len = read_u8(&r);
		const uint8_t *bytes;

		if (len > r.left)
			len = r.left;
		bytes = read_slice(&r, len);
		if (bytes)
			one(kind, bytes, len);
	}
	fix_power_cycle(&f);
	MUST(fix_wallet(&f).credit_emm == 0 && fix_wallet(&f).spent == 0);
	MUST(fix_info(&f).pin_tries <= 3 && fix_info(&f).profile == PROFILE_PAIRED);
	return 0;
}
