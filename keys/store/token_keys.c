// SPDX-License-Identifier: GPL-3.0-or-later
/* An operator's keys on a token: finding, importing and making them. The data object with the
 * public part comes last: without it the keys do not count. */
#include "base/bytes.h"
#include "base/mem.h"
#include "store/token_private.h"

#include <stdio.h>

#define INFO_VERSION 1
#define INFO_MAX (1 + 2 + 1 + 1 + 2 * KEYSTORE_MASTERS + KEYSTORE_PAIRS * (1 + CRYPTO_PUBLIC))
#define APPLICATION "Tessera"
#define POINT_MAX 80

/* OBJECT IDENTIFIER prime256v1, DER. */
static const CK_BYTE p256[] = { 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07 };

struct token_label
token_label_of(const struct keystore_body *b, unsigned int kind)
{
	static const char *const names[] = { "keys", "root", "root-signing key", "signing key" };
	const uint8_t version = kind == TOKEN_INFO   ? 0
				: kind == TOKEN_ROOT ? b->root_version
						     : b->pairs[kind - TOKEN_PAIR].version;
	struct token_label l;

	put_be16(l.id, b->operator_id);
	l.id[2] = (CK_BYTE)kind;
	l.id[3] = version;
	if (version == 0)
		snprintf(l.name, sizeof l.name, "Tessera operator %u %s",
			 (unsigned int)b->operator_id, names[kind]);
	else
		snprintf(l.name, sizeof l.name, "Tessera operator %u %s v%u",
			 (unsigned int)b->operator_id, names[kind], (unsigned int)version);
	return l;
}

static size_t
info_encode(const struct keystore_body *b, uint8_t info[INFO_MAX])
{
	struct writer w = writer_over(info, INFO_MAX);

	write_u8(&w, INFO_VERSION);
	write_be16(&w, b->operator_id);
	write_u8(&w, b->root_version);
	write_u8(&w, b->master_count);
	for (unsigned int i = 0; i < b->master_count; i++) {
		write_u8(&w, b->masters[i].domain);
		write_u8(&w, b->masters[i].version);
	}
	for (unsigned int i = 0; i < KEYSTORE_PAIRS; i++) {
		write_u8(&w, b->pairs[i].version);
		write_bytes(&w, b->pairs[i].public_key, CRYPTO_PUBLIC);
	}
	return w.len;
}

static enum rc
info_decode(const uint8_t *info, size_t len, struct keystore_body *b)
{
	struct reader r = reader_over(info, len);
	const uint8_t version = read_u8(&r);

	memset(b, 0, sizeof *b);
	b->operator_id = read_be16(&r);
	b->root_version = read_u8(&r);
	b->master_count = read_u8(&r);
	if (r.failed || version != INFO_VERSION)
		return r.failed ? RC_TRUNCATED : RC_VERSION;
	if (b->operator_id == 0 || b->root_version == 0 || b->master_count > KEYSTORE_MASTERS)
		return RC_FORMAT;
	for (unsigned int i = 0; i < b->master_count; i++) {
		b->masters[i].domain = read_u8(&r);
		b->masters[i].version = read_u8(&r);
		if (b->masters[i].version == 0)
			return RC_FORMAT;
	}
	for (unsigned int i = 0; i < KEYSTORE_PAIRS; i++) {
		b->pairs[i].version = read_u8(&r);
		read_bytes(&r, b->pairs[i].public_key, CRYPTO_PUBLIC);
	}
	if (r.failed || !reader_at_end(&r))
		return r.failed ? RC_TRUNCATED : RC_FORMAT;
	return RC_OK;
}

CK_RV
token_find(struct token *t, CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE found[2],
	   CK_ULONG *count)
{
	CK_RV rv = t->module->C_FindObjectsInit(t->session, template, n);

	*count = 0;
	if (rv != CKR_OK)
		return rv;
	rv = t->module->C_FindObjects(t->session, found, 2, count);
	(void)t->module->C_FindObjectsFinal(t->session);
	return rv;
}

