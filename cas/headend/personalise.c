// SPDX-License-Identifier: GPL-3.0-or-later
/* Personalisation of a blank card (GlobalPlatform 11.5, 11.8, 11.10, 11.11; key data fields as
 * Amendment D 7.2 has them). */
#include "headend/personalise_private.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "channel/pairing.h"
#include "headend/key_sets.h"
#include "tree/tree.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <stdlib.h>

static const uint8_t aid_issuer[] = AID_ISSUER;
static const uint8_t aid_ca[] = AID_CA;
static const uint8_t aid_purse[] = AID_PURSE;

static enum rc
put_card_key(struct batch *b, uint16_t tag, const struct head_keys *keys, enum ladder_domain domain,
	     uint32_t leaf)
{
	uint8_t key[CRYPTO_KEY], version = keystore_master_version(keys->keystore, domain);
	enum rc rc = keystore_card_key(keys->keystore, domain, leaf, key);

	if (rc == RC_OK)
		rc = personalise_put_key(b, tag, &version, 1, key);
	mem_wipe(key, sizeof key);
	return rc;
}

static enum rc
put_public_keys(struct batch *b, struct keystore *keystore)
{
	uint8_t root[CRYPTO_PUBLIC], value[1 + CRYPTO_PUBLIC], version;
	enum rc rc = keystore_public(keystore, KEYSTORE_ROOT_SIGNING, &version, root);

	if (rc == RC_OK)
		rc = personalise_put(b, DGI_CA_ROOT, root, sizeof root);
	if (rc == RC_OK)
		rc = keystore_public(keystore, KEYSTORE_SIGNING, &value[0], value + 1);
	if (rc == RC_OK)
		rc = personalise_put(b, DGI_CA_SIGNING, value, sizeof value);
	return rc;
}

static enum rc
put_epochs(struct batch *b, const struct personalisation *p)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < p->epoch_count; i++) {
		uint8_t head[3] = { p->epochs[i].group };

		put_be16(head + 1, p->epochs[i].epoch);
		rc = personalise_put_key(b, DGI_CA_EPOCH, head, sizeof head, p->epochs[i].key);
	}
	return rc;
}

#define LABELS_IN_COMMAND 12U

/* The labels of a leaf and the check over them; they count with the check. */
static enum rc
put_labels(struct batch *b, uint8_t profile, uint8_t labels[][CRYPTO_KEY], unsigned int count)
{
	const struct crypto *c = b->crypto;
	uint8_t value[3 + LABELS_IN_COMMAND * CRYPTO_KEY] = { profile }, check[CRYPTO_BLOCK];
	enum rc rc = RC_OK;

	memset(check, 0x01, sizeof check);
	for (unsigned int i = 0; rc == RC_OK && i < count; i++) {
		const unsigned int in = i % LABELS_IN_COMMAND;

		if (in == 0)
			put_be16(value + 1, (uint16_t)i);
		rc = personalise_wrap(b, labels[i], value + 3 + (size_t)in * CRYPTO_KEY);
		if (rc == RC_OK)
			rc = c->block(c->ctx, labels[i], CRYPTO_KEY, CRYPTO_ENCRYPT, check, check);
		if (rc == RC_OK && (in + 1 == LABELS_IN_COMMAND || i + 1 == count))
			rc = personalise_put(b, DGI_CA_LABELS, value, 3 + (in + 1U) * CRYPTO_KEY);
	}
	if (rc == RC_OK)
		rc = personalise_put(b, DGI_CA_LABELS_CHECK, check, CRYPTO_KCV);
	mem_wipe(value, sizeof value);
	mem_wipe(check, sizeof check);
	return rc;
}

