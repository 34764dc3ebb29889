// SPDX-License-Identifier: GPL-3.0-or-later
/* CSA2's key schedule: 56 round keys from a control word, and the rows that the recurrences of the
 * sliced block cipher add instead of them. */
#include "scramble/csa2_key.h"

#include "base/bytes.h"
#include "base/mem.h"

#define GROUPS (CSA2_ROUNDS / CSA2_BLOCK)

const uint8_t csa2_sbox[256] = {
	0x3A, 0xEA, 0x68, 0xFE, 0x33, 0xE9, 0x88, 0x1A, 0x83, 0xCF, 0xE1, 0x7F, 0xBA, 0xE2, 0x38,
	0x12, 0xE8, 0x27, 0x61, 0x95, 0x0C, 0x36, 0xE5, 0x70, 0xA2, 0x06, 0x82, 0x7C, 0x17, 0xA3,
	0x26, 0x49, 0xBE, 0x7A, 0x6D, 0x47, 0xC1, 0x51, 0x8F, 0xF3, 0xCC, 0x5B, 0x67, 0xBD, 0xCD,
	0x18, 0x08, 0xC9, 0xFF, 0x69, 0xEF, 0x03, 0x4E, 0x48, 0x4A, 0x84, 0x3F, 0xB4, 0x10, 0x04,
	0xDC, 0xF5, 0x5C, 0xC6, 0x16, 0xAB, 0xAC, 0x4C, 0xF1, 0x6A, 0x2F, 0x3C, 0x3B, 0xD4, 0xD5,
	0x94, 0xD0, 0xC4, 0x63, 0x62, 0x71, 0xA1, 0xF9, 0x4F, 0x2E, 0xAA, 0xC5, 0x56, 0xE3, 0x39,
	0x93, 0xCE, 0x65, 0x64, 0xE4, 0x58, 0x6C, 0x19, 0x42, 0x79, 0xDD, 0xEE, 0x96, 0xF6, 0x8A,
	0xEC, 0x1E, 0x85, 0x53, 0x45, 0xDE, 0xBB, 0x7E, 0x0A, 0x9A, 0x13, 0x2A, 0x9D, 0xC2, 0x5E,
	0x5A, 0x1F, 0x32, 0x35, 0x9C, 0xA8, 0x73, 0x30, 0x29, 0x3D, 0xE7, 0x92, 0x87, 0x1B, 0x2B,
	0x4B, 0xA5, 0x57, 0x97, 0x40, 0x15, 0xE6, 0xBC, 0x0E, 0xEB, 0xC3, 0x34, 0x2D, 0xB8, 0x44,
	0x25, 0xA4, 0x1C, 0xC7, 0x23, 0xED, 0x90, 0x6E, 0x50, 0x00, 0x99, 0x9E, 0x4D, 0xD9, 0xDA,
	0x8D, 0x6F, 0x5F, 0x3E, 0xD7, 0x21, 0x74, 0x86, 0xDF, 0x6B, 0x05, 0x8E, 0x5D, 0x37, 0x11,
	0xD2, 0x28, 0x75, 0xD6, 0xA7, 0x77, 0x24, 0xBF, 0xF0, 0xB0, 0x02, 0xB7, 0xF8, 0xFC, 0x81,
	0x09, 0xB1, 0x01, 0x76, 0x91, 0x7D, 0x0F, 0xC8, 0xA0, 0xF2, 0xCB, 0x78, 0x60, 0xD1, 0xF7,
	0xE0, 0xB5, 0x98, 0x22, 0xB3, 0x20, 0x1D, 0xA6, 0xDB, 0x7B, 0x59, 0x9F, 0xAE, 0x31, 0xFB,
	0xD3, 0xB6, 0xCA, 0x43, 0x72, 0x07, 0xF4, 0xD8, 0x41, 0x14, 0x55, 0x0D, 0x54, 0x8B, 0xB9,
	0xAD, 0x46, 0x0B, 0xAF, 0x80, 0x52, 0x2C, 0xFA, 0x8C, 0x89, 0x66, 0xFD, 0xB2, 0xA9, 0x9B,
	0xC0,
};

/* The bit at position i goes to position target[i - 1]; 1 is the highest bit of byte 0. */
static const uint8_t target[64] = {
	18, 36, 9,  7,  42, 49, 29, 21, 28, 54, 62, 50, 19, 33, 59, 64, 24, 20, 37, 39, 2, 53,
	27, 1,  34, 4,  13, 14, 57, 40, 26, 41, 51, 35, 52, 12, 22, 48, 30, 58, 45, 31, 8, 25,
	23, 47, 61, 17, 60, 5,  56, 43, 11, 6,  10, 44, 32, 63, 46, 15, 3,  38, 16, 55,
};

