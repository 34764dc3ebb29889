# SPDX-License-Identifier: GPL-3.0-or-later
# tessera_card_fixture: a personalised card whose keys the test knows (card_fixture.h).
add_library(tessera_card_fixture STATIC support/card_box.c support/card_fixture.c
	support/card_messages.c support/card_purse.c)
target_include_directories(tessera_card_fixture PUBLIC support)
target_compile_options(tessera_card_fixture PRIVATE ${TESSERA_WARNINGS})
target_link_libraries(tessera_card_fixture PUBLIC tessera_apps tessera_core tessera_channel
	tessera_derive tessera_wire tessera_nv_ram tessera_test_crypto)

# tessera_nv_sweep: the engine that cuts the power in every row of a table (nv_sweep.h).
add_library(tessera_nv_sweep STATIC support/card_view.c support/nv_sweep.c
	support/nv_sweep_host.c fault/invariants.c fault/sweep_rows_ca.c
	fault/sweep_rows_content.c fault/sweep_rows_keys.c fault/sweep_rows_purse.c
	fault/sweep_rows_store.c fault/sweep_rows_time.c)
target_compile_options(tessera_nv_sweep PRIVATE ${TESSERA_WARNINGS})
target_link_libraries(tessera_nv_sweep PUBLIC tessera_card_fixture)

foreach(noun channel ecm emm emm_command money perso pin preview purchase purse purse_admin purse_face record slice
		token)
	tessera_test(NAME apps_${noun} SOURCES unit/test_apps_${noun}.c USES tessera_card_fixture)
endforeach()
foreach(noun operators power read)
	tessera_test(NAME fault_apps_${noun} SOURCES fault/test_apps_${noun}.c USES tessera_card_fixture)
endforeach()
tessera_test(NAME core_wear SOURCES unit/test_core_wear.c USES tessera_nv_sweep)
tessera_test(NAME fault_core_invariants SOURCES fault/test_core_invariants.c
	USES tessera_nv_sweep)
tessera_fuzz(NAME ca_ecm_emm SOURCES fuzz/fuzz_ca_ecm_emm.c USES tessera_card_fixture)
tessera_fuzz(NAME purse SOURCES fuzz/fuzz_purse.c USES tessera_card_fixture)
tessera_fuzz(NAME ca_channel SOURCES fuzz/fuzz_ca_channel.c USES tessera_card_fixture)

tessera_test(NAME apps_signing SOURCES unit/test_apps_signing.c USES tessera_card_fixture)
tessera_test(NAME apps_tree SOURCES unit/test_apps_tree.c support/tree_bench.c
	USES tessera_card_fixture tessera_tree)

# explore: every interleaving of the model within a bound, and the real card along each of its steps.
add_executable(explore fault/explore.c fault/explore_card.c fault/explore_model.c)
target_compile_options(explore PRIVATE ${TESSERA_WARNINGS})
target_link_libraries(explore PRIVATE tessera_nv_sweep)
add_test(NAME fault_explore COMMAND explore)
add_custom_target(explore-long COMMAND explore --events 3 --topups 3 --emms 5 USES_TERMINAL)

# stress_card: random lives with random cuts; a few seconds of it with the tests, the target for hours.
add_executable(stress_card fault/stress_card.c fault/stress_commands.c)
target_compile_options(stress_card PRIVATE ${TESSERA_WARNINGS})
target_compile_definitions(stress_card PRIVATE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
target_link_libraries(stress_card PRIVATE tessera_nv_sweep)
add_test(NAME fault_stress_card COMMAND stress_card --lives 2000 --seed 1)
add_custom_target(stress-card COMMAND stress_card --seconds 3600 USES_TERMINAL)
# Minutes: `cmake --build BUILD --target money-model-long`.
tessera_test(NAME money_model SOURCES fault/test_money_model.c USES tessera_card_fixture)
add_custom_target(money-model-long COMMAND test_money_model 3000000 2 DEPENDS test_money_model)