static enum rc
put_tree(struct batch *b, const struct head_keys *keys, const struct personalisation *p)
{
	const bool is_full = p->tree == CA_TREE_FULL;
	uint8_t master[CRYPTO_KEY], (*labels)[CRYPTO_KEY];
	enum rc rc;

	if (p->tree == CA_TREE_NONE)
		return RC_OK;
	labels = calloc(TREE_LABELS_MAX, sizeof *labels);
	if (!labels)
		return RC_NO_MEMORY;
	rc = keystore_tree_master(keys->keystore, master);
	if (rc == RC_OK)
		rc = is_full ? tree_card_labels(b->crypto, master, TREE_HEIGHT_MAX, p->leaf, labels)
			     : tree_card_keys(b->crypto, master, TREE_HEIGHT_MAX, p->leaf, labels);
	if (rc == RC_OK)
		rc = put_labels(b, p->tree, labels,
				is_full ? TREE_LABELS_MAX : TREE_HEIGHT_MAX + 1U);
	mem_wipe(master, sizeof master);
	mem_wipe(labels, TREE_LABELS_MAX * sizeof *labels);
	free(labels);
	return rc;
}

static enum rc
put_pin(struct batch *b, const struct personalisation *p)
{
	uint8_t plain[CRYPTO_BLOCK] = { p->pin_len };
	enum rc rc;

	memcpy(plain + 1, p->pin, p->pin_len);
	rc = personalise_put_wrapped(b, DGI_CA_PIN, plain);
	mem_wipe(plain, sizeof plain);
	return rc;
}

static enum rc
put_certificate(struct batch *b, struct keystore *keystore, const struct personalisation *p,
		const uint8_t card_key[CRYPTO_PUBLIC])
{
	struct pair_certificate cert = { .signer = PAIR_BY_ROOT_SIGNING,
					 .operator_id = p->operator_id,
					 .leaf = p->leaf };
	uint8_t bytes[PAIR_CERTIFICATE], digest[CRYPTO_HASH], root[CRYPTO_PUBLIC];
	enum rc rc = keystore_public(keystore, KEYSTORE_ROOT_SIGNING, &cert.signer_version, root);

	memcpy(cert.public_key, card_key, CRYPTO_PUBLIC);
	if (rc == RC_OK)
		rc = pair_certificate_digest(b->crypto, &cert, digest);
	if (rc == RC_OK)
		rc = keystore_sign(keystore, KEYSTORE_ROOT_SIGNING, digest, cert.signature);
	if (rc != RC_OK)
		return rc;
	pair_certificate_encode(&cert, bytes);
	return personalise_put(b, DGI_CA_CERTIFICATE, bytes, sizeof bytes);
}

/* The card's key towards boxes: made here, known to the card alone afterwards. */
static enum rc
put_box_key(struct batch *b, struct keystore *keystore, const struct personalisation *p)
{
	const struct crypto *c = b->crypto;
	struct pair_identity card;
	uint8_t value[1 + CRYPTO_PRIVATE + CRYPTO_PUBLIC] = { p->first_use_boxes };
	enum rc rc = c->key_pair(c->ctx, card.private_key, card.public_key);

	if (rc == RC_OK)
		rc = personalise_wrap(b, card.private_key, value + 1);
	if (rc == RC_OK)
		rc = personalise_wrap(b, card.private_key + CRYPTO_BLOCK, value + 1 + CRYPTO_BLOCK);
	if (rc == RC_OK) {
		memcpy(value + 1 + CRYPTO_PRIVATE, card.public_key, CRYPTO_PUBLIC);
		rc = personalise_put(b, DGI_CA_BOX_KEY, value, sizeof value);
	}
	if (rc == RC_OK)
		rc = put_certificate(b, keystore, p, card.public_key);
	mem_wipe(&card, sizeof card);
	mem_wipe(value, sizeof value);
	return rc;
}

