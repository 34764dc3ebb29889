# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME wire_apdu SOURCES unit/test_wire_apdu.c USES tessera_wire)
foreach(noun ecm emm answer record)
	tessera_test(NAME wire_${noun} SOURCES unit/test_wire_${noun}.c USES tessera_wire tessera_test_crypto)
endforeach()
tessera_test(NAME wire_vectors SOURCES unit/test_wire_vectors.c support/vector_file.c
	USES tessera_wire tessera_test_crypto)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME wire_vectors_script COMMAND ${Python3_EXECUTABLE} -B
	${CMAKE_SOURCE_DIR}/tests/vectors/make_wire_vectors.py --check
	${CMAKE_SOURCE_DIR}/tests/vectors/wire.txt)
foreach(noun code ecm emm report tree)
	tessera_fuzz(NAME wire_${noun} SOURCES fuzz/fuzz_wire_${noun}.c fuzz/fuzz_crypto.c USES tessera_wire)
endforeach()
foreach(noun apdu answer)
	tessera_fuzz(NAME wire_${noun} SOURCES fuzz/fuzz_wire_${noun}.c USES tessera_wire)
endforeach()
tessera_test(NAME pboc SOURCES unit/test_pboc.c USES tessera_wire tessera_crypto_small tessera_test_crypto)
find_program(TESSERA_OPENSSL openssl)
if(TESSERA_OPENSSL)
	add_test(NAME pboc_judge COMMAND ${Python3_EXECUTABLE} -B
		${CMAKE_SOURCE_DIR}/tests/interop/pboc_judge.py --check
		${CMAKE_SOURCE_DIR}/tests/unit/test_pboc.c)
endif()
