/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serves a card to QEMU's ccid-card-passthru on a UNIX socket. */
#ifndef TESSERA_EMULATOR_SERVE_VSCARD_H
#define TESSERA_EMULATOR_SERVE_VSCARD_H

#include "emulator/serve.h"

/* Makes a socket at path (which must not exist), mode 0600, and serves one reader at a time until
 * *options->stop; host, port and listen are not used. The socket goes when it ends. RC_OK;
 * RC_CONFLICT: path exists; RC_SPACE: the path is too long for a socket; RC_IO; RC_NO_MEMORY. */
enum rc emulator_serve_vscard(struct emulator *card, const char *path,
			      const struct serve_options *options,
			      char why[EMULATOR_WHY]) RC_CHECKED;

#endif