static enum rc
fill_ca(struct batch *b, const struct head_keys *keys, const struct personalisation *p)
{
	uint8_t identity[8], now[4];
	enum rc rc;

	put_be16(identity, p->operator_id);
	put_be32(identity + 2, p->leaf);
	identity[6] = p->profile;
	identity[7] = 0;
	put_be32(now, p->now);
	rc = personalise_put(b, DGI_CA_IDENTITY, identity, sizeof identity);
	if (rc == RC_OK)
		rc = put_card_key(b, DGI_CA_KEY, keys, DOMAIN_CA, p->leaf);
	if (rc == RC_OK)
		rc = put_public_keys(b, keys->keystore);
	if (rc == RC_OK)
		rc = put_epochs(b, p);
	if (rc == RC_OK)
		rc = put_pin(b, p);
	if (rc == RC_OK)
		rc = personalise_put(b, DGI_CA_TIME, now, sizeof now);
	if (rc == RC_OK)
		rc = put_tree(b, keys, p);
	if (rc == RC_OK && p->profile == PROFILE_PAIRED)
		rc = put_box_key(b, keys->keystore, p);
	return rc;
}

static enum rc
put_slot(struct batch *b, const struct personalisation *p)
{
	uint8_t value[1 + UNIT_SIZE + 1 + 8 + 1 + 16];
	struct writer w = writer_over(value, sizeof value);
	size_t label = strlen(p->label);

	if (label > 16)
		label = 16;
	write_u8(&w, 0);
	write_bytes(&w, (const uint8_t *)p->unit, UNIT_SIZE);
	write_u8(&w, p->decimals);
	write_be64(&w, p->maximum_balance);
	write_u8(&w, (uint8_t)label);
	write_bytes(&w, (const uint8_t *)p->label, label);
	return personalise_put(b, DGI_PURSE_SLOT, value, w.len);
}

static enum rc
fill_purse(struct batch *b, const struct head_keys *keys, const struct personalisation *p)
{
	uint8_t identity[6], limit[1 + sizeof aid_ca + 4];
	enum rc rc;

	put_be16(identity, p->operator_id);
	put_be32(identity + 2, p->leaf);
	rc = personalise_put(b, DGI_PURSE_IDENTITY, identity, sizeof identity);
	if (rc == RC_OK)
		rc = put_card_key(b, DGI_PURSE_KEY, keys, DOMAIN_PURSE, p->leaf);
	if (rc == RC_OK)
		rc = put_slot(b, p);
	limit[0] = sizeof aid_ca;
	memcpy(limit + 1, aid_ca, sizeof aid_ca);
	put_be32(limit + 1 + sizeof aid_ca, p->debit_limit);
	if (rc == RC_OK)
		rc = personalise_put(b, DGI_PURSE_LIMIT, limit, sizeof limit);
	return rc == RC_OK ? personalise_face(b, keys, p) : rc;
}

/* INSTALL [for personalisation]: the STORE DATA that follow are for this application. */
static enum rc
install(struct scp_host *s, const uint8_t *aid, uint8_t aid_len)
{
	static const uint8_t header[4] = { 0x80, 0xE6, 0x20, 0x00 };
	uint8_t data[3 + 16 + 3] = { 0, 0, aid_len };

	memcpy(data + 3, aid, aid_len);
	return scp_host_send(s, "install for personalisation", header, data, 6U + aid_len);
}

static enum rc
personalise_application(struct scp_host *s, const struct head_keys *keys,
			const struct personalisation *p, const uint8_t *aid, uint8_t aid_len,
			enum rc (*fill)(struct batch *, const struct head_keys *,
					const struct personalisation *))
{
	struct batch b = { .host = s, .crypto = keys->crypto };
	enum rc rc = install(s, aid, aid_len);

	if (rc == RC_OK)
		rc = fill(&b, keys, p);
	if (rc == RC_OK)
		rc = personalise_store(&b, true);
	mem_wipe(&b, sizeof b);
	return rc;
}

enum rc
personalise_instance(struct scp_host *s, const struct head_keys *keys,
		     const struct personalisation *p, const uint8_t *aid, uint8_t aid_len)
{
	return personalise_application(s, keys, p, aid, aid_len, fill_ca);
}

