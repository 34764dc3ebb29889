// SPDX-License-Identifier: GPL-3.0-or-later
/* PUT KEY and DELETE of key sets: all keys of a command become valid at once, or nothing changes
 * (GlobalPlatform 11.2, 11.8; Amendment D 7.2). */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/status_word.h"
#include "core/kernel.h"
#include "wire/personalise.h"

#define P2_MULTIPLE 0x80U
#define P2_WHOLE_SET 0x81U
#define KEY_TYPE_AES 0x88
#define LAST_VERSION 0x7F
#define TAG_KEY_INDEX 0xD0
#define TAG_KEY_VERSION 0xD2

/* One of the places, and what is there. */
struct found {
	unsigned int place; /* = domain_places(): none */
	struct key_set set;
};

static uint16_t
status(enum rc rc)
{
	return rc == RC_OK ? SW_OK : SW_MEMORY;
}

static enum rc
find_version(const struct card *card, unsigned int domain, uint8_t version, struct found *f)
{
	for (f->place = 0; f->place < domain_places(domain); f->place++) {
		enum rc rc = domain_set_read(card, domain, f->place, &f->set);

		if (rc != RC_OK || f->set.version == version)
			return rc;
	}
	mem_wipe(&f->set, sizeof f->set);
	return RC_OK;
}

static enum rc
kcv_of(const struct crypto *c, const uint8_t *key, size_t len, uint8_t kcv[CRYPTO_KCV])
{
	uint8_t block[CRYPTO_BLOCK];
	enum rc rc;

	memset(block, 0x01, sizeof block);
	rc = c->block(c->ctx, key, len, CRYPTO_ENCRYPT, block, block);
	if (rc == RC_OK)
		memcpy(kcv, block, CRYPTO_KCV);
	return rc;
}

/* 88, length, cipher text; or 88, length + 1, length of the key, cipher text of whole blocks. */
static uint16_t
read_wrapped(struct reader *r, const uint8_t **wrapped, uint8_t *key_len)
{
	uint8_t type = read_u8(r), len = read_u8(r);

	if (type != KEY_TYPE_AES)
		return SW_DATA;
	*key_len = len;
	if (len == 17 || len == 33) {
		*key_len = read_u8(r);
		len--;
	}
	if (*key_len != 16 && *key_len != 24 && *key_len != 32)
		return SW_DATA;
	if (len != (*key_len + 15U) / 16U * 16U)
		return SW_DATA;
	*wrapped = read_slice(r, len);
	return *wrapped ? SW_OK : SW_DATA;
}

/* One key with its check value into place i of the set. */
static uint16_t
read_key(const struct card *card, struct reader *r, struct key_set *set, unsigned int i,
	 struct writer *answer)
{
	static const uint8_t iv[CRYPTO_BLOCK] = { 0 };
	const struct crypto *c = card->port->crypto;
	const uint8_t *wrapped = NULL, *kcv;
	uint8_t plain[SCP03_KEY_MAX], check[CRYPTO_KCV], len = 0;
	uint16_t sw = read_wrapped(r, &wrapped, &len);
	enum rc rc;

	if (sw != SW_OK || read_u8(r) != CRYPTO_KCV)
		return SW_DATA;
	kcv = read_slice(r, CRYPTO_KCV);
	if (!kcv)
		return SW_DATA;
	rc = c->cbc(c->ctx, card->session_dek, card->session_dek_len, CRYPTO_DECRYPT, iv, wrapped,
		    (len + 15U) / 16U * 16U, plain);
	if (rc == RC_OK)
		rc = kcv_of(c, plain, len, check);
	if (rc == RC_OK && mem_equal_ct(check, kcv, CRYPTO_KCV)) {
		set->len[i] = len;
		memset(set->key[i], 0, sizeof set->key[i]);
		memcpy(set->key[i], plain, len);
		write_bytes(answer, kcv, CRYPTO_KCV);
	} else {
		sw = rc == RC_OK ? SW_DATA : SW_FAULT;
	}
	mem_wipe(plain, sizeof plain);
	return sw;
}

