# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME tree SOURCES unit/test_tree.c USES tessera_tree tessera_test_crypto)
