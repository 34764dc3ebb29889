/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small transport streams, built packet by packet, scrambled as asked for; and what should come out
 * of a box that opens everything. */
#ifndef TESSERA_STB_STREAM_H
#define TESSERA_STB_STREAM_H

#include "crypto/crypto.h"
#include "stream/ts.h"
#include "wire/ecm.h"
#include "wire/emm.h"

#define STB_OPERATOR 0x1234
#define STB_SYSTEM 0x5445

struct stb_stream {
	const struct crypto *crypto;
	uint8_t *bytes, *clear; /* scrambled, and the same with every packet opened */
	size_t packets, cap;
	uint8_t cc[TS_PIDS];
	uint32_t seed;
	uint8_t service_key[CRYPTO_KEY];
};

struct stb_es {
	uint16_t pid;
	uint16_t ecm_pid; /* in the ES loop; 0 = none */
};

void stb_stream_init(struct stb_stream *s, const struct crypto *crypto);
void stb_stream_free(struct stb_stream *s);
void stb_section(struct stb_stream *s, uint16_t pid, const uint8_t *section, size_t len);
/* programs: pairs of number and PMT PID. */
void stb_pat(struct stb_stream *s, uint8_t version, const uint16_t programs[][2], size_t count);
/* ecm_pid: in the program loop; 0 = none. */
void stb_pmt(struct stb_stream *s, uint16_t program, uint16_t pid, uint8_t version,
	     uint16_t ecm_pid, uint16_t operator_id, const struct stb_es *streams, size_t count);
void stb_cat(struct stb_stream *s, uint8_t version, uint16_t emm_pid);
/* An ECM of one packet. words_size 8 or 16. */
void stb_ecm(struct stb_stream *s, uint16_t pid, const struct ecm *ecm);
/* What ecm_seal makes of it. */
size_t stb_ecm_section(struct stb_stream *s, const struct ecm *ecm, uint8_t section[ECM_MAX]);
/* n packets of a PID with made-up contents; scrambled under cw (size 8 or 16) of that parity when
 * cw is not NULL. */
void stb_packets(struct stb_stream *s, uint16_t pid, size_t n, unsigned int parity,
		 const uint8_t *cw, size_t cw_size);
/* The made-up control word of a service and crypto period. */
void stb_word(uint16_t service, uint32_t period, uint8_t cw[ECM_CW_MAX]);
/* An ECM of that period with its words, sold to product 1; the caller changes what it wants. */
struct ecm stb_ecm_of(uint16_t service, uint32_t period, uint8_t cw_size);

#endif
