/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of personalisation say to each other. */
#ifndef TESSERA_HEADEND_PERSONALISE_PRIVATE_H
#define TESSERA_HEADEND_PERSONALISE_PRIVATE_H

#include "headend/personalise.h"
#include "headend/scp_host.h"

/* STORE DATA commands to one application, filled grouping by grouping. The newest command waits
 * until it is known whether it is the last. */
struct batch {
	struct scp_host *host;
	const struct crypto *crypto;
	uint8_t block;
	size_t len;
	uint8_t data[SCP_HOST_DATA_MAX];
};

extern const uint8_t personalise_test_key[CRYPTO_KEY]; /* GlobalPlatform's, of a blank card */

/* Sends what is in the batch. */
enum rc personalise_store(struct batch *b, bool last) RC_CHECKED;
/* Under the static DEK of the open channel. */
enum rc personalise_wrap(const struct batch *b, const uint8_t plain[CRYPTO_BLOCK],
			 uint8_t out[CRYPTO_BLOCK]) RC_CHECKED;

/* Appends a grouping. */
enum rc personalise_put(struct batch *b, uint16_t tag, const uint8_t *value, size_t len) RC_CHECKED;
/* A grouping that ends in a wrapped key and its check value; head_len ≤ 8. */
enum rc personalise_put_key(struct batch *b, uint16_t tag, const uint8_t *head, size_t head_len,
			    const uint8_t key[CRYPTO_KEY]) RC_CHECKED;
/* A grouping of one wrapped block. */
enum rc personalise_put_wrapped(struct batch *b, uint16_t tag,
				const uint8_t plain[CRYPTO_BLOCK]) RC_CHECKED;

/* All of an instance of the CA application, through a channel of the domain that keeps it. */
enum rc personalise_instance(struct scp_host *s, const struct head_keys *keys,
			     const struct personalisation *p, const uint8_t *aid,
			     uint8_t aid_len) RC_CHECKED;
/* Keys, public data and PIN of the purse's PBOC face. */
enum rc personalise_face(struct batch *b, const struct head_keys *keys,
			 const struct personalisation *p) RC_CHECKED;

#endif
