/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the channel room: what card and host do alike. */
#ifndef TESSERA_CHANNEL_SCP03_SESSION_H
#define TESSERA_CHANNEL_SCP03_SESSION_H

#include "channel/scp03.h"

#define SCP03_CLA_MAC 0x04U /* secure messaging bit of the class byte (GlobalPlatform 11.1.4) */
#define SCP03_INS_AUTHENTICATE 0x82

/* Levels of Amendment D 7.1.2.1. */
bool scp03_level_exists(uint8_t level);
/* C-MAC over chaining value, header as sent and data; all 16 bytes. */
enum rc scp03_command_mac(const struct crypto *c, const struct scp03_session *s,
			  const uint8_t *header, size_t header_len, const uint8_t *data, size_t len,
			  uint8_t mac[CRYPTO_MAC]) RC_CHECKED;
/* R-MAC over chaining value, data and status word; all 16 bytes. */
enum rc scp03_response_mac(const struct crypto *c, const struct scp03_session *s,
			   const uint8_t *data, size_t len, uint16_t sw,
			   uint8_t mac[CRYPTO_MAC]) RC_CHECKED;
/* Counts one command. */
void scp03_count(struct scp03_session *s);
/* IV of the current command, or of the response to it (Amendment D 6.2.6, 6.2.7). */
enum rc scp03_iv(const struct crypto *c, const struct scp03_session *s, bool response,
		 uint8_t iv[CRYPTO_BLOCK]) RC_CHECKED;
/* Pads (80, 00…) and enciphers len bytes in place; room for the next multiple of 16. *len becomes
 * it. */
enum rc scp03_encipher(const struct crypto *c, const struct scp03_session *s, bool response,
		       uint8_t *data, size_t *len) RC_CHECKED;
/* Deciphers in place and takes the padding off. RC_AUTH: no whole blocks, or no padding. */
enum rc scp03_decipher(const struct crypto *c, const struct scp03_session *s, bool response,
		       uint8_t *data, size_t *len) RC_CHECKED;
/* True for the status words whose response is protected: 9000 and warnings. */
bool scp03_sw_is_protected(uint16_t sw);
/* Closes the session unless rc is RC_OK; returns rc. */
enum rc scp03_close_unless_ok(struct scp03_session *s, enum rc rc);

#endif
