// SPDX-License-Identifier: GPL-3.0-or-later
/* Inspection: packets → sections → tables and messages (ISO/IEC 13818-1 2.4.4, FORMATS.md). */
#include "inspect/inspect.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/time2000.h"
#include "derive/ladder.h"
#include "inspect/seen.h"
#include "stream/section.h"
#include "stream/sync.h"

#define PRIVATE_SIZE 3 /* operator u16, version u8 */

struct watched {
	struct inspect_pid count;
	struct section_assembler *sections; /* NULL: not looked into */
};

struct inspect {
	const struct crypto *crypto;
	const struct lab_keys *keys;
	struct inspect_events events;
	struct ts_sync sync;
	struct seen seen;
	struct watched pids[TS_PIDS];
	uint16_t pid;  /* of the section that is being looked at */
	enum rc fault; /* first failure inside a callback */
};

bool
inspect_ca_operator(const struct psi_ca *ca, uint16_t *operator_id)
{
	if (ca->private_len < PRIVATE_SIZE || ca->private_data[2] != INSPECT_PRIVATE_VERSION)
		return false;
	*operator_id = get_be16(ca->private_data);
	return true;
}

/* Begins to look into a PID; the first kind that claims it keeps it. */
static void
watch(struct inspect *i, uint16_t pid, enum inspect_kind kind, uint16_t service_id)
{
	struct watched *w = &i->pids[pid & (TS_PIDS - 1)];

	if (w->sections || pid >= TS_PID_NULL)
		return;
	w->sections = malloc(sizeof *w->sections);
	if (!w->sections) {
		i->fault = RC_NO_MEMORY;
		return;
	}
	section_init(w->sections);
	w->count.kind = kind;
	w->count.service_id = service_id;
}

static void
watch_ca(struct inspect *i, struct psi_loop descriptors, enum inspect_kind kind,
	 uint16_t service_id)
{
	struct psi_descriptor d;
	struct psi_ca ca;
	uint16_t operator_id;

	while (psi_descriptor_next(&descriptors, &d)) {
		if (psi_ca_parse(&d, &ca) && inspect_ca_operator(&ca, &operator_id))
			watch(i, ca.pid, kind, service_id);
	}
}

static enum rc
on_pat(struct inspect *i, const uint8_t *section, size_t len)
{
	struct psi_program program;
	struct psi_loop loop;
	struct psi_pat pat;
	enum rc rc = psi_pat_parse(section, len, &pat);

	if (rc != RC_OK)
		return rc;
	if (i->events.pat)
		i->events.pat(i->events.ctx, &pat);
	loop = pat.programs;
	while (psi_program_next(&loop, &program)) {
		if (program.number != 0)
			watch(i, program.pid, INSPECT_PMT, program.number);
	}
	return RC_OK;
}

static enum rc
on_pmt(struct inspect *i, const uint8_t *section, size_t len)
{
	struct psi_stream stream;
	struct psi_loop loop;
	struct psi_pmt pmt;
	enum rc rc;

	if (section[0] != PSI_TABLE_PMT)
		return RC_OK; /* other tables may share the PID */
	rc = psi_pmt_parse(section, len, &pmt);
	if (rc != RC_OK)
		return rc;
	if (i->events.pmt)
		i->events.pmt(i->events.ctx, i->pid, &pmt);
	watch_ca(i, pmt.descriptors, INSPECT_ECM, pmt.h.extension);
	loop = pmt.streams;
	while (psi_stream_next(&loop, &stream))
		watch_ca(i, stream.descriptors, INSPECT_ECM, pmt.h.extension);
	return RC_OK;
}

static enum rc
on_cat(struct inspect *i, const uint8_t *section, size_t len)
{
	struct psi_cat cat;
	enum rc rc;

	if (section[0] != PSI_TABLE_CAT)
		return RC_OK;
	rc = psi_cat_parse(section, len, &cat);
	if (rc != RC_OK)
		return rc;
	if (i->events.cat)
		i->events.cat(i->events.ctx, &cat);
	watch_ca(i, cat.descriptors, INSPECT_EMM, 0);
	return RC_OK;
}

