/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and titles from the command line: what a terminal, JSON and a set-top box can show. */
#ifndef TESSERA_HEADEND_TEXT_H
#define TESSERA_HEADEND_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* True for 1…max bytes of well-formed UTF-8 (RFC 3629) without control characters. */
bool text_is_plain(const char *text, size_t max);

#endif
