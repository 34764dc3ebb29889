// SPDX-License-Identifier: GPL-3.0-or-later
/* PMT and CAT of the output. On a PID that carries a PMT to be changed all sections are packed
 * anew, the others as they are; the PAT and every other PID are not touched. Versions run ahead of
 * the input's by a step that grows whenever our own part changes (ISO/IEC 13818-1 2.4.4.9; EN 300
 * 468 6.2.32). What an earlier scrambling by the same operator left there is replaced: a receiver
 * would take the first of two descriptors of its own. */
#include "mux/mux_private.h"

#include "base/bytes.h"

static const uint8_t scrambling_cissa[] = { PSI_TAG_SCRAMBLING, 1, PSI_SCRAMBLING_CISSA };

struct rewriting {
	struct mux *m;
	uint16_t pid;
	enum rc rc;
};

static void
describe(const struct mux *m, uint16_t pid, uint8_t private_data[CA_PRIVATE], struct psi_ca *ca)
{
	put_be16(private_data, m->options.operator_id);
	private_data[2] = 0x01;
	*ca = (struct psi_ca) { m->options.ca_system_id, pid, private_data, CA_PRIVATE };
}

static enum rc
add_section(struct mux *m, const uint8_t *section, size_t len)
{
	if (len > sizeof m->sections - m->sections_len)
		return mux_fail(m, RC_SPACE, "too many sections in one packet");
	memcpy(m->sections + m->sections_len, section, len);
	m->sections_len += len;
	return RC_OK;
}

static enum rc
add_pmt(struct mux *m, struct service *s, const struct psi_pmt *pmt)
{
	uint8_t private_data[CA_PRIVATE], out[PSI_SECTION_MAX];
	struct psi_edit edit = { 0 };
	struct psi_ca ca;
	size_t len;
	enum rc rc;

	describe(m, s->ecm_packetiser.pid, private_data, &ca);
	edit.version = (pmt->h.version + s->pmt_step) & 31U;
	edit.add_ca = edit.replace_ca = &ca;
	edit.remove_tag = PSI_TAG_SCRAMBLING;
	if (m->options.cipher == SCR_CISSA) {
		edit.add_first = scrambling_cissa;
		edit.add_first_len = sizeof scrambling_cissa;
	}
	rc = psi_pmt_edit(pmt, &edit, out, &len);
	if (rc != RC_OK)
		return mux_fail(m, rc, "the PMT of service %u has no room for a CA_descriptor",
				(unsigned int)s->id);
	if (!s->pmt_sent) {
		s->ecm_now = s->keyed;
		m->attention = true;
	}
	s->pmt_sent = true;
	return add_section(m, out, len);
}

static enum rc
add_cat(struct mux *m, const struct psi_cat *cat)
{
	uint8_t private_data[CA_PRIVATE], out[PSI_SECTION_MAX];
	struct psi_edit edit = { 0 };
	struct psi_ca ca;
	size_t len;
	enum rc rc;

	describe(m, m->emm_packetiser.pid, private_data, &ca);
	if (m->cat_follows_own)
		m->cat_step = (uint8_t)((m->cat_version + 1U - cat->h.version) & 31U);
	m->cat_follows_own = false;
	edit.version = (cat->h.version + m->cat_step) & 31U;
	edit.replace_ca = &ca;
	if (cat->h.section == 0)
		edit.add_ca = &ca;
	rc = psi_cat_edit(cat, &edit, out, &len);
	if (rc != RC_OK)
		return mux_fail(m, rc, "the CAT has no room for a CA_descriptor");
	m->cat_version = edit.version;
	m->cat_sent = true;
	return add_section(m, out, len);
}

static void
on_section(void *ctx, const uint8_t *section, size_t len)
{
	struct rewriting *r = ctx;
	struct service *s = NULL;
	struct psi_pmt pmt;
	struct psi_cat cat;

	if (r->rc != RC_OK)
		return;
	if (r->pid == TS_PID_CAT) {
		if (psi_cat_parse(section, len, &cat) == RC_OK)
			r->rc = add_cat(r->m, &cat);
		else
			r->rc = add_section(r->m, section, len);
		return;
	}
	if (psi_pmt_parse(section, len, &pmt) == RC_OK)
		s = mux_service(r->m, pmt.h.extension);
	r->rc = s != NULL ? add_pmt(r->m, s, &pmt) : add_section(r->m, section, len);
}

enum rc
rewrite_emit(struct mux *m, struct ts_packetiser *p, bool own)
{
	size_t packets = 0;
	enum rc rc = ts_packetise(p, m->sections, m->sections_len, m->packets, sizeof m->packets,
				  &packets);

	m->sections_len = 0;
	for (size_t i = 0; i < packets && rc == RC_OK; i++) {
		const uint8_t *packet = m->packets + i * TS_SIZE;

		rc = own ? mux_push_own(m, packet) : mux_push(m, packet, NULL);
	}
	return rc;
}

/* The output's counter goes on from the input's first packet. A CAT that follows one of our own
 * goes on from ours, with a version that differs. */
static struct ts_packetiser *
packetiser_of(struct mux *m, struct psi_pid *p, const uint8_t *packet)
{
	bool is_cat = ts_pid(packet) == TS_PID_CAT;
	struct ts_packetiser *packetiser = is_cat ? &m->cat_packetiser : &p->packetiser;

	if (!p->has_cc && is_cat && m->cat_sent)
		m->cat_follows_own = true;
	else if (!p->has_cc)
		packetiser->cc = ts_get_cc(packet);
	p->has_cc = true;
	return packetiser;
}

enum rc
rewrite_packet(struct mux *m, const uint8_t *packet)
{
	struct rewriting r = { m, ts_pid(packet), RC_OK };
	struct psi_pid *p = m->psi[r.pid];
	struct ts_packetiser *packetiser = packetiser_of(m, p, packet);

	section_feed(&p->out, packet, on_section, &r);
	if (r.rc != RC_OK || m->sections_len == 0)
		return r.rc;
	return rewrite_emit(m, packetiser, false);
}

enum rc
rewrite_resend_pmt(struct mux *m, struct service *s)
{
	const struct program *program = mux_program(m, s->id);
	struct psi_pmt pmt;
	enum rc rc;

	if (program == NULL || program->pmt_len == 0 || m->psi[program->pmt_pid] == NULL ||
	    !m->psi[program->pmt_pid]->has_cc ||
	    psi_pmt_parse(program->pmt, program->pmt_len, &pmt) != RC_OK)
		return RC_OK;
	rc = add_pmt(m, s, &pmt);
	return rc == RC_OK ? rewrite_emit(m, &m->psi[program->pmt_pid]->packetiser, true) : rc;
}

enum rc
rewrite_own_cat(struct mux *m)
{
	static const struct psi_cat empty = { { PSI_TABLE_CAT, 0xFFFF, 0, true, 0, 0 },
					      { NULL, 0 } };
	enum rc rc = add_cat(m, &empty);

	return rc == RC_OK ? rewrite_emit(m, &m->cat_packetiser, true) : rc;
}
