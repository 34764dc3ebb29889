# SPDX-License-Identifier: GPL-3.0-or-later
# The house watches itself: layers, symbols, and that these checks can fail.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(python ${Python3_EXECUTABLE} -B)
if(NOT TESSERA_FUZZ)
	add_test(NAME house_layers COMMAND ${python} ${CMAKE_SOURCE_DIR}/tools/check_layers.py ${CMAKE_SOURCE_DIR})
	add_test(NAME house_shape COMMAND ${python} ${CMAKE_SOURCE_DIR}/tools/check_shape.py ${CMAKE_SOURCE_DIR})
	add_test(NAME house_symbols COMMAND ${python} ${CMAKE_SOURCE_DIR}/tools/check_symbols.py ${CMAKE_BINARY_DIR})
	add_test(NAME house_checks_can_fail COMMAND ${python} ${CMAKE_SOURCE_DIR}/tests/unit/test_checks.py
		${CMAKE_SOURCE_DIR} ${CMAKE_C_COMPILER})
endif()

# Judges that share nothing with the system: a stream checker and a descrambler.
add_test(NAME judge_ts_check COMMAND ${python} ${CMAKE_SOURCE_DIR}/tests/unit/test_ts_check.py ${CMAKE_SOURCE_DIR})
add_executable(descramble_reference interop/descramble_reference.c)
target_compile_options(descramble_reference PRIVATE ${TESSERA_WARNINGS})
target_link_libraries(descramble_reference PRIVATE dvbcsa)

# Whole programs from stream to stream; skipped (77) where a program that they need is missing.
if(NOT TESSERA_FUZZ)
	add_test(NAME interop_vm COMMAND bash ${CMAKE_SOURCE_DIR}/tests/interop/test_vm.sh ${CMAKE_BINARY_DIR}/bin)
	set_tests_properties(interop_vm PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 180 LABELS vm)
	file(GLOB journeys CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/interop/test_e2e_*.sh)
	foreach(script ${journeys})
		get_filename_component(name ${script} NAME_WE)
		string(REPLACE "test_" "" name ${name})
		add_test(NAME ${name} COMMAND bash ${script} ${CMAKE_BINARY_DIR}/bin)
		set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 240 LABELS e2e
			ENVIRONMENT "TESSERA_STREAMS=${CMAKE_SOURCE_DIR}/build/streams")
	endforeach()
endif()
