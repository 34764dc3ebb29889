/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The card's memory as a file, and the counter beside it that finds an older copy out (FORMATS.md,
 * "Card image and NV"). */
#ifndef TESSERA_EMULATOR_IMAGE_H
#define TESSERA_EMULATOR_IMAGE_H

#include "core/nv.h"
#include "emulator/emulator.h"

#include <stddef.h>

#define IMAGE_HEADER 64
#define IMAGE_UID 8
#define IMAGE_NV_MAX 262144U
#define IMAGE_PATH_MAX 1024

#define IMAGE_VERSION 2 /* written; 1 is read too */

struct image_header {
	uint16_t version; /* 1…IMAGE_VERSION */
	uint32_t nv_size;
	uint16_t nv_page;
	uint8_t uid[IMAGE_UID];
};

void image_header_encode(const struct image_header *h, uint8_t out[IMAGE_HEADER]);
/* RC_FORMAT: no card image; RC_VERSION; RC_INTEGRITY: damaged. */
enum rc image_header_decode(const uint8_t in[IMAGE_HEADER], struct image_header *h) RC_CHECKED;

/* An open image: the whole memory is held, writes go through to the file. */
struct image {
	int fd; /* locked; -1: none */
	struct image_header header;
	struct nv_port port; /* ctx points at this struct: do not move */
	uint8_t *nv;
};

/* A file that is complete or not there at all, mode 0600. RC_CONFLICT: it exists; RC_IO. */
enum rc image_create(const char *path, const struct image_header *h, const uint8_t *nv,
		     char why[EMULATOR_WHY]) RC_CHECKED;
/* RC_NOT_FOUND, RC_FORMAT, RC_VERSION, RC_INTEGRITY, RC_CONFLICT: in use, RC_IO, RC_NO_MEMORY. */
enum rc image_open(struct image *image, const char *path, char why[EMULATOR_WHY]) RC_CHECKED;
/* Puts a new file with this header and memory in the image's place, locked as it was: the old one
 * or the new one has the name at every moment. The image takes over nv (from malloc) when
 * it has become the new one, header.version tells. RC_IO. */
enum rc image_replace(struct image *image, const char *path, const struct image_header *h,
		      uint8_t *nv, char why[EMULATOR_WHY]) RC_CHECKED;
void image_close(struct image *image); /* wipes; may be called on a closed one */

#define GENERATION_LINE 48

/* The line of a counter file: "uid <16 hex digits> generation <10 digits>\n". Returns its length.
 */
size_t generation_encode(const uint8_t uid[IMAGE_UID], uint32_t generation,
			 char line[GENERATION_LINE]);
/* RC_FORMAT. */
enum rc generation_decode(const char *line, size_t len, uint8_t uid[IMAGE_UID],
			  uint32_t *generation) RC_CHECKED;

/* What stands beside the image. */
struct generation {
	int fd; /* -1: none */
	uint8_t uid[IMAGE_UID];
	uint32_t counted; /* as it is in the file */
};

/* Opens FILE.generation of the image at path, which is at the given generation. RC_INTEGRITY: the
 * image is older (unless allow_rollback), or the counter is another card's or damaged; RC_IO. A
 * counter that was missing is made anew: RC_OK with why set to a warning, otherwise why is "". */
enum rc generation_open(struct generation *g, const char *path, const uint8_t uid[IMAGE_UID],
			uint32_t generation, bool allow_rollback,
			char why[EMULATOR_WHY]) RC_CHECKED;
/* Durable on return; writes nothing when it is so already. RC_IO. */
enum rc generation_write(struct generation *g, uint32_t generation) RC_CHECKED;
/* The first counter of a new image. RC_IO. */
enum rc generation_create(const char *path, const uint8_t uid[IMAGE_UID], uint32_t generation,
			  char why[EMULATOR_WHY]) RC_CHECKED;
void generation_close(struct generation *g);

#endif
