// SPDX-License-Identifier: GPL-3.0-or-later
/* DVB-CISSA version 1 (ETSI TS 103 127 clause 6): AES-128-CBC with a constant IV that restarts at
 * every packet; whole blocks only, a shorter tail stays clear. */
#include "scramble/engine.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define CISSA_BLOCK 16U
#define CISSA_PAYLOAD_MAX 184U
#define CISSA_BATCH 64U /* lanes; nothing is gained by more */

static const uint8_t cissa_iv[CISSA_BLOCK] = "DVBTMCPTAESCISSA";

struct cissa_engine {
	struct scr_engine base;
	EVP_CIPHER *cipher;
};

struct cissa_key {
	struct scr_key base;
	EVP_CIPHER *cipher; /* the engine's */
	EVP_CIPHER_CTX *ctx[2];
	bool ready;
};

static void
engine_free(struct scr_engine *base)
{
	struct cissa_engine *e = (struct cissa_engine *)base;

	EVP_CIPHER_free(e->cipher);
	free(e);
}

static void
key_free(struct scr_key *base)
{
	struct cissa_key *k = (struct cissa_key *)base;

	EVP_CIPHER_CTX_free(k->ctx[SCR_ENCRYPT]); /* clears the schedule */
	EVP_CIPHER_CTX_free(k->ctx[SCR_DECRYPT]);
	EVP_CIPHER_free(k->cipher);
	free(k);
}

static struct scr_key *
key_new(struct scr_engine *base)
{
	struct cissa_engine *e = (struct cissa_engine *)base;
	struct cissa_key *k = calloc(1, sizeof *k);

	if (k == NULL)
		return NULL;
	k->base.ops = base->ops;
	k->ctx[SCR_ENCRYPT] = EVP_CIPHER_CTX_new();
	k->ctx[SCR_DECRYPT] = EVP_CIPHER_CTX_new();
	if (k->ctx[SCR_ENCRYPT] == NULL || k->ctx[SCR_DECRYPT] == NULL ||
	    EVP_CIPHER_up_ref(e->cipher) != 1) {
		key_free(&k->base);
		return NULL;
	}
	k->cipher = e->cipher;
	return &k->base;
}

static enum rc
key_set(struct scr_engine *e, struct scr_key *base, const uint8_t *cw)
{
	struct cissa_key *k = (struct cissa_key *)base;

	(void)e;
	k->ready = false;
	for (int dir = SCR_ENCRYPT; dir <= SCR_DECRYPT; dir++) {
		if (EVP_CipherInit_ex2(k->ctx[dir], k->cipher, cw, cissa_iv, dir == SCR_ENCRYPT,
				       NULL) != 1 ||
		    EVP_CIPHER_CTX_set_padding(k->ctx[dir], 0) != 1)
			return RC_CRYPTO;
	}
	k->ready = true;
	return RC_OK;
}

static enum rc
batch(struct scr_engine *e, enum scr_direction dir, const struct scr_lane *lanes, size_t n)
{
	(void)e;
	for (size_t i = 0; i < n; i++) {
		const struct cissa_key *k = (const struct cissa_key *)lanes[i].key;
		int whole = (int)(lanes[i].len / CISSA_BLOCK * CISSA_BLOCK), done = 0;

		if (lanes[i].len > CISSA_PAYLOAD_MAX)
			return RC_RANGE;
		if (!k->ready)
			return RC_STATE;
		if (whole == 0)
			continue;
		if (EVP_CipherInit_ex2(k->ctx[dir], NULL, NULL, cissa_iv, -1, NULL) != 1 ||
		    EVP_CipherUpdate(k->ctx[dir], lanes[i].data, &done, lanes[i].data, whole) !=
			    1 ||
		    done != whole)
			return RC_CRYPTO;
	}
	return RC_OK;
}

static const struct scr_ops ops = {
	engine_free, key_new, key_free, key_set, batch,
};

struct scr_engine *
cissa_engine_new(const char *name)
{
	struct cissa_engine *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->base.ops = &ops;
	e->base.name = name;
	e->base.many_keys = true;
	e->base.batch = CISSA_BATCH;
	e->cipher = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	if (e->cipher == NULL) {
		free(e);
		return NULL;
	}
	return &e->base;
}