/* A key by its class and identity. */
static enum rc
find_key(struct token *t, const struct keystore_body *b, unsigned int kind,
	 CK_OBJECT_HANDLE *object, char why[KEYSTORE_WHY])
{
	struct token_label l = token_label_of(b, kind);
	CK_OBJECT_CLASS class = kind == TOKEN_ROOT ? CKO_SECRET_KEY : CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class },
				    { CKA_ID, l.id, sizeof l.id } };
	CK_ULONG count = 0;
	CK_OBJECT_HANDLE found[2] = { 0 };
	CK_RV rv = token_find(t, template, 2, found, &count);

	*object = found[0];

	if (rv != CKR_OK)
		return token_say(t, rv, "look for keys", why);
	if (count == 1)
		return RC_OK;
	snprintf(why, KEYSTORE_WHY, "token %s: %s: %s", t->name, l.name,
		 count == 0 ? "there is no such key" : "there are several");
	return count == 0 ? RC_NOT_FOUND : RC_CONFLICT;
}

static enum rc
read_info(struct token *t, CK_OBJECT_HANDLE object, struct keystore_body *b, char why[KEYSTORE_WHY])
{
	uint8_t info[INFO_MAX + 1];
	CK_ATTRIBUTE value = { CKA_VALUE, info, sizeof info };
	CK_RV rv = t->module->C_GetAttributeValue(t->session, object, &value, 1);
	enum rc rc;

	if (rv != CKR_OK)
		return token_say(t, rv, "read the list of keys", why);
	rc = info_decode(info, value.ulValueLen, b);
	if (rc != RC_OK)
		snprintf(why, KEYSTORE_WHY, "token %s: list of keys: %s", t->name, rc_text(rc));
	return rc;
}

/* Of two public parts of one operator the newer comes first. */
static enum rc
put_newer_first(struct token *t, CK_OBJECT_HANDLE found[2], char why[KEYSTORE_WHY])
{
	struct keystore_body first = { 0 }, second = { 0 };
	enum rc rc = read_info(t, found[0], &first, why);

	if (rc == RC_OK)
		rc = read_info(t, found[1], &second, why);
	if (rc == RC_OK &&
	    second.pairs[KEYSTORE_SIGNING].version > first.pairs[KEYSTORE_SIGNING].version) {
		const CK_OBJECT_HANDLE newer = found[1];

		found[1] = found[0];
		found[0] = newer;
	}
	return rc;
}

enum rc
token_find_info(struct token *t, uint16_t operator_id, CK_OBJECT_HANDLE found[2], CK_ULONG *count,
		char why[KEYSTORE_WHY])
{
	struct keystore_body b = { .operator_id = operator_id };
	struct token_label l = token_label_of(&b, TOKEN_INFO);
	CK_OBJECT_CLASS class = CKO_DATA;
	char application[] = APPLICATION;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_APPLICATION, application, sizeof application - 1 },
		{ CKA_LABEL, l.name, (CK_ULONG)strlen(l.name) },
	};
	CK_RV rv = token_find(t, template, operator_id == 0 ? 2 : 3, found, count);

	if (rv != CKR_OK)
		return token_say(t, rv, "look for keys", why);
	return operator_id != 0 && *count == 2 ? put_newer_first(t, found, why) : RC_OK;
}

enum rc
token_load(struct token *t, uint16_t operator_id, struct keystore_body *b, char why[KEYSTORE_WHY])
{
	CK_OBJECT_HANDLE found[2] = { 0 };
	CK_ULONG count = 0;
	enum rc rc = token_find_info(t, operator_id, found, &count, why);

	if (rc == RC_OK && (count == 0 || (count > 1 && operator_id == 0))) {
		snprintf(why, KEYSTORE_WHY, "token %s: %s", t->name,
			 count == 0 ? "it holds no keys of this operator"
				    : "it holds keys of several operators; name one");
		rc = count == 0 ? RC_NOT_FOUND : RC_CONFLICT;
	}
	if (rc == RC_OK)
		rc = read_info(t, found[0], b, why);
	if (rc == RC_OK)
		rc = find_key(t, b, TOKEN_ROOT, &t->root, why);
	for (unsigned int i = 0; rc == RC_OK && i < KEYSTORE_PAIRS; i++)
		rc = find_key(t, b, TOKEN_PAIR + i, &t->pairs[i], why);
	t->loaded = rc == RC_OK;
	return rc;
}

