// SPDX-License-Identifier: GPL-3.0-or-later
/* Laboratory keys: a sorted-by-arrival list, as a laboratory has few. */
#include "inspect/lab_keys.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/hex.h"
#include "base/mem.h"

#define LINE_SIZE 160
#define WORDS_MAX 6

enum lab_kind { LAB_EPOCH, LAB_CARD, LAB_WORD };

struct lab_key {
	enum lab_kind kind;
	uint32_t a, b, c; /* group, epoch; leaf; service, period, parity */
	uint8_t len;
	uint8_t bytes[CRYPTO_KEY];
};

struct lab_keys {
	struct lab_key *items;
	size_t count, room;
};

/* What a line of each kind looks like: first word, numbers behind it with their limits. */
static const struct lab_form {
	const char *name; /* NULL: the line of a control-word log, which begins with a number */
	enum lab_kind kind;
	size_t words;
	size_t hex; /* which word is the key */
	uint32_t max[3];
} forms[] = {
	{ "epoch", LAB_EPOCH, 4, 3, { 0xFF, 0xFFFF, 0 } },
	{ "card", LAB_CARD, 3, 2, { 0xFFFFFF, 0, 0 } },
	{ "cw", LAB_WORD, 5, 4, { 0xFFFF, 0xFFFFFFFF, 1 } },
	{ NULL, LAB_WORD, 5, 4, { 0xFFFF, 0xFFFFFFFF, 1 } },
};

static bool
read_number(const char *text, uint32_t max, uint32_t *out)
{
	char *end;
	unsigned long v;

	if (*text < '0' || *text > '9')
		return false;
	v = strtoul(text, &end, 10);
	*out = (uint32_t)v;
	return *end == '\0' && v <= max;
}

/* Cuts a line into its words, in place. */
static size_t
split(char *line, char *words[WORDS_MAX])
{
	char *rest = line;
	size_t n = 0;

	line[strcspn(line, "#\r")] = '\0';
	while (n < WORDS_MAX && (words[n] = strtok_r(n ? NULL : line, " \t", &rest)) != NULL)
		n++;
	return n;
}

static bool
read_key(const struct lab_form *form, char *const words[WORDS_MAX], struct lab_key *key)
{
	uint32_t *const fields[] = { &key->a, &key->b, &key->c };
	size_t numbers = form->kind == LAB_EPOCH ? 2 : form->kind == LAB_CARD ? 1 : 3;
	size_t first = form->name ? 1 : 0, len = 0;

	key->kind = form->kind;
	for (size_t i = 0; i < numbers; i++) {
		if (!read_number(words[first + i], form->max[i], fields[i]))
			return false;
	}
	if (hex_decode(words[form->hex], key->bytes, sizeof key->bytes, &len) != RC_OK)
		return false;
	key->len = (uint8_t)len;
	return len == CRYPTO_KEY || (form->kind == LAB_WORD && len == 8);
}

static bool
parse_line(char *const words[WORDS_MAX], size_t n, struct lab_key *key)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if ((!forms[i].name || strcmp(words[0], forms[i].name) == 0) && n == forms[i].words)
			return read_key(&forms[i], words, key);
	}
	return false;
}

/* Like realloc, but nothing of the old block stays in memory. */
static enum rc
add(struct lab_keys *k, const struct lab_key *key)
{
	if (k->count == k->room) {
		size_t room = k->room ? k->room * 2 : 16;
		struct lab_key *items = calloc(room, sizeof *items);

		if (!items)
			return RC_NO_MEMORY;
		if (k->items) {
			memcpy(items, k->items, k->count * sizeof *items);
			mem_wipe(k->items, k->count * sizeof *items);
			free(k->items);
		}
		k->items = items;
		k->room = room;
	}
	k->items[k->count++] = *key;
	return RC_OK;
}

static enum rc
add_line(struct lab_keys *k, const char *text, size_t len)
{
	char line[LINE_SIZE], *words[WORDS_MAX];
	struct lab_key key;
	enum rc rc = RC_OK;
	size_t n;

	if (len >= sizeof line || memchr(text, '\0', len))
		return RC_FORMAT;
	memset(&key, 0, sizeof key);
	memcpy(line, text, len);
	line[len] = '\0';
	n = split(line, words);
	if (n > 0)
		rc = parse_line(words, n, &key) ? add(k, &key) : RC_FORMAT;
	mem_wipe(&key, sizeof key);
	mem_wipe(line, sizeof line);
	return rc;
}

enum rc
lab_keys_parse(const char *text, size_t len, struct lab_keys **keys, unsigned int *line)
{
	struct lab_keys *k = calloc(1, sizeof *k);
	unsigned int number = 0;
	enum rc rc = k ? RC_OK : RC_NO_MEMORY;

	while (rc == RC_OK && len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		number++;
		rc = add_line(k, text, n);
		n += end ? 1 : 0;
		text += n;
		len -= n;
	}
	if (rc == RC_OK) {
		*keys = k;
		return RC_OK;
	}
	*line = number;
	lab_keys_free(&k);
	return rc;
}

void
lab_keys_free(struct lab_keys **keys)
{
	if (!keys || !*keys)
		return;
	if ((*keys)->items)
		mem_wipe((*keys)->items, (*keys)->room * sizeof *(*keys)->items);
	free((*keys)->items);
	free(*keys);
	*keys = NULL;
}

static const struct lab_key *
find(const struct lab_keys *k, enum lab_kind kind, uint32_t a, uint32_t b, uint32_t c)
{
	for (size_t i = 0; k && i < k->count; i++) {
		const struct lab_key *key = &k->items[i];

		if (key->kind == kind && key->a == a && key->b == b && key->c == c)
			return key;
	}
	return NULL;
}

const uint8_t *
lab_keys_epoch(const struct lab_keys *keys, uint8_t group, uint16_t epoch)
{
	const struct lab_key *key = find(keys, LAB_EPOCH, group, epoch, 0);

	return key ? key->bytes : NULL;
}

const uint8_t *
lab_keys_card(const struct lab_keys *keys, uint32_t leaf)
{
	const struct lab_key *key = find(keys, LAB_CARD, leaf, 0, 0);

	return key ? key->bytes : NULL;
}

const uint8_t *
lab_keys_word(const struct lab_keys *keys, uint16_t service_id, uint32_t period,
	      unsigned int parity, size_t *len)
{
	const struct lab_key *key = find(keys, LAB_WORD, service_id, period, parity);

	if (!key)
		return NULL;
	*len = key->len;
	return key->bytes;
}
