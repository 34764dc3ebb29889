// SPDX-License-Identifier: GPL-3.0-or-later
/* Transport streams and tables. First byte 0: the rest is a stream, cut into packets and sections,
 * which are packed and read again; else: the rest is one section whose CRC is made right. */
#include "base/bytes.h"
#include "base/crc32.h"
#include "stream/packetiser.h"
#include "stream/psi.h"
#include "stream/section.h"
#include "stream/sync.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct again {
	uint8_t bytes[SECTION_MAX];
	size_t len;
};

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
walk_descriptors(struct psi_loop loop)
{
	struct psi_descriptor d;
	struct psi_ca ca;
	unsigned int sum = 0;

	while (psi_descriptor_next(&loop, &d)) {
		for (size_t i = 0; i < d.len; i++)
			sum += d.body[i];
		if (psi_ca_parse(&d, &ca) && ca.private_len > 0)
			sum += ca.private_data[ca.private_len - 1];
	}
	require(loop.left == 0 && sum < UINT32_MAX);
}

/* A PMT with our descriptor added has it; taken away again it is what it was. */
static void
edit_pmt(const uint8_t *section, size_t size)
{
	static const uint8_t private_data[3] = { 0, 1, 1 };
	const struct psi_ca ours = { 0x5445, 0x1F00, private_data, sizeof private_data };
	struct psi_edit edit = { .add_ca = &ours };
	uint8_t one[PSI_SECTION_MAX], two[PSI_SECTION_MAX];
	struct psi_stream stream;
	size_t len;
	struct psi_pmt pmt;
	struct psi_ca ca;

	if (psi_pmt_parse(section, size, &pmt) != RC_OK)
		return;
	walk_descriptors(pmt.descriptors);
	for (struct psi_loop l = pmt.streams; psi_stream_next(&l, &stream);)
		walk_descriptors(stream.descriptors);
	if (psi_pmt_edit(&pmt, &edit, one, &len) != RC_OK)
		return;
	require(psi_pmt_parse(one, len, &pmt) == RC_OK);
	require(psi_ca_find(pmt.descriptors, 0x5445, &ca));
	edit = (struct psi_edit) { .remove_ca = true, .remove_system_id = 0x5445 };
	require(psi_pmt_edit(&pmt, &edit, two, &len) == RC_OK);
	require(psi_pmt_parse(two, len, &pmt) == RC_OK);
	require(!psi_ca_find(pmt.descriptors, 0x5445, &ca));
}

static void
tables(const uint8_t *section, size_t size)
{
	struct psi_program program;
	struct psi_pat pat;
	struct psi_cat cat;

	edit_pmt(section, size);
	if (psi_pat_parse(section, size, &pat) == RC_OK) {
		while (psi_program_next(&pat.programs, &program))
			;
		require(pat.programs.left == 0);
	}
	if (psi_cat_parse(section, size, &cat) == RC_OK)
		walk_descriptors(cat.descriptors);
}

static void
keep(void *ctx, const uint8_t *section, size_t len)
{
	struct again *again = ctx;

	memcpy(again->bytes, section, len);
	again->len = len;
}

static void
on_section(void *ctx, const uint8_t *section, size_t len)
{
	static struct section_assembler a;
	static struct again again;
	static uint8_t packets[32 * TS_SIZE];
	struct ts_packetiser p = { 0x100, 7 };
	size_t n = 0;

	(void)ctx;
	tables(section, len);
	require(ts_packetise(&p, section, len, packets, sizeof packets, &n) == RC_OK);
	section_init(&a);
	again.len = 0;
	for (size_t i = 0; i < n; i++)
		section_feed(&a, packets + i * TS_SIZE, keep, &again);
	/* table_id FF is stuffing and does not come back. */
	require(section[0] == 0xFF || (again.len == len && memcmp(again.bytes, section, len) == 0));
}

static void
stream(const uint8_t *data, size_t size)
{
	static struct section_assembler assemblers[4];
	const uint8_t *packet;
	struct ts_sync s;
	size_t all = size;

	for (size_t i = 0; i < 4; i++)
		section_init(&assemblers[i]);
	ts_sync_init(&s);
	while ((packet = ts_sync_next(&s, &data, &size)) != NULL)
		section_feed(&assemblers[ts_pid(packet) % 4], packet, on_section, NULL);
	while ((packet = ts_sync_finish(&s)) != NULL)
		section_feed(&assemblers[ts_pid(packet) % 4], packet, on_section, NULL);
	require(s.packets * TS_SIZE + s.skipped == all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t section[SECTION_MAX];

	if (size < 1)
		return 0;
	if (data[0] == 0) {
		stream(data + 1, size - 1);
		return 0;
	}
	data++;
	size--;
	if (size > sizeof section || size < 4)
		return 0;
	memcpy(section, data, size);
	put_be32(section + size - 4, crc32_mpeg(CRC32_START, section, size - 4));
	tables(section, size);
	return 0;
}
