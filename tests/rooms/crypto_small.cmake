# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME crypto_small SOURCES unit/test_crypto_small.c USES tessera_crypto_small tessera_test_crypto)
