/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A card in a serial reader on a pseudo-terminal: what pcscd's serial driver (libccidtwin) opens.
 */
#ifndef TESSERA_EMULATOR_SERIAL_H
#define TESSERA_EMULATOR_SERIAL_H

#include "emulator/serve.h"

/* Makes a pseudo-terminal, puts a symbolic link to it at path (which must not exist) and serves the
 * card until *options->stop; host, port and listen are not used. The link goes when it ends. RC_OK;
 * RC_CONFLICT: path exists; RC_IO. */
enum rc emulator_serve_serial(struct emulator *card, const char *path,
			      const struct serve_options *options,
			      char why[EMULATOR_WHY]) RC_CHECKED;

#endif
