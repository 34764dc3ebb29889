// SPDX-License-Identifier: GPL-3.0-or-later
/* Personalisation of the CA application (FORMATS.md, "Personalisation"). */
#include "apps/ca_clock.h"
#include "apps/ca_key.h"
#include "apps/common.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "wire/personalise.h"

#define LEAF_MAX 0xFFFFFFU

static uint16_t
store_identity(struct card_env *env, struct ca_identity *id, struct reader *r)
{
	uint8_t capability;

	(void)env;
	id->operator_id = read_be16(r);
	id->leaf = read_be32(r);
	id->profile = read_u8(r);
	capability = read_u8(r);
	if (!reader_at_end(r) || id->leaf > LEAF_MAX || capability != 0)
		return SW_DATA;
	/* Control words leave this card in clear; it must not claim anything else. */
	return id->profile == PROFILE_LABORATORY ? SW_OK : SW_FUNCTION;
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
		rc = ca_epoch_put(env, group, epoch, key);
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

	return ca_identity_load(env, &id) == RC_OK && id.has == CA_HAS_ALL;
}
