// SPDX-License-Identifier: GPL-3.0-or-later
/* DES and 3DES with two keys (FIPS 46-3; SP 800-67), bit by bit from the standard's tables: small,
 * not fast. */
#include "crypto_small/small.h"

#include "base/bytes.h"
#include "base/mem.h"

#include <stdbool.h>

#define ROUNDS 16U
#define HALF_KEY 28U

/* Bits counted from 1, the most significant, as the standard counts them. */
static const uint8_t initial[64] = { 58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
				     62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
				     57, 49, 41, 33, 25, 17, 9,  1, 59, 51, 43, 35, 27, 19, 11, 3,
				     61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7 };
static const uint8_t final[64] = { 40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31,
				   38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21, 61, 29,
				   36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27,
				   34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41, 9,  49, 17, 57, 25 };
static const uint8_t choice_1[56] = { 57, 49, 41, 33, 25, 17, 9,  1,  58, 50, 42, 34, 26, 18,
				      10, 2,  59, 51, 43, 35, 27, 19, 11, 3,  60, 52, 44, 36,
				      63, 55, 47, 39, 31, 23, 15, 7,  62, 54, 46, 38, 30, 22,
				      14, 6,  61, 53, 45, 37, 29, 21, 13, 5,  28, 20, 12, 4 };
static const uint8_t choice_2[48] = { 14, 17, 11, 24, 1,  5,  3,  28, 15, 6,  21, 10,
				      23, 19, 12, 4,  26, 8,  16, 7,  27, 20, 13, 2,
				      41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48,
				      44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32 };
static const uint8_t round_bits[32] = { 16, 7, 20, 21, 29, 12, 28, 17, 1,  15, 23,
					26, 5, 18, 31, 10, 2,  8,  24, 14, 32, 27,
					3,  9, 19, 13, 30, 6,  22, 11, 4,  25 };

/* By the six bits that go in: two answers of four bits a byte. */
static const uint8_t boxes[8][32] = {
	{ 0xE0, 0x4F, 0xD7, 0x14, 0x2E, 0xF2, 0xBD, 0x81, 0x3A, 0xA6, 0x6C,
	  0xCB, 0x59, 0x95, 0x03, 0x78, 0x4F, 0x1C, 0xE8, 0x82, 0xD4, 0x69,
	  0x21, 0xB7, 0xF5, 0xCB, 0x93, 0x7E, 0x3A, 0xA0, 0x56, 0x0D },
	{ 0xF3, 0x1D, 0x84, 0xE7, 0x6F, 0xB2, 0x38, 0x4E, 0x9C, 0x70, 0x21,
	  0xDA, 0xC6, 0x09, 0x5B, 0xA5, 0x0D, 0xE8, 0x7A, 0xB1, 0xA3, 0x4F,
	  0xD4, 0x12, 0x5B, 0x86, 0xC7, 0x6C, 0x90, 0x35, 0x2E, 0xF9 },
	{ 0xAD, 0x07, 0x90, 0xE9, 0x63, 0x34, 0xF6, 0x5A, 0x12, 0xD8, 0xC5,
	  0x7E, 0xBC, 0x4B, 0x2F, 0x81, 0xD1, 0x6A, 0x4D, 0x90, 0x86, 0xF9,
	  0x38, 0x07, 0xB4, 0x1F, 0x2E, 0xC3, 0x5B, 0xA5, 0xE2, 0x7C },
	{ 0x7D, 0xD8, 0xEB, 0x35, 0x06, 0x6F, 0x90, 0xA3, 0x14, 0x27, 0x82,
	  0x5C, 0xB1, 0xCA, 0x4E, 0xF9, 0xA3, 0x6F, 0x90, 0x06, 0xCA, 0xB1,
	  0x7D, 0xD8, 0xF9, 0x14, 0x35, 0xEB, 0x5C, 0x27, 0x82, 0x4E },
	{ 0x2E, 0xCB, 0x42, 0x1C, 0x74, 0xA7, 0xBD, 0x61, 0x85, 0x50, 0x3F,
	  0xFA, 0xD3, 0x09, 0xE8, 0x96, 0x4B, 0x28, 0x1C, 0xB7, 0xA1, 0xDE,
	  0x72, 0x8D, 0xF6, 0x9F, 0xC0, 0x59, 0x6A, 0x34, 0x05, 0xE3 },
	{ 0xCA, 0x1F, 0xA4, 0xF2, 0x97, 0x2C, 0x69, 0x85, 0x06, 0xD1, 0x3D,
	  0x4E, 0xE0, 0x7B, 0x53, 0xB8, 0x94, 0xE3, 0xF2, 0x5C, 0x29, 0x85,
	  0xCF, 0x3A, 0x7B, 0x0E, 0x41, 0xA7, 0x16, 0xD0, 0xB8, 0x6D },
	{ 0x4D, 0xB0, 0x2B, 0xE7, 0xF4, 0x09, 0x81, 0xDA, 0x3E, 0xC3, 0x95,
	  0x7C, 0x52, 0xAF, 0x68, 0x16, 0x16, 0x4B, 0xBD, 0xD8, 0xC1, 0x34,
	  0x7A, 0xE7, 0xA9, 0xF5, 0x60, 0x8F, 0x0E, 0x52, 0x93, 0x2C },
	{ 0xD1, 0x2F, 0x8D, 0x48, 0x6A, 0xF3, 0xB7, 0x14, 0xAC, 0x95, 0x36,
	  0xEB, 0x50, 0x0E, 0xC9, 0x72, 0x72, 0xB1, 0x4E, 0x17, 0x94, 0xCA,
	  0xE8, 0x2D, 0x0F, 0x6C, 0xA9, 0xD0, 0xF3, 0x35, 0x56, 0x8B },
};

