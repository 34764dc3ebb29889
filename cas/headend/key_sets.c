// SPDX-License-Identifier: GPL-3.0-or-later
/* Key sets: GlobalPlatform 11.8 (PUT KEY), 11.11 (STORE DATA), Amendment D 7.2. */
#include "headend/key_sets.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "wire/ca_apdu.h"
#include "wire/personalise.h"

#include <stdio.h>

#define KEY_TYPE_AES 0x88
#define RSP_MAX 258

static const uint8_t aid_issuer[] = AID_ISSUER;
static const uint8_t aid_ca_domain[] = AID_CA_DOMAIN;
static const uint8_t aid_purse_domain[] = AID_PURSE_DOMAIN;

const uint8_t *
key_set_aid(enum ladder_domain domain, uint8_t *len)
{
	switch (domain) {
	case DOMAIN_CA:
		*len = sizeof aid_ca_domain;
		return aid_ca_domain;
	case DOMAIN_PURSE:
		*len = sizeof aid_purse_domain;
		return aid_purse_domain;
	case DOMAIN_ISSUER:
	case DOMAIN_ECASH:
		break;
	}
	*len = sizeof aid_issuer;
	return aid_issuer;
}

enum rc
key_set_derive(const struct head_keys *keys, enum ladder_domain domain, uint32_t leaf,
	       uint8_t version, struct scp03_keys *set)
{
	const size_t context = domain == DOMAIN_ISSUER ? 0 : 1;
	uint8_t card[CRYPTO_KEY];
	enum rc rc = keystore_card_key(keys->keystore, domain, leaf, card);

	if (rc == RC_OK)
		rc = ladder_derive(keys->crypto, card, LABEL_SCP_ENC, &version, context, set->enc);
	if (rc == RC_OK)
		rc = ladder_derive(keys->crypto, card, LABEL_SCP_MAC, &version, context, set->mac);
	if (rc == RC_OK)
		rc = ladder_derive(keys->crypto, card, LABEL_SCP_DEK, &version, context, set->dek);
	mem_wipe(card, sizeof card);
	return rc;
}

enum rc
key_set_wrap(const struct crypto *c, const uint8_t dek[CRYPTO_KEY], uint8_t version,
	     const struct scp03_keys *set, uint8_t field[KEY_SET_FIELD])
{
	static const uint8_t iv[CRYPTO_BLOCK];
	const uint8_t *const each[3] = { set->enc, set->mac, set->dek };
	uint8_t *p = field + 1;
	enum rc rc = RC_OK;

	field[0] = version;
	for (size_t i = 0; rc == RC_OK && i < 3; i++) {
		p[0] = KEY_TYPE_AES;
		p[1] = CRYPTO_KEY;
		p[2 + CRYPTO_KEY] = CRYPTO_KCV;
		rc = c->cbc(c->ctx, dek, CRYPTO_KEY, CRYPTO_ENCRYPT, iv, each[i], CRYPTO_KEY,
			    p + 2);
		if (rc == RC_OK)
			rc = crypto_kcv(c, each[i], p + 3 + CRYPTO_KEY);
		p += 3 + CRYPTO_KEY + CRYPTO_KCV;
	}
	return rc;
}

enum rc
key_set_give(struct scp_host *issuer, const uint8_t *aid, uint8_t len, const struct scp03_keys *set)
{
	static const uint8_t for_personalisation[4] = { 0x80, 0xE6, 0x20, 0x00 };
	static const uint8_t store_data[4] = { 0x80, 0xE2, 0x80, 0x00 };
	uint8_t install[3 + 16 + 3] = { 0 }, group[3 + KEY_SET_FIELD];
	enum rc rc;

	install[2] = len;
	memcpy(install + 3, aid, len);
	put_be16(group, DGI_DOMAIN_KEYS);
	group[2] = KEY_SET_FIELD;
	rc = key_set_wrap(issuer->crypto, issuer->keys.dek, SCP_KEY_VERSION_FIRST, set, group + 3);
	if (rc == RC_OK)
		rc = scp_host_send(issuer, "install a domain for personalisation",
				   for_personalisation, install, 6U + len);
	if (rc == RC_OK)
		rc = scp_host_send(issuer, "keys of a domain", store_data, group, sizeof group);
	mem_wipe(group, sizeof group);
	return rc;
}

enum rc
key_set_install(struct scp_host *issuer, const struct head_keys *keys, enum ladder_domain domain,
		uint32_t leaf)
{
	uint8_t len = 0;
	const uint8_t *aid = key_set_aid(domain, &len);
	struct scp03_keys set;
	enum rc rc = key_set_derive(keys, domain, leaf, SCP_KEY_VERSION_FIRST, &set);

	if (rc == RC_OK)
		rc = key_set_give(issuer, aid, len, &set);
	mem_wipe(&set, sizeof set);
	return rc;
}

/* Whose keys a channel wants. */
struct owner {
	const struct head_keys *keys;
	enum ladder_domain domain;
	uint32_t leaf;
};

static enum rc
keys_of(void *ctx, uint8_t version, struct scp03_keys *set)
{
	const struct owner *o = ctx;

	if (version == 0 || version > KEY_SET_VERSION_LAST)
		return RC_STATE;
	return key_set_derive(o->keys, o->domain, o->leaf, version, set);
}

