/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PAT, PMT and CAT (ISO/IEC 13818-1 2.4.4): parsed after every bound has been checked, and built.
 * Loops are walked in place; they borrow the section. */
#ifndef TESSERA_STREAM_PSI_H
#define TESSERA_STREAM_PSI_H

#include "base/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PSI_SECTION_MAX 1024U /* section_length ≤ 1,021 */
#define PSI_TABLE_PAT 0x00U
#define PSI_TABLE_CAT 0x01U
#define PSI_TABLE_PMT 0x02U
#define PSI_TAG_REGISTRATION 0x05U
#define PSI_TAG_CA 0x09U
#define PSI_TAG_SCRAMBLING 0x65U /* EN 300 468 6.2.32 */
#define PSI_SCRAMBLING_CISSA 0x10U

struct psi_header {
	uint8_t table_id;
	uint16_t extension; /* transport_stream_id, program_number or FFFF */
	uint8_t version;    /* 0…31 */
	bool current;       /* false: the table that will be valid next */
	uint8_t section;
	uint8_t last_section;
};

/* Bytes of a loop whose entries have been found to fit. */
struct psi_loop {
	const uint8_t *p;
	size_t left;
};

struct psi_program {
	uint16_t number; /* 0: pid is that of the NIT */
	uint16_t pid;
};
struct psi_descriptor {
	uint8_t tag;
	uint8_t len;
	const uint8_t *body;
};
struct psi_stream {
	uint8_t type;
	uint16_t pid;
	struct psi_loop descriptors;
};
/* CA_descriptor, 2.6.16. */
struct psi_ca {
	uint16_t system_id;
	uint16_t pid; /* of ECMs in a PMT, of EMMs in a CAT */
	const uint8_t *private_data;
	size_t private_len;
};

struct psi_pat {
	struct psi_header h;
	struct psi_loop programs;
};
struct psi_pmt {
	struct psi_header h;
	uint16_t pcr_pid;            /* 1FFF: none */
	struct psi_loop descriptors; /* of the program */
	struct psi_loop streams;
};
struct psi_cat {
	struct psi_header h;
	struct psi_loop descriptors;
};

/* Each checks table_id, syntax, length, CRC and every loop. RC_TRUNCATED: len is not the section's
 * own length; RC_INTEGRITY: the CRC is wrong; RC_FORMAT: anything else. */
enum rc psi_header_parse(const uint8_t *section, size_t len, struct psi_header *h) RC_CHECKED;
enum rc psi_pat_parse(const uint8_t *section, size_t len, struct psi_pat *pat) RC_CHECKED;
enum rc psi_pmt_parse(const uint8_t *section, size_t len, struct psi_pmt *pmt) RC_CHECKED;
enum rc psi_cat_parse(const uint8_t *section, size_t len, struct psi_cat *cat) RC_CHECKED;

/* The next entry of a loop; false: none is left. */
bool psi_program_next(struct psi_loop *loop, struct psi_program *program);
bool psi_stream_next(struct psi_loop *loop, struct psi_stream *stream);
bool psi_descriptor_next(struct psi_loop *loop, struct psi_descriptor *d);
/* False: not a CA_descriptor, or too short for one. */
bool psi_ca_parse(const struct psi_descriptor *d, struct psi_ca *ca);
/* The first CA_descriptor of that system in a descriptor loop. */
bool psi_ca_find(struct psi_loop descriptors, uint16_t system_id, struct psi_ca *ca);

/* What is changed when a PMT or CAT is built anew from an old one. */
struct psi_edit {
	uint8_t version; /* 0…31 */
	bool remove_ca;  /* CA_descriptors of remove_system_id go, from every loop */
	uint16_t remove_system_id;
	const struct psi_ca *replace_ca; /* … or those with this one's system and private bytes */
	uint8_t remove_tag;              /* descriptors with this tag go as well; 0: none */
	const struct psi_ca
		*add_ca; /* appended to the program loop (PMT) or the loop (CAT); or NULL */
	const uint8_t *add_first; /* whole descriptors that go before add_ca; or NULL */
	size_t add_first_len;
};

/* Build a whole section with its CRC in out (PSI_SECTION_MAX bytes). RC_SPACE: it grows too large;
 * RC_RANGE: a descriptor's private bytes are too many. */
enum rc psi_pat_build(const struct psi_header *h, const struct psi_program *programs, size_t count,
		      uint8_t out[PSI_SECTION_MAX], size_t *len) RC_CHECKED;
enum rc psi_pmt_edit(const struct psi_pmt *pmt, const struct psi_edit *edit,
		     uint8_t out[PSI_SECTION_MAX], size_t *len) RC_CHECKED;
/* An empty CAT comes from {{PSI_TABLE_CAT, 0xFFFF, 0, true, 0, 0}, {NULL, 0}}. */
enum rc psi_cat_edit(const struct psi_cat *cat, const struct psi_edit *edit,
		     uint8_t out[PSI_SECTION_MAX], size_t *len) RC_CHECKED;

#endif
