/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Status words (ISO 7816-4 5.6) that Tessera's card answers: one table of word, result and text. */
#ifndef TESSERA_BASE_STATUS_WORD_H
#define TESSERA_BASE_STATUS_WORD_H

#include "base/rc.h"

#include <stdint.h>

#define STATUS_WORD_TABLE(X)                                                        \
	X(SW_OK, 0x9000, RC_OK, "ok")                                               \
	X(SW_MORE_DATA, 0x6310, RC_OK, "more data available")                       \
	X(SW_CARD_LOCKED, 0x6283, RC_REFUSED, "the card is locked")                 \
	X(SW_AUTH_FAILED, 0x6300, RC_AUTH, "authentication of the host failed")     \
	X(SW_MEMORY, 0x6581, RC_IO, "the card could not write its memory")          \
	X(SW_LENGTH, 0x6700, RC_FORMAT, "wrong length")                             \
	X(SW_NOT_NOW, 0x6901, RC_STATE, "command not accepted now")                 \
	X(SW_FILE_TYPE, 0x6981, RC_FORMAT, "file of another type")                  \
	X(SW_NO_CHALLENGE, 0x6984, RC_STATE, "no challenge was asked for")          \
	X(SW_OFFSET, 0x6B00, RC_FORMAT, "offset outside the file")                  \
	X(SW_WRONG_MAC, 0x9302, RC_AUTH, "wrong MAC")                               \
	X(SW_APP_BLOCKED, 0x9303, RC_REFUSED, "application blocked for good")       \
	X(SW_BALANCE, 0x9401, RC_REFUSED, "balance too low")                        \
	X(SW_COUNTER, 0x9402, RC_REFUSED, "transaction counter used up")            \
	X(SW_KEY_INDEX, 0x9403, RC_NOT_FOUND, "no key with this index")             \
	X(SW_NO_PROOF, 0x9406, RC_NOT_FOUND, "proof not available")                 \
	X(SW_CHANNEL, 0x6881, RC_FORMAT, "logical channel not supported")           \
	X(SW_SECURE_MESSAGING, 0x6882, RC_FORMAT, "secure messaging not supported") \
	X(SW_SECURITY_STATUS, 0x6982, RC_AUTH, "security status not satisfied")     \
	X(SW_BLOCKED, 0x6983, RC_REFUSED, "authentication method blocked")          \
	X(SW_CONDITIONS, 0x6985, RC_STATE, "conditions of use not satisfied")       \
	X(SW_SM_DATA, 0x6988, RC_AUTH, "secure messaging data wrong")               \
	X(SW_DATA, 0x6A80, RC_FORMAT, "wrong data")                                 \
	X(SW_FUNCTION, 0x6A81, RC_STATE, "function not supported")                  \
	X(SW_FILE, 0x6A82, RC_NOT_FOUND, "application or file not found")           \
	X(SW_RECORD, 0x6A83, RC_NOT_FOUND, "record not found")                      \
	X(SW_MEMORY_FULL, 0x6A84, RC_SPACE, "no room left on the card")             \
	X(SW_P1P2, 0x6A86, RC_FORMAT, "wrong P1 or P2")                             \
	X(SW_REFERENCE, 0x6A88, RC_NOT_FOUND, "referenced data not found")          \
	X(SW_INS, 0x6D00, RC_FORMAT, "instruction not known")                       \
	X(SW_CLA, 0x6E00, RC_FORMAT, "class not supported")                         \
	X(SW_FAULT, 0x6F00, RC_FAIL, "fault inside the card")

#define SW_ENUM(name, word, rc, text) name = word,
enum status_word { STATUS_WORD_TABLE(SW_ENUM) };
#undef SW_ENUM

#define SW_PIN_WRONG(tries) ((uint16_t)(0x63C0U | (tries))) /* tries left, 0…15 */

/* The result a host reports for a status word; 63Cx is RC_AUTH, an unknown word RC_FAIL. */
enum rc status_word_rc(uint16_t sw);
/* One clause in English; never NULL. */
const char *status_word_text(uint16_t sw);

#endif
