# SPDX-License-Identifier: GPL-3.0-or-later
if(NOT TESSERA_FUZZ)
	add_test(NAME tessera_keys COMMAND sh ${CMAKE_SOURCE_DIR}/tests/interop/test_tessera_keys.sh
		$<TARGET_FILE:tessera-keys>)
	set_tests_properties(tessera_keys PROPERTIES TIMEOUT 60)
endif()
