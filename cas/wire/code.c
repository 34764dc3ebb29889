// SPDX-License-Identifier: GPL-3.0-or-later
/* Codes that people read and type (FORMATS.md, "Codes"). A MAC becomes digits byte by byte, each
 * modulo 10: no long division on the card. Luhn: ISO/IEC 7812-1 annex B. */
#include "wire/code.h"

#include "base/bytes.h"
#include "base/mem.h"

#define TOPUP_COUNTER 2U /* digits of the counter */
#define TOPUP_AMOUNT 7U
#define TOPUP_MAC 10U
#define TOPUP_SOURCE 3U
#define CONFIRMATION_COUNTER 3U
#define CONFIRMATION_MAC 8U

static void
put_number(uint8_t *digits, size_t n, uint32_t v)
{
	while (n-- > 0) {
		digits[n] = (uint8_t)('0' + v % 10);
		v /= 10;
	}
}

static uint32_t
get_number(const uint8_t *digits, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint32_t)(digits[i] - '0');
	return v;
}

uint8_t
code_check_digit(const uint8_t *digits, size_t n)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int d = (unsigned int)(digits[n - 1 - i] - '0');

		if (i % 2 == 0)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return (uint8_t)('0' + (10 - sum % 10) % 10);
}

static bool
are_digits(const uint8_t *digits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
	}
	return true;
}

bool
code_is_whole(const uint8_t *digits, size_t n)
{
	return n > 1 && are_digits(digits, n) && digits[n - 1] == code_check_digit(digits, n - 1);
}

/* Digits of the MAC over what was written. */
static enum rc
put_mac(const struct crypto *c, const uint8_t key[CRYPTO_KEY], const struct writer *message,
	uint8_t *digits, size_t n)
{
	uint8_t mac[CRYPTO_MAC];
	enum rc rc = crypto_cmac(c, key, message->base, message->len, mac);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		digits[i] = (uint8_t)('0' + mac[i] % 10);
	mem_wipe(mac, sizeof mac);
	return rc;
}

enum rc
topup_code_make(const struct crypto *c, const uint8_t code_key[CRYPTO_KEY], uint32_t leaf,
		uint32_t counter, uint32_t amount_minor, uint8_t digits[TOPUP_CODE_DIGITS])
{
	uint8_t message[18], made[TOPUP_CODE_DIGITS];
	struct writer w = writer_over(message, sizeof message);
	enum rc rc;

	if (amount_minor == 0 || amount_minor > TOPUP_CODE_AMOUNT_MAX)
		return RC_RANGE;
	write_be32(&w, leaf);
	write_u8(&w, 0);
	write_u8(&w, TOPUP_SOURCE);
	write_be64(&w, amount_minor);
	write_be32(&w, counter);
	put_number(made, TOPUP_COUNTER, counter % 100);
	put_number(made + TOPUP_COUNTER, TOPUP_AMOUNT, amount_minor);
	rc = put_mac(c, code_key, &w, made + TOPUP_COUNTER + TOPUP_AMOUNT, TOPUP_MAC);
	if (rc == RC_OK) {
		made[TOPUP_CODE_DIGITS - 1] = code_check_digit(made, TOPUP_CODE_DIGITS - 1);
		memcpy(digits, made, sizeof made);
	}
	mem_wipe(made, sizeof made);
	return rc;
}

enum rc
topup_code_read(const uint8_t digits[TOPUP_CODE_DIGITS], uint8_t *counter, uint32_t *amount_minor)
{
	uint32_t amount;

	if (!are_digits(digits, TOPUP_CODE_DIGITS))
		return RC_FORMAT;
	if (!code_is_whole(digits, TOPUP_CODE_DIGITS))
		return RC_INTEGRITY;
	amount = get_number(digits + TOPUP_COUNTER, TOPUP_AMOUNT);
	if (amount == 0)
		return RC_FORMAT;
	*counter = (uint8_t)get_number(digits, TOPUP_COUNTER);
	*amount_minor = amount;
	return RC_OK;
}

uint32_t
topup_code_counter(uint32_t newest, uint8_t modulo_100)
{
	/* From the oldest that still counts upwards, one for each remainder. */
	uint32_t first = newest > TOPUP_CODE_WINDOW ? newest - TOPUP_CODE_WINDOW : 1;
	uint32_t ahead = (modulo_100 + 100U - first % 100) % 100;

	return first <= UINT32_MAX - ahead ? first + ahead : 0;
}

enum rc
confirmation_make(const struct crypto *c, const uint8_t confirm_key[CRYPTO_KEY],
		  const struct confirmation *what, uint8_t digits[CONFIRMATION_DIGITS])
{
	uint8_t message[14], made[CONFIRMATION_DIGITS];
	struct writer w = writer_over(message, sizeof message);
	enum rc rc;

	write_be16(&w, what->product);
	write_be32(&w, what->start);
	write_be32(&w, what->end);
	write_be32(&w, what->counter);
	put_number(made, CONFIRMATION_COUNTER, what->counter % 1000);
	rc = put_mac(c, confirm_key, &w, made + CONFIRMATION_COUNTER, CONFIRMATION_MAC);
	if (rc == RC_OK) {
		made[CONFIRMATION_DIGITS - 1] = code_check_digit(made, CONFIRMATION_DIGITS - 1);
		memcpy(digits, made, sizeof made);
	}
	mem_wipe(made, sizeof made);
	return rc;
}

enum rc
confirmation_read(const uint8_t digits[CONFIRMATION_DIGITS], uint16_t *counter)
{
	if (!are_digits(digits, CONFIRMATION_DIGITS))
		return RC_FORMAT;
	if (!code_is_whole(digits, CONFIRMATION_DIGITS))
		return RC_INTEGRITY;
	*counter = (uint16_t)get_number(digits, CONFIRMATION_COUNTER);
	return RC_OK;
}

enum rc
code_from_text(const char *text, uint8_t *digits, size_t n)
{
	size_t found = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ' || *text == '-')
			continue;
		if (*text < '0' || *text > '9' || found == n)
			return RC_FORMAT;
		digits[found++] = (uint8_t)*text;
	}
	return found == n ? RC_OK : RC_FORMAT;
}

void
code_to_text(const uint8_t *digits, size_t n, char *text)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && i % 4 == 0)
			*text++ = '-';
		*text++ = (char)digits[i];
	}
	*text = '\0';
}
