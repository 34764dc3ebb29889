# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME wire_apdu SOURCES unit/test_wire_apdu.c USES tessera_wire)
foreach(noun ecm emm answer record)
	tessera_test(NAME wire_${noun} SOURCES unit/test_wire_${noun}.c USES tessera_wire tessera_test_crypto)
endforeach()
