// SPDX-License-Identifier: GPL-3.0-or-later
/* Secure channel: first byte: bits 0-2 level, bit 7: put the right MAC in place, bit 6: a response
 * for the host instead of a command for the card. The rest are the bytes. A failure closes the
 * session, a success leaves a plain APDU. */
#include "base/bytes.h"
#include "channel/scp03.h"
#include "fuzz_crypto.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t levels[8] = { 0x00, 0x01, 0x03, 0x11, 0x13, 0x33, 0x33, 0x03 };

static struct scp03_session
session(uint8_t level)
{
	struct scp03_session s = {
		.level = level, .open = true, .key_len = CRYPTO_KEY, .size = SCP03_S8
	};

	memset(s.s_mac, 0x11, sizeof s.s_mac);
	memset(s.s_enc, 0x22, sizeof s.s_enc);
	memset(s.s_rmac, 0x33, sizeof s.s_rmac);
	return s;
}

static void
must(int condition)
{
	if (!condition)
		abort();
}

static void
must_be_closed(const struct scp03_session *s)
{
	static const struct scp03_session closed;

	must(memcmp(s, &closed, sizeof closed) == 0);
}

static void
mac_into(uint8_t *at, const uint8_t *key, const uint8_t *data, size_t len, const uint8_t *end,
	 size_t end_len)
{
	static const uint8_t chain[CRYPTO_MAC];
	const struct crypto_part parts[] = { { chain, sizeof chain },
					     { data, len },
					     { end, end_len } };
	uint8_t mac[CRYPTO_MAC];

	must(fuzz_crypto()->cmac(NULL, key, CRYPTO_KEY, parts, 3, mac) == RC_OK);
	memcpy(at, mac, SCP03_MAC);
}

static void
command(uint8_t *cmd, size_t len, uint8_t level, int fix)
{
	struct scp03_session s = session(level);
	size_t n = len, data = len > 7 && cmd[4] == 0 ? 7 : 5;
	size_t lc = len <= data ? 0 : data == 7 ? get_be16(cmd + 5) : cmd[4];

	if (fix && lc >= SCP03_MAC && lc <= len - data)
		mac_into(cmd + data + lc - SCP03_MAC, s.s_mac, cmd, data + lc - SCP03_MAC, NULL, 0);
	if (scp03_card_unwrap(fuzz_crypto(), &s, cmd, &n) != RC_OK) {
		must_be_closed(&s);
		return;
	}
	must(s.open && n <= len && n >= 4 && (cmd[0] & 0x04) == 0);
	if (level != 0 && n > 4)
		must(cmd[4] != 0 ? n == 5U + cmd[4] : n == 7U + get_be16(cmd + 5));
}

static void
response(uint8_t *data, size_t len, uint8_t level, int fix)
{
	static const uint8_t ok[2] = { 0x90, 0x00 };
	struct scp03_session s = session(level);
	size_t n = len;

	if (fix && len >= SCP03_MAC)
		mac_into(data + len - SCP03_MAC, s.s_rmac, data, len - SCP03_MAC, ok, sizeof ok);
	if (scp03_host_unwrap(fuzz_crypto(), &s, data, &n, 0x9000) != RC_OK) {
		must_be_closed(&s);
		return;
	}
	must(s.open && n <= len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	size_t len = size > 0 ? size - 1 : 0;

	if (size == 0)
		return 0;
	copy = malloc(len > 0 ? len : 1); /* exactly as long, so that one byte more is seen */
	if (!copy)
		return 0;
	memcpy(copy, data + 1, len);
	if ((data[0] & 0x40) != 0)
		response(copy, len, levels[data[0] & 7], data[0] & 0x80);
	else
		command(copy, len, levels[data[0] & 7], data[0] & 0x80);
	free(copy);
	return 0;
}
