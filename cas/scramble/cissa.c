// SPDX-License-Identifier: GPL-3.0-or-later
/* DVB-CISSA version 1 (ETSI TS 103 127 clause 6): AES-128-CBC with a constant IV that restarts at
 * every packet; whole blocks only, a shorter tail stays clear. */
#include "scramble/engine.h"

#include "base/mem.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define CISSA_BLOCK 16U
#define CISSA_PAYLOAD_MAX 184U
#define CISSA_BATCH 64U /* lanes; nothing is gained by more */

static const uint8_t cissa_iv[CISSA_BLOCK] = "DVBTMCPTAESCISSA";

struct cissa_engine {
	struct scr_engine base;
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx[2];
	uint64_t loaded[2]; /* serial of the key in each; 0: none */
	uint64_t serial;    /* of the last key that was set */
};

/* Only bytes: any engine of another thread may work with it, each in contexts of its own. */
struct cissa_key {
	struct scr_key base;
	uint8_t cw[CISSA_BLOCK];
	uint64_t serial; /* 0: no word yet */
};

static void
engine_free(struct scr_engine *base)
{
	struct cissa_engine *e = (struct cissa_engine *)base;

	EVP_CIPHER_CTX_free(e->ctx[SCR_ENCRYPT]); /* clears the schedule */
	EVP_CIPHER_CTX_free(e->ctx[SCR_DECRYPT]);
	EVP_CIPHER_free(e->cipher);
	free(e);
}

static void
key_free(struct scr_key *base)
{
	mem_wipe(base, sizeof(struct cissa_key));
	free(base);
}

static struct scr_key *
key_new(struct scr_engine *base)
{
	struct cissa_key *k = calloc(1, sizeof *k);

	if (k == NULL)
		return NULL;
	k->base.ops = base->ops;
	return &k->base;
}

static enum rc
key_set(struct scr_engine *e, struct scr_key *base, const uint8_t *cw)
{
	struct cissa_key *k = (struct cissa_key *)base;

	memcpy(k->cw, cw, sizeof k->cw);
	k->serial = ++((struct cissa_engine *)e)->serial;
	return RC_OK;
}

static enum rc
load(struct cissa_engine *e, enum scr_direction dir, const struct cissa_key *k)
{
	if (k->serial == 0)
		return RC_STATE;
	if (e->loaded[dir] == k->serial)
		return EVP_CipherInit_ex2(e->ctx[dir], NULL, NULL, cissa_iv, -1, NULL) == 1
			       ? RC_OK
			       : RC_CRYPTO;
	e->loaded[dir] = 0;
	if (EVP_CipherInit_ex2(e->ctx[dir], e->cipher, k->cw, cissa_iv, dir == SCR_ENCRYPT, NULL) !=
		    1 ||
	    EVP_CIPHER_CTX_set_padding(e->ctx[dir], 0) != 1)
		return RC_CRYPTO;
	e->loaded[dir] = k->serial;
	return RC_OK;
}

static enum rc
batch(struct scr_engine *base, enum scr_direction dir, const struct scr_lane *lanes, size_t n)
{
	struct cissa_engine *e = (struct cissa_engine *)base;

	for (size_t i = 0; i < n; i++) {
		int whole = (int)(lanes[i].len / CISSA_BLOCK * CISSA_BLOCK), done = 0;
		enum rc rc;

		if (lanes[i].len > CISSA_PAYLOAD_MAX)
			return RC_RANGE;
		rc = load(e, dir, (const struct cissa_key *)lanes[i].key);
		if (rc != RC_OK)
			return rc;
		if (whole == 0)
			continue;
		if (EVP_CipherUpdate(e->ctx[dir], lanes[i].data, &done, lanes[i].data, whole) !=
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
	e->base.batch = CISSA_BATCH;
	e->cipher = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	e->ctx[SCR_ENCRYPT] = EVP_CIPHER_CTX_new();
	e->ctx[SCR_DECRYPT] = EVP_CIPHER_CTX_new();
	if (e->cipher == NULL || e->ctx[SCR_ENCRYPT] == NULL || e->ctx[SCR_DECRYPT] == NULL) {
		engine_free(&e->base);
		return NULL;
	}
	return &e->base;
}
