/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --engine NAME of the programs that scramble and descramble. */
#ifndef TESSERA_TOOLS_ENGINE_SPEC_H
#define TESSERA_TOOLS_ENGINE_SPEC_H

#include "scramble/scramble.h"

#define ENGINE_SPEC_HELP "scrambling engine, or list (default: the fastest that runs here)"
#define ENGINE_SPEC_OPTION(field)                                                               \
	{                                                                                       \
		.name = "engine", .kind = CLI_TEXT, .value = &(field), .argument = "NAME|list", \
		.help = ENGINE_SPEC_HELP                                                        \
	}

/* --threads and --latency-ms beside it. */
#define THREADS_MAX 64
#define LATENCY_MS 10
#define LATENCY_MS_MAX 1000
#define THREADS_OPTION(field)                                                            \
	{                                                                                \
		.name = "threads", .kind = CLI_U32, .value = &(field), .argument = "N",  \
		.help = "threads that work on batches (1)", .min = 1, .max = THREADS_MAX \
	}
#define LATENCY_OPTION(field)                                                               \
	{                                                                                   \
		.name = "latency-ms", .kind = CLI_U32, .value = &(field), .argument = "MS", \
		.help = "live: how long a packet may wait for a full batch (10)", .min = 1, \
		.max = LATENCY_MS_MAX                                                       \
	}

/* True when name asks for the list, which then has been printed; *status is the exit status. */
bool engine_spec_is_list(const char *name, bool json, int *status);
/* Opens and closes the engine: 0, or the exit status after a line on stderr. name NULL: the best
 * one of the cipher. any_cipher: the engine decides. */
int engine_spec_check(const char *name, enum scr_cipher cipher, bool any_cipher);

#endif
