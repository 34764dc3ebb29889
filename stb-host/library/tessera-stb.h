/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libtessera-stb: a set-top box's side of Tessera, for boxes of others. See libtessera-stb(3). */
#ifndef TESSERA_STB_H
#define TESSERA_STB_H

#include "base/apdu_link.h"                /* a road to the card of your own */
#include "base/mem.h"                      /* wiping */
#include "ca/session.h"                    /* the conversation with the card */
#include "ca/words.h"                      /* its decisions in words */
#include "crypto_openssl/crypto_openssl.h" /* for the channel to a paired card */
#include "reader/reader.h"                 /* roads to the card that are there: PC/SC, vpcd */
#include "watch/watch.h"                   /* streams or sections in, packets or words out */

#endif
