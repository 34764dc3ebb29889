/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where root, application masters and signing keys are kept: a file sealed by scrypt and
 * AES-256-GCM under a passphrase, or a PKCS#11 token (FORMATS.md, "Keystore"). Callers get derived
 * keys and signatures, never a root, a master or a private key. */
#ifndef TESSERA_STORE_KEYSTORE_H
#define TESSERA_STORE_KEYSTORE_H

#include "crypto_openssl/crypto_openssl.h"
#include "derive/ladder.h"

struct keystore;

#define KEYSTORE_WHY 160 /* room for the reason of a failure, with file and field */

/* Makes root, masters of the operator (issuer, CA and purse domain, version 1), a root-signing and
 * a signing key pair, and writes them: mode 0600, whole or not at all, never over an
 * existing one (RC_CONFLICT). operator_id 1…65535 (RC_RANGE). RC_IO, RC_CRYPTO, RC_NO_MEMORY. why
 * is always filled on failure. */
enum rc keystore_create(const char *path, struct crypto_openssl *crypto, const char *passphrase,
			size_t passphrase_len, uint16_t operator_id,
			char why[KEYSTORE_WHY]) RC_CHECKED;
/* A file, or the reference to a token (then the passphrase is its PIN). Every use of a root is
 * logged beside the keystore first (store/audit.h). RC_NOT_FOUND; RC_AUTH: wrong passphrase or PIN,
 * or altered file; RC_FORMAT; RC_VERSION; RC_TRUNCATED;
 * RC_IO; RC_REFUSED: readable by others (mode). crypto must outlive the keystore. */
enum rc keystore_open(const char *path, struct crypto_openssl *crypto, const char *passphrase,
		      size_t passphrase_len, struct keystore **out,
		      char why[KEYSTORE_WHY]) RC_CHECKED;
void keystore_free(struct keystore **k); /* wipes */

uint16_t keystore_operator(const struct keystore *k);
/* 0: no such master. */
uint8_t keystore_master_version(const struct keystore *k, enum ladder_domain domain);
/* Card key of a leaf (< 2^24, else RC_RANGE) in a domain (ladder: master → card). RC_NOT_FOUND: no
 * such master. */
enum rc keystore_card_key(struct keystore *k, enum ladder_domain domain, uint32_t leaf,
			  uint8_t key[CRYPTO_KEY]) RC_CHECKED;
/* Master of a kind of PBOC keys (ladder: purse master → pboc), below which a card's are diversified
 * and which a payment terminal's PSAM holds. kind: type, index, version, algorithm. RC_NOT_FOUND.
 */
enum rc keystore_pboc_master(struct keystore *k, const uint8_t kind[4],
			     uint8_t key[CRYPTO_KEY]) RC_CHECKED;
/* Key that wraps secrets in the head-end's database (LABEL_STORE under the CA master, 32 bytes).
 * RC_NOT_FOUND. */
enum rc keystore_database_key(struct keystore *k, uint8_t key[CRYPTO_AEAD_KEY]) RC_CHECKED;

/* Head of the key tree (LABEL_TREE_MASTER under the CA master): the label of every node hangs below
 * it. RC_NOT_FOUND. */
enum rc keystore_tree_master(struct keystore *k, uint8_t key[CRYPTO_KEY]) RC_CHECKED;

enum keystore_pair { KEYSTORE_ROOT_SIGNING, KEYSTORE_SIGNING };
enum rc keystore_public(const struct keystore *k, enum keystore_pair which, uint8_t *version,
			uint8_t public_key[CRYPTO_PUBLIC]) RC_CHECKED;
/* RC_NOT_FOUND: this keystore does not hold it; RC_IO: a use of the root-signing key that cannot be
 * logged, or a token that is gone. */
enum rc keystore_sign(struct keystore *k, enum keystore_pair which,
		      const uint8_t digest[CRYPTO_HASH],
		      uint8_t signature[CRYPTO_SIGNATURE]) RC_CHECKED;

/* For `show`: name, kind, version and check value of every entry; never a key. */
struct keystore_entry {
	char name[40]; /* "root", "master ca operator 1", "signing key" … */
	uint8_t version;
	uint8_t check[8]; /* KCV (3 bytes) of a symmetric key, first 8 bytes of SHA-256 of a public
			     key */
	uint8_t check_len;
};
size_t keystore_count(const struct keystore *k);
/* index < keystore_count, else RC_RANGE. */
enum rc keystore_entry_at(const struct keystore *k, size_t index,
			  struct keystore_entry *e) RC_CHECKED;

#endif
