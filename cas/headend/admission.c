// SPDX-License-Identifier: GPL-3.0-or-later
/* Admission of another operator to a card: the issuer's half, the newcomer's half, and the sealed
 * bytes between them (GlobalPlatform 11.2, 11.5, 11.8). */
#include "headend/admission.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "headend/key_sets.h"
#include "headend/personalise_private.h"
#include "wire/personalise.h"

#include <stdio.h>

#define MAGIC_LEN 8U
#define VERSION 1
#define HEADER (MAGIC_LEN + 1U + CRYPTO_AEAD_NONCE)
#define PLAIN (2U + 4U + 2U + 1U + 3U * CRYPTO_KEY)

_Static_assert(HEADER + PLAIN + CRYPTO_AEAD_TAG == ADMISSION_SIZE, "size of an admission");

static const uint8_t magic[MAGIC_LEN] = { 'T', 'S', 'R', '-', 'A', 'D', 'M', 'T' };

enum rc
admission_seal(struct crypto_openssl *openssl, const struct crypto *crypto,
	       const uint8_t key[ADMISSION_KEY], const struct admission *a,
	       uint8_t out[ADMISSION_SIZE])
{
	uint8_t plain[PLAIN], *nonce = out + MAGIC_LEN + 1;
	struct writer w = writer_over(plain, sizeof plain);
	enum rc rc = crypto->random(crypto->ctx, nonce, CRYPTO_AEAD_NONCE);

	memcpy(out, magic, MAGIC_LEN);
	out[MAGIC_LEN] = VERSION;
	write_be16(&w, a->issuer);
	write_be32(&w, a->leaf);
	write_be16(&w, a->operator_id);
	write_u8(&w, a->instance);
	write_bytes(&w, a->keys.enc, CRYPTO_KEY);
	write_bytes(&w, a->keys.mac, CRYPTO_KEY);
	write_bytes(&w, a->keys.dek, CRYPTO_KEY);
	if (rc == RC_OK)
		rc = crypto_openssl_seal(openssl, key, nonce, out, HEADER, plain, sizeof plain,
					 out + HEADER, out + HEADER + PLAIN);
	mem_wipe(plain, sizeof plain);
	return rc;
}

enum rc
admission_open(struct crypto_openssl *openssl, const uint8_t key[ADMISSION_KEY], const uint8_t *in,
	       size_t len, struct admission *a)
{
	uint8_t plain[PLAIN] = { 0 };
	struct reader r = reader_over(plain, sizeof plain);
	enum rc rc;

	if (len < MAGIC_LEN || memcmp(in, magic, MAGIC_LEN) != 0)
		return RC_FORMAT;
	if (len > MAGIC_LEN && in[MAGIC_LEN] != VERSION)
		return RC_VERSION;
	if (len != ADMISSION_SIZE)
		return len < ADMISSION_SIZE ? RC_TRUNCATED : RC_FORMAT;
	rc = crypto_openssl_open(openssl, key, in + MAGIC_LEN + 1, in, HEADER, in + HEADER, PLAIN,
				 plain, in + HEADER + PLAIN);
	if (rc == RC_OK) {
		a->issuer = read_be16(&r);
		a->leaf = read_be32(&r);
		a->operator_id = read_be16(&r);
		a->instance = read_u8(&r);
		read_bytes(&r, a->keys.enc, CRYPTO_KEY);
		read_bytes(&r, a->keys.mac, CRYPTO_KEY);
		read_bytes(&r, a->keys.dek, CRYPTO_KEY);
		if (a->instance < 2 || a->instance > CA_INSTANCES_MAX)
			rc = RC_FORMAT;
	}
	mem_wipe(plain, sizeof plain);
	return rc;
}

/* A place for the operator. */
static enum rc
choose_instance(const struct apdu_link *link, uint16_t operator_id, uint8_t *instance,
		char why[STORE_WHY])
{
	*instance = 0;
	for (uint8_t n = CA_INSTANCES_MAX; n >= 2; n--) {
		struct ca_info info;
		enum rc rc = key_set_info(link, n, &info, why);

		if (rc == RC_OK && info.operator_id == operator_id) {
			snprintf(why, STORE_WHY, "operator %u is on this card already",
				 operator_id);
			return RC_CONFLICT;
		}
		if (rc == RC_STATE)
			*instance = n; /* not there, or nobody has filled it */
		else if (rc != RC_OK)
			return rc;
	}
	if (*instance != 0)
		return RC_OK;
	snprintf(why, STORE_WHY, "%d operators are on this card: there is no room for another",
		 CA_INSTANCES_MAX);
	return RC_SPACE;
}