/* P1 0: new keys, in a set of this version or a new one. The first whole set of its own takes the
 * place of the public test keys. */
static uint16_t
place_new(const struct card *card, unsigned int domain, uint8_t version, bool whole,
	  struct found *f)
{
	enum rc rc = find_version(card, domain, version, f);

	if (rc == RC_OK && whole && f->place == domain_places(domain))
		rc = find_version(card, domain, SCP_KEY_VERSION_TEST, f);
	if (rc == RC_OK && f->place == domain_places(domain))
		rc = find_version(card, domain, 0, f);
	if (rc != RC_OK)
		return SW_MEMORY;
	if (f->place == domain_places(domain))
		return SW_MEMORY_FULL;
	if (f->set.version != version)
		memset(&f->set, 0, sizeof f->set);
	return SW_OK;
}

/* P1 names the set whose keys are replaced; with another version, all of it at once. */
static uint16_t
place_old(const struct card *card, unsigned int domain, uint8_t p1, uint8_t version,
	  struct found *f)
{
	if (p1 != version) {
		if (find_version(card, domain, version, f) != RC_OK)
			return SW_MEMORY;
		if (f->place != domain_places(domain))
			return SW_DATA;
	}
	if (find_version(card, domain, p1, f) != RC_OK)
		return SW_MEMORY;
	return f->place == domain_places(domain) ? SW_REFERENCE : SW_OK;
}

/* What P1 says must hold for the keys that came: bits of their places. */
static uint16_t
check_places(const struct found *f, uint8_t p1, uint8_t version, unsigned int came)
{
	unsigned int had = 0;

	for (unsigned int i = 0; i < SET_KEYS; i++) {
		if (f->set.len[i] != 0)
			had |= 1U << i;
	}
	if (p1 == 0)
		return (had & came) == 0 ? SW_OK : SW_DATA;
	if ((had & came) != came)
		return SW_REFERENCE;
	return p1 == version || had == came ? SW_OK : SW_DATA;
}

/* Its old place, unless that takes only AES-128: then another, and the old one is emptied. */
static uint16_t
stage_set(struct card *card, unsigned int domain, const struct found *f)
{
	struct key_set none = { 0 };
	unsigned int place;
	enum rc rc = domain_set_stage(card, domain, f->place, &f->set);

	if (rc != RC_RANGE)
		return status(rc);
	rc = domain_set_stage(card, domain, f->place, &none);
	for (place = f->place + 1; rc == RC_OK && place < domain_places(domain); place++) {
		rc = domain_set_read(card, domain, place, &none);
		if (rc == RC_OK && none.version == 0) {
			rc = domain_set_stage(card, domain, place, &f->set);
			break;
		}
	}
	mem_wipe(&none, sizeof none);
	return rc == RC_OK && place == domain_places(domain) ? (uint16_t)SW_MEMORY_FULL
							     : status(rc);
}

static uint16_t
read_keys(const struct card *card, uint8_t first, struct reader *r, struct key_set *fresh,
	  struct writer *answer)
{
	uint16_t sw = SW_OK;
	unsigned int i = (first & ~P2_MULTIPLE) - 1U;

	if (i >= SET_KEYS)
		return SW_P1P2;
	do {
		if (i >= SET_KEYS)
			return SW_DATA;
		sw = read_key(card, r, fresh, i++, answer);
	} while (sw == SW_OK && (first & P2_MULTIPLE) != 0 && !reader_at_end(r));
	if (sw == SW_OK && first == P2_WHOLE_SET && i != SET_KEYS)
		return SW_DATA;
	return sw == SW_OK && !reader_at_end(r) ? (uint16_t)SW_DATA : sw;
}

uint16_t
domain_put_keys(struct card *card, unsigned int domain, uint8_t p1, uint8_t first, struct reader *r,
		struct writer *answer)
{
	const uint8_t version = read_u8(r);
	struct key_set fresh = { 0 };
	unsigned int came = 0;
	struct found f;
	uint16_t sw;

