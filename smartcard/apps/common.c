// SPDX-License-Identifier: GPL-3.0-or-later
/* Status words of results, and what applications share. */
#include "apps/common.h"

#include "base/status_word.h"

uint16_t
app_status(enum rc rc)
{
	if (rc == RC_OK)
		return SW_OK;
	if (rc == RC_AUTH)
		return SW_SECURITY_STATUS;
	if (rc == RC_IO)
		return SW_MEMORY;
	if (rc == RC_SPACE)
		return SW_MEMORY_FULL;
	if (rc == RC_FORMAT || rc == RC_TRUNCATED || rc == RC_VERSION || rc == RC_REFUSED)
		return SW_DATA;
	return SW_FAULT;
}