static enum rc
send_install(struct scp_host *s, const uint8_t *aid, uint8_t aid_len, uint16_t operator_id)
{
	static const uint8_t header[4] = { 0x80, 0xE6, 0x0C, 0x00 };
	static const uint8_t load_file[] = AID_LOAD_FILE;
	uint8_t data[64];
	struct writer w = writer_over(data, sizeof data);

	write_u8(&w, sizeof load_file);
	write_bytes(&w, load_file, sizeof load_file);
	for (int i = 0; i < 2; i++) {
		write_u8(&w, aid_len);
		write_bytes(&w, aid, aid_len);
	}
	write_be16(&w, 0x0100); /* no privilege */
	write_u8(&w, 4);
	write_be16(&w, 0xC902);
	write_be16(&w, operator_id);
	write_u8(&w, 0); /* no token */
	return scp_host_send(s, "install", header, data, w.len);
}

/* What an admission that broke off has left. */
static void
send_delete(struct scp_host *s, const uint8_t *aid, uint8_t aid_len)
{
	static const uint8_t header[4] = { 0x80, 0xE4, 0x00, 0x80 };
	uint8_t data[2 + 16] = { 0x4F, aid_len };

	memcpy(data + 2, aid, aid_len);
	(void)!scp_host_send(s, "delete", header, data, 2U + aid_len);
}

static enum rc
send_extradite(struct scp_host *s, const uint8_t *domain, uint8_t domain_len, const uint8_t *aid,
	       uint8_t aid_len)
{
	static const uint8_t header[4] = { 0x80, 0xE6, 0x10, 0x00 };
	uint8_t data[48];
	struct writer w = writer_over(data, sizeof data);

	write_u8(&w, domain_len);
	write_bytes(&w, domain, domain_len);
	write_u8(&w, 0);
	write_u8(&w, aid_len);
	write_bytes(&w, aid, aid_len);
	write_u8(&w, 0);
	write_be16(&w, 0);
	return scp_host_send(s, "extradite", header, data, w.len);
}

static enum rc
install_instance(struct scp_host *s, const struct admission *a)
{
	const uint8_t aid[] = AID_CA_OF(a->instance);
	const uint8_t domain[] = AID_CA_DOMAIN_OF(a->instance);
	enum rc rc;

	send_delete(s, aid, sizeof aid);
	send_delete(s, domain, sizeof domain);
	s->why[0] = '\0'; /* mostly there is nothing to delete */
	rc = send_install(s, domain, sizeof domain, a->operator_id);
	if (rc == RC_OK)
		rc = send_install(s, aid, sizeof aid, a->operator_id);
	if (rc == RC_OK)
		rc = send_extradite(s, domain, sizeof domain, aid, sizeof aid);
	if (rc == RC_OK)
		rc = key_set_give(s, domain, sizeof domain, &a->keys);
	return rc;
}

/* The purse pays the instance so much at a time. */
static enum rc
send_limit(struct scp_host *s, uint8_t instance, uint32_t limit)
{
	static const uint8_t install[4] = { 0x80, 0xE6, 0x20, 0x00 };
	static const uint8_t store[4] = { 0x80, 0xE2, 0x80, 0x00 };
	static const uint8_t purse[] = AID_PURSE;
	const uint8_t aid[] = AID_CA_OF(instance);
	uint8_t data[32];
	struct writer w = writer_over(data, sizeof data);
	enum rc rc;

	write_be16(&w, 0);
	write_u8(&w, sizeof purse);
	write_bytes(&w, purse, sizeof purse);
	write_be24(&w, 0);
	rc = scp_host_send(s, "install the purse for personalisation", install, data, w.len);
	w = writer_over(data, sizeof data);
	write_be16(&w, DGI_PURSE_LIMIT);
	write_u8(&w, 1 + sizeof aid + 4);
	write_u8(&w, sizeof aid);
	write_bytes(&w, aid, sizeof aid);
	write_be32(&w, limit);
	return rc == RC_OK ? scp_host_send(s, "limit in the purse", store, data, w.len) : rc;
}

/* The purse's domain sets it, or the issuer's, as long as that has no keys. */
static enum rc
set_limit(const struct apdu_link *link, const struct head_keys *keys, const struct admission *a,
	  uint32_t limit, struct scp_host *s)
{
	enum rc rc = key_set_open(s, link, keys, DOMAIN_PURSE, a->leaf);

	if (rc == RC_NOT_FOUND) {
		scp_host_close(s);
		rc = key_set_open(s, link, keys, DOMAIN_ISSUER, a->leaf);
	}
	return rc == RC_OK ? send_limit(s, a->instance, limit) : rc;
}

static enum rc
check_card(const struct apdu_link *link, uint16_t issuer, uint32_t leaf, char why[STORE_WHY])
{
	struct ca_info info;
	enum rc rc = key_set_info(link, 1, &info, why);

	if (rc != RC_OK || (info.operator_id == issuer && info.leaf == leaf))
		return rc;
	snprintf(why, STORE_WHY, "another card: operator %u, leaf %lu", info.operator_id,
		 (unsigned long)info.leaf);
	return RC_CONFLICT;
}

