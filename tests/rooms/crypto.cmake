# SPDX-License-Identifier: GPL-3.0-or-later
# tessera_test_crypto: crypto_test.h (a shared table) and crypto_fault.h (fails the k-th call).
add_library(tessera_test_crypto STATIC support/crypto_fault.c support/crypto_test.c)
target_include_directories(tessera_test_crypto PUBLIC support)
target_compile_options(tessera_test_crypto PRIVATE ${TESSERA_WARNINGS})
target_link_libraries(tessera_test_crypto PUBLIC tessera_crypto_openssl)

tessera_test(NAME crypto SOURCES unit/test_crypto_table.c USES tessera_test_crypto)
tessera_test(NAME crypto_openssl SOURCES unit/test_crypto_openssl.c USES tessera_test_crypto)
