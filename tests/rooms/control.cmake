# SPDX-License-Identifier: GPL-3.0-or-later
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
tessera_test(NAME control SOURCES unit/test_control.c support/watch_bench.c support/stb_stream.c support/scripted_card.c
	USES tessera_control tessera_test_crypto LIBS PkgConfig::JANSSON)
tessera_fuzz(NAME control SOURCES fuzz/fuzz_control.c USES tessera_control LIBS PkgConfig::JANSSON)
