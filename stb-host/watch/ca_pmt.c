// SPDX-License-Identifier: GPL-3.0-or-later
/* ca_pmt (EN 50221 8.4.3.4): what a host says about the services that its viewer chose, instead of
 * PAT and PMTs in the stream. Each becomes a PMT of its own, so that everything behind is the same.
 */
#include "watch/watch_private.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/mem.h"

#define TAG 0x9F8032U
#define NOT_SELECTED 0x04U
#define PMT_HEADER 12U
#define CRC 4U

enum list_management {
	LIST_MORE = 0,
	LIST_FIRST = 1,
	LIST_LAST = 2,
	LIST_ONLY = 3,
	LIST_ADD = 4,
	LIST_UPDATE = 5
};

/* A length_field (EN 50221 7): one byte below 128, else how many follow. */
static size_t
read_length(struct reader *r)
{
	uint8_t first = read_u8(r);

	if (first < 0x80)
		return first;
	if (first == 0x81)
		return read_u8(r);
	return first == 0x82 ? read_be16(r) : SIZE_MAX;
}

/* A loop of {length u12, command u8, descriptors}: *selected is false when the command says so. */
static struct reader
read_info(struct reader *r, bool *selected)
{
	struct reader info = read_sub(r, read_be16(r) & 0x0FFFU);

	*selected = true;
	if (info.left > 0)
		*selected = read_u8(&info) != NOT_SELECTED;
	return info;
}

static void
write_loop(struct writer *w, struct reader *info)
{
	size_t len = info->left;

	write_be16(w, (uint16_t)(0xF000U | len));
	write_bytes(w, read_slice(info, len), len);
}

/* Behind the program number. *len: of the section, 0: the program is not selected. */
static enum rc
make_pmt(struct reader *r, uint16_t program, uint8_t section[PSI_SECTION_MAX], size_t *len)
{
	struct writer w = writer_over(section, PSI_SECTION_MAX - CRC);
	uint8_t version = read_u8(r);
	bool program_selected, selected;
	struct reader info = read_info(r, &program_selected);

	write_u8(&w, PSI_TABLE_PMT);
	write_be16(&w, 0);
	write_be16(&w, program);
	write_u8(&w, version | 0xC1U);
	write_be16(&w, 0);
	write_be16(&w, 0xE000U | TS_PID_NULL);
	write_loop(&w, &info);
	while (!r->failed && r->left > 0) {
		uint8_t type = read_u8(r);
		uint16_t pid = read_be16(r);

		info = read_info(r, &selected);
		if (!selected)
			continue;
		write_u8(&w, type);
		write_be16(&w, pid | 0xE000U);
		write_loop(&w, &info);
	}
	if (r->failed || info.failed || w.failed)
		return RC_FORMAT;
	put_be16(section + 1, (uint16_t)(0xB000U | (w.len + CRC - 3)));
	put_be32(section + w.len, crc32_mpeg(CRC32_START, section, w.len));
	*len = program_selected ? w.len + CRC : 0;
	return RC_OK;
}

/* PAT and PMTs of the stream count no more. */
static void
take_over(struct watch *w)
{
	if (w->by_host)
		return;
	w->by_host = true;
	w->program_count = 0;
	watch_head_end(w);
}

static struct program *
place_of(struct watch *w, uint16_t number)
{
	struct program *p;

	for (size_t i = 0; i < w->program_count; i++) {
		if (w->programs[i].number == number)
			return &w->programs[i];
	}
	if (w->program_count == PROGRAMS_MAX)
		return NULL;
	p = &w->programs[w->program_count++];
	memset(p, 0, sizeof *p);
	p->number = number;
	p->pmt_pid = TS_PID_NONE;
	p->channel = NO_CHANNEL;
	return p;
}

static enum rc
take_program(struct watch *w, struct reader *r)
{
	uint8_t management = read_u8(r), section[PSI_SECTION_MAX];
	uint16_t number = read_be16(r);
	struct psi_pmt parsed;
	struct program *p;
	size_t len = 0;
	enum rc rc = make_pmt(r, number, section, &len);

	if (rc == RC_OK && management > LIST_UPDATE)
		rc = RC_FORMAT;
	if (rc == RC_OK && len > 0)
		rc = psi_pmt_parse(section, len, &parsed);
	if (rc != RC_OK)
		return rc;
	take_over(w);
	if (management == LIST_FIRST || management == LIST_ONLY)
		w->program_count = 0;
	p = place_of(w, number);
	if (!p)
		return RC_SPACE;
	p->wanted = len > 0;
	p->pmt_len = len;
	memcpy(p->pmt, section, len);
	watch_map_programs(w);
	return w->failed;
}

enum rc
watch_ca_pmt(struct watch *w, const uint8_t *apdu, size_t len)
{
	struct reader r = reader_over(apdu, len), body;

	if (read_be24(&r) != TAG)
		return RC_FORMAT;
	body = read_sub(&r, read_length(&r));
	if (!reader_at_end(&r) || body.failed)
		return RC_FORMAT;
	return take_program(w, &body);
}
