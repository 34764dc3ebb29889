// SPDX-License-Identifier: GPL-3.0-or-later
/* Personalisation of the CA application (FORMATS.md, "Personalisation"). */
#include "apps/ca_clock.h"
#include "apps/ca_key.h"
#include "apps/ca_tree.h"
#include "apps/common.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "wire/personalise.h"

#define LEAF_MAX 0xFFFFFFU

static uint16_t
store_identity(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	uint16_t installed_for = 0;
	uint8_t capability;

	if (card_install_number(env->card, &installed_for) != RC_OK)
		return SW_MEMORY;
	id->operator_id = read_be16(r);
	id->leaf = read_be32(r);
	id->profile = read_u8(r);
	capability = read_u8(r);
	if (!reader_at_end(r) || id->leaf > LEAF_MAX || capability != 0)
		return SW_DATA;
	/* Nobody takes another operator's name: the card's issuer gave it. */
	if (installed_for != 0 && id->operator_id != installed_for)
		return SW_CONDITIONS;
	return id->profile == PROFILE_LABORATORY || id->profile == PROFILE_PAIRED ? SW_OK : SW_DATA;
}

/* RC_FORMAT also when the key check value is wrong. */
static enum rc
unwrap(const struct card_env *env, struct reader *r, uint8_t key[CRYPTO_KEY])
{
	const uint8_t *wrapped = read_slice(r, CRYPTO_KEY);
	const uint8_t *kcv = read_slice(r, CRYPTO_KCV);
	enum rc rc;

	if (!wrapped || !kcv || !reader_at_end(r))
		return RC_FORMAT;
	rc = card_unwrap_key(env->card, wrapped, kcv, key);
	return rc == RC_AUTH ? RC_FORMAT : rc;
}

static uint16_t
store_key(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	uint8_t key[CRYPTO_KEY];
	enum rc rc;

	id->key_version = read_u8(r);
	rc = unwrap(env, r, key);
	if (rc == RC_OK)
		rc = nv_part_stage(&env->part, CA_AT_KEY, key, sizeof key);
	mem_wipe(key, sizeof key);
	return app_status(rc);
}

static uint16_t
store_root(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	const uint8_t *key = read_slice(r, CRYPTO_PUBLIC);

	(void)id;
	if (!key || !reader_at_end(r))
		return SW_DATA;
	return app_status(nv_part_stage(&env->part, CA_AT_ROOT, key, CRYPTO_PUBLIC));
}

static uint16_t
store_signing(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	const uint8_t *key;

	id->signing_version = read_u8(r);
	id->signing_floor = id->signing_version;
	key = read_slice(r, CRYPTO_PUBLIC);
	if (!key || !reader_at_end(r))
		return SW_DATA;
	return app_status(nv_part_stage(&env->part, CA_AT_SIGNING, key, CRYPTO_PUBLIC));
}

static uint16_t
store_epoch(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	uint8_t key[CRYPTO_KEY];
	uint8_t group = read_u8(r);
	uint16_t epoch = read_be16(r);
	enum rc rc = unwrap(env, r, key);

	(void)id;
	if (rc == RC_OK)
		rc = ca_epoch_put(env, group, epoch, 0, key);
	mem_wipe(key, sizeof key);
	return rc == RC_CONFLICT ? SW_DATA : app_status(rc);
}

static uint16_t
store_pin(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	const struct pin_place place = ca_pin_place();
	const uint8_t *wrapped = read_slice(r, CRYPTO_KEY);
	uint8_t block[CRYPTO_KEY];
	uint16_t sw = SW_DATA;
	enum rc rc;

	(void)id;
	if (!wrapped || !reader_at_end(r))
		return SW_DATA;
	rc = card_unwrap_key(env->card, wrapped, NULL, block);
	if (rc != RC_OK)
		sw = app_status(rc);
	else if (block[0] <= PIN_MAX)
		sw = pin_set(env, &place, block + 1, block[0]);
	mem_wipe(block, sizeof block);
	return sw;
}

static uint16_t
store_time(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	uint32_t now = read_be32(r);

	(void)id;
	return reader_at_end(r) ? app_status(ca_clock_set(env, now)) : SW_DATA;
}

