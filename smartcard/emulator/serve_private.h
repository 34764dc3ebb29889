/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the adapters with a socket share. */
#ifndef TESSERA_EMULATOR_SERVE_PRIVATE_H
#define TESSERA_EMULATOR_SERVE_PRIVATE_H

#include "emulator/serve.h"

#include <stddef.h>
#include <stdint.h>

void serve_note(const struct serve_options *o, const char *text);
bool serve_stopped(const struct serve_options *o);
/* Whether something can be done with fd (poll events in what) before it is time to stop. once: only
 * for half a second; fd < 0: only waits. */
bool serve_wait(const struct serve_options *o, int fd, short what, bool once);
/* Sends it all, or false: nobody takes it for ten seconds, the line is gone, or it is time to stop.
 */
bool serve_send(const struct serve_options *o, int fd, const uint8_t *data, size_t len);

#endif
