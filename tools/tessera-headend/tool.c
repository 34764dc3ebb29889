// SPDX-License-Identifier: GPL-3.0-or-later
/* Shared parts of the verbs. */
#include "tool.h"

#include "base/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PASSPHRASE_MAX 512

struct tool
tool_new(void)
{
	time_t now = time(NULL);

	return (struct tool) { .passphrase_fd = NO_FD,
			       .now = (uint32_t)(now > TIME2000_UNIX ? now - TIME2000_UNIX : 1) };
}

int
tool_find_home(struct tool *t, bool create)
{
	enum rc rc = cli_home(t->home_option, create, t->home, sizeof t->home);

	return rc == RC_OK ? 0 : cli_fail(rc, NULL, "home folder");
}

int
tool_path(const struct tool *t, const char *name, char path[TOOL_PATH])
{
	int n = snprintf(path, TOOL_PATH, "%s/%s", t->home, name);

	return n > 0 && n < TOOL_PATH ? 0 : cli_fail(RC_RANGE, "path too long", "%s", name);
}

int
tool_database(const struct tool *t, char name[TOOL_DATABASE])
{
	char path[TOOL_PATH];
	FILE *file;
	bool got;
	int status = tool_path(t, "database", path);

	if (status != 0)
		return status;
	file = fopen(path, "r");
	if (!file && errno == ENOENT)
		return tool_path(t, "headend.sqlite", name);
	if (!file)
		return cli_fail(RC_IO, strerror(errno), "%s", path);
	got = fgets(name, TOOL_DATABASE, file) != NULL;
	fclose(file);
	if (got)
		name[strcspn(name, "\r\n")] = '\0';
	if (!got || !store_is_address(name))
		return cli_fail(RC_FORMAT, "no line that begins with postgresql://", "%s", path);
	return 0;
}

int
tool_open(struct tool *t)
{
	char name[TOOL_DATABASE], label[STORE_WHY], why[STORE_WHY];
	enum rc rc;
	int status = tool_find_home(t, false);

	if (status == 0)
		status = tool_database(t, name);
	if (status != 0)
		return status;
	rc = head_open(name, &t->head, why);
	store_label(name, label);
	mem_wipe(name, sizeof name);
	if (rc == RC_NOT_FOUND)
		return cli_fail(rc, "does not exist; `tessera-headend init` makes it", "%s", label);
	return rc == RC_OK ? 0 : cli_fail(rc, why, "%s", label);
}

static int
open_keystore(struct tool *t, const char *path)
{
	char passphrase[PASSPHRASE_MAX], why[KEYSTORE_WHY];
	int fd = t->passphrase_fd == NO_FD ? -1 : (int)t->passphrase_fd;
	size_t len = 0;
	enum rc rc = cli_passphrase(t->passphrase_file, fd, "Passphrase of the keystore: ", false,
				    passphrase, sizeof passphrase, &len);

	if (rc != RC_OK)
		return cli_secret_fail(rc, t->passphrase_file ? t->passphrase_file : "passphrase");
	rc = keystore_open(path, t->keys.openssl, passphrase, len, &t->keys.keystore, why);
	mem_wipe(passphrase, sizeof passphrase);
	return rc == RC_OK ? 0 : cli_fail(rc, why, "keystore");
}

int
tool_open_keys(struct tool *t)
{
	char path[TOOL_PATH];
	int status = tool_path(t, "keystore", path);

	if (status != 0)
		return status;
	t->keys.openssl = crypto_openssl_new();
	if (!t->keys.openssl)
		return cli_fail(RC_CRYPTO, "OpenSSL lacks an algorithm, or memory", "cryptography");
	t->keys.crypto = crypto_openssl_table(t->keys.openssl);
	status = open_keystore(t, path);
	if (status == 0 && t->head) {
		enum rc rc = head_check_keystore(t->head, t->keys.keystore);

		if (rc != RC_OK)
			status = tool_fail(t, rc, "keystore");
	}
	return status;
}

void
tool_close(struct tool *t)
{
	head_close(&t->head);
	keystore_free(&t->keys.keystore);
	crypto_openssl_free(&t->keys.openssl);
}

int
tool_fail(const struct tool *t, enum rc rc, const char *what, ...)
{
	const char *why = t->head && t->head->why[0] != '\0' ? t->head->why : NULL;
	char text[256];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof text, what, args);
	va_end(args);
	return cli_fail(rc, why, "%s", text);
}

int
tool_card(const struct tool *t, const char *text, uint32_t *leaf)
{
	enum rc rc = card_number_parse(text, t->head->op.id, leaf);

	if (rc == RC_FORMAT)
		return cli_fail(RC_USAGE, "neither a card number nor a leaf", "%s", text);
	if (rc == RC_INTEGRITY)
		return cli_fail(RC_USAGE, "the check digit is wrong", "%s", text);
	if (rc == RC_CONFLICT)
		return cli_fail(RC_NOT_FOUND, "a card of another operator", "%s", text);
	return rc == RC_OK ? 0 : cli_fail(rc, NULL, "%s", text);
}

int
tool_number(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0')
		return cli_fail(RC_USAGE, "not a number", "%s %s", what, text);
	if (errno != 0 || v < min || v > max) {
		char why[60];

		snprintf(why, sizeof why, "not between %llu and %llu", (unsigned long long)min,
			 (unsigned long long)max);
		return cli_fail(RC_RANGE, why, "%s %s", what, text);
	}
	*value = v;
	return 0;
}

int
tool_name(const char *text, char name[HEAD_NAME])
{
	if (strlen(text) >= HEAD_NAME)
		return cli_fail(RC_RANGE, "at most 63 bytes", "--name");
	snprintf(name, HEAD_NAME, "%s", text);
	return 0;
}

int
tool_numbers(const char *option, const struct cli_list *list, uint16_t *out, size_t *count)
{
	for (size_t i = 0; i < list->count; i++) {
		uint64_t v = 0;
		int status = tool_number(option, list->items[i], 1, UINT16_MAX, &v);

		if (status != 0)
			return status;
		out[(*count)++] = (uint16_t)v;
	}
	return 0;
}

int
tool_money(const struct tool *t, const char *name, const char *major, uint64_t minor,
	   uint64_t *value)
{
	return tool_money_in(name, major, minor, t->head->op.decimals, value);
}

int
tool_money_in(const char *name, const char *major, uint64_t minor, uint8_t decimals,
	      uint64_t *value)
{
	enum rc rc;

	if ((major != NULL) == (minor != UINT64_MAX)) {
		char why[80];

		snprintf(why, sizeof why, "give --%s or --%s-minor", name, name);
		return cli_fail(RC_USAGE, why, "%s", name);
	}
	if (!major) {
		*value = minor;
		return 0;
	}
	rc = cli_parse_money(major, decimals, value);
	if (rc != RC_OK)
		return cli_fail(RC_USAGE, "not an amount of this unit", "--%s %s", name, major);
	return 0;
}

int
tool_section_profile(const char *name, enum key_profile *profile)
{
	if (strcmp(name, "s256") != 0 && strcmp(name, "s4k") != 0)
		return cli_fail(RC_USAGE, "s256 or s4k", "--section-profile %s", name);
	*profile = strcmp(name, "s4k") == 0 ? KEY_S4K : KEY_S256;
	return 0;
}
