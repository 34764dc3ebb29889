// SPDX-License-Identifier: GPL-3.0-or-later
/* Readers of pcscd through libpcsclite (PC/SC part 5). The card is taken exclusively: what is
 * selected and verified belongs to one program. */
#include "reader/transport.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <winscard.h>

#define READERS_MAX 16
#define CARD_COMES_MS 5000 /* pcscd polls its readers; after a start it takes a second */

struct pcsc {
	SCARDCONTEXT context;
	SCARDHANDLE card;
	DWORD protocol;
	bool is_connected;
};

static enum rc
result_rc(LONG result)
{
	switch (result) {
	case SCARD_S_SUCCESS:
		return RC_OK;
	case SCARD_E_TIMEOUT:
		return RC_TIMEOUT;
	case SCARD_E_SHARING_VIOLATION:
		return RC_CONFLICT;
	case SCARD_E_INSUFFICIENT_BUFFER:
		return RC_SPACE;
	case SCARD_E_NO_MEMORY:
		return RC_NO_MEMORY;
	case SCARD_E_UNKNOWN_READER:
	case SCARD_E_NO_READERS_AVAILABLE:
		return RC_NOT_FOUND;
	default:
		return RC_READER;
	}
}

static enum rc
explain(LONG result, const char *what, char why[READER_WHY])
{
	if (result == SCARD_E_NO_SERVICE)
		snprintf(why, READER_WHY, "pcscd is not running");
	else if (result == SCARD_E_SHARING_VIOLATION)
		snprintf(why, READER_WHY, "another program uses the card");
	else if (result == SCARD_E_NO_READERS_AVAILABLE)
		snprintf(why, READER_WHY, "pcscd has no reader");
	else
		snprintf(why, READER_WHY, "%s: %s", what, pcsc_stringify_error(result));
	return result_rc(result);
}

/* Names one after another, ended by an empty one; *names from SCardListReaders. */
static size_t
fill_states(const char *names, SCARD_READERSTATE states[READERS_MAX])
{
	size_t n = 0;

	for (const char *p = names; *p && n < READERS_MAX; p += strlen(p) + 1) {
		memset(&states[n], 0, sizeof states[n]);
		states[n].szReader = p;
		states[n].dwCurrentState = SCARD_STATE_UNAWARE;
		n++;
	}
	return n;
}

static LONG
list_names(SCARDCONTEXT context, char **names)
{
	DWORD size = 0;
	LONG result = SCardListReaders(context, NULL, NULL, &size);

	*names = NULL;
	if (result != SCARD_S_SUCCESS)
		return result;
	*names = calloc(1, (size_t)size + 2);
	if (!*names)
		return SCARD_E_NO_MEMORY;
	result = SCardListReaders(context, NULL, *names, &size);
	if (result != SCARD_S_SUCCESS) {
		free(*names);
		*names = NULL;
	}
	return result;
}

static const char *
pick(const SCARD_READERSTATE *states, size_t n, const char *part, bool *known)
{
	*known = false;
	for (size_t i = 0; i < n; i++) {
		if (!strstr(states[i].szReader, part))
			continue;
		*known = true;
		if (states[i].dwEventState & SCARD_STATE_PRESENT)
			return states[i].szReader;
	}
	return NULL;
}

/* The first reader with a card whose name contains part; waits for one. name: READER_NAME_MAX. */
static enum rc
find_card(struct pcsc *p, const char *part, char *name, char why[READER_WHY])
{
	SCARD_READERSTATE states[READERS_MAX];
	char *names = NULL;
	const char *found = NULL;
	bool known = false;
	LONG result = list_names(p->context, &names);
	size_t n;

	if (result != SCARD_S_SUCCESS)
		return explain(result, "list of readers", why);
	n = fill_states(names, states);
	for (unsigned int round = 0; !found && n > 0; round++) {
		result = SCardGetStatusChange(p->context, round == 0 ? 0 : CARD_COMES_MS, states,
					      (DWORD)n);
		if (result != SCARD_S_SUCCESS)
			break;
		found = pick(states, n, part, &known);
		if (!known)
			break;
		for (size_t i = 0; i < n; i++)
			states[i].dwCurrentState = states[i].dwEventState;
	}
	if (found)
		snprintf(name, READER_NAME_MAX, "%s", found);
	else if (known)
		snprintf(why, READER_WHY, "no card in the reader");
	else
		snprintf(why, READER_WHY, "no reader with \"%s\" in its name", part);
	free(names);
	if (found)
		return RC_OK;
	return known ? RC_TIMEOUT : RC_NOT_FOUND;
}

