/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages and descriptor of smart card readers on USB (CCID Rev. 1.1): bytes to structures and
 * back. */
#ifndef TESSERA_READER_CCID_MESSAGE_H
#define TESSERA_READER_CCID_MESSAGE_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CCID_HEADER 10
#define CCID_USB_CLASS 0x0B
#define CCID_USB_CLASS_OLD 0xFF /* readers from before the class had a number */
#define CCID_DESCRIPTOR_SIZE 54
#define CCID_SLOTS_MAX 16

enum ccid_command_type { /* 6.1 */
			 CCID_SET_PARAMETERS = 0x61,
			 CCID_POWER_ON = 0x62,
			 CCID_POWER_OFF = 0x63,
			 CCID_GET_SLOT_STATUS = 0x65,
			 CCID_GET_PARAMETERS = 0x6C,
			 CCID_RESET_PARAMETERS = 0x6D,
			 CCID_XFR_BLOCK = 0x6F,
			 CCID_ESCAPE = 0x6B,
			 CCID_ABORT = 0x72
};

enum ccid_answer_type { /* 6.2 */
			CCID_DATA_BLOCK = 0x80,
			CCID_SLOT_STATUS = 0x81,
			CCID_PARAMETERS = 0x82,
			CCID_ESCAPE_ANSWER = 0x83,
			CCID_DATA_RATE = 0x84
};

/* bmICCStatus and bmCommandStatus, 6.2.6. */
enum ccid_icc { CCID_ICC_ACTIVE, CCID_ICC_INACTIVE, CCID_ICC_ABSENT, CCID_ICC_RESERVED };
enum ccid_outcome { CCID_OK, CCID_FAILED, CCID_MORE_TIME, CCID_OUTCOME_RESERVED };

/* bError, table 6.2-2; 1…7F: offset of the field that is wrong. */
#define CCID_ERROR_UNSUPPORTED 0x00
#define CCID_ERROR_EMV 0xBB /* GemPC 433, Cherry XX33: left in EMV mode */
#define CCID_ERROR_BUSY 0xE0
#define CCID_ERROR_MUTE 0xFE

/* wLevelParameter and bChainParameter at extended APDU level (6.1.4, 6.2.1). */
#define CCID_WHOLE 0x00
#define CCID_BEGINS 0x01
#define CCID_ENDS 0x02
#define CCID_MIDDLE 0x03
#define CCID_CONTINUE 0x10

struct ccid_command {
	enum ccid_command_type type;
	uint8_t slot, seq;
	uint8_t specific[3];
	const uint8_t *data; /* borrowed */
	size_t len;
};

struct ccid_answer {
	enum ccid_answer_type type;
	uint8_t slot, seq;
	enum ccid_icc icc;
	enum ccid_outcome outcome;
	uint8_t error;
	uint8_t specific;    /* bChainParameter, bClockStatus or bProtocolNum */
	const uint8_t *data; /* borrowed */
	size_t len;
};

/* RC_SPACE. */
enum rc ccid_command_encode(const struct ccid_command *c, uint8_t *out, size_t cap,
			    size_t *len) RC_CHECKED;
/* The reader's view of the same. RC_TRUNCATED; RC_FORMAT: no such message. */
enum rc ccid_command_decode(const uint8_t *in, size_t len, struct ccid_command *c) RC_CHECKED;
/* One transfer from the reader. Bytes behind dwLength are dropped, except those of Parameters with
 * dwLength 0, which QEMU sends. RC_TRUNCATED: shorter than it says; RC_FORMAT: no such message. */
enum rc ccid_answer_decode(const uint8_t *in, size_t len, struct ccid_answer *a) RC_CHECKED;
/* RC_SPACE. */
enum rc ccid_answer_encode(const struct ccid_answer *a, uint8_t *out, size_t cap,
			   size_t *len) RC_CHECKED;

/* What an interrupt says about one slot (6.3.1, 6.3.2). */
struct ccid_notice {
	bool known;          /* the message names the slot */
	bool present;        /* a card is in it */
	bool changed;        /* since the last notice */
	bool hardware_fails; /* 6.3.2 */
};
/* RC_TRUNCATED; RC_FORMAT: neither NotifySlotChange nor HardwareError. */
enum rc ccid_notice_decode(const uint8_t *in, size_t len, uint8_t slot,
			   struct ccid_notice *n) RC_CHECKED;

enum ccid_level { CCID_CHARACTER, CCID_TPDU, CCID_SHORT_APDU, CCID_EXTENDED_APDU };

/* dwFeatures, 5.1. */
#define CCID_AUTO_PARAMETERS 0x00000002U
#define CCID_AUTO_ACTIVATION 0x00000004U
#define CCID_AUTO_VOLTAGE 0x00000008U
#define CCID_AUTO_NEGOTIATION 0x00000040U
#define CCID_AUTO_PPS 0x00000080U
#define CCID_AUTO_IFSD 0x00000400U

#define CCID_5_V 1U
#define CCID_3_V 2U
#define CCID_1_8_V 4U

struct ccid_class {
	uint16_t bcd_version;
	uint8_t slots; /* 1…CCID_SLOTS_MAX */
	uint8_t voltages;
	uint32_t protocols; /* bit T */
	uint32_t clock_khz; /* default */
	uint32_t max_clock_khz;
	uint32_t bit_rate, max_bit_rate;
	uint32_t max_ifsd;
	uint32_t features;
	enum ccid_level level;
	uint32_t max_message;
	uint8_t pin_support;
	uint8_t busy_slots;
};

/* Finds the class descriptor (5.1) among the extra bytes of an interface or endpoint. RC_NOT_FOUND;
 * RC_TRUNCATED; RC_FORMAT: impossible values (no slot, messages too short for anything). */
enum rc ccid_class_parse(const uint8_t *extra, size_t len, struct ccid_class *c) RC_CHECKED;

#endif
