// SPDX-License-Identifier: GPL-3.0-or-later
/* ECM ↔ bytes (FORMATS.md, "ECM"). The MAC stands last and is checked first; the control words are
 * ciphered with an IV that is itself a MAC of the header, so that no counter has to be kept. */
#include "wire/ecm.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "derive/ladder.h"
#include "wire/ecm_criteria.h"
#include "wire/frame.h"

#define ECM_VERSION 1
#define ECM_TABLE_EVEN 0x80
#define ECM_TABLE_ODD 0x81
#define ECM_LONG_WORDS 0x01 /* flags: control words of 16 bytes */
#define CW_SHORT 8
#define CW_LONG 16
#define ECM_MIN (ECM_HEADER + 2 * CW_SHORT + ECM_MAC)
#define OFFSET_VERSION 5
#define OFFSET_FLAGS 6

struct ecm_working_keys {
	uint8_t enc[CRYPTO_KEY];
	uint8_t mac[CRYPTO_KEY];
};

static enum rc
derive_keys(const struct crypto *c, const uint8_t service_key[CRYPTO_KEY],
	    struct ecm_working_keys *k)
{
	enum rc rc = ladder_derive(c, service_key, LABEL_ECM_ENC, NULL, 0, k->enc);

	if (rc == RC_OK)
		rc = ladder_derive(c, service_key, LABEL_ECM_MAC, NULL, 0, k->mac);
	return rc;
}

/* IV: MAC of the header. */
static enum rc
cipher_words(const struct crypto *c, const struct ecm_working_keys *k, enum crypto_direction dir,
	     const uint8_t *section, size_t words_len, uint8_t *words)
{
	uint8_t iv[CRYPTO_MAC];
	enum rc rc = crypto_cmac(c, k->mac, section, ECM_HEADER, iv);

	if (rc == RC_OK)
		rc = c->cbc(c->ctx, k->enc, CRYPTO_KEY, dir, iv, words, words_len, words);
	mem_wipe(iv, sizeof iv);
	return rc;
}

static void
write_header(struct writer *w, const struct ecm *ecm)
{
	write_u8(w, ecm->table_id);
	write_be16(w, 0); /* length, later */
	write_be16(w, ecm->operator_id);
	write_u8(w, ECM_VERSION);
	write_u8(w, ecm->cw_size == CW_LONG ? ECM_LONG_WORDS : 0);
	write_u8(w, ecm->group);
	write_be16(w, ecm->epoch);
	write_be16(w, ecm->service_id);
	write_be32(w, ecm->time);
	write_be32(w, ecm->period);
	write_be16(w, ecm->period_100ms);
}

/* Everything but cipher and MAC; *len without the MAC. */
static enum rc
encode_plain(const struct ecm *ecm, uint8_t section[ECM_MAX], size_t *len)
{
	struct writer w = writer_over(section, ECM_MAX - ECM_MAC);
	enum rc rc;

	if ((ecm->table_id != ECM_TABLE_EVEN && ecm->table_id != ECM_TABLE_ODD) ||
	    (ecm->cw_size != CW_SHORT && ecm->cw_size != CW_LONG))
		return RC_RANGE;
	write_header(&w, ecm);
	write_bytes(&w, ecm->cw_even, ecm->cw_size);
	write_bytes(&w, ecm->cw_odd, ecm->cw_size);
	rc = ecm_criteria_encode(&ecm->criteria, &w);
	if (rc != RC_OK)
		return rc;
	if (w.failed)
		return RC_SPACE;
	wire_section_put_length(section, w.len + ECM_MAC);
	*len = w.len;
	return RC_OK;
}

enum rc
ecm_seal(const struct crypto *c, const uint8_t service_key[CRYPTO_KEY], const struct ecm *ecm,
	 uint8_t section[ECM_MAX], size_t *len)
{
	struct ecm_working_keys k;
	uint8_t mac[CRYPTO_MAC];
	size_t n = 0;
	enum rc rc = encode_plain(ecm, section, &n);

	if (rc == RC_OK)
		rc = derive_keys(c, service_key, &k);
	if (rc == RC_OK)
		rc = cipher_words(c, &k, CRYPTO_ENCRYPT, section, 2U * ecm->cw_size,
				  section + ECM_HEADER);
	if (rc == RC_OK)
		rc = crypto_cmac(c, k.mac, section, n, mac);
	if (rc == RC_OK) {
		memcpy(section + n, mac, ECM_MAC);
		*len = n + ECM_MAC;
	} else {
		mem_wipe(section, ECM_MAX);
	}
	mem_wipe(&k, sizeof k);
	return rc;
}