enum rc
admission_admit(const struct apdu_link *link, const struct head_keys *keys, uint16_t issuer,
		uint32_t leaf, uint16_t operator_id, uint32_t debit_limit, struct admission *a,
		char why[STORE_WHY])
{
	const struct crypto *c = keys->crypto;
	struct scp_host s = { 0 };
	enum rc rc = check_card(link, issuer, leaf, why);

	memset(a, 0, sizeof *a);
	a->issuer = issuer;
	a->leaf = leaf;
	a->operator_id = operator_id;
	if (rc == RC_OK && operator_id == issuer) {
		snprintf(why, STORE_WHY, "that is the card's issuer");
		rc = RC_CONFLICT;
	}
	if (rc == RC_OK)
		rc = choose_instance(link, operator_id, &a->instance, why);
	if (rc != RC_OK)
		return rc;
	rc = c->random(c->ctx, a->keys.enc, CRYPTO_KEY);
	if (rc == RC_OK)
		rc = c->random(c->ctx, a->keys.mac, CRYPTO_KEY);
	if (rc == RC_OK)
		rc = c->random(c->ctx, a->keys.dek, CRYPTO_KEY);
	if (rc == RC_OK)
		rc = key_set_open(&s, link, keys, DOMAIN_ISSUER, leaf);
	if (rc == RC_OK)
		rc = install_instance(&s, a);
	scp_host_close(&s);
	if (rc == RC_OK)
		rc = set_limit(link, keys, a, debit_limit, &s);
	scp_host_close(&s);
	if (rc != RC_OK) {
		snprintf(why, STORE_WHY, "%s", s.why[0] != '\0' ? s.why : rc_text(rc));
		mem_wipe(a, sizeof *a);
	}
	return rc;
}

/* Whose keys the instance's domain may have: the issuer's first ones, or already the operator's. */
struct newcomer {
	const struct head_keys *keys;
	const struct admission *a;
	uint32_t leaf;
};

static enum rc
keys_of(void *ctx, uint8_t version, struct scp03_keys *set)
{
	const struct newcomer *n = ctx;

	if (version == SCP_KEY_VERSION_FIRST) {
		*set = n->a->keys;
		return RC_OK;
	}
	if (version == 0 || version > KEY_SET_VERSION_LAST)
		return RC_STATE;
	return key_set_derive(n->keys, DOMAIN_CA, n->leaf, version, set);
}

static enum rc
open_domain(struct scp_host *s, const struct apdu_link *link, struct newcomer *n)
{
	const uint8_t aid[] = AID_CA_DOMAIN_OF(n->a->instance);
	const struct scp_domain domain = { .aid = aid,
					   .aid_len = sizeof aid,
					   .keys = keys_of,
					   .ctx = n,
					   .unknown = "the domain has other keys" };

	return scp_host_open(s, n->keys->crypto, link, &domain);
}

/* PUT KEY: the operator's own in the place of those that the issuer knows. */
static enum rc
replace_keys(struct scp_host *s, const struct newcomer *n)
{
	const uint8_t header[4] = { 0x80, 0xD8, SCP_KEY_VERSION_FIRST, 0x81 };
	const uint8_t next = SCP_KEY_VERSION_FIRST + 1;
	uint8_t field[KEY_SET_FIELD];
	struct scp03_keys own;
	enum rc rc = key_set_derive(n->keys, DOMAIN_CA, n->leaf, next, &own);

	if (rc == RC_OK)
		rc = key_set_wrap(n->keys->crypto, s->keys.dek, next, &own, field);
	if (rc == RC_OK)
		rc = scp_host_send(s, "put key", header, field, sizeof field);
	mem_wipe(&own, sizeof own);
	mem_wipe(field, sizeof field);
	return rc;
}

enum rc
admission_join(const struct apdu_link *link, const struct head_keys *keys,
	       const struct admission *a, const struct personalisation *p, char why[STORE_WHY])
{
	const uint8_t aid[] = AID_CA_OF(a->instance);
	struct newcomer n = { .keys = keys, .a = a, .leaf = p->leaf };
	struct scp_host s = { 0 };
	enum rc rc = check_card(link, a->issuer, a->leaf, why);

	if (rc != RC_OK)
		return rc;
	rc = open_domain(&s, link, &n);
	if (rc == RC_OK && s.key_version == SCP_KEY_VERSION_FIRST) {
		rc = replace_keys(&s, &n);
		scp_host_close(&s);
		if (rc == RC_OK) /* nothing goes under a key that the issuer knows */
			rc = open_domain(&s, link, &n);
	}
	if (rc == RC_OK)
		rc = personalise_instance(&s, keys, p, aid, sizeof aid);
	if (rc != RC_OK)
		snprintf(why, STORE_WHY, "%s", s.why[0] != '\0' ? s.why : rc_text(rc));
	scp_host_close(&s);
	return rc;
}
