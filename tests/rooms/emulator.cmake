# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME emulator_image SOURCES unit/test_emulator_image.c support/emulator_host.c
	USES tessera_emulator tessera_core tessera_channel tessera_test_crypto)
tessera_test(NAME emulator_kill SOURCES fault/test_emulator_kill.c support/emulator_host.c
	USES tessera_emulator tessera_core tessera_channel tessera_test_crypto LIBS -Wl,--wrap=pwrite)
tessera_test(NAME emulator_release SOURCES unit/test_emulator_release.c
	USES tessera_emulator tessera_card_fixture)
tessera_test(NAME emulator_vpcd SOURCES unit/test_emulator_vpcd.c USES tessera_emulator)
tessera_test(NAME emulator_vscard SOURCES unit/test_emulator_vscard.c USES tessera_emulator)
tessera_test(NAME emulator_timing SOURCES unit/test_emulator_timing.c USES tessera_emulator)
if(NOT TESSERA_FUZZ)
	add_test(NAME interop_pcscd
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/interop/test_pcscd.sh ${CMAKE_BINARY_DIR}/bin)
	set_tests_properties(interop_pcscd PROPERTIES TIMEOUT 90 SKIP_RETURN_CODE 77)
	add_test(NAME interop_globalplatform
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/interop/test_globalplatform.sh ${CMAKE_BINARY_DIR}/bin)
	set_tests_properties(interop_globalplatform PROPERTIES TIMEOUT 90 SKIP_RETURN_CODE 77)
	add_test(NAME tessera_card
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/interop/test_tessera_card.sh ${CMAKE_BINARY_DIR}/bin)
	set_tests_properties(tessera_card PROPERTIES TIMEOUT 60)
endif()
tessera_fuzz(NAME card_apdu SOURCES fuzz/fuzz_card_apdu.c fuzz/fuzz_bench.c
	USES tessera_apps tessera_core tessera_channel tessera_crypto_openssl)
tessera_fuzz(NAME card_scp SOURCES fuzz/fuzz_card_scp.c fuzz/fuzz_bench.c
	USES tessera_apps tessera_core tessera_channel tessera_crypto_openssl)
tessera_fuzz(NAME card_image SOURCES fuzz/fuzz_card_image.c
	USES tessera_emulator tessera_apps tessera_core tessera_crypto_openssl)
tessera_fuzz(NAME vscard SOURCES fuzz/fuzz_vscard.c fuzz/fake_card.c USES tessera_emulator)
