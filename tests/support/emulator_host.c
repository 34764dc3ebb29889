// SPDX-License-Identifier: GPL-3.0-or-later
/* A host for emulated cards. */
#include "emulator_host.h"

#include "base/bytes.h"
#include "base/status_word.h"
#include "channel/scp03.h"
#include "crypto_test.h"
#include "test.h"

static uint16_t
transmit(struct emulator *e, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp)
{
	const struct apdu_link link = emulator_link(e);
	size_t len = 0;

	CHECK_RC(link.transmit(link.ctx, cmd, cmd_len, rsp, APDU_RESPONSE_MAX, &len), RC_OK);
	return len < 2 ? SW_FAULT : get_be16(rsp + len - 2);
}

uint16_t
emulator_send(struct emulator *e, const char *hex)
{
	uint8_t cmd[64], rsp[APDU_RESPONSE_MAX];
	size_t len = test_hex(hex, cmd, sizeof cmd);

	return transmit(e, cmd, len, rsp);
}

uint16_t
emulator_initialize(struct emulator *e)
{
	static const uint8_t update[] = { 0x80, 0x50, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0 };
	uint8_t cmd[32], rsp[APDU_RESPONSE_MAX];
	struct scp03_session session;
	struct scp03_keys keys;
	size_t len = 0;
	uint16_t sw;

	for (uint8_t i = 0; i < CRYPTO_KEY; i++)
		keys.enc[i] = keys.mac[i] = keys.dek[i] = (uint8_t)(0x40 + i);
	if ((sw = transmit(e, update, sizeof update, rsp)) != SW_OK)
		return sw;
	CHECK_RC(scp03_derive(crypto_test(), &keys, update + 5, rsp + 13, &session), RC_OK);
	CHECK_RC(scp03_host_authenticate(crypto_test(), &session, 0x00, cmd, sizeof cmd, &len),
		 RC_OK);
	sw = transmit(e, cmd, len, rsp);
	return sw != SW_OK ? sw : emulator_send(e, "80F08007");
}
