/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key ladder: root → application master → card key, and the working keys below them.
 * Each step is SP 800-108 in counter mode with AES-CMAC (r = 8 bits):
 *   K = CMAC(parent, 01 | label | 00 | context | 0080)
 * Every label of the system stands in LADDER_LABELS and nowhere else. */
#ifndef TESSERA_DERIVE_LADDER_H
#define TESSERA_DERIVE_LADDER_H

#include "crypto/crypto.h"

/* label id, ASCII label, context (bytes, big-endian) */
#define LADDER_LABELS(X)                                                                           \
	X(LABEL_MASTER, "TSR1 master")      /* root:   operator u16, domain u8, version u8 */      \
	X(LABEL_CARD, "TSR1 card")          /* master: leaf u32 */                                 \
	X(LABEL_SCP_ENC, "TSR1 scp enc")    /* issuer card key: none */                            \
	X(LABEL_SCP_MAC, "TSR1 scp mac")    /* issuer card key: none */                            \
	X(LABEL_SCP_DEK, "TSR1 scp dek")    /* issuer card key: none */                            \
	X(LABEL_EMM_ENC, "TSR1 emm enc")    /* CA card key: none */                                \
	X(LABEL_EMM_MAC, "TSR1 emm mac")    /* CA card key: none */                                \
	X(LABEL_REPORT_ENC, "TSR1 rep enc") /* CA card key: none */                                \
	X(LABEL_REPORT_MAC, "TSR1 rep mac") /* CA card key: none */                                \
	X(LABEL_CHAIN, "TSR1 chain")        /* CA card key: none; keys the record chain */         \
	X(LABEL_TOPUP, "TSR1 topup")        /* purse card key: none; top-up cryptogram */          \
	X(LABEL_TAC, "TSR1 tac")            /* purse card key: none; transaction certificate */    \
	X(LABEL_SERVICE, "TSR1 service")    /* group epoch key: operator u16, service u16 */       \
	X(LABEL_ECM_ENC, "TSR1 ecm enc")    /* service key: none */                                \
	X(LABEL_ECM_MAC, "TSR1 ecm mac")    /* service key: none */                                \
	X(LABEL_TREE, "TSR1 tree")       /* tree master: node number u32 (root 1), 0: all cards */ \
	X(LABEL_STORE, "TSR1 store")     /* CA master: none; wraps secrets in the database */      \
	X(LABEL_BOX_ENC, "TSR1 box enc") /* extracted ECDH secret: transcript, 16 bytes */         \
	X(LABEL_BOX_MAC, "TSR1 box mac") /* extracted ECDH secret: the same */                     \
	X(LABEL_BOX_PROVE, "TSR1 box prove")     /* extracted ECDH secret: the same */             \
	X(LABEL_TREE_MASTER, "TSR1 tree master") /* CA master: none; the tree master */            \
	X(LABEL_SUBTREE, "TSR1 subtree") /* tree master: node number u32; complete subtree */      \
	X(LABEL_PBOC, "TSR1 pboc") /* purse master: type u8, index u8, version u8, algorithm u8 */ \
	X(LABEL_CODE, "TSR1 code") /* purse card key: none; top-up codes */                        \
	X(LABEL_CONFIRM, "TSR1 confirm") /* CA card key: none; proofs of cancellation */

#define LABEL_ENUM(name, text) name,
enum ladder_label { LADDER_LABELS(LABEL_ENUM) };
#undef LABEL_ENUM

/* Domains: who owns the keys below an application master (numbered for ever). */
enum ladder_domain {
	DOMAIN_ISSUER = 1, /* GlobalPlatform issuer domain: SCP03 keys */
	DOMAIN_CA = 2,     /* conditional access application */
	DOMAIN_PURSE = 3,  /* e-purse */
	DOMAIN_ECASH = 4   /* electronic cash */
};

/* SP 800-108 counter mode: out_len ≤ 255·16 bytes. RC_CRYPTO, RC_RANGE. */
enum rc ladder_kdf(const struct crypto *c, const uint8_t key[CRYPTO_KEY], const uint8_t *label,
		   size_t label_len, const uint8_t *context, size_t context_len, uint8_t *out,
		   size_t out_len) RC_CHECKED;
/* One step down under a label of the list; context_len ≤ 16. */
enum rc ladder_derive(const struct crypto *c, const uint8_t parent[CRYPTO_KEY],
		      enum ladder_label label, const uint8_t *context, size_t context_len,
		      uint8_t child[CRYPTO_KEY]) RC_CHECKED;
/* The label's text (without NUL: strlen gives its length on the wire). */
const char *ladder_label_text(enum ladder_label label);

enum rc ladder_master(const struct crypto *c, const uint8_t root[CRYPTO_KEY], uint16_t operator_id,
		      enum ladder_domain domain, uint8_t version,
		      uint8_t master[CRYPTO_KEY]) RC_CHECKED;
/* leaf: position in the operator's key tree = production order, < 2^24. */
enum rc ladder_card_key(const struct crypto *c, const uint8_t master[CRYPTO_KEY], uint32_t leaf,
			uint8_t card_key[CRYPTO_KEY]) RC_CHECKED;
enum rc ladder_service_key(const struct crypto *c, const uint8_t epoch_key[CRYPTO_KEY],
			   uint16_t operator_id, uint16_t service_id,
			   uint8_t service_key[CRYPTO_KEY]) RC_CHECKED;

#endif