/* The card's key towards boxes, and how many of them it may take by itself. */
static uint16_t
store_box_key(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	struct pair_identity key;
	uint8_t first_use = read_u8(r);
	const uint8_t *wrapped = read_slice(r, CRYPTO_PRIVATE);
	enum rc rc;

	read_bytes(r, key.public_key, CRYPTO_PUBLIC);
	if (!wrapped || !reader_at_end(r) || first_use > CA_BOXES_MAX)
		return SW_DATA;
	if (id->profile != PROFILE_PAIRED)
		return SW_CONDITIONS;
	rc = card_unwrap_key(env->card, wrapped, NULL, key.private_key);
	if (rc == RC_OK)
		rc = card_unwrap_key(env->card, wrapped + CRYPTO_KEY, NULL,
				     key.private_key + CRYPTO_KEY);
	if (rc == RC_OK)
		rc = nv_part_stage(&env->annex, CA_ANNEX_PRIVATE, key.private_key, CRYPTO_PRIVATE);
	if (rc == RC_OK)
		rc = nv_part_stage(&env->annex, CA_ANNEX_PUBLIC, key.public_key, CRYPTO_PUBLIC);
	if (rc == RC_OK)
		rc = nv_part_stage(&env->annex, CA_ANNEX_RULES + 2, &first_use, 1);
	mem_wipe(&key, sizeof key);
	id->has &= (uint8_t)~CA_HAS_CERTIFICATE;
	return app_status(rc);
}

/* Of this card and this key, and by the operator, else no box would believe it. */
static enum rc
check_certificate(const struct card_env *env, const struct ca_identity *id,
		  const struct pair_certificate *cert)
{
	uint8_t key[CRYPTO_PUBLIC];
	enum rc rc = nv_part_read(&env->annex, CA_ANNEX_PUBLIC, key, sizeof key);

	if (rc != RC_OK)
		return rc;
	if (cert->operator_id != id->operator_id || cert->leaf != id->leaf ||
	    memcmp(cert->public_key, key, sizeof key) != 0)
		return RC_FORMAT;
	rc = nv_part_read(&env->part, CA_AT_ROOT, key, sizeof key);
	if (rc == RC_OK)
		rc = pair_certificate_verify(env->crypto, cert, key);
	return rc == RC_AUTH ? RC_FORMAT : rc;
}

static uint16_t
store_certificate(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	const uint8_t needed = CA_HAS_IDENTITY | CA_HAS_ROOT | CA_HAS_BOX_KEY;
	struct pair_certificate cert;
	uint8_t signer[2];
	enum rc rc = pair_certificate_decode(r->p, r->left, &cert);

	if (rc != RC_OK)
		return SW_DATA;
	if ((id->has & needed) != needed || id->profile != PROFILE_PAIRED)
		return SW_CONDITIONS;
	rc = check_certificate(env, id, &cert);
	signer[0] = cert.signer;
	signer[1] = cert.signer_version;
	if (rc == RC_OK)
		rc = nv_part_stage(&env->annex, CA_ANNEX_SIGNATURE, cert.signature,
				   CRYPTO_SIGNATURE);
	if (rc == RC_OK)
		rc = nv_part_stage(&env->annex, CA_ANNEX_RULES, signer, sizeof signer);
	return app_status(rc);
}

static uint16_t
store_labels(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	(void)id;
	return ca_tree_store_labels(env, r);
}

static uint16_t
store_labels_check(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	(void)id;
	return ca_tree_store_check(env, r);
}

struct grouping {
	uint16_t dgi;
	uint8_t has; /* what it completes */
	uint16_t (*store)(struct card_env *env, struct ca_identity *id, struct reader *r);
};

static const struct grouping groupings[] = {
	{ DGI_CA_IDENTITY, CA_HAS_IDENTITY, store_identity },
	{ DGI_CA_KEY, CA_HAS_KEY, store_key },
	{ DGI_CA_ROOT, CA_HAS_ROOT, store_root },
	{ DGI_CA_SIGNING, CA_HAS_SIGNING, store_signing },
	{ DGI_CA_EPOCH, CA_HAS_EPOCH, store_epoch },
	{ DGI_CA_PIN, CA_HAS_PIN, store_pin },
	{ DGI_CA_TIME, 0, store_time },
	{ DGI_CA_BOX_KEY, CA_HAS_BOX_KEY, store_box_key },
	{ DGI_CA_CERTIFICATE, CA_HAS_CERTIFICATE, store_certificate },
	{ DGI_CA_LABELS, 0, store_labels },
	{ DGI_CA_LABELS_CHECK, 0, store_labels_check },
};

uint16_t
ca_store_data(struct card_env *env, uint16_t dgi, const uint8_t *data, uint16_t len)
{
	struct reader r = reader_over(data, len);
	struct ca_identity id;
	uint16_t sw;
	enum rc rc = ca_identity_load(env, &id);

	if (rc != RC_OK)
		return app_status(rc);
	for (size_t i = 0; i < sizeof groupings / sizeof groupings[0]; i++) {
		if (groupings[i].dgi != dgi)
			continue;
		sw = groupings[i].store(env, &id, &r);
		if (sw != SW_OK)
			return sw;
		id.has |= groupings[i].has;
		return app_status(ca_identity_stage(env, &id));
	}
	return SW_REFERENCE;
}

bool
ca_is_personalised(struct card_env *env)
{
	struct ca_identity id;

	if (ca_identity_load(env, &id) != RC_OK)
		return false;
	return id.has == (id.profile == PROFILE_PAIRED ? CA_HAS_ALL_PAIRED : CA_HAS_ALL);
}
