// SPDX-License-Identifier: GPL-3.0-or-later
/* PAT, PMT and CAT built, new or from an old section with CA_descriptors added and removed
 * (ISO/IEC 13818-1 2.4.4.3 to 2.4.4.9, 2.6.16). Reserved bits are ones. */
#include "stream/psi.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/mem.h"

#define SYNTAX 0xB000U /* section_syntax_indicator 1, 0, reserved 11 */
#define RESERVED_3 0xE000U
#define RESERVED_4 0xF000U
#define CRC_SIZE 4U
#define CA_FIXED 4U /* bytes of a CA_descriptor's body before the private ones */

static struct writer
section_begin(const struct psi_header *h, uint8_t version, uint8_t out[PSI_SECTION_MAX])
{
	struct writer w = writer_over(out, PSI_SECTION_MAX - CRC_SIZE);

	write_u8(&w, h->table_id);
	write_be16(&w, SYNTAX);
	write_be16(&w, h->extension);
	write_u8(&w, (uint8_t)(0xC0U | (version & 31U) * 2U | (h->current ? 1U : 0U)));
	write_u8(&w, h->section);
	write_u8(&w, h->last_section);
	return w;
}

static enum rc
section_end(struct writer *w, size_t *len)
{
	if (w->failed)
		return RC_SPACE;
	put_be16(w->base + 1, (uint16_t)(SYNTAX | (w->len - 3 + CRC_SIZE)));
	put_be32(w->base + w->len, crc32_mpeg(CRC32_START, w->base, w->len));
	*len = w->len + CRC_SIZE;
	return RC_OK;
}

/* Starts a loop with a 12-bit length; loop_end fills it in. */
static size_t
loop_begin(struct writer *w)
{
	write_be16(w, RESERVED_4);
	return w->len;
}

static void
loop_end(struct writer *w, size_t begin)
{
	if (!w->failed)
		put_be16(w->base + begin - 2, (uint16_t)(RESERVED_4 | (w->len - begin)));
}

static bool
is_same_ca(const struct psi_ca *a, const struct psi_ca *b)
{
	return a->system_id == b->system_id && a->private_len == b->private_len &&
	       (a->private_len == 0 ||
		memcmp(a->private_data, b->private_data, a->private_len) == 0);
}

static bool
goes(const struct psi_descriptor *d, const struct psi_edit *edit)
{
	struct psi_ca ca;

	if (edit->remove_tag != 0 && d->tag == edit->remove_tag)
		return true;
	if (!psi_ca_parse(d, &ca))
		return false;
	return (edit->remove_ca && ca.system_id == edit->remove_system_id) ||
	       (edit->replace_ca != NULL && is_same_ca(&ca, edit->replace_ca));
}

static void
copy_descriptors(struct writer *w, struct psi_loop loop, const struct psi_edit *edit)
{
	struct psi_descriptor d;

	while (psi_descriptor_next(&loop, &d)) {
		if (goes(&d, edit))
			continue;
		write_u8(w, d.tag);
		write_u8(w, d.len);
		write_bytes(w, d.body, d.len);
	}
}

static void
add_descriptors(struct writer *w, const struct psi_edit *edit)
{
	if (edit->add_first != NULL)
		write_bytes(w, edit->add_first, edit->add_first_len);
	if (edit->add_ca == NULL)
		return;
	write_u8(w, PSI_TAG_CA);
	write_u8(w, (uint8_t)(CA_FIXED + edit->add_ca->private_len));
	write_be16(w, edit->add_ca->system_id);
	write_be16(w, (uint16_t)(RESERVED_3 | edit->add_ca->pid));
	write_bytes(w, edit->add_ca->private_data, edit->add_ca->private_len);
}

static bool
edit_in_range(const struct psi_edit *edit)
{
	return edit->add_ca == NULL || edit->add_ca->private_len <= 255 - CA_FIXED;
}

enum rc
psi_pat_build(const struct psi_header *h, const struct psi_program *programs, size_t count,
	      uint8_t out[PSI_SECTION_MAX], size_t *len)
{
	struct writer w = section_begin(h, h->version, out);

	for (size_t i = 0; i < count; i++) {
		write_be16(&w, programs[i].number);
		write_be16(&w, (uint16_t)(RESERVED_3 | programs[i].pid));
	}
	return section_end(&w, len);
}

enum rc
psi_pmt_edit(const struct psi_pmt *pmt, const struct psi_edit *edit, uint8_t out[PSI_SECTION_MAX],
	     size_t *len)
{
	struct writer w = section_begin(&pmt->h, edit->version, out);
	struct psi_loop streams = pmt->streams;
	struct psi_stream stream;
	size_t begin;

	if (!edit_in_range(edit))
		return RC_RANGE;
	write_be16(&w, (uint16_t)(RESERVED_3 | pmt->pcr_pid));
	begin = loop_begin(&w);
	copy_descriptors(&w, pmt->descriptors, edit);
	add_descriptors(&w, edit);
	loop_end(&w, begin);
	while (psi_stream_next(&streams, &stream)) {
		write_u8(&w, stream.type);
		write_be16(&w, (uint16_t)(RESERVED_3 | stream.pid));
		begin = loop_begin(&w);
		copy_descriptors(&w, stream.descriptors, edit);
		loop_end(&w, begin);
	}
	return section_end(&w, len);
}

enum rc
psi_cat_edit(const struct psi_cat *cat, const struct psi_edit *edit, uint8_t out[PSI_SECTION_MAX],
	     size_t *len)
{
	struct writer w = section_begin(&cat->h, edit->version, out);

	if (!edit_in_range(edit))
		return RC_RANGE;
	copy_descriptors(&w, cat->descriptors, edit);
	add_descriptors(&w, edit);
	return section_end(&w, len);
}
