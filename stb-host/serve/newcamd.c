// SPDX-License-Identifier: GPL-3.0-or-later
/* The conversation of newcamd 525: greeting, login, card data, then ECMs and EMMs with their
 * message number. */
#include "serve/newcamd.h"

#include "base/bytes.h"
#include "base/mem.h"

#define HEAD 10U
#define DATA (HEAD + 3U)
#define ECM_FIRST 0x80U
#define ECM_LAST 0x81U
#define EMM_LAST 0x8FU
#define FLAG_GOOD 0x10U

enum command {
	LOGIN = 0xE0,
	LOGIN_ACK = 0xE1,
	LOGIN_NAK = 0xE2,
	CARD_DATA_REQUEST = 0xE3,
	CARD_DATA = 0xE4,
	KEEP_ALIVE = 0xFD
};

void
newcamd_init(struct newcamd *n, const struct crypto *crypto, const struct serve_users *users,
	     const struct newcamd_card *card, const uint8_t random[NEWCAMD_RANDOM],
	     struct serve_output *output)
{
	uint8_t mixed[SERVE_DES_KEY];

	mem_wipe(n, sizeof *n);
	n->crypto = crypto;
	n->users = users;
	n->card = *card;
	for (unsigned int i = 0; i < SERVE_DES_KEY; i++)
		mixed[i] = users->des_key[i] ^ random[i];
	newcamd_spread(mixed, n->key);
	mem_wipe(mixed, sizeof mixed);
	memcpy(output->bytes + output->len, random, NEWCAMD_RANDOM);
	output->len += NEWCAMD_RANDOM;
}

static size_t
data_len(const uint8_t *body)
{
	return (size_t)(body[HEAD + 1] & 0x0FU) << 8 | body[HEAD + 2];
}

/* "user\0password\0", both ended within the data. */
static const struct serve_user *
believe(const struct newcamd *n, const uint8_t *data, size_t len)
{
	const uint8_t *end = len > 0 ? memchr(data, '\0', len) : NULL;
	const char *name = (const char *)data, *crypted;
	const struct serve_user *user;
	size_t left;

	if (!end)
		return NULL;
	left = len - (size_t)(end + 1 - data);
	crypted = (const char *)end + 1;
	if (left == 0 || !memchr(crypted, '\0', left))
		return NULL;
	user = serve_users_by_name(n->users, name);
	if (!user || strlen(crypted) != strlen(user->crypted) ||
	    !mem_equal_ct(crypted, user->crypted, strlen(crypted)))
		return NULL;
	return user;
}

static void
session_key(struct newcamd *n, const struct serve_user *user)
{
	uint8_t mixed[SERVE_DES_KEY];

	memcpy(mixed, n->users->des_key, sizeof mixed);
	for (size_t i = 0; user->crypted[i] != '\0'; i++)
		mixed[i % SERVE_DES_KEY] ^= (uint8_t)user->crypted[i];
	newcamd_spread(mixed, n->key);
	mem_wipe(mixed, sizeof mixed);
}

static enum rc
answer(const struct newcamd *n, const uint8_t head[HEAD], uint8_t command, const uint8_t *data,
       size_t len, struct serve_output *output)
{
	return newcamd_seal(n->crypto, n->key, head, command, 0, data, len, output);
}

static enum rc
login(struct newcamd *n, const uint8_t *body, struct serve_output *output)
{
	const struct serve_user *user = NULL;
	enum rc rc;

	if (body[HEAD] == LOGIN)
		user = believe(n, body + DATA, data_len(body));
	rc = answer(n, body, user ? LOGIN_ACK : LOGIN_NAK, NULL, 0, output);
	if (rc != RC_OK)
		return rc;
	if (!user)
		return RC_AUTH;
	session_key(n, user);
	n->state = NEWCAMD_READY;
	return RC_OK;
}

/* One card, one provider 0; user number 1 may send EMMs. */
static enum rc
card_data(const struct newcamd *n, const uint8_t *body, struct serve_output *output)
{
	uint8_t data[12 + 11] = { 1 };

	put_be16(data + 1, n->card.ca_system_id);
	memcpy(data + 3, n->card.address, sizeof n->card.address);
	data[11] = 1;
	memcpy(data + 15, n->card.address, sizeof n->card.address);
	return answer(n, body, CARD_DATA, data, sizeof data, output);
}

static enum rc
message(struct newcamd *n, const uint8_t *body, struct serve_request *r,
	struct serve_output *output)
{
	const uint8_t command = body[HEAD];
	const size_t len = data_len(body);

	memset(r, 0, sizeof *r);
	r->kind = SERVE_OTHER;
	memcpy(r->echo, body, DATA);
	if (n->state == NEWCAMD_LOGIN)
		return login(n, body, output);
	if (command == CARD_DATA_REQUEST)
		return card_data(n, body, output);
	if (command == KEEP_ALIVE)
		return answer(n, body, KEEP_ALIVE, NULL, 0, output);
	if (command < ECM_FIRST || command > EMM_LAST)
		return RC_OK;
	if (len + 3 > sizeof r->section)
		return RC_FORMAT;
	r->kind = command <= ECM_LAST ? SERVE_ECM : SERVE_EMM;
	r->len = 3 + len;
	memcpy(r->section, body + HEAD, 3 + len); /* table, flags and length are the section's */
	return RC_OK;
}

enum rc
newcamd_feed(struct newcamd *n, const uint8_t *data, size_t len, size_t *taken, bool *complete,
	     struct serve_request *request, struct serve_output *output)
{
	uint8_t body[NEWCAMD_MESSAGE_MAX];
	size_t body_len = 0;
	enum rc rc;

	*complete = false;
	*taken = 0;
	while (*taken < len && !*complete) {
		size_t need = n->len < 2 ? 2 - n->len : 2U + get_be16(n->in) - n->len;
		size_t part = len - *taken < need ? len - *taken : need;

		memcpy(n->in + n->len, data + *taken, part);
		n->len += part;
		*taken += part;
		if (n->len == 2 && (get_be16(n->in) > NEWCAMD_MESSAGE_MAX || get_be16(n->in) == 0))
			return RC_FORMAT;
		*complete = n->len > 2 && n->len == 2U + get_be16(n->in);
	}
	if (!*complete)
		return RC_OK;
	rc = newcamd_open(n->crypto, n->key, n->in + 2, n->len - 2, body, &body_len);
	n->len = 0;
	if (rc == RC_OK)
		rc = message(n, body, request, output);
	mem_wipe(body, sizeof body);
	return rc;
}

enum rc
newcamd_reply(struct newcamd *n, const struct serve_request *request,
	      const struct serve_reply *reply, struct serve_output *output)
{
	uint8_t words[16];
	bool good = request->kind == SERVE_ECM ? reply->has_words : reply->emm_taken;
	size_t len = request->kind == SERVE_ECM && good ? sizeof words : 0;
	enum rc rc;

	memcpy(words, reply->even, 8);
	memcpy(words + 8, reply->odd, 8);
	rc = newcamd_seal(n->crypto, n->key, request->echo, request->echo[HEAD],
			  good ? FLAG_GOOD : 0, words, len, output);
	mem_wipe(words, sizeof words);
	return rc;
}
