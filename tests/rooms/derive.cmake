# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME ladder SOURCES unit/test_ladder.c USES tessera_derive tessera_test_crypto)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME ladder_vectors_are_the_scripts COMMAND sh -c
	"${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/vectors/make_ladder_vectors.py | cmp - ${CMAKE_CURRENT_SOURCE_DIR}/vectors/ladder.txt")
