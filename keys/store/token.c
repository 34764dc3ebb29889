// SPDX-License-Identifier: GPL-3.0-or-later
/* A session with a PKCS#11 token: finding it by its URI, logging in, deriving and signing. */
#include "base/mem.h"
#include "store/token_private.h"

#include <stdio.h>
#include <stdlib.h>

#define SLOTS_MAX 64

static enum rc
result_of(CK_RV rv)
{
	switch (rv) {
	case CKR_OK:
		return RC_OK;
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		return RC_AUTH;
	case CKR_PIN_LOCKED:
	case CKR_TOKEN_WRITE_PROTECTED:
		return RC_REFUSED;
	case CKR_HOST_MEMORY:
		return RC_NO_MEMORY;
	default:
		return RC_IO;
	}
}

static const char *
reason_of(CK_RV rv)
{
	switch (rv) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		return "wrong PIN";
	case CKR_PIN_LOCKED:
		return "the PIN is locked";
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_DEVICE_REMOVED:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
		return "the token is gone";
	default:
		return p11_kit_strerror(rv);
	}
}

enum rc
token_say(const struct token *t, CK_RV rv, const char *doing, char why[KEYSTORE_WHY])
{
	snprintf(why, KEYSTORE_WHY, "token%s%s: %s: %s", t->name[0] ? " " : "", t->name, doing,
		 reason_of(rv));
	return result_of(rv);
}

/* One module by its path, or all that are configured. */
static enum rc
load_modules(struct token *t, P11KitUri *uri, char why[KEYSTORE_WHY])
{
	const char *path = p11_kit_uri_get_module_path(uri);
	const char *message;

	if (path) {
		t->module = p11_kit_module_load(path, 0);
		if (t->module && p11_kit_module_initialize(t->module) != CKR_OK) {
			p11_kit_module_release(t->module);
			t->module = NULL;
		}
	} else {
		t->modules = p11_kit_modules_load_and_initialize(0);
	}
	if (t->module || t->modules)
		return RC_OK;
	message = p11_kit_message();
	snprintf(why, KEYSTORE_WHY, "token: PKCS#11 module: %s",
		 message ? message : "cannot be loaded");
	return RC_IO;
}

/* Adds the matching slots of one module; the last one found stays in *slot. */
static unsigned int
match_slots(CK_FUNCTION_LIST *module, P11KitUri *uri, CK_SLOT_ID *slot, CK_TOKEN_INFO *found)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_TOKEN_INFO info;
	unsigned int matches = 0;

	if (module->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
		return 0;
	for (CK_ULONG i = 0; i < count; i++) {
		if (module->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    (info.flags & CKF_TOKEN_INITIALIZED) == 0 ||
		    !p11_kit_uri_match_token_info(uri, &info))
			continue;
		matches++;
		*slot = slots[i];
		*found = info;
	}
	return matches;
}

/* The label without the blanks that fill it. */
static void
name_token(struct token *t, const CK_TOKEN_INFO *info)
{
	size_t len = sizeof info->label;

	while (len > 0 && info->label[len - 1] == ' ')
		len--;
	memcpy(t->name, info->label, len);
	t->name[len] = '\0';
}

static enum rc
find_slot(struct token *t, P11KitUri *uri, CK_SLOT_ID *slot, char why[KEYSTORE_WHY])
{
	CK_FUNCTION_LIST *one[2] = { t->module, NULL };
	CK_FUNCTION_LIST **modules = t->modules ? t->modules : one;
	unsigned int matches = 0;
	CK_TOKEN_INFO info = { 0 };

	for (unsigned int i = 0; modules[i]; i++) {
		const unsigned int here = match_slots(modules[i], uri, slot, &info);

		matches += here;
		if (here > 0)
			t->module = modules[i];
	}
	if (matches == 1) {
		name_token(t, &info);
		return RC_OK;
	}
	snprintf(why, KEYSTORE_WHY, "token: %s",
		 matches == 0 ? "none matches the URI" : "several match the URI; name one");
	return matches == 0 ? RC_NOT_FOUND : RC_CONFLICT;
}

