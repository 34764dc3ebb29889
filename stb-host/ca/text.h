/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text that comes from a stream or a card. */
#ifndef TESSERA_STB_TEXT_H
#define TESSERA_STB_TEXT_H

/* What cannot stand on a terminal or in JSON (control characters, bytes that are no UTF-8) becomes
 * '?', in place and without a change of length. */
void stb_clean(char *text);

#endif
