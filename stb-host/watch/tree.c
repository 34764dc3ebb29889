// SPDX-License-Identifier: GPL-3.0-or-later
/* The box's search in the key tree (FORMATS.md, "Key tree"): which section holds this card's entry,
 * and which auth section vouches for it; of a batch it makes the short form that a card takes. The
 * card checks all of it again. */
#include "base/mem.h"
#include "watch/watch_private.h"

static bool
is_here(const struct watch *w, uint16_t operator_id, uint32_t address, uint32_t *leaf)
{
	struct emm_bucket bucket;

	return watch_is_ours(w, operator_id, leaf) &&
	       emm_bucket_from_address(address, &bucket) == RC_OK &&
	       emm_bucket_holds(&bucket, *leaf);
}

/* Place of the entry for a leaf with this profile; count: there is none. */
static size_t
find_entry(uint32_t leaf, uint8_t profile, const uint8_t *section, size_t count,
	   enum rc (*entry_at)(const uint8_t *, size_t, struct emm_tree_entry *))
{
	struct emm_tree_entry e;
	bool is_for;

	for (size_t i = 0; i < count; i++) {
		if (entry_at(section, i, &e) == RC_OK &&
		    emm_tree_entry_is_for(&e, leaf, &is_for) == RC_OK && is_for &&
		    e.complete == (profile == CA_TREE_SMALL))
			return i;
	}
	return count;
}

static void
take_auth(struct watch *w, const uint8_t *section, size_t len, const struct emm_auth *a)
{
	struct tree_memory *m = &w->tree;
	struct tree_auth *next = &m->auths[m->next_auth];

	for (size_t i = 0; i < TREE_AUTHS; i++) {
		if (m->auths[i].len == len && memcmp(m->auths[i].section, section, len) == 0)
			return;
	}
	m->next_auth = (m->next_auth + 1) % TREE_AUTHS;
	next->len = len;
	memcpy(next->section, section, len);
	next->parsed = *a;
}

static const struct tree_auth *
find_auth(const struct watch *w, const uint8_t *section, size_t len)
{
	uint8_t hash[EMM_TRUNCATED_HASH];

	if (emm_section_hash(w->options.crypto, section, len, hash) != RC_OK)
		return NULL;
	for (size_t i = 0; i < TREE_AUTHS; i++) {
		const struct tree_auth *a = &w->tree.auths[i];

		for (size_t k = 0; a->len > 0 && k < a->parsed.count; k++) {
			if (memcmp(a->parsed.hashes[k], hash, sizeof hash) == 0)
				return a;
		}
	}
	return NULL;
}

static void
hand_over(struct watch *w, const uint8_t *section, size_t len)
{
	if (w->options.live)
		watch_emm_enqueue(w, section, len);
	else
		watch_emm_to_card(w, section, len);
}

/* What this card has of an operator's tree is asked when the first section might be for it. */
static bool
has_labels(struct watch *w, uint16_t operator_id, uint8_t *profile)
{
	struct tree_memory *m = &w->tree;

	*profile = CA_TREE_NONE;
	for (size_t i = 0; i < m->asked_count; i++) {
		if (m->asked[i].operator_id == operator_id) {
			*profile = m->asked[i].profile;
			return *profile != CA_TREE_NONE;
		}
	}
	if (ca_session_use(w->session, operator_id) != RC_OK ||
	    ca_read_tree(w->session, profile) != RC_OK)
		*profile = CA_TREE_NONE;
	if (m->asked_count < OPERATORS_MAX) {
		m->asked[m->asked_count].operator_id = operator_id;
		m->asked[m->asked_count++].profile = *profile;
	}
	return *profile != CA_TREE_NONE;
}

static void
on_tree_section(struct watch *w, const uint8_t *section, size_t len)
{
	const struct tree_auth *auth;
	struct emm_tree_key key;
	struct emm_header h;
	uint32_t leaf;
	uint8_t profile;
	size_t count;

	if (emm_tree_parse(section, len, &h, &key, &count) != RC_OK ||
	    !is_here(w, h.operator_id, h.address, &leaf) ||
	    !has_labels(w, h.operator_id, &profile) ||
	    find_entry(leaf, profile, section, count, emm_tree_entry_at) == count)
		return;
	if (watch_emm_is_known(w, section, len)) {
		w->stats.emms_repeated++;
		return;
	}
	auth = find_auth(w, section, len);
	if (auth) { /* else the next turn of the carousel brings it */
		hand_over(w, auth->section, auth->len);
		hand_over(w, section, len);
	}
}

static void
on_auth_section(struct watch *w, const uint8_t *section, size_t len)
{
	struct emm_auth a;
	uint32_t leaf;

	if (emm_auth_parse(section, len, &a) == RC_OK &&
	    is_here(w, a.operator_id, emm_bucket_address(&a.bucket), &leaf))
		take_auth(w, section, len, &a);
}

static void
on_batch(struct watch *w, const uint8_t *section, size_t len)
{
	uint8_t extract[EMM_MAX];
	struct emm_tree_key key;
	struct emm_header h;
	size_t count, place, extract_len;
	uint32_t leaf;
	uint8_t profile;

	if (emm_batch_parse(section, len, &h, &key, &count) != RC_OK ||
	    !is_here(w, h.operator_id, h.address, &leaf) || !has_labels(w, h.operator_id, &profile))
		return;
	place = find_entry(leaf, profile, section, count, emm_batch_entry_at);
	if (place == count || emm_batch_extract(w->options.crypto, section, len, place,
						&w->tree.work, extract, &extract_len) != RC_OK)
		return;
	if (watch_emm_is_known(w, extract, extract_len))
		w->stats.emms_repeated++;
	else
		hand_over(w, extract, extract_len);
}

bool
watch_tree_section(struct watch *w, const uint8_t *section, size_t len)
{
	if (len < EMM_AUTH_HEADER ||
	    (section[0] != EMM_TREE && section[0] != EMM_AUTH && section[0] != EMM_BATCH))
		return false;
	if (!w->options.crypto || w->failed != RC_OK || w->card_is_gone)
		return true;
	if (section[0] == EMM_TREE)
		on_tree_section(w, section, len);
	else if (section[0] == EMM_AUTH)
		on_auth_section(w, section, len);
	else
		on_batch(w, section, len);
	return true;
}
