// SPDX-License-Identifier: GPL-3.0-or-later
/* scrypt (RFC 7914) with a ceiling on memory and work, since the parameters come out of a file. */
#include "crypto_openssl/crypto_openssl.h"

#include "context.h"

#define MEMORY_MAX (256ULL << 20)
#define LOG2_N_MAX 24U
#define R_MAX 64U
#define PAR_MAX 16U

enum rc
crypto_openssl_scrypt(const char *passphrase, size_t passphrase_len, const uint8_t *salt,
		      size_t salt_len, unsigned int log2_n, unsigned int r, unsigned int par,
		      uint8_t *out, size_t out_len)
{
	uint64_t n, need;

	if (log2_n == 0 || log2_n > LOG2_N_MAX || r == 0 || r > R_MAX || par == 0 || par > PAR_MAX)
		return RC_RANGE;
	n = (uint64_t)1 << log2_n;
	need = 128ULL * r * (n + 2) + 128ULL * r * par; /* V, X and T, and B (RFC 7914 5, 6) */
	if (need > MEMORY_MAX)
		return RC_RANGE;
	if (EVP_PBE_scrypt(passphrase, passphrase_len, salt, salt_len, n, r, par, MEMORY_MAX, out,
			   out_len) != 1)
		return crypto_openssl_failed();
	return RC_OK;
}
