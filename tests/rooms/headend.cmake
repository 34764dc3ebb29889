# SPDX-License-Identifier: GPL-3.0-or-later
add_library(tessera_test_headend STATIC support/headend_fixture.c)
target_include_directories(tessera_test_headend PUBLIC support)
target_compile_options(tessera_test_headend PRIVATE ${TESSERA_WARNINGS})
target_compile_definitions(tessera_test_headend PRIVATE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
target_link_libraries(tessera_test_headend PUBLIC tessera_headend)

tessera_test(NAME headend_store SOURCES unit/test_headend_store.c USES tessera_test_headend)
if(LIBPQ_FOUND)
	target_include_directories(tessera_test_headend SYSTEM PRIVATE ${LIBPQ_INCLUDE_DIRS})
	target_link_libraries(tessera_test_headend PRIVATE ${LIBPQ_LINK_LIBRARIES})
endif()

# The same tests on PostgreSQL: a server of their own, for as long as they run.
function(tessera_test_on_postgres name)
	if(LIBPQ_FOUND)
		add_test(NAME ${name}_on_postgres COMMAND sh
			${CMAKE_SOURCE_DIR}/tests/support/with_postgres.sh ${ARGN})
		set_tests_properties(${name}_on_postgres PROPERTIES TIMEOUT 240 SKIP_RETURN_CODE 77
			ENVIRONMENT "TESSERA_STREAMS=${CMAKE_SOURCE_DIR}/build/streams")
	endif()
endfunction()
tessera_test(NAME headend_schema SOURCES unit/test_headend_schema.c USES tessera_headend)
tessera_test(NAME headend_backup SOURCES unit/test_headend_backup.c USES tessera_test_headend)
tessera_test(NAME headend_together SOURCES unit/test_headend_together.c USES tessera_test_headend)
tessera_test(NAME headend_replace SOURCES unit/test_headend_replace.c USES tessera_test_headend)
tessera_test_on_postgres(headend_replace $<TARGET_FILE:test_headend_replace>)
tessera_test_on_postgres(headend_backup $<TARGET_FILE:test_headend_backup>)
tessera_test_on_postgres(headend_together $<TARGET_FILE:test_headend_together>)
tessera_test_on_postgres(headend_store $<TARGET_FILE:test_headend_store>)
tessera_test_on_postgres(headend_money $<TARGET_FILE:test_headend_money>)
tessera_test_on_postgres(headend_settlement $<TARGET_FILE:test_headend_settlement>)
if(NOT TESSERA_FUZZ)
	foreach(journey money rotation)
		tessera_test_on_postgres(e2e_${journey}
			bash ${CMAKE_SOURCE_DIR}/tests/interop/test_e2e_${journey}.sh ${CMAKE_BINARY_DIR}/bin)
	endforeach()
endif()
tessera_test(NAME headend_create SOURCES unit/test_headend_create.c USES tessera_test_headend)
tessera_test(NAME headend_air SOURCES unit/test_headend_air.c USES tessera_test_headend)
tessera_test(NAME headend_settlement SOURCES unit/test_headend_settlement.c USES tessera_test_headend)
tessera_test(NAME headend_money SOURCES unit/test_headend_money.c USES tessera_test_headend)
tessera_test(NAME headend_personalise SOURCES unit/test_headend_personalise.c
	USES tessera_test_headend tessera_emulator)
tessera_test(NAME headend_admission SOURCES unit/test_headend_admission.c
	USES tessera_test_headend tessera_test_crypto)
tessera_test(NAME headend_key_sets SOURCES unit/test_headend_key_sets.c
	USES tessera_test_headend tessera_emulator)
if(NOT TESSERA_FUZZ)
	add_test(NAME tessera_headend COMMAND sh ${CMAKE_SOURCE_DIR}/tests/interop/test_tessera_headend.sh
		${CMAKE_BINARY_DIR}/bin)
	set_tests_properties(tessera_headend PROPERTIES TIMEOUT 120)
endif()

tessera_test(NAME headend_tree_set SOURCES unit/test_headend_tree_set.c USES tessera_headend tessera_test_crypto)
tessera_test(NAME headend_tree_air SOURCES unit/test_headend_tree_air.c USES tessera_test_headend)
add_executable(bench_tree bench/bench_tree.c)
target_link_libraries(bench_tree PRIVATE tessera_headend)
target_compile_options(bench_tree PRIVATE ${TESSERA_WARNINGS})
target_compile_definitions(bench_tree PRIVATE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