static enum rc
log_in(struct token *t, CK_SLOT_ID slot, const char *pin, size_t pin_len, bool writable,
       char why[KEYSTORE_WHY])
{
	const CK_FLAGS flags = CKF_SERIAL_SESSION | (writable ? CKF_RW_SESSION : 0);
	CK_UTF8CHAR copy[256];
	CK_RV rv;

	if (pin_len > sizeof copy)
		return token_say(t, CKR_PIN_LEN_RANGE, "log in", why);
	rv = t->module->C_OpenSession(slot, flags, NULL, NULL, &t->session);
	if (rv != CKR_OK)
		return token_say(t, rv, "open", why);
	t->open = true;
	memcpy(copy, pin, pin_len);
	rv = t->module->C_Login(t->session, CKU_USER, copy, (CK_ULONG)pin_len);
	mem_wipe(copy, sizeof copy);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return token_say(t, rv, "log in", why);
	t->logged_in = true;
	return RC_OK;
}

static enum rc
connect(struct token *t, P11KitUri *uri, const char *pin, size_t pin_len, bool writable,
	char why[KEYSTORE_WHY])
{
	CK_SLOT_ID slot = 0;
	enum rc rc = load_modules(t, uri, why);

	if (rc == RC_OK)
		rc = find_slot(t, uri, &slot, why);
	if (rc == RC_OK)
		rc = log_in(t, slot, pin, pin_len, writable, why);
	return rc;
}

enum rc
token_open(const char *uri, const char *pin, size_t pin_len, bool writable, struct token **out,
	   char why[KEYSTORE_WHY])
{
	struct token *t = calloc(1, sizeof *t);
	P11KitUri *parsed = p11_kit_uri_new();
	enum rc rc = RC_NO_MEMORY;
	int parse = 0;

	*out = NULL;
	if (!t || !parsed) {
		(void)keystore_say(why, rc, uri, NULL, rc_text(rc));
		goto out;
	}
	parse = p11_kit_uri_parse(uri, P11_KIT_URI_FOR_TOKEN | P11_KIT_URI_FOR_MODULE, parsed);
	if (parse != P11_KIT_URI_OK)
		rc = keystore_say(why, RC_USAGE, uri, NULL, p11_kit_uri_message(parse));
	else
		rc = connect(t, parsed, pin, pin_len, writable, why);
out:
	if (parsed)
		p11_kit_uri_free(parsed);
	if (rc == RC_OK)
		*out = t;
	else
		token_close(&t);
	return rc;
}

void
token_close(struct token **t)
{
	struct token *gone = t ? *t : NULL;

	if (!gone)
		return;
	if (gone->logged_in)
		(void)gone->module->C_Logout(gone->session);
	if (gone->open)
		(void)gone->module->C_CloseSession(gone->session);
	if (gone->modules) {
		p11_kit_modules_finalize_and_release(gone->modules);
	} else if (gone->module) {
		(void)p11_kit_module_finalize(gone->module);
		p11_kit_module_release(gone->module);
	}
	mem_wipe(gone, sizeof *gone);
	free(gone);
	*t = NULL;
}

/* C_Sign of data with one mechanism; the answer has exactly len bytes. */
static enum rc
sign(struct token *t, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, const uint8_t *data,
     size_t data_len, uint8_t *out, size_t len)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };
	CK_BYTE copy[128], answer[128];
	CK_ULONG answer_len = sizeof answer;
	CK_RV rv;

	if (!t->loaded)
		return RC_STATE;
	if (data_len > sizeof copy)
		return RC_RANGE;
	memcpy(copy, data, data_len);
	rv = t->module->C_SignInit(t->session, &mechanism, key);
	if (rv == CKR_OK)
		rv = t->module->C_Sign(t->session, copy, (CK_ULONG)data_len, answer, &answer_len);
	if (rv == CKR_OK && answer_len == len)
		memcpy(out, answer, len);
	mem_wipe(copy, sizeof copy);
	mem_wipe(answer, sizeof answer);
	if (rv != CKR_OK)
		return result_of(rv);
	return answer_len == len ? RC_OK : RC_CRYPTO;
}

enum rc
token_cmac(struct token *t, const uint8_t *data, size_t len, uint8_t mac[CRYPTO_MAC])
{
	return sign(t, CKM_AES_CMAC, t->root, data, len, mac, CRYPTO_MAC);
}

enum rc
token_sign(struct token *t, enum keystore_pair which, const uint8_t digest[CRYPTO_HASH],
	   uint8_t signature[CRYPTO_SIGNATURE])
{
	return sign(t, CKM_ECDSA, t->pairs[which], digest, CRYPTO_HASH, signature,
		    CRYPTO_SIGNATURE);
}
