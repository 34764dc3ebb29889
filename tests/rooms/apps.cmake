# SPDX-License-Identifier: GPL-3.0-or-later
# tessera_card_fixture: a personalised card whose keys the test knows (card_fixture.h).
add_library(tessera_card_fixture STATIC support/card_fixture.c)
target_include_directories(tessera_card_fixture PUBLIC support)
target_compile_options(tessera_card_fixture PRIVATE ${TESSERA_WARNINGS})
target_link_libraries(tessera_card_fixture PUBLIC tessera_apps tessera_core tessera_channel
	tessera_derive tessera_wire tessera_nv_ram tessera_test_crypto)

tessera_test(NAME apps_ecm SOURCES unit/test_apps_ecm.c USES tessera_card_fixture)
tessera_test(NAME apps_purchase SOURCES unit/test_apps_purchase.c USES tessera_card_fixture)
tessera_test(NAME apps_emm SOURCES unit/test_apps_emm.c USES tessera_card_fixture)
tessera_test(NAME fault_apps_power SOURCES fault/test_apps_power.c USES tessera_card_fixture)
tessera_test(NAME apps_purse SOURCES unit/test_apps_purse.c USES tessera_card_fixture)
