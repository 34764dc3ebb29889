# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME cli SOURCES unit/test_cli.c USES tessera_cli)
tessera_test(NAME cli_secret SOURCES unit/test_cli_secret.c USES tessera_cli)
