// SPDX-License-Identifier: GPL-3.0-or-later
/* SCP03, the card's end (Amendment D 6.2, 7.1). Any error in a command closes the session. */
#include "scp03_session.h"

#include "base/bytes.h"
#include "base/mem.h"

/* Where the parts of a command APDU with data lie (ISO 7816-3 12.1: cases 3 and 4, short and
 * extended). */
struct layout {
	size_t header_len; /* CLA INS P1 P2 and Lc */
	size_t data_len;   /* with the MAC */
};

static enum rc
locate(const uint8_t *cmd, size_t cmd_len, size_t mac_len, struct layout *at)
{
	size_t rest, le_max;

	if (cmd_len < 6)
		return RC_FORMAT;
	if (cmd[4] != 0) {
		at->header_len = 5;
		at->data_len = cmd[4];
		le_max = 1;
	} else {
		if (cmd_len < 8)
			return RC_FORMAT;
		at->header_len = 7;
		at->data_len = get_be16(cmd + 5);
		le_max = 2;
	}
	rest = cmd_len - at->header_len;
	if (at->data_len < mac_len || at->data_len > rest)
		return RC_FORMAT;
	return rest == at->data_len || rest - at->data_len == le_max ? RC_OK : RC_FORMAT;
}

/* Compares the C-MAC at the end of the data and, when it is right, chains it. */
static enum rc
check_mac(const struct crypto *c, struct scp03_session *s, const uint8_t *cmd,
	  const struct layout *at)
{
	size_t len = at->data_len - s->size;
	uint8_t mac[CRYPTO_MAC];
	enum rc rc = scp03_command_mac(c, s, cmd, at->header_len, cmd + at->header_len, len, mac);

	if (rc != RC_OK)
		return rc;
	if (!mem_equal_ct(mac, cmd + at->header_len + len, s->size))
		rc = RC_AUTH;
	else
		memcpy(s->chain, mac, sizeof s->chain);
	mem_wipe(mac, sizeof mac);
	return rc;
}

static enum rc
authenticate(const struct crypto *c, struct scp03_session *s, const uint8_t *cmd, size_t cmd_len)
{
	struct layout at;
	enum rc rc;

	if (!s->derived || s->open)
		return RC_STATE;
	s->derived = false;
	rc = locate(cmd, cmd_len, s->size, &at);
	if (rc != RC_OK)
		return rc;
	if (at.header_len != 5 || at.data_len != 2U * s->size || cmd[1] != SCP03_INS_AUTHENTICATE ||
	    cmd[3] != 0 || !scp03_level_exists(cmd[2]))
		return RC_FORMAT;
	rc = check_mac(c, s, cmd, &at);
	if (rc != RC_OK)
		return rc;
	if (!mem_equal_ct(cmd + at.header_len, s->host_cryptogram, s->size))
		return RC_AUTH;
	s->level = cmd[2];
	s->open = true;
	return RC_OK;
}

enum rc
scp03_card_authenticate(const struct crypto *c, struct scp03_session *s, const uint8_t *cmd,
			size_t cmd_len)
{
	return scp03_close_unless_ok(s, authenticate(c, s, cmd, cmd_len));
}

/* Writes Lc anew for len bytes of data that lie at cmd + from, and moves them behind it. */
static size_t
close_up(uint8_t *cmd, size_t from, size_t len)
{
	size_t to = len > 255 ? 7 : 5;

	if (len == 0)
		return 4;
	memmove(cmd + to, cmd + from, len);
	cmd[4] = len > 255 ? 0 : (uint8_t)len;
	if (len > 255)
		put_be16(cmd + 5, (uint16_t)len);
	return to + len;
}

static enum rc
unwrap(const struct crypto *c, struct scp03_session *s, uint8_t *cmd, size_t *cmd_len)
{
	struct layout at;
	size_t len;
	enum rc rc;

	if (!s->open)
		return RC_STATE;
	if (*cmd_len < 4)
		return RC_FORMAT;
	if ((cmd[0] & SCP03_CLA_MAC) == 0)
		return (s->level & SCP03_C_MAC) != 0 ? RC_AUTH : RC_OK;
	if ((s->level & SCP03_C_MAC) == 0)
		return RC_AUTH;
	rc = locate(cmd, *cmd_len, s->size, &at);
	if (rc == RC_OK)
		rc = check_mac(c, s, cmd, &at);
	if (rc != RC_OK)
		return rc;
	scp03_count(s);
	len = at.data_len - s->size;
	if ((s->level & SCP03_C_ENC) != 0 && len > 0)
		rc = scp03_decipher(c, s, false, cmd + at.header_len, &len);
	if (rc != RC_OK)
		return rc;
	cmd[0] = (uint8_t)(cmd[0] & ~SCP03_CLA_MAC);
	*cmd_len = close_up(cmd, at.header_len, len);
	return RC_OK;
}

enum rc
scp03_card_unwrap(const struct crypto *c, struct scp03_session *s, uint8_t *cmd, size_t *cmd_len)
{
	return scp03_close_unless_ok(s, unwrap(c, s, cmd, cmd_len));
}

enum rc
scp03_card_wrap(const struct crypto *c, struct scp03_session *s, uint8_t *data, size_t *len,
		size_t cap, uint16_t sw)
{
	uint8_t mac[CRYPTO_MAC];
	size_t n = *len;
	enum rc rc = RC_OK;

	if (!s->open)
		return RC_STATE;
	if (!scp03_sw_is_protected(sw)) {
		mem_wipe(data, n);
		*len = 0;
		return RC_OK;
	}
	if ((s->level & SCP03_R_MAC) == 0)
		return RC_OK;
	if (cap < n || cap - n < CRYPTO_BLOCK + (size_t)s->size)
		return RC_SPACE;
	if ((s->level & SCP03_R_ENC) != 0 && n > 0)
		rc = scp03_encipher(c, s, true, data, &n);
	if (rc == RC_OK)
		rc = scp03_response_mac(c, s, data, n, sw, mac);
	if (rc != RC_OK) {
		mem_wipe(data, cap);
		return scp03_close_unless_ok(s, rc);
	}
	memcpy(data + n, mac, s->size);
	mem_wipe(mac, sizeof mac);
	*len = n + s->size;
	return RC_OK;
}
