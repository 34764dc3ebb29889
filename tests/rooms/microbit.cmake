# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME flash_store
	SOURCES fault/test_flash_store.c interop/microbit/flash_store.c
	USES tessera_core)
target_include_directories(test_flash_store PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/interop/microbit)
if(TARGET tessera-headend AND TARGET tessera-stb)
	foreach(name microbit microbit_paired)
		add_test(NAME interop_${name} COMMAND python3
			${CMAKE_CURRENT_SOURCE_DIR}/interop/test_${name}.py
			${CMAKE_SOURCE_DIR} $<TARGET_FILE_DIR:tessera-stb>)
		set_tests_properties(interop_${name} PROPERTIES TIMEOUT 240 SKIP_RETURN_CODE 77)
	endforeach()
endif()
