# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME keystore SOURCES unit/test_keystore.c USES tessera_store tessera_test_crypto)
set(wraps malloc calloc mmap mlock strdup strndup mkstemp write fchmod fsync link crypto_openssl_table crypto_openssl_scrypt
	crypto_openssl_seal crypto_openssl_open crypto_openssl_keygen crypto_signer_new)
list(TRANSFORM wraps PREPEND -Wl,--wrap=)
tessera_test(NAME keystore_fault SOURCES fault/test_keystore_fault.c
	USES tessera_store tessera_test_crypto LIBS ${wraps})
tessera_fuzz(NAME keystore SOURCES fuzz/fuzz_keystore.c USES tessera_store)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME keystore_vector_is_the_scripts COMMAND sh -c
	"${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/vectors/make_keystore.py | cmp - ${CMAKE_CURRENT_SOURCE_DIR}/vectors/keystore_1")
tessera_test(NAME keystore_ceremony SOURCES unit/test_keystore_ceremony.c USES tessera_store tessera_test_crypto)
tessera_fuzz(NAME key_share SOURCES fuzz/fuzz_key_share.c USES tessera_store)
