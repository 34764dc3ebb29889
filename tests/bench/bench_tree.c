// SPDX-License-Identifier: GPL-3.0-or-later
/* Key rotation by the key tree: 2^24 cards, r of them revoked at random. Covers, sections and bytes
 * on air for one key group in both profiles, against one EMM for each card; as a table and as JSON
 * lines. */
#include "crypto_openssl/crypto_openssl.h"
#include "headend/tree_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LEAVES (1U << TREE_HEIGHT_MAX)
#define UNIQUE_BYTES 126 /* section with an epoch key for one card */
#define ROUNDS 5

struct bench {
	struct crypto_openssl *openssl;
	struct crypto_signer *signer;
	const struct crypto *crypto;
	uint32_t *revoked;
	uint8_t *taken; /* a bit for each leaf */
};

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint32_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*state >> 40);
}

/* Ascending, each once. */
static void
choose(struct bench *b, size_t count)
{
	uint64_t state = count;
	size_t n = 0;

	memset(b->taken, 0, LEAVES / 8);
	while (n < count) {
		const uint32_t leaf = next_random(&state) % LEAVES;

		n += ((unsigned int)b->taken[leaf / 8] >> leaf % 8 & 1U) == 0;
		b->taken[leaf / 8] |= (uint8_t)(1U << leaf % 8);
	}
	n = 0;
	for (uint32_t leaf = 0; leaf < LEAVES; leaf++) {
		if (((unsigned int)b->taken[leaf / 8] >> leaf % 8 & 1U) != 0)
			b->revoked[n++] = leaf;
	}
}

/* The best of some. */
static double
cover_ms(const struct bench *b, size_t count, size_t *len)
{
	const size_t most = tree_cover_max(count);
	struct subset *cover = calloc(most, sizeof *cover);
	double best = 1e9;

	for (int i = 0; cover && i < ROUNDS; i++) {
		const double start = now_ms();

		if (tree_cover(TREE_HEIGHT_MAX, b->revoked, count, cover, most, len) != RC_OK)
			exit(1);
		best = now_ms() - start < best ? now_ms() - start : best;
	}
	free(cover);
	return best;
}

static enum rc
sign(void *ctx, const uint8_t digest[CRYPTO_HASH], uint8_t signature[CRYPTO_SIGNATURE])
{
	return crypto_signer_sign(ctx, digest, signature);
}

struct air {
	size_t data, auth, bytes, bits;
	double ms;
};

static struct air
build(const struct bench *b, enum key_profile profile, size_t count)
{
	struct tree_delivery d = { .profile = profile,
				   .operator_id = 1,
				   .epoch = 1,
				   .sequence = 1,
				   .valid_until = UINT32_MAX,
				   .signing_version = 1,
				   .full = true,
				   .excluded = b->revoked,
				   .excluded_count = count,
				   .crypto = b->crypto,
				   .sign = sign,
				   .sign_ctx = b->signer };
	const double start = now_ms();
	struct tree_set *set = NULL;
	struct air air = { 0 };

	if (tree_set_build(&d, &set) != RC_OK)
		exit(1);
	air = (struct air) { set->data, set->auth, set->len, set->bits, now_ms() - start };
	tree_set_free(&set);
	return air;
}

static void
row(struct bench *b, size_t count)
{
	const double unicast = (double)(LEAVES - count) * UNIQUE_BYTES;
	struct air s256, s4k;
	size_t subsets = 0;
	double ms;

	choose(b, count);
	ms = cover_ms(b, count, &subsets);
	s256 = build(b, KEY_S256, count);
	s4k = build(b, KEY_S4K, count);
	printf("%7zu | %8zu | %8.2f | %7zu + %6zu | %9.1f | %9.1f | %6zu | %9.1f | %8.0f\n", count,
	       subsets, ms, s256.data, s256.auth, (double)s256.bytes / 1e3, s256.ms, s4k.data,
	       (double)s4k.bytes / 1e3, unicast / (double)s256.bytes);
	printf("{\"bench\":\"tree\",\"leaves\":%u,\"revoked\":%zu,\"subsets\":%zu,\"cover_ms\":%."
	       "3f,"
	       "\"s256\":{\"data\":%zu,\"auth\":%zu,\"bits\":%zu,\"bytes\":%zu,\"build_ms\":%.1f},"
	       "\"s4k\":{\"sections\":%zu,\"bits\":%zu,\"bytes\":%zu,\"build_ms\":%.1f},"
	       "\"unicast_bytes\":%.0f}\n",
	       LEAVES, count, subsets, ms, s256.data, s256.auth, s256.bits, s256.bytes, s256.ms,
	       s4k.data, s4k.bits, s4k.bytes, s4k.ms, unicast);
}

int
main(void)
{
	static const size_t counts[] = { 0, 1, 10, 100, 1000, 10000, 100000 };
	uint8_t private_key[CRYPTO_PRIVATE], public_key[CRYPTO_PUBLIC];
	struct bench b = { .openssl = crypto_openssl_new() };

	bool ready;

	b.revoked = calloc(100000, sizeof *b.revoked);
	b.taken = calloc(LEAVES / 8, 1);
	ready = b.openssl && b.revoked && b.taken &&
		crypto_openssl_keygen(b.openssl, private_key, public_key) == RC_OK;
	if (ready) {
		b.crypto = crypto_openssl_table(b.openssl);
		b.signer = crypto_signer_new(b.openssl, private_key, public_key);
		ready = b.signer != NULL;
	}
	if (ready) {
		printf("2^24 cards, one key group, sections with all headers\n"
		       "revoked |  subsets | cover ms | S256 data + auth |  S256 kB  | build ms  |"
		       "  S4K   |  S4K kB   | unicast / S256\n");
		for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
			row(&b, counts[i]);
	}
	crypto_signer_free(&b.signer);
	crypto_openssl_free(&b.openssl);
	free(b.revoked);
	free(b.taken);
	return ready ? 0 : 1;
}
