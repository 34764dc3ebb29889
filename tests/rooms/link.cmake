# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME link_picc SOURCES unit/test_link_picc.c USES tessera_link)
tessera_test(NAME link_t1 SOURCES unit/test_link_t1.c USES tessera_link)
tessera_test(NAME link_t0 SOURCES unit/test_link_t0.c USES tessera_link)
tessera_test(NAME wire_atr SOURCES unit/test_wire_atr.c USES tessera_wire)
tessera_fuzz(NAME link SOURCES fuzz/fuzz_link.c USES tessera_link)