void
token_undo(struct token *t, struct token_batch *made)
{
	while (made->count > 0)
		(void)t->module->C_DestroyObject(t->session, made->made[--made->count]);
}

static CK_RV
put(struct token *t, CK_ATTRIBUTE *template, CK_ULONG n, struct token_batch *made)
{
	CK_RV rv = t->module->C_CreateObject(t->session, template, n, &made->made[made->count]);

	if (rv == CKR_OK)
		made->count++;
	return rv;
}

static CK_RV
put_root(struct token *t, const struct keystore_body *b, struct token_batch *made)
{
	struct token_label l = token_label_of(b, TOKEN_ROOT);
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BYTE key[CRYPTO_KEY];
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_PRIVATE, &yes, sizeof yes },
		{ CKA_SENSITIVE, &yes, sizeof yes },
		{ CKA_EXTRACTABLE, &no, sizeof no },
		{ CKA_SIGN, &yes, sizeof yes },
		{ CKA_ENCRYPT, &no, sizeof no },
		{ CKA_DECRYPT, &no, sizeof no },
		{ CKA_LABEL, l.name, (CK_ULONG)strlen(l.name) },
		{ CKA_ID, l.id, sizeof l.id },
		{ CKA_VALUE, key, sizeof key },
	};
	CK_RV rv;

	memcpy(key, b->root, sizeof key);
	rv = put(t, template, sizeof template / sizeof template[0], made);
	mem_wipe(key, sizeof key);
	return rv;
}

static CK_RV
put_pair(struct token *t, const struct keystore_body *b, unsigned int pair,
	 struct token_batch *made)
{
	struct token_label l = token_label_of(b, TOKEN_PAIR + pair);
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BYTE key[CRYPTO_PRIVATE], curve[sizeof p256];
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_PRIVATE, &yes, sizeof yes },
		{ CKA_SENSITIVE, &yes, sizeof yes },
		{ CKA_EXTRACTABLE, &no, sizeof no },
		{ CKA_SIGN, &yes, sizeof yes },
		{ CKA_LABEL, l.name, (CK_ULONG)strlen(l.name) },
		{ CKA_ID, l.id, sizeof l.id },
		{ CKA_EC_PARAMS, curve, sizeof curve },
		{ CKA_VALUE, key, sizeof key },
	};
	CK_RV rv;

	memcpy(curve, p256, sizeof curve);
	memcpy(key, b->pairs[pair].private_key, sizeof key);
	rv = put(t, template, sizeof template / sizeof template[0], made);
	mem_wipe(key, sizeof key);
	return rv;
}

CK_RV
token_put_info(struct token *t, const struct keystore_body *b, struct token_batch *made)
{
	struct token_label l = token_label_of(b, TOKEN_INFO);
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	char application[] = APPLICATION;
	uint8_t info[INFO_MAX];
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_PRIVATE, &yes, sizeof yes },
		{ CKA_APPLICATION, application, sizeof application - 1 },
		{ CKA_LABEL, l.name, (CK_ULONG)strlen(l.name) },
		{ CKA_VALUE, info, (CK_ULONG)info_encode(b, info) },
	};

	return put(t, template, sizeof template / sizeof template[0], made);
}

static enum rc
refuse_second(struct token *t, uint16_t operator_id, char why[KEYSTORE_WHY])
{
	CK_OBJECT_HANDLE found[2] = { 0 };
	CK_ULONG count = 0;
	enum rc rc = token_find_info(t, operator_id, found, &count, why);

	if (rc == RC_OK && count > 0) {
		snprintf(why, KEYSTORE_WHY, "token %s: it holds keys of operator %u already",
			 t->name, (unsigned int)operator_id);
		rc = RC_CONFLICT;
	}
	return rc;
}

enum rc
token_import(struct token *t, const struct keystore_body *b, char why[KEYSTORE_WHY])
{
	struct token_batch made = { .count = 0 };
	enum rc rc = refuse_second(t, b->operator_id, why);
	CK_RV rv;

	if (rc != RC_OK)
		return rc;
	rv = put_root(t, b, &made);
	for (unsigned int i = 0; rv == CKR_OK && i < KEYSTORE_PAIRS; i++)
		rv = put_pair(t, b, i, &made);
	if (rv == CKR_OK)
		rv = token_put_info(t, b, &made);
	if (rv == CKR_OK)
		return RC_OK;
	token_undo(t, &made);
	return token_say(t, rv, "import", why);
}

