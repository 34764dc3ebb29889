# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME inspect SOURCES unit/test_inspect.c USES tessera_inspect tessera_test_crypto)
tessera_fuzz(NAME inspect SOURCES fuzz/fuzz_inspect.c fuzz/fuzz_crypto.c USES tessera_inspect)
if(TARGET tessera-stb AND TARGET tessera-headend AND NOT TESSERA_FUZZ)
	add_test(NAME interop_stb_inspect
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/interop/test_stb_inspect.sh ${CMAKE_BINARY_DIR}/bin)
	set_tests_properties(interop_stb_inspect PROPERTIES TIMEOUT 90 SKIP_RETURN_CODE 77)
endif()
