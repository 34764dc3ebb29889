// SPDX-License-Identifier: GPL-3.0-or-later
/* Card image: header of 64 bytes, then the card's memory (FORMATS.md, "Card image and NV"). */
#include "emulator/image.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROFILE_TELEVISION 1

static const uint8_t magic[12] = { 'T', 'E', 'S', 'S', 'E', 'R', 'A', ' ', 'C', 'A', 'R', 'D' };

void
image_header_encode(const struct image_header *h, uint8_t out[IMAGE_HEADER])
{
	memset(out, 0, IMAGE_HEADER);
	memcpy(out, magic, sizeof magic);
	put_be16(out + 12, h->version);
	put_be16(out + 14, PROFILE_TELEVISION);
	put_be32(out + 16, h->nv_size);
	put_be16(out + 20, h->nv_page);
	memcpy(out + 24, h->uid, IMAGE_UID);
	put_be32(out + IMAGE_HEADER - 4, crc32_mpeg(CRC32_START, out, IMAGE_HEADER - 4));
}

enum rc
image_header_decode(const uint8_t in[IMAGE_HEADER], struct image_header *h)
{
	if (memcmp(in, magic, sizeof magic) != 0)
		return RC_FORMAT;
	h->version = get_be16(in + 12);
	if (h->version < 1 || h->version > IMAGE_VERSION || get_be16(in + 14) != PROFILE_TELEVISION)
		return RC_VERSION;
	if (crc32_mpeg(CRC32_START, in, IMAGE_HEADER) != 0)
		return RC_INTEGRITY;
	if (get_be32(in + 16) > IMAGE_NV_MAX)
		return RC_FORMAT;
	h->nv_size = get_be32(in + 16);
	h->nv_page = get_be16(in + 20);
	memcpy(h->uid, in + 24, IMAGE_UID);
	return RC_OK;
}

static enum rc
write_all(int fd, const uint8_t *src, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, src, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return RC_IO;
		src += n;
		len -= (size_t)n;
		at += n;
	}
	return RC_OK;
}

static enum rc
read_all(int fd, uint8_t *dst, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = pread(fd, dst, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RC_IO;
		if (n == 0)
			return RC_TRUNCATED;
		dst += n;
		len -= (size_t)n;
		at += n;
	}
	return RC_OK;
}

static enum rc
port_read(void *ctx, uint32_t offset, uint8_t *dst, uint32_t len)
{
	const struct image *image = ctx;

	if (offset > image->header.nv_size || len > image->header.nv_size - offset)
		return RC_IO;
	memcpy(dst, image->nv + offset, len);
	return RC_OK;
}

static enum rc
port_write(void *ctx, uint32_t offset, const uint8_t *src, uint32_t len)
{
	struct image *image = ctx;
	enum rc rc;

	if (offset > image->header.nv_size || len > image->header.nv_size - offset)
		return RC_IO;
	rc = write_all(image->fd, src, len, (off_t)IMAGE_HEADER + (off_t)offset);
	if (rc == RC_OK)
		memcpy(image->nv + offset, src, len);
	return rc;
}

static enum rc
port_sync(void *ctx)
{
	const struct image *image = ctx;

	return fdatasync(image->fd) == 0 ? RC_OK : RC_IO;
}

static enum rc
write_file(int fd, const struct image_header *h, const uint8_t *nv)
{
	uint8_t header[IMAGE_HEADER];
	enum rc rc;

	image_header_encode(h, header);
	rc = write_all(fd, header, sizeof header, 0);
	if (rc == RC_OK)
		rc = write_all(fd, nv, h->nv_size, IMAGE_HEADER);
	return rc == RC_OK && fsync(fd) != 0 ? RC_IO : rc;
}

/* Writes header and memory to a new file and gives it its name, which must not be taken. */
static enum rc
write_new(int fd, const char *draft, const char *path, const struct image_header *h,
	  const uint8_t *nv)
{
	enum rc rc = write_file(fd, h, nv);

	if (rc == RC_OK && link(draft, path) != 0)
		rc = errno == EEXIST ? RC_CONFLICT : RC_IO;
	return rc;
}

enum rc
image_create(const char *path, const struct image_header *h, const uint8_t *nv,
	     char why[EMULATOR_WHY])
{
	char draft[IMAGE_PATH_MAX];
	enum rc rc;
	int fd;

	why[0] = '\0';
	if ((size_t)snprintf(draft, sizeof draft, "%s.XXXXXX", path) >= sizeof draft) {
		snprintf(why, EMULATOR_WHY, "the name is too long");
		return RC_IO;
	}
	if (access(path, F_OK) == 0) {
		snprintf(why, EMULATOR_WHY, "the file exists");
		return RC_CONFLICT;
	}
	fd = mkstemp(draft);
	if (fd < 0) {
		snprintf(why, EMULATOR_WHY, "%s", strerror(errno));
		return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
	}
	rc = write_new(fd, draft, path, h, nv);
	if (rc == RC_CONFLICT)
		snprintf(why, EMULATOR_WHY, "the file exists");
	else if (rc != RC_OK)
		snprintf(why, EMULATOR_WHY, "%s", strerror(errno));
	close(fd);
	unlink(draft);
	return rc;
}

