# SPDX-License-Identifier: GPL-3.0-or-later
find_library(DVBCSA_LIBRARY dvbcsa REQUIRED)
tessera_test(NAME scramble SOURCES unit/test_scramble.c USES tessera_scramble LIBS ${DVBCSA_LIBRARY})
tessera_test(NAME pipeline SOURCES unit/test_pipeline.c USES tessera_pipeline tessera_stream)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
# A benchmark, run by hand: it never passes or fails.
add_executable(bench_scramble bench/bench_scramble.c)
target_link_libraries(bench_scramble PRIVATE tessera_pipeline tessera_stream ${DVBCSA_LIBRARY} OpenSSL::Crypto)
target_compile_options(bench_scramble PRIVATE ${TESSERA_WARNINGS})
target_compile_definitions(bench_scramble PRIVATE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
