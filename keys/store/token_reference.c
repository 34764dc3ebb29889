// SPDX-License-Identifier: GPL-3.0-or-later
/* The reference to a token, text. */
#include "store/token_reference.h"

#include "base/mem.h"

#include <stdio.h>

#define TITLE "tessera-token "
#define TITLE_LEN (sizeof TITLE - 1)
#define VERSION 1

bool
token_reference_is(const uint8_t *bytes, size_t len)
{
	return len >= TITLE_LEN && memcmp(bytes, TITLE, TITLE_LEN) == 0;
}

enum rc
token_reference_read(const char *path, struct token_reference *ref, char why[KEYSTORE_WHY])
{
	uint8_t bytes[KEYSTORE_FILE_MAX + 1];
	unsigned int version = 0, operator_id = 0;
	size_t len = 0;
	int at = 0;
	enum rc rc = keystore_file_read(path, bytes, sizeof bytes - 1, &len, why);

	if (rc != RC_OK)
		return rc;
	if (!token_reference_is(bytes, len)) {
		mem_wipe(bytes, sizeof bytes);
		return keystore_say(why, RC_FORMAT, path, NULL, "no reference to a token");
	}
	bytes[len] = '\0';
	if (sscanf((const char *)bytes, TITLE "%3u\noperator %5u\n%n", &version, &operator_id,
		   &at) < 2 ||
	    at == 0)
		return keystore_say(why, RC_INTEGRITY, path, NULL, "a damaged reference");
	if (version != VERSION)
		return keystore_say(why, RC_VERSION, path, "version", rc_text(RC_VERSION));
	while (len > (size_t)at && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
		bytes[--len] = '\0';
	len -= (size_t)at;
	if (operator_id == 0 || operator_id > UINT16_MAX || len == 0 || len >= TOKEN_URI_MAX ||
	    memchr(bytes + at, '\n', len))
		return keystore_say(why, RC_INTEGRITY, path, NULL, "a damaged reference");
	ref->operator_id = (uint16_t)operator_id;
	memcpy(ref->uri, bytes + at, len + 1);
	return RC_OK;
}

enum rc
token_reference_create(const char *path, const struct token_reference *ref, char why[KEYSTORE_WHY])
{
	char text[TOKEN_URI_MAX + 64];
	const int len = snprintf(text, sizeof text, TITLE "%d\noperator %u\n%s\n", VERSION,
				 (unsigned int)ref->operator_id, ref->uri);

	if (strchr(ref->uri, '\n') || strchr(ref->uri, '\r'))
		return keystore_say(why, RC_RANGE, path, "URI", "it has a line feed");
	return keystore_file_create(path, (const uint8_t *)text, (size_t)len, why);
}
