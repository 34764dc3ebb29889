# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME io SOURCES unit/test_io.c USES tessera_io tessera_stream)
tessera_test(NAME io_server SOURCES unit/test_io_server.c USES tessera_io)
tessera_test(NAME io_rtp SOURCES unit/test_io_rtp.c USES tessera_io)
tessera_fuzz(NAME rtp SOURCES fuzz/fuzz_rtp.c USES tessera_io)
