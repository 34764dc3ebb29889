# SPDX-License-Identifier: GPL-3.0-or-later
# tessera_nv_ram: card memory that loses power; tessera_card_bench: a card in it, and a host.
add_library(tessera_nv_ram STATIC support/nv_ram.c)
target_link_libraries(tessera_nv_ram PUBLIC tessera_core tessera_test_support)
target_compile_options(tessera_nv_ram PRIVATE ${TESSERA_WARNINGS})

add_library(tessera_card_bench STATIC support/card_bench.c)
target_link_libraries(tessera_card_bench PUBLIC tessera_nv_ram tessera_test_crypto)
target_compile_options(tessera_card_bench PRIVATE ${TESSERA_WARNINGS})

tessera_test(NAME core_nv SOURCES unit/test_core_nv.c USES tessera_core tessera_nv_ram)
tessera_test(NAME core_dispatch SOURCES unit/test_core_dispatch.c USES tessera_card_bench)
tessera_test(NAME core_issuer SOURCES unit/test_core_issuer.c USES tessera_card_bench)
foreach(noun domain content malformed)
	tessera_test(NAME core_${noun} SOURCES unit/test_core_${noun}.c support/domain_bench.c
		USES tessera_card_bench)
endforeach()
tessera_test(NAME core_scp03 SOURCES unit/test_core_scp03.c support/domain_bench.c
	support/scp03_bench.c USES tessera_card_bench)
tessera_test(NAME fault_core_isolation SOURCES fault/test_core_isolation.c
	USES tessera_nv_ram tessera_test_crypto)
tessera_test(NAME core_pin SOURCES unit/test_core_pin.c USES tessera_nv_ram)
