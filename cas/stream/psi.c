// SPDX-License-Identifier: GPL-3.0-or-later
/* PAT, PMT and CAT read (ISO/IEC 13818-1 2.4.4.3 to 2.4.4.9, 2.6.16). Fields through biTStream,
 * whose accessors trust lengths: each is looked at only after its bounds are known. */
#include "stream/psi.h"

#include "base/crc32.h"
#include "stream/section.h"

#include <bitstream/mpeg/psi.h>

enum rc
psi_header_parse(const uint8_t *section, size_t len, struct psi_header *h)
{
	if (len < SECTION_HEADER || len != SECTION_HEADER + (size_t)psi_get_length(section))
		return RC_TRUNCATED;
	if (!psi_get_syntax(section) || len > PSI_SECTION_MAX ||
	    len < PSI_HEADER_SIZE_SYNTAX1 + PSI_CRC_SIZE)
		return RC_FORMAT;
	if (crc32_mpeg(CRC32_START, section, len) != 0)
		return RC_INTEGRITY;
	if (psi_get_section(section) > psi_get_lastsection(section))
		return RC_FORMAT;
	h->table_id = psi_get_tableid(section);
	h->extension = psi_get_tableidext(section);
	h->version = psi_get_version(section);
	h->current = psi_get_current(section);
	h->section = psi_get_section(section);
	h->last_section = psi_get_lastsection(section);
	return RC_OK;
}

static bool
descriptors_fit(struct psi_loop loop)
{
	struct psi_descriptor d;

	while (psi_descriptor_next(&loop, &d))
		;
	return loop.left == 0;
}

static bool
streams_fit(struct psi_loop loop)
{
	struct psi_stream stream;

	while (psi_stream_next(&loop, &stream)) {
		if (!descriptors_fit(stream.descriptors))
			return false;
	}
	return loop.left == 0;
}

/* The header of a table with this table_id, and what lies between header and CRC. */
static enum rc
body_parse(const uint8_t *section, size_t len, uint8_t table_id, struct psi_header *h,
	   struct psi_loop *body)
{
	enum rc rc = psi_header_parse(section, len, h);

	if (rc != RC_OK)
		return rc;
	if (h->table_id != table_id)
		return RC_FORMAT;
	body->p = section + PSI_HEADER_SIZE_SYNTAX1;
	body->left = len - PSI_HEADER_SIZE_SYNTAX1 - PSI_CRC_SIZE;
	return RC_OK;
}

enum rc
psi_pat_parse(const uint8_t *section, size_t len, struct psi_pat *pat)
{
	struct psi_pat got;
	enum rc rc = body_parse(section, len, PSI_TABLE_PAT, &got.h, &got.programs);

	if (rc != RC_OK)
		return rc;
	if (got.programs.left % PAT_PROGRAM_SIZE != 0)
		return RC_FORMAT;
	*pat = got;
	return RC_OK;
}

enum rc
psi_pmt_parse(const uint8_t *section, size_t len, struct psi_pmt *pmt)
{
	struct psi_pmt got;
	struct psi_loop body;
	enum rc rc = body_parse(section, len, PSI_TABLE_PMT, &got.h, &body);

	if (rc != RC_OK)
		return rc;
	if (body.left < PMT_HEADER_SIZE - PSI_HEADER_SIZE_SYNTAX1)
		return RC_FORMAT;
	body.left -= PMT_HEADER_SIZE - PSI_HEADER_SIZE_SYNTAX1;
	got.pcr_pid = pmt_get_pcrpid(section);
	got.descriptors.p = section + PMT_HEADER_SIZE;
	got.descriptors.left = pmt_get_desclength(section);
	if (got.descriptors.left > body.left)
		return RC_FORMAT;
	got.streams.p = got.descriptors.p + got.descriptors.left;
	got.streams.left = body.left - got.descriptors.left;
	if (!descriptors_fit(got.descriptors) || !streams_fit(got.streams))
		return RC_FORMAT;
	*pmt = got;
	return RC_OK;
}

enum rc
psi_cat_parse(const uint8_t *section, size_t len, struct psi_cat *cat)
{
	struct psi_cat got;
	enum rc rc = body_parse(section, len, PSI_TABLE_CAT, &got.h, &got.descriptors);

	if (rc != RC_OK)
		return rc;
	if (!descriptors_fit(got.descriptors))
		return RC_FORMAT;
	*cat = got;
	return RC_OK;
}

bool
psi_program_next(struct psi_loop *loop, struct psi_program *program)
{
	if (loop->left < PAT_PROGRAM_SIZE)
		return false;
	program->number = patn_get_program(loop->p);
	program->pid = patn_get_pid(loop->p);
	loop->p += PAT_PROGRAM_SIZE;
	loop->left -= PAT_PROGRAM_SIZE;
	return true;
}

bool
psi_stream_next(struct psi_loop *loop, struct psi_stream *stream)
{
	size_t descriptors;

	if (loop->left < PMT_ES_SIZE)
		return false;
	descriptors = pmtn_get_desclength(loop->p);
	if (descriptors > loop->left - PMT_ES_SIZE)
		return false;
	stream->type = pmtn_get_streamtype(loop->p);
	stream->pid = pmtn_get_pid(loop->p);
	stream->descriptors.p = loop->p + PMT_ES_SIZE;
	stream->descriptors.left = descriptors;
	loop->p += PMT_ES_SIZE + descriptors;
	loop->left -= PMT_ES_SIZE + descriptors;
	return true;
}

bool
psi_descriptor_next(struct psi_loop *loop, struct psi_descriptor *d)
{
	if (loop->left < DESC_HEADER_SIZE ||
	    desc_get_length(loop->p) > loop->left - DESC_HEADER_SIZE)
		return false;
	d->tag = desc_get_tag(loop->p);
	d->len = desc_get_length(loop->p);
	d->body = loop->p + DESC_HEADER_SIZE;
	loop->p += DESC_HEADER_SIZE + (size_t)d->len;
	loop->left -= DESC_HEADER_SIZE + (size_t)d->len;
	return true;
}

bool
psi_ca_parse(const struct psi_descriptor *d, struct psi_ca *ca)
{
	const uint8_t *whole = d->body - DESC_HEADER_SIZE;

	if (d->tag != PSI_TAG_CA || d->len < DESC09_HEADER_SIZE - DESC_HEADER_SIZE)
		return false;
	ca->system_id = desc09_get_sysid(whole);
	ca->pid = desc09_get_pid(whole);
	ca->private_data = whole + DESC09_HEADER_SIZE;
	ca->private_len = d->len - (DESC09_HEADER_SIZE - DESC_HEADER_SIZE);
	return true;
}

bool
psi_ca_find(struct psi_loop descriptors, uint16_t system_id, struct psi_ca *ca)
{
	struct psi_descriptor d;
	struct psi_ca found;

	while (psi_descriptor_next(&descriptors, &d)) {
		if (psi_ca_parse(&d, &found) && found.system_id == system_id) {
			*ca = found;
			return true;
		}
	}
	return false;
}
