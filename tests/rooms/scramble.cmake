# SPDX-License-Identifier: GPL-3.0-or-later
find_library(DVBCSA_LIBRARY dvbcsa REQUIRED)
tessera_test(NAME scramble SOURCES unit/test_scramble.c USES tessera_scramble LIBS ${DVBCSA_LIBRARY})
tessera_test(NAME circuits SOURCES unit/test_circuits.c USES tessera_scramble)
tessera_test(NAME engines SOURCES unit/test_engines.c USES tessera_scramble LIBS ${DVBCSA_LIBRARY})
tessera_fuzz(NAME engines SOURCES fuzz/fuzz_engines.c USES tessera_scramble LIBS ${DVBCSA_LIBRARY})
# The same on older machines, as far as one can pretend.
if(NOT TESSERA_FUZZ)
	foreach(less avx512 avx512,avx2)
		string(REPLACE "," "_" name ${less})
		add_test(NAME scramble_without_${name} COMMAND test_scramble)
		add_test(NAME pipeline_without_${name} COMMAND test_pipeline)
		set_tests_properties(scramble_without_${name} pipeline_without_${name} PROPERTIES
			ENVIRONMENT TESSERA_CPU_LESS=${less})
	endforeach()
	find_package(Python3 REQUIRED COMPONENTS Interpreter)
	add_test(NAME circuits_are_as_generated COMMAND sh -c
		"'${Python3_EXECUTABLE}' -B '${CMAKE_SOURCE_DIR}/cas/scramble/make_circuits.py' |
		cmp - '${CMAKE_SOURCE_DIR}/cas/scramble/circuits.h'")
	find_program(AARCH64_GCC aarch64-linux-gnu-gcc)
	find_program(QEMU_AARCH64 qemu-aarch64)
	if(AARCH64_GCC AND QEMU_AARCH64)
		add_test(NAME engine_neon COMMAND bash ${CMAKE_SOURCE_DIR}/tests/interop/test_neon.sh
			${AARCH64_GCC} ${QEMU_AARCH64} ${CMAKE_BINARY_DIR}/neon)
	endif()
endif()
tessera_test(NAME pipeline SOURCES unit/test_pipeline.c USES tessera_pipeline tessera_stream)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
# Benchmarks, run by hand: they never pass or fail.
find_package(Threads REQUIRED)
foreach(name scramble pipeline live)
	add_executable(bench_${name} bench/bench_${name}.c bench/bench.c)
	target_link_libraries(bench_${name} PRIVATE tessera_pipeline tessera_stream tessera_io ${DVBCSA_LIBRARY}
		OpenSSL::Crypto Threads::Threads)
	target_compile_options(bench_${name} PRIVATE ${TESSERA_WARNINGS})
	target_compile_definitions(bench_${name} PRIVATE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
endforeach()
if(TARGET tessera_card_spec)
	add_executable(bench_ecm bench/bench_ecm.c)
	target_link_libraries(bench_ecm PRIVATE tessera_ca tessera_card_spec tessera_stream)
	target_compile_options(bench_ecm PRIVATE ${TESSERA_WARNINGS})
	target_compile_definitions(bench_ecm PRIVATE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
endif()
