# SPDX-License-Identifier: GPL-3.0-or-later
add_library(tessera_nv_ram STATIC support/nv_ram.c)
target_link_libraries(tessera_nv_ram PUBLIC tessera_core tessera_test_support)
target_compile_options(tessera_nv_ram PRIVATE ${TESSERA_WARNINGS})

tessera_test(NAME core_nv SOURCES unit/test_core_nv.c USES tessera_core tessera_nv_ram)