/* Opens with the epoch key, when there is one; otherwise leaves what was parsed. */
static void
open_ecm(struct inspect *i, const uint8_t *section, size_t len, struct inspect_ecm *e)
{
	const uint8_t *epoch_key = lab_keys_epoch(i->keys, e->ecm.group, e->ecm.epoch);
	uint8_t service_key[CRYPTO_KEY];
	struct ecm opened;
	enum rc rc;

	e->opened = INSPECT_CLOSED;
	if (!epoch_key)
		return;
	rc = ladder_service_key(i->crypto, epoch_key, e->ecm.operator_id, e->ecm.service_id,
				service_key);
	if (rc == RC_OK)
		rc = ecm_open(i->crypto, service_key, section, len, &opened);
	if (rc == RC_OK) {
		e->ecm = opened;
		e->opened = INSPECT_OPENED;
		mem_wipe(&opened, sizeof opened);
	} else if (rc == RC_AUTH) {
		e->opened = INSPECT_WRONG;
	} else {
		i->fault = rc;
	}
	mem_wipe(service_key, sizeof service_key);
}

/* The word of the other parity is that of the next period. */
static void
add_logged(const struct inspect *i, struct inspect_ecm *e)
{
	for (unsigned int parity = 0; parity < 2; parity++) {
		uint32_t period = e->ecm.period + (parity != (e->ecm.period & 1) ? 1 : 0);
		size_t n = 0;

		e->logged[parity] = lab_keys_word(i->keys, e->ecm.service_id, period, parity, &n);
		if (e->logged[parity])
			e->logged_len = n;
	}
}

static enum rc
on_ecm(struct inspect *i, const uint8_t *section, size_t len)
{
	struct inspect_ecm e = { .pid = i->pid, .len = len };
	enum rc rc = ecm_parse(section, len, &e.ecm);

	if (rc != RC_OK)
		return rc;
	open_ecm(i, section, len, &e);
	add_logged(i, &e);
	if (i->events.ecm)
		i->events.ecm(i->events.ctx, &e);
	mem_wipe(&e, sizeof e);
	return RC_OK;
}

/* Body in room for EMM_BODY_MAX. */
static void
open_emm(struct inspect *i, const uint8_t *section, size_t len, struct inspect_emm *e,
	 uint8_t *body)
{
	const uint8_t *card_key = lab_keys_card(i->keys, e->header.address);
	bool ciphered = (e->header.flags & EMM_CIPHERED) != 0;
	struct emm_keys keys;
	enum rc rc = RC_OK;

	e->opened = ciphered ? INSPECT_CLOSED : INSPECT_CLEAR;
	if (ciphered && !card_key)
		return;
	if (ciphered)
		rc = ladder_derive(i->crypto, card_key, LABEL_EMM_ENC, NULL, 0, keys.enc);
	if (ciphered && rc == RC_OK)
		rc = ladder_derive(i->crypto, card_key, LABEL_EMM_MAC, NULL, 0, keys.mac);
	if (rc == RC_OK)
		rc = emm_open(i->crypto, section, len, ciphered ? &keys : NULL, body, &e->body_len);
	if (rc == RC_OK) {
		e->body = body;
		e->opened = ciphered ? INSPECT_OPENED : INSPECT_CLEAR;
	} else if (rc == RC_AUTH) {
		e->opened = INSPECT_WRONG;
	} else {
		i->fault = rc;
	}
	mem_wipe(&keys, sizeof keys);
}

static enum rc
parse_auth(const uint8_t *section, size_t len, struct inspect_emm *e)
{
	struct emm_auth a;
	enum rc rc = emm_auth_parse(section, len, &a);

	if (rc != RC_OK)
		return rc;
	e->entries = a.count;
	e->header = (struct emm_header) { .table_id = EMM_AUTH,
					  .operator_id = a.operator_id,
					  .address = emm_bucket_address(&a.bucket),
					  .flags = EMM_SIGNED,
					  .signing_version = a.signing_version,
					  .part = 1,
					  .parts = 1,
					  .valid_until = TIME2000_NO_END };
	return RC_OK;
}

/* Sections of the key tree, which have no commands. */
static enum rc
on_tree(struct inspect *i, const uint8_t *section, size_t len)
{
	struct inspect_emm e = { .pid = i->pid, .len = len, .opened = INSPECT_CLEAR };
	enum rc rc;

	if (section[0] == EMM_AUTH)
		rc = parse_auth(section, len, &e);
	else if (section[0] == EMM_TREE)
		rc = emm_tree_parse(section, len, &e.header, &e.tree, &e.entries);
	else
		rc = emm_batch_parse(section, len, &e.header, &e.tree, &e.entries);
	if (rc == RC_OK && i->events.emm)
		i->events.emm(i->events.ctx, &e);
	return rc;
}

