# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME base SOURCES unit/test_base.c USES tessera_base)
