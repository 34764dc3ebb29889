# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME link_picc SOURCES unit/test_link_picc.c USES tessera_link)
tessera_test(NAME link_t1 SOURCES unit/test_link_t1.c USES tessera_link)
tessera_test(NAME link_t0 SOURCES unit/test_link_t0.c USES tessera_link)
tessera_test(NAME wire_atr SOURCES unit/test_wire_atr.c USES tessera_wire)
tessera_fuzz(NAME link SOURCES fuzz/fuzz_link.c USES tessera_link)
if(TARGET tessera_emulator)
	tessera_fuzz(NAME gempc SOURCES fuzz/fuzz_gempc.c fuzz/fake_card.c USES tessera_emulator)
endif()
if(TARGET tessera-card)
	add_test(NAME interop_serial COMMAND ${CMAKE_SOURCE_DIR}/tests/interop/test_serial.sh
		${CMAKE_BINARY_DIR}/bin)
	set_tests_properties(interop_serial PROPERTIES TIMEOUT 90 SKIP_RETURN_CODE 77)
endif()
