/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A card in RAM with two small applications made for tests, and a host that opens secure channels
 * with it. */
#ifndef TESSERA_CARD_BENCH_H
#define TESSERA_CARD_BENCH_H

#include "core/card.h"
#include "nv_ram.h"

#define BENCH_AID "F0424501"     /* application 1, "bench one" */
#define BENCH_AID_TWO "F0424502" /* application 2, no commands of its own, no store_data */
#define BENCH_AID_LEN 4
#define BENCH_DATA 256 /* bytes of application 1's data, staged by command 30 */

/* Commands of application 1, CLA 80 unless told:
 *   20 echo, any P1P2, Lc 0…1024: answers the data
 *   22 P1P2 0000, Lc 4…8: 9000
 *   24 secured only; 26 unsecured only; 28 in a channel only
 *   30 write: data to offset 0 of its partition, answers 1 byte; 32 write, then 6A80; 34 write,
 * then 6310; 36 write, then 63C1; 38 answers BENCH_DATA bytes of its partition; 3A stages more than
 * fits 3C counts up 4 bytes of its RAM and answers them CLA 00, 40: 9000 DGI 1234: data (≤ 64) to
 * offset 0. DGI 8001: wrapped key 16, KCV 3, to offset 64. Personalised once a key is there. Any
 * other DGI: 6A88. */

struct card_bench {
	struct nv_ram ram;
	struct card card;
	struct card_port port;
	uint8_t app_ram[16];
	uint8_t answer[1026];
	size_t answer_len; /* data bytes */
};

/* A blank card, powered up. page as for nv_ram_init. */
void card_bench_start(struct card_bench *b, uint16_t page);
/* The same with two security domains; application 1 belongs to the first. */
void card_bench_start_domains(struct card_bench *b, const uint8_t serial[8]);
#define BENCH_DOMAIN "F042458101"
#define BENCH_DOMAIN_TWO "F042458102"
/* Power back, reset. */
void card_bench_reset(struct card_bench *b);
/* Sends a command given as hex text; returns the status word, data in b->answer. */
uint16_t card_bench_hex(struct card_bench *b, const char *hex);
uint16_t card_bench_send(struct card_bench *b, const uint8_t *cmd, size_t len);
/* What application 1 wrote. */
void card_bench_data(struct card_bench *b, uint32_t offset, uint8_t *dst, uint32_t len);

/* A host's end of a channel. */
struct card_host {
	struct scp03_keys keys;
	struct scp03_session session;
};

/* The public test keys. */
void card_host_test_keys(struct card_host *h);
/* SELECT issuer domain, INITIALIZE UPDATE with the key version, EXTERNAL AUTHENTICATE. Returns the
 * last status word; compares the card's cryptogram. */
uint16_t card_host_open(struct card_host *h, struct card_bench *b, uint8_t version, uint8_t level);
/* One command through the channel, given plain: header of 8 hex digits, data. Answer in b->answer.
 */
uint16_t card_host_send(struct card_host *h, struct card_bench *b, const char *header,
			const uint8_t *data, size_t len);
uint16_t card_host_hex(struct card_host *h, struct card_bench *b, const char *header,
		       const char *data);
/* The 22 bytes of one key in PUT KEY (88 10 … 03 KCV) under h's static DEK. */
void card_host_wrap_key(const struct card_host *h, const uint8_t key[CRYPTO_KEY], uint8_t out[22]);

#endif
