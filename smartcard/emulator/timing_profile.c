// SPDX-License-Identifier: GPL-3.0-or-later
/* Three cards. Where the figures come from: the public results of JCAlgTest (crocs-muni/JCAlgTest),
 * milliseconds for 256 bytes, the call of a Java Card applet included, and for one write of 256
 * bytes to memory without transaction (the card's own log is counted page by page):
 *
 *                    AES-128   SHA-256   ECDSA P-256 signature   write
 *   JCOP4 P71           1.93      7.92          32.0              2.86
 *   JCOP3 J3H145        9.0        -            56.3              1.5
 *   J2A080             (23)        -           141.8              2.95
 *
 * What follows from them by our own rules, each on the slow side:
 * - AES on the J2A080 is what its retail MAC takes (33 DES blocks of an older engine).
 * - SHA-256 where none is published: the P71's, times the ratio of the AES figures (J2A080: of the
 *   retail MACs, 23 to 2.32).
 * - A call for 256 bytes is a third set-up and two thirds blocks, as the 6 ms of an 8-byte MAC
 *   beside the 17.6 ms of 256 bytes have it on the J3A081 of the same family.
 * - A verification multiplies two scalars where a signature multiplies one: twice its time.
 *   A key pair or ECDH multiplies one.
 * - A page of 64 bytes costs as much as the 256 bytes written.
 * - Random bytes cost a call of AES. Dispatch (parsing, rules, reads of memory) is an assumption of
 *   ours: 1, 2 and 5 ms. */
#include "emulator/timing_private.h"

#include <string.h>

#define AES_BLOCKS 16 /* in 256 bytes */
#define HASH_BLOCKS 5 /* in 256 bytes, padding included */

#define SET_UP(us) ((us) / 3)
#define EACH(us, blocks) (((us)-SET_UP(us)) / (blocks))
#define CARD(card_name, text, dispatch, aes, hash, sign, write)                           \
	{                                                                                 \
		.name = (card_name), .card = (text), .dispatch_us = (dispatch),           \
		.aes_call_us = SET_UP(aes), .aes_block_us = EACH(aes, AES_BLOCKS),        \
		.hash_call_us = SET_UP(hash), .hash_block_us = EACH(hash, HASH_BLOCKS),   \
		.verify_us = 2 * (sign), .multiply_us = (sign), .random_us = SET_UP(aes), \
		.page_write_us = (write)                                                  \
	}

static const struct timing_profile profiles[TIMING_PROFILES] = {
	CARD("p71", "NXP JCOP4 P71", 1000, 1930, 7920, 32000, 2860),
	CARD("p60", "NXP JCOP3 J3H145 (P60)", 2000, 9000, 36900, 56300, 1500),
	CARD("j2a", "NXP J2A080 (2010)", 5000, 23000, 78500, 141800, 2950),
};

const struct timing_profile *
timing_profile_at(unsigned int index)
{
	return &profiles[index];
}

const struct timing_profile *
timing_profile_find(const char *name)
{
	for (unsigned int i = 0; i < TIMING_PROFILES; i++) {
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	}
	return NULL;
}

uint64_t
timing_card_ns(const struct timing_profile *p, const struct timing_counts *c)
{
	uint64_t us = (uint64_t)c->commands * p->dispatch_us;

	us += (uint64_t)c->aes_calls * p->aes_call_us + (uint64_t)c->aes_blocks * p->aes_block_us;
	us += (uint64_t)c->hash_calls * p->hash_call_us;
	us += (uint64_t)c->hash_blocks * p->hash_block_us;
	us += (uint64_t)c->verifications * p->verify_us + (uint64_t)c->randoms * p->random_us;
	us += (uint64_t)c->multiplications * p->multiply_us;
	us += (uint64_t)c->page_writes * p->page_write_us;
	return us * 1000;
}
