# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME stb_text SOURCES unit/test_stb_text.c USES tessera_ca)
