# SPDX-License-Identifier: GPL-3.0-or-later
foreach(noun watch watch_hardware watch_head watch_live watch_offers)
	tessera_test(NAME ${noun} SOURCES unit/test_${noun}.c support/watch_bench.c support/stb_stream.c
		support/scripted_card.c
		USES tessera_watch tessera_test_crypto)
endforeach()
tessera_test(NAME watch_keyring SOURCES unit/test_watch_keyring.c USES tessera_watch)
tessera_fuzz(NAME watch SOURCES fuzz/fuzz_watch.c USES tessera_watch)
