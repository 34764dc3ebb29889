# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME ca_session SOURCES unit/test_ca_session.c support/scripted_card.c USES tessera_ca)
tessera_test(NAME ca_channel SOURCES unit/test_ca_channel.c USES tessera_ca tessera_card_fixture)
