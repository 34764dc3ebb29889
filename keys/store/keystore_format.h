/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the store room: the keystore's bytes (FORMATS.md, "Keystore"), the file they lie in,
 * and the opened store. Tests and the fuzz target come in here too. */
#ifndef TESSERA_STORE_KEYSTORE_FORMAT_H
#define TESSERA_STORE_KEYSTORE_FORMAT_H

#include "store/keystore.h"

#include <stdbool.h>

#define KEYSTORE_VERSION 1          /* root inside */
#define KEYSTORE_VERSION_ROOTLESS 2 /* masters themselves, no root */
#define KEYSTORE_HEADER 48
#define KEYSTORE_SALT 16
#define KEYSTORE_MASTERS 8 /* masters a store can hold */
#define KEYSTORE_FILE_MAX 1024
#define KEYSTORE_PAIRS 2
#define KEYSTORE_PATH 1024

/* What scrypt costs: N = 2^log2_n, r, p. */
struct keystore_cost {
	uint8_t log2_n;
	uint8_t r;
	uint8_t par;
};

struct keystore_header {
	uint8_t version; /* KEYSTORE_VERSION… */
	struct keystore_cost cost;
	uint8_t salt[KEYSTORE_SALT];
	uint8_t nonce[CRYPTO_AEAD_NONCE];
	uint32_t sealed_len; /* bytes between header and tag */
};

struct keystore_body {
	uint8_t root_version; /* 0: no root here, the masters' keys stand below */
	uint8_t root[CRYPTO_KEY];
	uint16_t operator_id;
	uint8_t master_count;
	struct {
		uint8_t domain;
		uint8_t version;
		uint8_t key[CRYPTO_KEY]; /* zeros where there is a root */
	} masters[KEYSTORE_MASTERS];
	struct {
		uint8_t version;
		uint8_t private_key[CRYPTO_PRIVATE]; /* zeros: not here */
		uint8_t public_key[CRYPTO_PUBLIC];
	} pairs[KEYSTORE_PAIRS]; /* by enum keystore_pair */
};

/* Largest encoded body. */
#define KEYSTORE_BODY_MAX                                               \
	(1 + CRYPTO_KEY + 2 + 1 + (2 + CRYPTO_KEY) * KEYSTORE_MASTERS + \
	 KEYSTORE_PAIRS * (1 + CRYPTO_PRIVATE + CRYPTO_PUBLIC))

void keystore_header_encode(const struct keystore_header *h, uint8_t bytes[KEYSTORE_HEADER]);
/* bytes is the whole file. RC_TRUNCATED, RC_FORMAT, RC_VERSION; *field names the culprit. */
enum rc keystore_header_decode(const uint8_t *bytes, size_t len, struct keystore_header *h,
			       const char **field) RC_CHECKED;
/* Returns the length. */
size_t keystore_body_encode(const struct keystore_body *b, uint8_t bytes[KEYSTORE_BODY_MAX]);
/* RC_TRUNCATED, RC_FORMAT; *field names the culprit. *b is wiped on failure. */
enum rc keystore_body_decode(const uint8_t *bytes, size_t len, struct keystore_body *b,
			     const char **field) RC_CHECKED;

/* Reads at most cap bytes of a regular file that its owner alone can read. RC_NOT_FOUND,
 * RC_REFUSED, RC_FORMAT, RC_IO; why says which file and why. */
enum rc keystore_file_read(const char *path, uint8_t *bytes, size_t cap, size_t *len,
			   char why[KEYSTORE_WHY]) RC_CHECKED;
/* Writes a new file, mode 0600, that exists whole or not at all. RC_CONFLICT: there is one; RC_IO;
 * RC_SPACE: path too long. */
enum rc keystore_file_create(const char *path, const uint8_t *bytes, size_t len,
			     char why[KEYSTORE_WHY]) RC_CHECKED;
/* Puts a file in the place of the one there: whoever reads finds the old or the new one whole. */
enum rc keystore_file_replace(const char *path, const uint8_t *bytes, size_t len,
			      char why[KEYSTORE_WHY]) RC_CHECKED;
/* why = "path: field: reason"; field may be NULL; a long path loses its beginning. Returns rc. */
enum rc keystore_say(char why[KEYSTORE_WHY], enum rc rc, const char *path, const char *field,
		     const char *reason);

/* keystore_create at a cost of one's own choice: tests cannot wait. */
enum rc keystore_create_at_cost(const char *path, struct crypto_openssl *crypto,
				const char *passphrase, size_t passphrase_len, uint16_t operator_id,
				const struct keystore_cost *cost,
				char why[KEYSTORE_WHY]) RC_CHECKED;

/* Reads the sealed file. Results of keystore_open; RC_STATE: it is a token's reference. */
enum rc keystore_unseal(const char *path, struct crypto_openssl *crypto, const char *passphrase,
			size_t passphrase_len, struct keystore_body *b,
			char why[KEYSTORE_WHY]) RC_CHECKED;
/* Seals a body into a new file. Results of keystore_create. */
enum rc keystore_seal(const char *path, struct crypto_openssl *crypto, const char *passphrase,
		      size_t passphrase_len, const struct keystore_body *b,
		      const struct keystore_cost *cost, char why[KEYSTORE_WHY]) RC_CHECKED;
/* Seals a body in place of the file there, at its cost, with salt and nonce of its own. Results of
 * keystore_open and keystore_create. */
enum rc keystore_reseal(const char *path, struct crypto_openssl *crypto, const char *passphrase,
			size_t passphrase_len, const struct keystore_body *b,
			char why[KEYSTORE_WHY]) RC_CHECKED;
extern const struct keystore_cost keystore_cost; /* of new stores */
/* A body of a new operator with its list of masters and versions, and no keys yet. */
void keystore_body_new(struct keystore_body *b, uint16_t operator_id);
/* Same domains and versions with keys that are made here. */
enum rc keystore_body_make(struct crypto_openssl *crypto, struct keystore_body *b) RC_CHECKED;

struct token;

/* An opened store: root and private scalars are gone, their products remain; its pages are locked
 * into memory and in no core file. */
struct keystore {
	struct crypto_openssl *crypto;
	struct token *token; /* that signs; NULL: the file's keys do */
	char path[KEYSTORE_PATH];
	uint8_t root_version;
	uint8_t root_check[CRYPTO_KCV];
	uint16_t operator_id;
	uint8_t master_count;
	struct {
		uint8_t domain;
		uint8_t version;
		uint8_t key[CRYPTO_KEY];
	} masters[KEYSTORE_MASTERS];
	struct {
		uint8_t version;
		uint8_t public_key[CRYPTO_PUBLIC];
		struct crypto_signer *signer;
	} pairs[KEYSTORE_PAIRS];
};

#endif
