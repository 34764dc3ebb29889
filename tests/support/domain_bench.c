// SPDX-License-Identifier: GPL-3.0-or-later
/* Host of a security domain. */
#include "domain_bench.h"

#include "base/bytes.h"
#include "base/status_word.h"
#include "crypto_test.h"
#include "test.h"
#include "wire/personalise.h"

#include <string.h>

struct scp03_key_set
domain_keys(uint8_t len, uint8_t seed)
{
	struct scp03_key_set keys = { .key_len = len };

	for (uint8_t i = 0; i < len; i++) {
		keys.enc[i] = (uint8_t)(seed + i);
		keys.mac[i] = (uint8_t)(seed + 3 * i + 1);
		keys.dek[i] = (uint8_t)(seed + 5 * i + 2);
	}
	return keys;
}

struct scp03_key_set
domain_test_keys(void)
{
	struct scp03_key_set keys = { .key_len = CRYPTO_KEY };

	for (uint8_t i = 0; i < CRYPTO_KEY; i++)
		keys.enc[i] = keys.mac[i] = keys.dek[i] = (uint8_t)(0x40 + i);
	return keys;
}

uint16_t
domain_open(struct domain_host *d, struct card_bench *b, const char *aid, uint8_t version,
	    uint8_t size, uint8_t level)
{
	uint8_t cmd[64] = { 0x00, 0xA4, 0x04, 0x00 };
	size_t len = test_hex(aid, cmd + 5, 16);
	uint16_t sw;

	cmd[4] = (uint8_t)len;
	sw = card_bench_send(b, cmd, 5 + len);
	return sw == SW_OK ? domain_open_selected(d, b, version, size, level) : sw;
}

uint16_t
domain_open_selected(struct domain_host *d, struct card_bench *b, uint8_t version, uint8_t size,
		     uint8_t level)
{
	uint8_t cmd[64];
	size_t len = 0;
	uint16_t sw;

	memset(cmd, 0x5C, sizeof cmd);
	cmd[0] = 0x80;
	cmd[1] = 0x50;
	cmd[2] = version;
	cmd[3] = 0;
	cmd[4] = size;
	if ((sw = card_bench_send(b, cmd, 5U + size)) != SW_OK)
		return sw;
	CHECK(b->answer_len == 13U + 2U * size || b->answer_len == 16U + 2U * size);
	CHECK_RC(scp03_derive_set(crypto_test(), &d->keys, size, cmd + 5, b->answer + 13,
				  &d->host.session),
		 RC_OK);
	CHECK_RC(scp03_host_authenticate(crypto_test(), &d->host.session, level, cmd, sizeof cmd,
					 &len),
		 RC_OK);
	return card_bench_send(b, cmd, len);
}

void
domain_open_issuer(struct domain_host *d, struct card_bench *b, const struct scp03_key_set *keys)
{
	d->keys = *keys;
	CHECK(domain_open(d, b, "A000000151000000", 0, SCP03_S8, 0x33) == SW_OK);
}

static size_t
wrap_key(const struct domain_host *d, const uint8_t *key, uint8_t len, uint8_t *out)
{
	static const uint8_t iv[CRYPTO_BLOCK] = { 0 };
	const struct crypto *c = crypto_test();
	const size_t padded = (len + 15U) / 16U * 16U;
	uint8_t block[CRYPTO_BLOCK], plain[SCP03_KEY_MAX] = { 0 };

	memcpy(plain, key, len);
	out[0] = 0x88;
	out[1] = (uint8_t)(padded + 1);
	out[2] = len;
	CHECK_RC(c->cbc(c->ctx, d->keys.dek, d->keys.key_len, CRYPTO_ENCRYPT, iv, plain, padded,
			out + 3),
		 RC_OK);
	out[3 + padded] = CRYPTO_KCV;
	memset(block, 1, sizeof block);
	CHECK_RC(c->block(c->ctx, key, len, CRYPTO_ENCRYPT, block, block), RC_OK);
	memcpy(out + 4 + padded, block, CRYPTO_KCV);
	return 4 + padded + CRYPTO_KCV;
}

size_t
domain_put_key(const struct domain_host *d, uint8_t version, const struct scp03_key_set *keys,
	       uint8_t out[118])
{
	size_t len = 1;

	out[0] = version;
	len += wrap_key(d, keys->enc, keys->key_len, out + len);
	len += wrap_key(d, keys->mac, keys->key_len, out + len);
	return len + wrap_key(d, keys->dek, keys->key_len, out + len);
}

uint16_t
domain_store(struct domain_host *d, struct card_bench *b, const char *aid, uint16_t dgi,
	     const uint8_t *value, size_t len)
{
	uint8_t data[160] = { 0 };
	size_t aid_len = test_hex(aid, data + 3, 16);
	uint16_t sw;

	data[2] = (uint8_t)aid_len;
	sw = card_host_send(&d->host, b, "80E62000", data, aid_len + 6);
	if (sw != SW_OK)
		return sw;
	put_be16(data, dgi);
	data[2] = (uint8_t)len;
	memcpy(data + 3, value, len);
	return card_host_send(&d->host, b, "80E28000", data, len + 3);
}

void
domain_give_keys(struct domain_host *issuer, struct card_bench *b)
{
	const struct scp03_key_set test = domain_test_keys(), keys = domain_keys(16, 0x10);
	uint8_t data[118];

	domain_open_issuer(issuer, b, &test);
	CHECK(domain_store(issuer, b, BENCH_DOMAIN, DGI_DOMAIN_KEYS, data,
			   domain_put_key(issuer, 1, &keys, data)) == SW_OK);
}
