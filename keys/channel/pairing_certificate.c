// SPDX-License-Identifier: GPL-3.0-or-later
/* The operator's certificate of a card's key ↔ bytes (FORMATS.md, "Channel between box and card").
 */
#include "base/bytes.h"
#include "base/mem.h"
#include "channel/pairing.h"

#define VERSION 1
#define SIGNED (PAIR_CERTIFICATE - CRYPTO_SIGNATURE)
#define LEAF_MAX 0xFFFFFFU

void
pair_certificate_encode(const struct pair_certificate *cert, uint8_t out[PAIR_CERTIFICATE])
{
	struct writer w = writer_over(out, PAIR_CERTIFICATE);

	write_u8(&w, VERSION);
	write_u8(&w, cert->signer);
	write_u8(&w, cert->signer_version);
	write_be16(&w, cert->operator_id);
	write_be32(&w, cert->leaf);
	write_bytes(&w, cert->public_key, CRYPTO_PUBLIC);
	write_bytes(&w, cert->signature, CRYPTO_SIGNATURE);
}

enum rc
pair_certificate_decode(const uint8_t *in, size_t len, struct pair_certificate *cert)
{
	struct reader r = reader_over(in, len);
	struct pair_certificate got;

	if (len > 0 && in[0] != VERSION)
		return RC_VERSION;
	(void)read_u8(&r);
	got.signer = read_u8(&r);
	got.signer_version = read_u8(&r);
	got.operator_id = read_be16(&r);
	got.leaf = read_be32(&r);
	read_bytes(&r, got.public_key, CRYPTO_PUBLIC);
	read_bytes(&r, got.signature, CRYPTO_SIGNATURE);
	if (r.failed)
		return RC_TRUNCATED;
	if (!reader_at_end(&r) || got.signer != PAIR_BY_ROOT_SIGNING || got.leaf > LEAF_MAX)
		return RC_FORMAT;
	*cert = got;
	return RC_OK;
}

enum rc
pair_certificate_digest(const struct crypto *c, const struct pair_certificate *cert,
			uint8_t digest[CRYPTO_HASH])
{
	uint8_t bytes[PAIR_CERTIFICATE];
	const struct crypto_part part = { bytes, SIGNED };

	pair_certificate_encode(cert, bytes);
	return c->hash(c->ctx, &part, 1, digest);
}

enum rc
pair_certificate_verify(const struct crypto *c, const struct pair_certificate *cert,
			const uint8_t signer[CRYPTO_PUBLIC])
{
	uint8_t digest[CRYPTO_HASH];
	enum rc rc = pair_certificate_digest(c, cert, digest);

	return rc == RC_OK ? c->verify(c->ctx, signer, digest, cert->signature) : rc;
}
