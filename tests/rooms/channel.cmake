# SPDX-License-Identifier: GPL-3.0-or-later
foreach(noun scp03 scp03_vectors)
	tessera_test(NAME ${noun} SOURCES unit/test_${noun}.c support/scp03_bench.c
		USES tessera_channel tessera_test_crypto)
endforeach()
tessera_fuzz(NAME scp03 SOURCES fuzz/fuzz_scp03.c fuzz/fuzz_crypto.c USES tessera_channel)
tessera_test(NAME pairing SOURCES unit/test_pairing.c USES tessera_channel tessera_test_crypto)
tessera_fuzz(NAME pairing SOURCES fuzz/fuzz_pairing.c fuzz/fuzz_crypto.c USES tessera_channel)