static void
pcsc_close(void *ctx)
{
	struct pcsc *p = ctx;

	if (!p)
		return;
	if (p->is_connected)
		(void)SCardDisconnect(p->card, SCARD_RESET_CARD);
	(void)SCardReleaseContext(p->context);
	free(p);
}

static enum rc
pcsc_open(const char *address, void **ctx, char name[READER_NAME_MAX], char why[READER_WHY])
{
	struct pcsc *p = calloc(1, sizeof *p);
	LONG result;
	enum rc rc;

	if (!p)
		return RC_NO_MEMORY;
	result = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context);
	if (result != SCARD_S_SUCCESS) {
		free(p);
		return explain(result, "pcscd", why);
	}
	rc = find_card(p, address, name, why);
	if (rc == RC_OK) {
		result =
			SCardConnect(p->context, name, SCARD_SHARE_EXCLUSIVE,
				     SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &p->card, &p->protocol);
		p->is_connected = result == SCARD_S_SUCCESS;
		if (!p->is_connected)
			rc = explain(result, name, why);
	}
	if (rc != RC_OK) {
		pcsc_close(p);
		return rc;
	}
	*ctx = p;
	return RC_OK;
}

static enum rc
pcsc_atr(void *ctx, uint8_t atr[ATR_MAX], size_t *len)
{
	struct pcsc *p = ctx;
	DWORD size = ATR_MAX, names_len = 0;
	LONG result = SCardStatus(p->card, NULL, &names_len, NULL, NULL, atr, &size);

	if (result != SCARD_S_SUCCESS)
		return result_rc(result);
	*len = (size_t)size;
	return RC_OK;
}

static enum rc
pcsc_reset(void *ctx)
{
	struct pcsc *p = ctx;

	return result_rc(SCardReconnect(p->card, SCARD_SHARE_EXCLUSIVE,
					SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, SCARD_RESET_CARD,
					&p->protocol));
}

static enum rc
pcsc_transmit(void *ctx, const uint8_t *cmd, size_t cmd_len, uint8_t *rsp, size_t cap,
	      size_t *rsp_len)
{
	struct pcsc *p = ctx;
	const SCARD_IO_REQUEST *pci =
		p->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
	DWORD got = (DWORD)cap;
	LONG result = SCardTransmit(p->card, pci, cmd, (DWORD)cmd_len, NULL, rsp, &got);

	if (result != SCARD_S_SUCCESS)
		return result_rc(result);
	*rsp_len = (size_t)got;
	return RC_OK;
}

static enum rc
fill_list(const SCARD_READERSTATE *states, size_t n, struct reader_entry **list, size_t *count)
{
	struct reader_entry *entries = calloc(n ? n : 1, sizeof *entries);

	if (!entries)
		return RC_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		size_t atr_len = (size_t)states[i].cbAtr;

		snprintf(entries[i].spec, sizeof entries[i].spec, "pcsc:%s", states[i].szReader);
		entries[i].has_card = (states[i].dwEventState & SCARD_STATE_PRESENT) != 0;
		entries[i].atr_len = atr_len > ATR_MAX ? ATR_MAX : atr_len;
		memcpy(entries[i].atr, states[i].rgbAtr, entries[i].atr_len);
	}
	*list = entries;
	*count = n;
	return RC_OK;
}

enum rc
pcsc_list(struct reader_entry **list, size_t *count, char why[READER_WHY])
{
	SCARD_READERSTATE states[READERS_MAX];
	SCARDCONTEXT context = 0;
	char *names = NULL;
	size_t n = 0;
	enum rc rc;
	LONG result = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);

	if (result != SCARD_S_SUCCESS)
		return explain(result, "pcscd", why);
	result = list_names(context, &names);
	if (result == SCARD_S_SUCCESS) {
		n = fill_states(names, states);
		result = n > 0 ? SCardGetStatusChange(context, 0, states, (DWORD)n)
			       : SCARD_S_SUCCESS;
	}
	if (result == SCARD_S_SUCCESS || result == SCARD_E_TIMEOUT ||
	    result == SCARD_E_NO_READERS_AVAILABLE)
		rc = fill_list(states, n, list, count);
	else
		rc = explain(result, "list of readers", why);
	free(names);
	(void)SCardReleaseContext(context);
	return rc;
}

const struct transport transport_pcsc = {
	"pcsc", pcsc_open, pcsc_close, pcsc_atr, pcsc_reset, pcsc_transmit,
};
