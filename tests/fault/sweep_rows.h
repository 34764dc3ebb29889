/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every command of the card that writes, as rows of the sweep; and the commands that do not write.
 * A command in neither list fails the test: give it a row in the table of its application. */
#ifndef TESSERA_SWEEP_ROWS_H
#define TESSERA_SWEEP_ROWS_H

#include "nv_sweep.h"

struct sweep_table {
	const struct sweep_row *rows;
	size_t count;
};

extern const struct sweep_table sweep_table_ca;      /* ECM, EMM kinds, purchase, PIN, channel */
extern const struct sweep_table sweep_table_time;    /* pay per time, previews, bookings */
extern const struct sweep_table sweep_table_keys;    /* SCP03, PUT KEY, DELETE of keys */
extern const struct sweep_table sweep_table_content; /* INSTALL, DELETE, extradition, SET STATUS */
extern const struct sweep_table sweep_table_purse;   /* the PBOC face */
extern const struct sweep_table sweep_table_store;   /* STORE DATA, each data grouping */

/* A command that writes nothing; data as hex. */
struct sweep_reader {
	enum view_entry app;
	uint8_t cla, ins, p1, p2;
	const char *data;
	uint16_t sw; /* that it answers; 0: 9000 or 6310 */
};
extern const struct sweep_reader sweep_readers[];
extern const size_t sweep_reader_count;

#endif
