// SPDX-License-Identifier: GPL-3.0-or-later
/* SCP03, the host's end (Amendment D 6.2, 7.1). */
#include "scp03_session.h"

#include "base/mem.h"

#define DATA_MAX 255 /* Lc of a short APDU */

/* Appends the C-MAC to len bytes of data behind the 5 header bytes at out, and chains it. */
static enum rc
append_mac(const struct crypto *c, struct scp03_session *s, uint8_t *out, size_t len)
{
	uint8_t mac[CRYPTO_MAC];
	enum rc rc;

	out[4] = (uint8_t)(len + s->size);
	rc = scp03_command_mac(c, s, out, 5, out + 5, len, mac);
	if (rc != RC_OK)
		return rc;
	memcpy(out + 5 + len, mac, s->size);
	memcpy(s->chain, mac, sizeof s->chain);
	mem_wipe(mac, sizeof mac);
	return RC_OK;
}

enum rc
scp03_host_authenticate(const struct crypto *c, struct scp03_session *s, uint8_t level,
			uint8_t *out, size_t cap, size_t *out_len)
{
	enum rc rc;

	if (!scp03_level_exists(level))
		return RC_RANGE;
	if (!s->derived)
		return RC_STATE;
	if (cap < 5U + 2U * s->size)
		return RC_SPACE;
	s->derived = false;
	out[0] = 0x80 | SCP03_CLA_MAC;
	out[1] = SCP03_INS_AUTHENTICATE;
	out[2] = level;
	out[3] = 0;
	memcpy(out + 5, s->host_cryptogram, s->size);
	rc = append_mac(c, s, out, s->size);
	if (rc != RC_OK)
		return scp03_close_unless_ok(s, rc);
	s->level = level;
	s->open = true;
	*out_len = 5U + 2U * s->size;
	return RC_OK;
}

/* Length of the data field that len bytes become. */
static size_t
wrapped_length(const struct scp03_session *s, size_t len)
{
	size_t n = len;

	if ((s->level & SCP03_C_ENC) != 0 && len > 0)
		n = len - len % CRYPTO_BLOCK + CRYPTO_BLOCK;
	return (s->level & SCP03_C_MAC) != 0 ? n + s->size : n;
}

enum rc
scp03_host_wrap(const struct crypto *c, struct scp03_session *s, const uint8_t header[4],
		const uint8_t *data, size_t len, uint8_t *out, size_t cap, size_t *out_len)
{
	size_t n = len, room;
	enum rc rc = RC_OK;

	if (!s->open)
		return RC_STATE;
	room = len > DATA_MAX ? len : wrapped_length(s, len);
	if (room > DATA_MAX || cap < 4 + 1 + room + 1)
		return RC_SPACE;
	memcpy(out, header, 4);
	if (len > 0)
		memcpy(out + 5, data, len);
	out[4] = (uint8_t)len;
	if ((s->level & SCP03_C_MAC) != 0) {
		out[0] = (uint8_t)(out[0] | SCP03_CLA_MAC);
		scp03_count(s);
		if ((s->level & SCP03_C_ENC) != 0 && len > 0)
			rc = scp03_encipher(c, s, false, out + 5, &n);
		if (rc == RC_OK)
			rc = append_mac(c, s, out, n);
		if (rc != RC_OK) {
			mem_wipe(out, 5 + room);
			return scp03_close_unless_ok(s, rc);
		}
	}
	n = room > 0 ? 5 + room : 4; /* at level 00 without data there is no Lc */
	out[n] = 0;
	*out_len = n + 1;
	return RC_OK;
}

static enum rc
unwrap(const struct crypto *c, struct scp03_session *s, uint8_t *data, size_t *len, uint16_t sw)
{
	uint8_t mac[CRYPTO_MAC];
	size_t n = *len;
	enum rc rc;

	if (!s->open)
		return RC_STATE;
	if ((s->level & SCP03_R_MAC) == 0)
		return RC_OK;
	if (!scp03_sw_is_protected(sw))
		return n == 0 ? RC_OK : RC_AUTH;
	if (n < s->size)
		return RC_AUTH;
	n -= s->size;
	rc = scp03_response_mac(c, s, data, n, sw, mac);
	if (rc == RC_OK && !mem_equal_ct(mac, data + n, s->size))
		rc = RC_AUTH;
	mem_wipe(mac, sizeof mac);
	if (rc == RC_OK && (s->level & SCP03_R_ENC) != 0 && n > 0)
		rc = scp03_decipher(c, s, true, data, &n);
	if (rc == RC_OK)
		*len = n;
	return rc;
}

enum rc
scp03_host_unwrap(const struct crypto *c, struct scp03_session *s, uint8_t *data, size_t *len,
		  uint16_t sw)
{
	return scp03_close_unless_ok(s, unwrap(c, s, data, len, sw));
}
