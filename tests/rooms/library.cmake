# SPDX-License-Identifier: GPL-3.0-or-later
if(TARGET tessera-stb-library AND TARGET tessera-headend AND NOT TESSERA_FUZZ AND NOT TESSERA_SANITIZE)
	add_test(NAME interop_library COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/interop/test_library.sh ${CMAKE_BINARY_DIR}/bin)
	set_tests_properties(interop_library PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77
		ENVIRONMENT "TESSERA_STREAMS=${CMAKE_SOURCE_DIR}/build/streams")
endif()
