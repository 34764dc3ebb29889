# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME wire_apdu SOURCES unit/test_wire_apdu.c USES tessera_wire)
