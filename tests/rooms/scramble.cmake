# SPDX-License-Identifier: GPL-3.0-or-later
find_library(DVBCSA_LIBRARY dvbcsa REQUIRED)
tessera_test(NAME scramble SOURCES unit/test_scramble.c USES tessera_scramble LIBS ${DVBCSA_LIBRARY})
tessera_test(NAME pipeline SOURCES unit/test_pipeline.c USES tessera_pipeline tessera_stream)
