// SPDX-License-Identifier: GPL-3.0-or-later
/* The box's own key and the operators whom it trusts, as files of its home (FORMATS.md, "Files of
 * the box"). Each is written beside its place and linked there: whole or not at all, and never in
 * the place of another. */
#include "cmds.h"

#include "base/hex.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "TSR-BOX"
#define VERSION 1
#define FILE_SIZE (sizeof MAGIC + CRYPTO_PRIVATE + CRYPTO_PUBLIC)
#define OPERATOR_LINE (2 * CRYPTO_PUBLIC + 1)
#define SUFFIX ".XXXXXX"

static bool
write_whole(int fd, const uint8_t *bytes, size_t len)
{
	for (size_t n = 0; n < len;) {
		ssize_t put = write(fd, bytes + n, len - n);

		if (put < 0 && errno != EINTR)
			return false;
		n += put > 0 ? (size_t)put : 0;
	}
	return fchmod(fd, S_IRUSR | S_IWUSR) == 0 && fsync(fd) == 0;
}

static bool
sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);

	if (fd >= 0)
		(void)close(fd);
	return done;
}

/* RC_CONFLICT: there is one; RC_IO with errno. */
static enum rc
create_file(const char *folder, const char *path, const uint8_t *bytes, size_t len)
{
	char temporary[STB_PATH + sizeof SUFFIX];
	enum rc rc = RC_OK;
	int fd, saved;

	snprintf(temporary, sizeof temporary, "%s" SUFFIX, path);
	fd = mkstemp(temporary);
	if (fd < 0)
		return RC_IO;
	if (!write_whole(fd, bytes, len))
		rc = RC_IO;
	if (close(fd) != 0)
		rc = RC_IO;
	if (rc == RC_OK && link(temporary, path) != 0)
		rc = errno == EEXIST ? RC_CONFLICT : RC_IO;
	saved = errno;
	(void)unlink(temporary);
	errno = saved;
	if (rc == RC_OK && !sync_folder(folder))
		rc = RC_IO;
	return rc;
}

/* A file of exactly len bytes that nobody else may read. RC_NOT_FOUND; RC_REFUSED: others may;
 * RC_FORMAT: another length; RC_IO with errno. */
static enum rc
read_file(const char *path, uint8_t *bytes, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum rc rc = RC_OK;
	struct stat st;
	size_t n = 0;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? RC_NOT_FOUND : RC_IO;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = RC_IO;
	else if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		rc = RC_REFUSED;
	else if ((size_t)st.st_size != len)
		rc = RC_FORMAT;
	while (rc == RC_OK && n < len) {
		ssize_t got = read(fd, bytes + n, len - n);

		if (got > 0)
			n += (size_t)got;
		else if (got == 0 || errno != EINTR)
			rc = RC_IO;
	}
	(void)close(fd);
	return rc;
}

static enum rc
identity_path(const struct stb_home *home, char path[STB_PATH])
{
	return snprintf(path, STB_PATH, "%s/box.key", home->path) < STB_PATH ? RC_OK : RC_SPACE;
}

/* What a box would otherwise find out at the card: halves that do not belong together. */
static enum rc
check_identity(const struct crypto *c, const struct pair_identity *id)
{
	uint8_t other_private[CRYPTO_PRIVATE], other[CRYPTO_PUBLIC];
	uint8_t here[CRYPTO_SHARED], there[CRYPTO_SHARED];
	enum rc rc = c->key_pair(c->ctx, other_private, other);

	if (rc == RC_OK)
		rc = c->ecdh(c->ctx, id->private_key, other, here);
	if (rc == RC_OK)
		rc = c->ecdh(c->ctx, other_private, id->public_key, there);
	if (rc == RC_OK && !mem_equal_ct(here, there, sizeof here))
		rc = RC_INTEGRITY;
	mem_wipe(other_private, sizeof other_private);
	mem_wipe(here, sizeof here);
	mem_wipe(there, sizeof there);
	return rc == RC_AUTH ? RC_INTEGRITY : rc;
}

