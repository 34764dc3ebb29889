# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME scp03 SOURCES unit/test_scp03.c USES tessera_channel tessera_test_crypto)
tessera_fuzz(NAME scp03 SOURCES fuzz/fuzz_scp03.c fuzz/fuzz_crypto.c USES tessera_channel)
