# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME inspect SOURCES unit/test_inspect.c USES tessera_inspect tessera_test_crypto)
tessera_fuzz(NAME inspect SOURCES fuzz/fuzz_inspect.c fuzz/fuzz_crypto.c USES tessera_inspect)