	write_u8(answer, version);
	if ((first & ~P2_MULTIPLE) == 0 || (first & ~P2_MULTIPLE) > SET_KEYS)
		return SW_P1P2;
	if (version == 0 || version > LAST_VERSION)
		return SW_DATA;
	sw = p1 == 0 ? place_new(card, domain, version, first == P2_WHOLE_SET, &f)
		     : place_old(card, domain, p1, version, &f);
	if (sw == SW_OK)
		sw = read_keys(card, first, r, &fresh, answer);
	for (unsigned int i = 0; i < SET_KEYS; i++)
		came |= fresh.len[i] != 0 ? 1U << i : 0;
	if (sw == SW_OK)
		sw = check_places(&f, p1, version, came);
	if (sw == SW_OK) {
		f.set.version = version;
		for (unsigned int i = 0; i < SET_KEYS; i++) {
			if (fresh.len[i] == 0)
				continue;
			f.set.len[i] = fresh.len[i];
			memcpy(f.set.key[i], fresh.key[i], sizeof f.set.key[i]);
		}
		sw = stage_set(card, domain, &f);
	}
	mem_wipe(&fresh, sizeof fresh);
	mem_wipe(&f, sizeof f);
	return sw;
}

uint16_t
issuer_put_key(struct card_env *env, struct card_call *call)
{
	const struct apdu *cmd = call->cmd;
	struct reader r = reader_over(cmd->data, cmd->lc);
	struct writer w = writer_over(call->rsp, CARD_RESPONSE_MAX);
	struct card *card = env->card;
	uint16_t sw = domain_put_keys(card, card->selected, cmd->p1, cmd->p2, &r, &w);

	call->rsp_len = (uint16_t)w.len;
	return sw;
}

/* Whether another set than the one at this place opens channels. */
static uint16_t
check_another(const struct card *card, unsigned int domain, unsigned int place)
{
	bool another = false;
	struct key_set set;
	enum rc rc = RC_OK;

	for (unsigned int i = 0; rc == RC_OK && i < domain_places(domain); i++) {
		rc = domain_set_read(card, domain, i, &set);
		another = another || (i != place && key_set_is_whole(&set));
	}
	mem_wipe(&set, sizeof set);
	if (rc != RC_OK)
		return SW_MEMORY;
	return another ? SW_OK : SW_CONDITIONS;
}

/* D2 01 version, and D0 01 index unless the whole set is meant. */
static uint16_t
read_names(struct reader *r, uint8_t *version, uint8_t *index)
{
	while (!reader_at_end(r)) {
		uint8_t tag = read_u8(r), len = read_u8(r), value = read_u8(r);

		if (r->failed || len != 1 || value == 0)
			return SW_DATA;
		if (tag == TAG_KEY_INDEX && *index == 0)
			*index = value;
		else if (tag == TAG_KEY_VERSION && *version == 0)
			*version = value;
		else
			return SW_DATA;
	}
	return *version != 0 ? SW_OK : SW_DATA;
}

uint16_t
domain_delete_keys(struct card *card, struct reader *r)
{
	const unsigned int domain = card->selected;
	uint8_t version = 0, index = 0;
	struct found f;
	uint16_t sw = read_names(r, &version, &index);

	if (sw != SW_OK)
		return sw;
	if (find_version(card, domain, version, &f) != RC_OK)
		return SW_MEMORY;
	if (f.place == domain_places(domain) || index > SET_KEYS ||
	    (index != 0 && f.set.len[index - 1] == 0)) {
		sw = SW_REFERENCE;
	} else {
		/* The last set that opens a channel stays: nobody could come back. */
		sw = key_set_is_whole(&f.set) ? check_another(card, domain, f.place)
					      : (uint16_t)SW_OK;
	}
	if (sw == SW_OK && index != 0) {
		f.set.len[index - 1] = 0;
		mem_wipe(f.set.key[index - 1], sizeof f.set.key[index - 1]);
	}
	if (index == 0 || (f.set.len[0] | f.set.len[1] | f.set.len[2]) == 0)
		mem_wipe(&f.set, sizeof f.set);
	if (sw == SW_OK)
		sw = stage_set(card, domain, &f);
	mem_wipe(&f, sizeof f);
	return sw;
}
