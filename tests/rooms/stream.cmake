# SPDX-License-Identifier: GPL-3.0-or-later
tessera_test(NAME stream_sync SOURCES unit/test_stream_sync.c USES tessera_stream)
tessera_test(NAME stream_section SOURCES unit/test_stream_section.c USES tessera_stream)
tessera_test(NAME stream_psi SOURCES unit/test_stream_psi.c USES tessera_stream)
tessera_fuzz(NAME ts_psi SOURCES fuzz/fuzz_ts_psi.c USES tessera_stream)
tessera_test(NAME stream_frame SOURCES unit/test_stream_frame.c USES tessera_stream)
