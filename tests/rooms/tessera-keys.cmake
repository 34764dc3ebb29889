# SPDX-License-Identifier: GPL-3.0-or-later
if(NOT TESSERA_FUZZ)
	add_test(NAME tessera_keys COMMAND sh ${CMAKE_SOURCE_DIR}/tests/interop/test_tessera_keys.sh
		$<TARGET_FILE:tessera-keys>)
	set_tests_properties(tessera_keys PROPERTIES TIMEOUT 60)
endif()
if(TARGET tessera-headend)
	add_test(NAME token_softhsm COMMAND sh ${CMAKE_SOURCE_DIR}/tests/interop/test_token.sh
		$<TARGET_FILE_DIR:tessera-keys>)
	set_tests_properties(token_softhsm PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77)
endif()