static void
read_header(struct reader *r, struct ecm *ecm)
{
	ecm->table_id = read_u8(r);
	(void)read_be16(r);
	ecm->operator_id = read_be16(r);
	(void)read_u8(r);
	ecm->cw_size = read_u8(r) & ECM_LONG_WORDS ? CW_LONG : CW_SHORT;
	ecm->group = read_u8(r);
	ecm->epoch = read_be16(r);
	ecm->service_id = read_be16(r);
	ecm->time = read_be32(r);
	ecm->period = read_be32(r);
	ecm->period_100ms = read_be16(r);
}

enum rc
ecm_parse(const uint8_t *section, size_t len, struct ecm *ecm)
{
	struct reader r;
	enum rc rc = wire_section_check(section, len, ECM_MIN, ECM_MAX);

	memset(ecm, 0, sizeof *ecm);
	if (rc != RC_OK)
		return rc;
	if (section[0] != ECM_TABLE_EVEN && section[0] != ECM_TABLE_ODD)
		return RC_FORMAT;
	if (section[OFFSET_VERSION] != ECM_VERSION)
		return RC_VERSION;
	if (section[OFFSET_FLAGS] & ~ECM_LONG_WORDS)
		return RC_FORMAT;
	r = reader_over(section, len - ECM_MAC);
	read_header(&r, ecm);
	if (!read_slice(&r, 2U * ecm->cw_size))
		rc = RC_FORMAT;
	else
		rc = ecm_criteria_decode(&r, &ecm->criteria);
	if (rc != RC_OK)
		memset(ecm, 0, sizeof *ecm);
	return rc;
}

static enum rc
check_mac(const struct crypto *c, const uint8_t mac_key[CRYPTO_KEY], const uint8_t *section,
	  size_t len)
{
	uint8_t mac[CRYPTO_MAC];
	enum rc rc = crypto_cmac(c, mac_key, section, len - ECM_MAC, mac);

	if (rc == RC_OK && !mem_equal_ct(mac, section + len - ECM_MAC, ECM_MAC))
		rc = RC_AUTH;
	mem_wipe(mac, sizeof mac);
	return rc;
}

static enum rc
decipher_words(const struct crypto *c, const struct ecm_working_keys *k, const uint8_t *section,
	       struct ecm *ecm)
{
	uint8_t words[2 * ECM_CW_MAX];
	enum rc rc;

	memcpy(words, section + ECM_HEADER, 2U * ecm->cw_size);
	rc = cipher_words(c, k, CRYPTO_DECRYPT, section, 2U * ecm->cw_size, words);
	if (rc == RC_OK) {
		memcpy(ecm->cw_even, words, ecm->cw_size);
		memcpy(ecm->cw_odd, words + ecm->cw_size, ecm->cw_size);
	}
	mem_wipe(words, sizeof words);
	return rc;
}

enum rc
ecm_open(const struct crypto *c, const uint8_t service_key[CRYPTO_KEY], const uint8_t *section,
	 size_t len, struct ecm *ecm)
{
	struct ecm_working_keys k;
	enum rc rc = wire_section_check(section, len, ECM_MIN, ECM_MAX);

	memset(ecm, 0, sizeof *ecm);
	if (rc == RC_OK)
		rc = derive_keys(c, service_key, &k);
	if (rc == RC_OK)
		rc = check_mac(c, k.mac, section, len);
	if (rc == RC_OK)
		rc = ecm_parse(section, len, ecm);
	if (rc == RC_OK)
		rc = decipher_words(c, &k, section, ecm);
	if (rc != RC_OK)
		mem_wipe(ecm, sizeof *ecm);
	mem_wipe(&k, sizeof k);
	return rc;
}
