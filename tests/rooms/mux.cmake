# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME mux_clock SOURCES unit/test_mux_clock.c USES tessera_mux)
tessera_test(NAME mux_streams SOURCES unit/test_mux_streams.c support/mux_judge.c support/ts_make.c
	USES tessera_mux)
tessera_test(NAME mux_tables SOURCES unit/test_mux_tables.c support/mux_judge.c support/ts_make.c
	USES tessera_mux)
tessera_fuzz(NAME mux_feed SOURCES fuzz/fuzz_mux_feed.c USES tessera_mux)
tessera_test(NAME mux_memory SOURCES unit/test_mux_memory.c support/mux_judge.c support/ts_make.c
	USES tessera_mux LIBS -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