/* The chosen bits of a value of width bits. */
static uint64_t
permute(uint64_t in, unsigned int width, const uint8_t *bits, unsigned int n)
{
	uint64_t out = 0;

	for (unsigned int i = 0; i < n; i++)
		out = out << 1 | (in >> (width - bits[i]) & 1);
	return out;
}

static uint64_t
rotate_half(uint64_t half)
{
	return (half << 1 | half >> (HALF_KEY - 1)) & 0xFFFFFFFU;
}

static void
make_round_keys(uint64_t key, uint64_t round_keys[ROUNDS])
{
	const uint64_t chosen = permute(key, 64, choice_1, sizeof choice_1);
	uint64_t c = chosen >> HALF_KEY, d = chosen & 0xFFFFFFFU;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		const bool once = i < 2 || i == 8 || i == 15;

		for (unsigned int n = 0; n < (once ? 1U : 2U); n++) {
			c = rotate_half(c);
			d = rotate_half(d);
		}
		round_keys[i] = permute(c << HALF_KEY | d, 56, choice_2, sizeof choice_2);
	}
}

/* The cipher function f(R, K): expansion, boxes, permutation. */
static uint32_t
mangle(uint32_t right, uint64_t round_key)
{
	/* The expansion: six bits from the one before each four; R is a ring. */
	const uint32_t turned = right >> 1 | right << 31;
	const uint64_t ring = (uint64_t)turned << 32 | turned;
	uint32_t out = 0;

	for (unsigned int i = 0; i < 8; i++) {
		const unsigned int six =
			(unsigned int)(ring >> (58U - 4U * i) ^ round_key >> (42U - 6U * i)) &
			0x3FU;
		const uint8_t pair = boxes[i][six >> 1];

		out = out << 4 | (six & 1 ? pair & 0x0FU : (uint32_t)pair >> 4);
	}
	return (uint32_t)permute(out, 32, round_bits, sizeof round_bits);
}

static uint64_t
one_pass(uint64_t key, enum crypto_direction dir, uint64_t block)
{
	uint64_t round_keys[ROUNDS];
	uint32_t left, right;

	make_round_keys(key, round_keys);
	block = permute(block, 64, initial, sizeof initial);
	left = (uint32_t)(block >> 32);
	right = (uint32_t)block;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		const unsigned int k = dir == CRYPTO_ENCRYPT ? i : ROUNDS - 1 - i;
		const uint32_t next = left ^ mangle(right, round_keys[k]);

		left = right;
		right = next;
	}
	mem_wipe(round_keys, sizeof round_keys);
	return permute((uint64_t)right << 32 | left, 64, final, sizeof final);
}

enum rc
small_des(const uint8_t *key, size_t key_len, enum crypto_direction dir, const uint8_t in[8],
	  uint8_t out[8])
{
	const enum crypto_direction back = dir == CRYPTO_ENCRYPT ? CRYPTO_DECRYPT : CRYPTO_ENCRYPT;
	uint64_t first, block;

	if (key_len != 8 && key_len != 16)
		return RC_CRYPTO;
	first = get_be64(key);
	block = one_pass(first, dir, get_be64(in));
	if (key_len == 16)
		block = one_pass(first, dir, one_pass(get_be64(key + 8), back, block));
	put_be64(out, block);
	mem_wipe(&first, sizeof first);
	return RC_OK;
}