uint8_t
csa2_permute(uint8_t s)
{
	static const uint8_t to[8] = { 1, 7, 5, 4, 2, 6, 0, 3 };
	unsigned int out = 0;

	for (unsigned int i = 0; i < 8; i++)
		out |= ((unsigned int)s >> i & 1U) << to[i];
	return (uint8_t)out;
}

void
csa2_permutation_make(struct csa2_permutation *p)
{
	for (unsigned int n = 0; n < 16; n++) {
		for (unsigned int value = 0; value < 16; value++) {
			uint64_t out = 0;

			for (unsigned int bit = 0; bit < 4; bit++) {
				if ((value >> (3 - bit) & 1U) != 0)
					out |= UINT64_C(1) << (64 - target[4 * n + bit]);
			}
			p->nibble[n][value] = out;
		}
	}
}

static uint64_t
permute(const struct csa2_permutation *p, uint64_t group)
{
	uint64_t out = 0;

	for (unsigned int n = 0; n < 16; n++)
		out ^= p->nibble[n][group >> (60 - 4 * n) & 15U];
	return out;
}

/* The round key of the n-th round to be run, 0 outside. */
struct order {
	uint8_t key[CSA2_ROUNDS + 16];
};
#define BEFORE 8U /* entries of struct order in front of round 0 */

static void
make_decryption(const uint8_t round[CSA2_ROUNDS], uint8_t rows[CSA2_ROWS])
{
	struct order order = { { 0 } };
	const uint8_t *k = order.key + BEFORE;
	uint8_t *after = rows + CSA2_DEC_AFTER;

	for (unsigned int n = 0; n < CSA2_ROUNDS; n++)
		order.key[BEFORE + n] = round[CSA2_ROUNDS - 1 - n];
	for (unsigned int n = 0; n <= CSA2_ROUNDS; n++, k++)
		rows[CSA2_DEC_ROUND + n] = k[0] ^ k[-4] ^ k[-5] ^ k[-6] ^ k[-8];
	k = order.key + BEFORE;
	after[0] = k[54];
	after[1] = k[53];
	after[2] = k[52] ^ k[54];
	after[3] = k[51] ^ k[53] ^ k[54];
	after[4] = k[50] ^ k[52] ^ k[53] ^ k[54];
	after[5] = k[49] ^ k[51] ^ k[52] ^ k[53];
	after[6] = k[55];
	mem_wipe(&order, sizeof order);
}

static void
make_encryption(const uint8_t round[CSA2_ROUNDS], uint8_t rows[CSA2_ROWS])
{
	struct order order = { { 0 } };
	const uint8_t *k = order.key + BEFORE;
	uint8_t *after = rows + CSA2_ENC_AFTER;

	memcpy(order.key + BEFORE, round, CSA2_ROUNDS);
	rows[CSA2_ENC_FIRST] = k[0];
	/* w(−1) … w(−4) are zero and carry no key: key 0 belongs to no w. */
	for (unsigned int n = 0; n <= CSA2_ROUNDS; n++, k++) {
		unsigned int row = k[1] ^ k[-7];

		if (n >= 2)
			row ^= k[-1];
		if (n >= 3)
			row ^= k[-2];
		if (n >= 4)
			row ^= k[-3];
		rows[CSA2_ENC_ROUND + n] = (uint8_t)row;
	}
	k = order.key + BEFORE;
	after[0] = k[50] ^ k[54] ^ k[55];
	after[1] = k[51] ^ k[55];
	after[2] = k[52];
	after[3] = k[53];
	after[4] = k[54];
	after[5] = k[55];
	mem_wipe(&order, sizeof order);
}

void
csa2_rows_make(const struct csa2_permutation *p, const uint8_t cw[CSA2_BLOCK],
	       struct csa2_rows *rows)
{
	uint64_t group = get_be64(cw);

	memcpy(rows->cw, cw, CSA2_BLOCK);
	for (unsigned int i = GROUPS; i-- > 0;) {
		put_be64(rows->round + i * CSA2_BLOCK, group ^ i * UINT64_C(0x0101010101010101));
		group = permute(p, group);
	}
	make_encryption(rows->round, rows->enc);
	make_decryption(rows->round, rows->dec);
	mem_wipe(&group, sizeof group);
}