enum rc
stb_identity_create(const struct stb_home *home, const struct crypto *c, struct pair_identity *id)
{
	uint8_t bytes[FILE_SIZE] = MAGIC;
	char path[STB_PATH];
	enum rc rc = identity_path(home, path);

	bytes[sizeof MAGIC - 1] = VERSION;
	if (rc == RC_OK)
		rc = c->key_pair(c->ctx, id->private_key, id->public_key);
	if (rc == RC_OK) {
		memcpy(bytes + sizeof MAGIC, id->private_key, CRYPTO_PRIVATE);
		memcpy(bytes + sizeof MAGIC + CRYPTO_PRIVATE, id->public_key, CRYPTO_PUBLIC);
		rc = create_file(home->path, path, bytes, sizeof bytes);
	}
	mem_wipe(bytes, sizeof bytes);
	return rc;
}

enum rc
stb_identity_load(const struct stb_home *home, const struct crypto *c, struct pair_identity *id)
{
	uint8_t bytes[FILE_SIZE] = { 0 };
	char path[STB_PATH];
	enum rc rc = identity_path(home, path);

	if (rc == RC_OK)
		rc = read_file(path, bytes, sizeof bytes);
	if (rc == RC_OK && memcmp(bytes, MAGIC, sizeof MAGIC - 1) != 0)
		rc = RC_FORMAT;
	if (rc == RC_OK && bytes[sizeof MAGIC - 1] != VERSION)
		rc = RC_VERSION;
	if (rc == RC_OK) {
		memcpy(id->private_key, bytes + sizeof MAGIC, CRYPTO_PRIVATE);
		memcpy(id->public_key, bytes + sizeof MAGIC + CRYPTO_PRIVATE, CRYPTO_PUBLIC);
		rc = check_identity(c, id);
	}
	mem_wipe(bytes, sizeof bytes);
	return rc;
}

static enum rc
operator_path(const struct stb_home *home, uint16_t operator_id, char folder[STB_PATH],
	      char path[STB_PATH])
{
	if (snprintf(folder, STB_PATH, "%s/operators", home->path) >= STB_PATH ||
	    snprintf(path, STB_PATH, "%s/operators/%05u.key", home->path, operator_id) >= STB_PATH)
		return RC_SPACE;
	return RC_OK;
}

enum rc
stb_operator_trusted(void *ctx, uint16_t operator_id, uint8_t key[CRYPTO_PUBLIC])
{
	char folder[STB_PATH], path[STB_PATH], line[OPERATOR_LINE + 1] = "";
	size_t len = 0;
	enum rc rc = operator_path(ctx, operator_id, folder, path);

	if (rc == RC_OK)
		rc = read_file(path, (uint8_t *)line, OPERATOR_LINE);
	if (rc != RC_OK)
		return rc;
	if (line[OPERATOR_LINE - 1] != '\n')
		return RC_FORMAT;
	line[OPERATOR_LINE - 1] = '\0';
	rc = hex_decode(line, key, CRYPTO_PUBLIC, &len);
	return rc == RC_OK && len != CRYPTO_PUBLIC ? RC_FORMAT : rc;
}

enum rc
stb_operator_trust(void *ctx, uint16_t operator_id, const uint8_t key[CRYPTO_PUBLIC])
{
	const struct stb_home *home = ctx;
	char folder[STB_PATH], path[STB_PATH], line[OPERATOR_LINE + 1], check[2 * CA_BOX_NAME + 1];
	uint8_t hash[CRYPTO_HASH];
	enum rc rc = operator_path(home, operator_id, folder, path);

	if (rc == RC_OK && mkdir(folder, 0700) != 0 && errno != EEXIST)
		rc = RC_IO;
	if (rc == RC_OK)
		rc = pair_key_hash(home->crypto, key, hash);
	if (rc != RC_OK)
		return rc;
	hex_encode(key, CRYPTO_PUBLIC, line);
	line[OPERATOR_LINE - 1] = '\n';
	rc = create_file(folder, path, (const uint8_t *)line, OPERATOR_LINE);
	if (rc == RC_OK) {
		hex_encode(hash, CA_BOX_NAME, check);
		cli_warn("first card of operator %u: its root-signing key with check value %s is "
			 "trusted from now on",
			 operator_id, check);
	}
	return rc;
}
