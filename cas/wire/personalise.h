/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Application identifiers, and the data groupings that STORE DATA carries into a blank card
 * (FORMATS.md, "Personalisation"; GlobalPlatform 11.11, DGI format). */
#ifndef TESSERA_WIRE_PERSONALISE_H
#define TESSERA_WIRE_PERSONALISE_H

#include <stdint.h>

#define AID_ISSUER                                             \
	{                                                      \
		0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00 \
	}
#define AID_ISSUER_LEN 8
/* Instance n of the CA application, 1…4: one for each operator; and the domain of its own. */
#define AID_CA_OF(n)                                                \
	{                                                           \
		0xF0, 0x54, 0x45, 0x53, 0x53, 0x45, 0x52, 0x41, (n) \
	}
#define AID_CA AID_CA_OF(0x01)
#define AID_CA_LEN 9
#define AID_CA_DOMAIN_OF(n)                                                      \
	{                                                                        \
		0xF0, 0x54, 0x45, 0x53, 0x53, 0x45, 0x52, 0x41, 0x41, 0x80 + (n) \
	}
#define AID_CA_DOMAIN AID_CA_DOMAIN_OF(0x01)
#define AID_CA_DOMAIN_LEN 10
#define CA_INSTANCES_MAX 4
#define AID_PURSE                                                    \
	{                                                            \
		0xA0, 0x00, 0x00, 0x00, 0x03, 0x86, 0x98, 0x07, 0x01 \
	}
#define AID_PURSE_LEN 9
#define AID_PURSE_DOMAIN                                                   \
	{                                                                  \
		0xF0, 0x54, 0x45, 0x53, 0x53, 0x45, 0x52, 0x41, 0x50, 0x81 \
	}
#define AID_PURSE_DOMAIN_LEN 10
#define AID_LOAD_FILE                                          \
	{                                                      \
		0xF0, 0x54, 0x45, 0x53, 0x53, 0x45, 0x52, 0x41 \
	}
#define AID_LOAD_FILE_LEN 8

#define SCP_KEY_VERSION_TEST 0xFF /* GlobalPlatform's public test keys 40…4F, in a blank card */
#define SCP_KEY_VERSION_FIRST 0x01

/* Keys are wrapped: AES-CBC, IV 0, under the static DEK of the issuer domain. */
enum dgi {
	DGI_CA_IDENTITY = 0x0101, /* operator u16, leaf u32, profile u8, capability u8 (0) */
	DGI_CA_KEY = 0x8102,      /* version u8, wrapped key 16, KCV 3 */
	DGI_CA_ROOT = 0x0103,     /* root verification key 64 */
	DGI_CA_SIGNING = 0x0104,  /* version u8, verification key 64 */
	DGI_CA_EPOCH = 0x8105,    /* group u8, epoch u16, wrapped key 16, KCV 3 */
	DGI_CA_PIN = 0x8106,      /* wrapped block 16: length u8, ASCII digits, zeros */
	DGI_CA_TIME = 0x0107,     /* signed time u32 */
	DGI_CA_BOX_KEY = 0x8108,  /* profile paired: boxes on first use u8, wrapped private key 32,
				     public key 64 */
	DGI_CA_CERTIFICATE = 0x0109, /* profile paired: certificate of that key */
	DGI_CA_LABELS = 0x810A, /* profile in the key tree u8, first label u16, up to 12 labels,
				   each wrapped as a key */
	DGI_CA_LABELS_CHECK = 0x010B, /* check over all of them 3 */
	DGI_PURSE_IDENTITY = 0x0201,  /* issuer operator u16, leaf u32 */
	DGI_PURSE_KEY = 0x8202,       /* version u8, wrapped key 16, KCV 3 */
	DGI_PURSE_SLOT = 0x0203,  /* slot u8, unit 3, decimals u8, maximum balance u64, label length
				     u8, label ≤ 16 */
	DGI_DOMAIN_I = 0x0F02,    /* of a security domain: parameter i of SCP03 u8 */
	DGI_DOMAIN_KEYS = 0x8F01, /* of a security domain: as the data of PUT KEY */
	DGI_PURSE_PBOC_KEY = 0x8205, /* type u8, index u8, version u8, algorithm u8, wrapped key 16,
					KCV 3 */
	DGI_PURSE_FILE = 0x0206, /* short identifier u8 (15, 16, 17), bytes; 17: tag u8, record */
	DGI_PURSE_PIN = 0x8207,  /* wrapped block 16: length u8, BCD bytes, zeros */
	DGI_PURSE_AUTH_CODE = 0x0208, /* 9 bytes below MAC1 of a purchase, of city cards */
	DGI_PURSE_LIMIT = 0x0204      /* caller AID length u8, AID, largest single debit u32 */
};

#endif