/* PUT KEY: the card's own keys take the place of the test keys. */
static enum rc
replace_keys(struct scp_host *s, const struct head_keys *keys, uint32_t leaf)
{
	static const uint8_t header[4] = { 0x80, 0xD8, 0x00, 0x81 };
	uint8_t data[KEY_SET_FIELD];
	struct scp03_keys own;
	enum rc rc = key_set_derive(keys, DOMAIN_ISSUER, leaf, SCP_KEY_VERSION_FIRST, &own);

	if (rc == RC_OK)
		rc = key_set_wrap(keys->crypto, personalise_test_key, SCP_KEY_VERSION_FIRST, &own,
				  data);
	if (rc == RC_OK)
		rc = scp_host_send(s, "put key", header, data, sizeof data);
	mem_wipe(&own, sizeof own);
	mem_wipe(data, sizeof data);
	return rc;
}

/* Only a blank card opens with the public test keys. */
static enum rc
blank_keys(void *ctx, uint8_t version, struct scp03_keys *set)
{
	(void)ctx;
	if (version != SCP_KEY_VERSION_TEST)
		return RC_STATE;
	memcpy(set->enc, personalise_test_key, CRYPTO_KEY);
	memcpy(set->mac, personalise_test_key, CRYPTO_KEY);
	memcpy(set->dek, personalise_test_key, CRYPTO_KEY);
	return RC_OK;
}

static enum rc
make_secured(struct scp_host *s)
{
	static const uint8_t header[4] = { 0x80, 0xF0, 0x80, 0x0F };

	return scp_host_send(s, "set status secured", header, aid_issuer, sizeof aid_issuer);
}

enum rc
personalise_card(const struct apdu_link *link, const struct head_keys *keys,
		 const struct personalisation *p, char why[STORE_WHY])
{
	static const struct scp_domain blank = {
		.aid = aid_issuer,
		.aid_len = sizeof aid_issuer,
		.keys = blank_keys,
		.unknown = "the card is not blank: it has keys of its own already",
	};
	struct scp_host host;
	enum rc rc;

	if (!ca_pin_is_fit(p->pin, p->pin_len)) {
		snprintf(why, STORE_WHY, "a PIN has %d to %d digits, not 1111 or 1234", PIN_MIN,
			 PIN_MAX);
		return RC_RANGE;
	}
	rc = scp_host_open(&host, keys->crypto, link, &blank);
	if (rc == RC_OK)
		rc = personalise_application(&host, keys, p, aid_ca, sizeof aid_ca, fill_ca);
	if (rc == RC_OK)
		rc = personalise_application(&host, keys, p, aid_purse, sizeof aid_purse,
					     fill_purse);
	/* From here on the applications are their domains'. */
	if (rc == RC_OK)
		rc = key_set_install(&host, keys, DOMAIN_CA, p->leaf);
	if (rc == RC_OK)
		rc = key_set_install(&host, keys, DOMAIN_PURSE, p->leaf);
	if (rc == RC_OK)
		rc = replace_keys(&host, keys, p->leaf);
	if (rc == RC_OK)
		rc = make_secured(&host);
	if (rc != RC_OK)
		snprintf(why, STORE_WHY, "%s", host.why[0] != '\0' ? host.why : rc_text(rc));
	scp_host_close(&host);
	return rc;
}

static enum rc
random_digits(const struct crypto *crypto, uint8_t *pin, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint8_t byte;
		enum rc rc = crypto->random(crypto->ctx, &byte, 1);

		if (rc != RC_OK)
			return rc;
		if (byte < 250) /* an even share for each digit */
			pin[i++] = (uint8_t)('0' + byte % 10);
	}
	return RC_OK;
}

enum rc
personalise_random_pin(const struct crypto *crypto, uint8_t *pin, size_t len)
{
	enum rc rc = len < PIN_MIN || len > PIN_MAX ? RC_RANGE : random_digits(crypto, pin, len);

	while (rc == RC_OK && !ca_pin_is_fit(pin, len))
		rc = random_digits(crypto, pin, len);
	return rc;
}