static enum rc
open_domain(struct scp_host *s, const struct apdu_link *link, struct owner *o)
{
	struct scp_domain domain = { .keys = keys_of,
				     .ctx = o,
				     .unknown = "the card is not personalised" };

	domain.aid = key_set_aid(o->domain, &domain.aid_len);
	return scp_host_open(s, o->keys->crypto, link, &domain);
}

enum rc
key_set_open(struct scp_host *s, const struct apdu_link *link, const struct head_keys *keys,
	     enum ladder_domain domain, uint32_t leaf)
{
	struct owner owner = { .keys = keys, .domain = domain, .leaf = leaf };

	return open_domain(s, link, &owner);
}

enum rc
key_set_info(const struct apdu_link *link, uint8_t instance, struct ca_info *info,
	     char why[STORE_WHY])
{
	const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x00, 0x09, 0xF0, 0x54,
				   0x45, 0x53, 0x53, 0x45, 0x52, 0x41, instance };
	static const uint8_t get_info[] = { CA_CLA, CA_INS_GET_DATA, CA_DATA_INFO, 0x00, 0x00 };
	uint8_t rsp[RSP_MAX];
	size_t len = 0;
	enum rc rc = link->reset(link->ctx);

	if (rc == RC_OK)
		rc = link->transmit(link->ctx, select, sizeof select, rsp, sizeof rsp, &len);
	if (rc == RC_OK)
		rc = link->transmit(link->ctx, get_info, sizeof get_info, rsp, sizeof rsp, &len);
	if (rc != RC_OK) {
		snprintf(why, STORE_WHY, "%s", rc_text(rc));
		return rc;
	}
	if (len < 2 || get_be16(rsp + len - 2) != SW_OK ||
	    ca_info_decode(rsp, len - 2, info) != RC_OK || info->profile == 0) {
		snprintf(why, STORE_WHY, "no personalised card of this system");
		return RC_STATE;
	}
	return RC_OK;
}

/* PUT KEY: the next version in the place of the one that opened the channel. */
static enum rc
replace(struct scp_host *s, const struct owner *o, uint8_t *version)
{
	const uint8_t header[4] = { 0x80, 0xD8, s->key_version, 0x81 };
	const uint8_t next = (uint8_t)(s->key_version + 1U);
	uint8_t field[KEY_SET_FIELD];
	struct scp03_keys set;
	enum rc rc;

	if (s->key_version >= KEY_SET_VERSION_LAST) {
		snprintf(s->why, sizeof s->why, "key version %02X is the last", s->key_version);
		return RC_SPACE;
	}
	rc = key_set_derive(o->keys, o->domain, o->leaf, next, &set);
	if (rc == RC_OK)
		rc = key_set_wrap(s->crypto, s->keys.dek, next, &set, field);
	if (rc == RC_OK)
		rc = scp_host_send(s, "put key", header, field, sizeof field);
	if (rc == RC_OK)
		*version = next;
	mem_wipe(&set, sizeof set);
	mem_wipe(field, sizeof field);
	return rc;
}

enum rc
key_set_rotate(const struct apdu_link *link, const struct head_keys *keys, uint16_t operator_id,
	       enum ladder_domain domain, uint32_t *leaf, uint8_t *version, char why[STORE_WHY])
{
	struct owner owner = { .keys = keys, .domain = domain };
	struct ca_info info;
	struct scp_host s;
	enum rc rc = key_set_info(link, 1, &info, why);

	if (rc != RC_OK)
		return rc;
	if (info.operator_id != operator_id) {
		snprintf(why, STORE_WHY, "the card is operator %u's", info.operator_id);
		return RC_CONFLICT;
	}
	owner.leaf = *leaf = info.leaf;
	rc = open_domain(&s, link, &owner);
	if (rc == RC_NOT_FOUND) { /* no keys of its own yet */
		scp_host_close(&s);
		owner.domain = DOMAIN_ISSUER;
		rc = open_domain(&s, link, &owner);
		if (rc == RC_OK)
			rc = key_set_install(&s, keys, domain, info.leaf);
		if (rc == RC_OK)
			*version = SCP_KEY_VERSION_FIRST;
	} else if (rc == RC_OK) {
		rc = replace(&s, &owner, version);
	}
	if (rc != RC_OK)
		snprintf(why, STORE_WHY, "%s", s.why[0] != '\0' ? s.why : rc_text(rc));
	scp_host_close(&s);
	return rc;
}

enum rc
key_set_note(struct head *h, uint32_t leaf, enum ladder_domain domain, uint8_t version,
	     uint32_t now)
{
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	rc = store_run(h->store,
		       "DELETE FROM domain_key WHERE shard = ? AND leaf = ? AND domain = ?", "iii",
		       STORE_SHARD(leaf), (int64_t)leaf, (int64_t)domain);
	if (rc == RC_OK)
		rc = store_run(h->store,
			       "INSERT INTO domain_key(shard, leaf, domain, version, changed_at)"
			       " VALUES(?, ?, ?, ?, ?)",
			       "iiiii", STORE_SHARD(leaf), (int64_t)leaf, (int64_t)domain,
			       (int64_t)version, (int64_t)now);
	return head_end(h, head_store(h, rc));
}
