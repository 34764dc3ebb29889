// SPDX-License-Identifier: GPL-3.0-or-later
/* Commands inside the secure channel of a blank television card, by a host that owns the keys:
 * first byte bits 0-2 the level, bit 3 the CA domain with keys of its own instead of the issuer
 * domain. Then commands: header of 4 bytes, length u8, data; header 00 00 00 00 opens the channel
 * anew. Whatever is sent: an answer that counts carries a right MAC, nothing stays staged, no part
 * of the card but the one meant is touched by a refusal, and the card comes up again. */
#include "base/bytes.h"
#include "core/kernel.h"
#include "fuzz_bench.h"
#include "wire/personalise.h"

#include <string.h>

#define VERSION_OF_DOMAIN 1
#define CA_DOMAIN_ENTRY (PROFILE_APP_COUNT + PROFILE_CA_DOMAIN)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bench {
	struct fuzz_bench base;
	struct scp03_session session;
	uint8_t level;
	bool of_domain;
};

/* The CA domain gets a key set too, all bytes 5A. */
static void
give_domain_keys(struct fuzz_bench *b)
{
	struct key_set set = { .version = VERSION_OF_DOMAIN, .len = { 16, 16, 16 } };

	memset(set.key, 0x5A, sizeof set.key);
	fuzz_require(domain_set_stage(&b->card, CA_DOMAIN_ENTRY, 0, &set) == RC_OK);
	fuzz_require(nv_commit(&b->card.nv) == RC_OK);
}

/* false: the card does not open it any more (other keys, locked, deleted, another i). */
static bool
open_channel(struct bench *b)
{
	static const uint8_t issuer[] = { 0, 0xA4, 4, 0, 0 };
	static const uint8_t domain[] = { 0,   0xA4, 4,   0,   10,  0xF0, 'T', 'E',
					  'S', 'S',  'E', 'R', 'A', 0x41, 0x81 };
	static const uint8_t update[] = { 0x80, 0x50, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct scp03_key_set keys = { .key_len = CRYPTO_KEY };
	uint8_t rsp[1026], cmd[SCP03_AUTHENTICATE_MAX];
	size_t len = 0;

	for (uint8_t i = 0; i < CRYPTO_KEY; i++)
		keys.enc[i] = keys.mac[i] = b->of_domain ? 0x5A : (uint8_t)(0x40 + i);
	memcpy(keys.dek, keys.enc, sizeof keys.dek);
	(void)fuzz_bench_transmit(&b->base, b->of_domain ? domain : issuer,
				  b->of_domain ? sizeof domain : sizeof issuer, rsp);
	if (fuzz_bench_transmit(&b->base, update, sizeof update, rsp) != 34 ||
	    scp03_derive_set(b->base.crypto, &keys, SCP03_S8, update + 5, rsp + 13, &b->session) !=
		    RC_OK ||
	    scp03_host_authenticate(b->base.crypto, &b->session, b->level, cmd, sizeof cmd, &len) !=
		    RC_OK)
		return false;
	len = fuzz_bench_transmit(&b->base, cmd, len, rsp);
	return len == 2 && get_be16(rsp) == 0x9000;
}

/* A domain with keys of its own changes nothing of the purse, nor of the issuer's keys. */
static void
check_walls(const struct bench *b, const uint8_t *before)
{
	const struct nv_part *purse = &b->base.card.env[2].part,
			     *issuer = &b->base.card.env[0].part;

	if (!b->of_domain)
		return;
	fuzz_require(memcmp(b->base.bytes + purse->base, before + purse->base, purse->size) == 0);
	fuzz_require(memcmp(b->base.bytes + issuer->base + 2 * CARD_NV_PAGE,
			    before + issuer->base + 2 * CARD_NV_PAGE,
			    issuer->size - 2 * CARD_NV_PAGE) == 0);
}

static bool
send(struct bench *b, const uint8_t header[4], const uint8_t *data, size_t len)
{
	uint8_t cmd[300], rsp[1026];
	size_t cmd_len = 0, n;
	uint16_t sw;

	if (scp03_host_wrap(b->base.crypto, &b->session, header, data, len, cmd, sizeof cmd,
			    &cmd_len) != RC_OK)
		return b->session.open;
	n = fuzz_bench_transmit(&b->base, cmd, cmd_len, rsp) - 2;
	sw = get_be16(rsp + n);
	if (b->base.card.session.open)
		fuzz_require(scp03_host_unwrap(b->base.crypto, &b->session, rsp, &n, sw) == RC_OK);
	return b->base.card.session.open;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t levels[8] = { 0x01, 0x03, 0x11, 0x13, 0x33, 0x33, 0x03, 0x01 };
	static const uint8_t again[4];
	static uint8_t before[CARD_NV_SIZE];
	struct reader r = reader_over(data, size);
	static struct bench bench;
	struct bench *b = &bench;
	const uint8_t options = read_u8(&r);
	bool open;

	fuzz_bench_start(&b->base, give_domain_keys);
	b->level = levels[options & 7];
	b->of_domain = (options & 8) != 0;
	memcpy(before, b->base.bytes, sizeof before);
	open = open_channel(b);
	while (open && !r.failed && r.left > 0) {
		const uint8_t *header = read_slice(&r, 4);
		size_t len = read_u8(&r);
		const uint8_t *body;

		if (len > r.left)
			len = r.left;
		body = read_slice(&r, len);
		if (!header || !body)
			break;
		open = memcmp(header, again, 4) == 0 ? open_channel(b) : send(b, header, body, len);
		if (!open)
			open = open_channel(b);
	}
	check_walls(b, before);
	fuzz_require(card_reset(&b->base.card, &b->base.port) == RC_OK);
	return 0;
}