static enum rc
open_locked(struct image *image, const char *path, char why[EMULATOR_WHY])
{
	image->fd = open(path, O_RDWR | O_CLOEXEC);
	if (image->fd < 0) {
		snprintf(why, EMULATOR_WHY, "%s", strerror(errno));
		return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
	}
	if (flock(image->fd, LOCK_EX | LOCK_NB) != 0) {
		snprintf(why, EMULATOR_WHY, "%s",
			 errno == EWOULDBLOCK ? "the card is in use by another program"
					      : strerror(errno));
		return errno == EWOULDBLOCK ? RC_CONFLICT : RC_IO;
	}
	return RC_OK;
}

/* Reads header and memory; the file must be exactly as long as the header says. */
static enum rc
load(struct image *image)
{
	uint8_t header[IMAGE_HEADER];
	struct stat st;
	enum rc rc;

	if (fstat(image->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return RC_FORMAT;
	rc = read_all(image->fd, header, sizeof header, 0);
	if (rc != RC_OK)
		return rc == RC_TRUNCATED ? RC_FORMAT : rc;
	if ((rc = image_header_decode(header, &image->header)) != RC_OK)
		return rc;
	if (st.st_size != (off_t)IMAGE_HEADER + (off_t)image->header.nv_size)
		return RC_INTEGRITY;
	image->nv = malloc(image->header.nv_size + 1U);
	if (!image->nv)
		return RC_NO_MEMORY;
	return read_all(image->fd, image->nv, image->header.nv_size, IMAGE_HEADER);
}

static void
set_port(struct image *image)
{
	image->port = (struct nv_port) {
		.ctx = image,
		.size = image->header.nv_size,
		.page = image->header.nv_page,
		.read = port_read,
		.write = port_write,
		.sync = port_sync,
	};
}

enum rc
image_open(struct image *image, const char *path, char why[EMULATOR_WHY])
{
	enum rc rc;

	memset(image, 0, sizeof *image);
	why[0] = '\0';
	rc = open_locked(image, path, why);
	if (rc == RC_OK) {
		rc = load(image);
		if (rc == RC_FORMAT)
			snprintf(why, EMULATOR_WHY, "this is no card image");
		else if (rc == RC_VERSION)
			snprintf(why, EMULATOR_WHY, "a card image of another version");
		else if (rc != RC_OK)
			snprintf(why, EMULATOR_WHY, "the card image is damaged");
	}
	if (rc != RC_OK) {
		image_close(image);
		return rc;
	}
	set_port(image);
	return RC_OK;
}

/* Makes the name's new owner durable; cuts the name down to its folder. */
static enum rc
sync_folder(char *name)
{
	char *slash = strrchr(name, '/');
	enum rc rc;
	int fd;

	if (slash)
		slash[1] = '\0';
	fd = open(slash ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return RC_IO;
	rc = fsync(fd) == 0 ? RC_OK : RC_IO;
	close(fd);
	return rc;
}

enum rc
image_replace(struct image *image, const char *path, const struct image_header *h, uint8_t *nv,
	      char why[EMULATOR_WHY])
{
	char draft[IMAGE_PATH_MAX];
	enum rc rc = RC_IO;
	int fd = -1;

	if ((size_t)snprintf(draft, sizeof draft, "%s.XXXXXX", path) < sizeof draft)
		fd = mkstemp(draft);
	if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		rc = write_file(fd, h, nv);
	if (rc == RC_OK && rename(draft, path) != 0)
		rc = RC_IO;
	if (rc != RC_OK) {
		snprintf(why, EMULATOR_WHY,
			 "an image of an earlier release, and its new one cannot be written: %s",
			 strerror(errno));
		if (fd >= 0) {
			unlink(draft);
			close(fd);
		}
		return rc;
	}
	image_close(image);
	*image = (struct image) { .fd = fd, .header = *h, .nv = nv };
	set_port(image);
	return sync_folder(draft);
}

void
image_close(struct image *image)
{
	if (image->nv)
		mem_wipe(image->nv, image->header.nv_size);
	free(image->nv);
	image->nv = NULL;
	if (image->fd >= 0)
		close(image->fd); /* and with it the lock */
	image->fd = -1;
}