static enum rc
on_emm(struct inspect *i, const uint8_t *section, size_t len)
{
	struct inspect_emm e = { .pid = i->pid, .len = len };
	uint8_t body[EMM_BODY_MAX];
	enum rc rc;

	if (section[0] == EMM_TREE || section[0] == EMM_AUTH || section[0] == EMM_BATCH)
		return on_tree(i, section, len);
	rc = emm_parse(section, len, &e.header);
	if (rc != RC_OK)
		return rc;
	open_emm(i, section, len, &e, body);
	if (i->events.emm)
		i->events.emm(i->events.ctx, &e);
	mem_wipe(body, sizeof body);
	return RC_OK;
}

static enum rc
look_into(struct inspect *i, enum inspect_kind kind, const uint8_t *section, size_t len)
{
	switch (kind) {
	case INSPECT_PAT:
		return on_pat(i, section, len);
	case INSPECT_CAT:
		return on_cat(i, section, len);
	case INSPECT_PMT:
		return on_pmt(i, section, len);
	case INSPECT_ECM:
		return on_ecm(i, section, len);
	case INSPECT_EMM:
		return on_emm(i, section, len);
	case INSPECT_OTHER:
		break;
	}
	return RC_OK;
}

static void
on_section(void *ctx, const uint8_t *section, size_t len)
{
	struct inspect *i = ctx;
	struct inspect_pid *count = &i->pids[i->pid].count;
	bool added = false;
	enum rc rc = seen_add(&i->seen, i->crypto, i->pid, section, len, &added);

	if (rc != RC_OK) {
		i->fault = rc;
		return;
	}
	count->sections++;
	if (!added)
		return;
	rc = look_into(i, count->kind, section, len);
	if (rc == RC_OK) {
		count->distinct++;
		return;
	}
	count->damaged++;
	if (i->events.damaged)
		i->events.damaged(i->events.ctx, i->pid, section[0], rc);
}

static void
on_packet(struct inspect *i, const uint8_t *packet)
{
	struct watched *w = &i->pids[ts_pid(packet)];

	w->count.packets++;
	w->count.even += ts_get_scrambling(packet) == TS_EVEN;
	w->count.odd += ts_get_scrambling(packet) == TS_ODD;
	if (!w->sections)
		return;
	i->pid = ts_pid(packet);
	section_feed(w->sections, packet, on_section, i);
	w->count.losses = w->sections->losses;
}

struct inspect *
inspect_new(const struct crypto *c, const struct lab_keys *keys,
	    const struct inspect_events *events)
{
	struct inspect *i = calloc(1, sizeof *i);

	if (!i)
		return NULL;
	i->crypto = c;
	i->keys = keys;
	i->events = *events;
	ts_sync_init(&i->sync);
	watch(i, TS_PID_PAT, INSPECT_PAT, 0);
	watch(i, TS_PID_CAT, INSPECT_CAT, 0);
	if (i->fault != RC_OK)
		inspect_free(&i);
	return i;
}

void
inspect_free(struct inspect **i)
{
	if (!i || !*i)
		return;
	for (size_t pid = 0; pid < TS_PIDS; pid++)
		free((*i)->pids[pid].sections);
	seen_clear(&(*i)->seen);
	free(*i);
	*i = NULL;
}

enum rc
inspect_feed(struct inspect *i, const uint8_t *data, size_t len)
{
	const uint8_t *packet;

	while (i->fault == RC_OK && (packet = ts_sync_next(&i->sync, &data, &len)) != NULL)
		on_packet(i, packet);
	return i->fault;
}

enum rc
inspect_finish(struct inspect *i)
{
	const uint8_t *packet;

	while (i->fault == RC_OK && (packet = ts_sync_finish(&i->sync)) != NULL)
		on_packet(i, packet);
	if (i->fault != RC_OK)
		return i->fault;
	return i->sync.packets > 0 ? RC_OK : RC_FORMAT;
}

bool
inspect_pid_at(const struct inspect *i, uint16_t pid, struct inspect_pid *out)
{
	if (pid >= TS_PIDS || i->pids[pid].count.packets == 0)
		return false;
	*out = i->pids[pid].count;
	return true;
}

void
inspect_sync(const struct inspect *i, uint64_t *packets, uint64_t *skipped, uint64_t *resyncs)
{
	*packets = i->sync.packets;
	*skipped = i->sync.skipped;
	*resyncs = i->sync.resyncs;
}
