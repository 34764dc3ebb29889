// SPDX-License-Identifier: GPL-3.0-or-later
/* What payment terminals need of a card (FORMATS.md, "E-purse"; JR/T 0025.1-2010, 6): keys below
 * the operator's PBOC masters, EF15, the PIN. */
#include "headend/personalise_private.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "wire/pboc.h"
#include "wire/personalise.h"

#define KEY_INDEX 1
#define KEY_VERSION 1
#define YEARS_VALID 10

/* The eight bytes that the card's keys are diversified with: the end of its serial number. */
static void
make_factor(const struct personalisation *p, uint8_t factor[PBOC_FACTOR])
{
	put_be16(factor, p->operator_id);
	put_be16(factor + 2, 0);
	put_be32(factor + 4, p->leaf);
}

static enum rc
put_face_key(struct batch *b, const struct head_keys *keys, const struct personalisation *p,
	     uint8_t type)
{
	const uint8_t head[4] = { type, KEY_INDEX, KEY_VERSION, PBOC_3DES };
	struct pboc_key master = { .algorithm = PBOC_3DES, .len = CRYPTO_KEY }, card = { .len = 0 };
	uint8_t factor[PBOC_FACTOR];
	enum rc rc = keystore_pboc_master(keys->keystore, head, master.bytes);

	make_factor(p, factor);
	if (rc == RC_OK)
		rc = pboc_diversify(keys->crypto, &master, factor, &card);
	if (rc == RC_OK)
		rc = personalise_put_key(b, DGI_PURSE_PBOC_KEY, head, sizeof head, card.bytes);
	mem_wipe(&master, sizeof master);
	mem_wipe(&card, sizeof card);
	return rc;
}

static uint8_t
bcd(const char *two_digits)
{
	return (uint8_t)((two_digits[0] - '0') << 4 | (two_digits[1] - '0'));
}

/* YYYYMMDD of a time, some years later. */
static void
write_date(struct writer *w, uint32_t t, unsigned int years)
{
	char text[TIME2000_TEXT_SIZE], year[5];
	unsigned int y;

	time2000_format(t == TIME2000_UNKNOWN || t == TIME2000_NO_END ? 1 : t, text);
	y = (unsigned int)((text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 +
			   (text[3] - '0')) +
	    years;
	for (unsigned int i = 4; i-- > 0; y /= 10)
		year[i] = (char)('0' + y % 10);
	write_u8(w, bcd(year));
	write_u8(w, bcd(year + 2));
	write_u8(w, bcd(text + 5));
	write_u8(w, bcd(text + 8));
}

static enum rc
put_public(struct batch *b, const struct personalisation *p)
{
	uint8_t value[1 + PBOC_PUBLIC], factor[PBOC_FACTOR];
	struct writer w = writer_over(value, sizeof value);

	make_factor(p, factor);
	write_u8(&w, 0x15);
	write_bytes(&w, (const uint8_t *)"TESSER", 6); /* issuer */
	write_be16(&w, p->operator_id);
	write_u8(&w, 0x03); /* deposit and purse */
	write_u8(&w, 0x01); /* version */
	write_be16(&w, 0);  /* serial number */
	write_bytes(&w, factor, sizeof factor);
	write_date(&w, p->now, 0);
	write_date(&w, p->now, YEARS_VALID);
	write_be16(&w, 0);
	return personalise_put(b, DGI_PURSE_FILE, value, w.len);
}

/* The digits of the purchase PIN, two a byte; an odd one ends in F. */
static enum rc
put_pin(struct batch *b, const struct personalisation *p)
{
	uint8_t plain[CRYPTO_BLOCK] = { (uint8_t)((p->pin_len + 1) / 2) };
	enum rc rc;

	for (uint8_t i = 0; i < p->pin_len; i++)
		plain[1 + i / 2] |= (uint8_t)((p->pin[i] - '0') << (i % 2 ? 0 : 4));
	if (p->pin_len % 2)
		plain[1 + p->pin_len / 2] |= 0x0F;
	rc = personalise_put_wrapped(b, DGI_PURSE_PIN, plain);
	mem_wipe(plain, sizeof plain);
	return rc;
}

enum rc
personalise_face(struct batch *b, const struct head_keys *keys, const struct personalisation *p)
{
	static const uint8_t types[] = { PBOC_KEY_INTERNAL,    PBOC_KEY_TAC,
					 PBOC_KEY_MAINTENANCE, PBOC_KEY_PIN_UNBLOCK,
					 PBOC_KEY_PIN_RELOAD,  PBOC_KEY_EXTERNAL,
					 PBOC_KEY_OVERDRAFT,   PBOC_KEY_UNLOAD,
					 PBOC_KEY_PURCHASE,    PBOC_KEY_LOAD };
	enum rc rc = put_public(b, p);

	for (size_t i = 0; rc == RC_OK && i < sizeof types; i++)
		rc = put_face_key(b, keys, p, types[i]);
	return rc == RC_OK ? put_pin(b, p) : rc;
}
