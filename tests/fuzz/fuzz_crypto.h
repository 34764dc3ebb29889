/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A crypto table for fuzz targets: fast and total, with no secrecy at all. MACs and ciphers depend
 * on their input, so that what one call seals another opens; every signature verifies. */
#ifndef TESSERA_FUZZ_CRYPTO_H
#define TESSERA_FUZZ_CRYPTO_H

#include "crypto/crypto.h"

const struct crypto *fuzz_crypto(void);

#endif