static CK_RV
make_root(struct token *t, const struct keystore_body *b, struct token_batch *made)
{
	struct token_label l = token_label_of(b, TOKEN_ROOT);
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG len = CRYPTO_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_PRIVATE, &yes, sizeof yes },
		{ CKA_SENSITIVE, &yes, sizeof yes },
		{ CKA_EXTRACTABLE, &no, sizeof no },
		{ CKA_SIGN, &yes, sizeof yes },
		{ CKA_LABEL, l.name, (CK_ULONG)strlen(l.name) },
		{ CKA_ID, l.id, sizeof l.id },
		{ CKA_VALUE_LEN, &len, sizeof len },
	};
	CK_RV rv = t->module->C_GenerateKey(t->session, &mechanism, template,
					    sizeof template / sizeof template[0],
					    &made -> made[made->count]);

	if (rv == CKR_OK)
		made->count++;
	return rv;
}

/* CKA_EC_POINT is an OCTET STRING (PKCS#11 2.40) or the bare point (some tokens). */
static CK_RV
read_point(struct token *t, CK_OBJECT_HANDLE object, uint8_t public_key[CRYPTO_PUBLIC])
{
	CK_BYTE point[POINT_MAX];
	CK_ATTRIBUTE value = { CKA_EC_POINT, point, sizeof point };
	CK_RV rv = t->module->C_GetAttributeValue(t->session, object, &value, 1);

	if (rv != CKR_OK)
		return rv;
	if (value.ulValueLen < 1 + CRYPTO_PUBLIC ||
	    point[value.ulValueLen - CRYPTO_PUBLIC - 1] != 0x04)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memcpy(public_key, point + value.ulValueLen - CRYPTO_PUBLIC, CRYPTO_PUBLIC);
	return CKR_OK;
}

CK_RV
token_make_pair(struct token *t, struct keystore_body *b, unsigned int pair,
		struct token_batch *made)
{
	struct token_label l = token_label_of(b, TOKEN_PAIR + pair);
	CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BYTE curve[sizeof p256];
	CK_OBJECT_HANDLE public_half = 0, private_half = 0;
	CK_ATTRIBUTE public_template[] = {
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_VERIFY, &yes, sizeof yes },
		{ CKA_LABEL, l.name, (CK_ULONG)strlen(l.name) },
		{ CKA_ID, l.id, sizeof l.id },
		{ CKA_EC_PARAMS, curve, sizeof curve },
	};
	CK_ATTRIBUTE private_template[] = {
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_PRIVATE, &yes, sizeof yes },
		{ CKA_SENSITIVE, &yes, sizeof yes },
		{ CKA_EXTRACTABLE, &no, sizeof no },
		{ CKA_SIGN, &yes, sizeof yes },
		{ CKA_LABEL, l.name, (CK_ULONG)strlen(l.name) },
		{ CKA_ID, l.id, sizeof l.id },
	};
	CK_RV rv;

	memcpy(curve, p256, sizeof curve);
	rv = t->module->C_GenerateKeyPair(
		t->session, &mechanism, public_template,
		sizeof public_template / sizeof public_template[0], private_template,
		sizeof private_template / sizeof private_template[0], &public_half, &private_half);
	if (rv != CKR_OK)
		return rv;
	made->made[made->count++] = public_half;
	made->made[made->count++] = private_half;
	return read_point(t, public_half, b->pairs[pair].public_key);
}

enum rc
token_generate(struct token *t, struct keystore_body *b, char why[KEYSTORE_WHY])
{
	struct token_batch made = { .count = 0 };
	enum rc rc = refuse_second(t, b->operator_id, why);
	CK_RV rv;

	if (rc != RC_OK)
		return rc;
	rv = make_root(t, b, &made);
	for (unsigned int i = 0; rv == CKR_OK && i < KEYSTORE_PAIRS; i++)
		rv = token_make_pair(t, b, i, &made);
	if (rv == CKR_OK)
		rv = token_put_info(t, b, &made);
	if (rv == CKR_OK)
		return RC_OK;
	token_undo(t, &made);
	return token_say(t, rv, "make keys", why);
}
