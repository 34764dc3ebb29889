# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME tree SOURCES unit/test_tree.c USES tessera_tree tessera_test_crypto)
add_executable(cover_print support/cover_print.c)
target_compile_options(cover_print PRIVATE ${TESSERA_WARNINGS})
target_link_libraries(cover_print PRIVATE tessera_tree)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME tree_cover_judged COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/tests/unit/test_tree_cover.py
	$<TARGET_FILE:cover_print>)
