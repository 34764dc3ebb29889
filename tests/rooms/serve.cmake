# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME serve SOURCES unit/test_serve.c support/watch_bench.c support/stb_stream.c support/scripted_card.c
	USES tessera_serve tessera_watch tessera_crypto_openssl tessera_test_crypto)
tessera_fuzz(NAME serve SOURCES fuzz/fuzz_serve.c fuzz/fuzz_crypto.c USES tessera_serve)
