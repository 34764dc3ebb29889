# SPDX-License-Identifier: GPL-3.0-or-later
find_package(Threads REQUIRED)
tessera_test(NAME reader SOURCES unit/test_reader.c support/scripted_card.c
	USES tessera_reader Threads::Threads)
tessera_test(NAME t_host SOURCES unit/test_t_host.c USES tessera_reader tessera_link)
tessera_test(NAME ccid SOURCES unit/test_ccid.c support/ccid_fake.c USES tessera_reader tessera_link)
tessera_test(NAME serial SOURCES unit/test_serial.c USES tessera_reader tessera_link Threads::Threads)
tessera_fuzz(NAME vpcd SOURCES fuzz/fuzz_vpcd.c USES tessera_reader)
tessera_fuzz(NAME ccid SOURCES fuzz/fuzz_ccid.c USES tessera_reader)
