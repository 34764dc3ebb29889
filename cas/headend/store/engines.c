// SPDX-License-Identifier: GPL-3.0-or-later
/* Which engine a name means; new tables and migrations on any of them. */
#include "headend/store/driver.h"

#include <stdio.h>
#include <string.h>

bool
store_is_address(const char *name)
{
	return strncmp(name, "postgresql://", 13) == 0 || strncmp(name, "postgres://", 11) == 0;
}

void
store_label(const char *name, char label[STORE_WHY])
{
	const char *host = strstr(name, "://"), *at, *colon;
	size_t end = strcspn(name, "?");

	if (!store_is_address(name) || !host) {
		snprintf(label, STORE_WHY, "%s", name);
		return;
	}
	host += 3;
	at = memchr(host, '@', strcspn(host, "/?"));
	colon = at ? memchr(host, ':', (size_t)(at - host)) : NULL;
	if (!colon) {
		snprintf(label, STORE_WHY, "%.*s", (int)end, name);
		return;
	}
	snprintf(label, STORE_WHY, "%.*s%.*s", (int)(colon - name), name,
		 (int)(end - (size_t)(at - name)), at);
}

static const struct store_driver *
driver_of(const char *name, char why[STORE_WHY])
{
	(void)why;
	if (!store_is_address(name))
		return &store_sqlite;
#ifdef TESSERA_POSTGRES
	return &store_postgres;
#else
	snprintf(why, STORE_WHY, "this program was built without PostgreSQL (libpq-dev)");
	return NULL;
#endif
}

static enum rc
fill(struct store *s)
{
	enum rc rc = s->driver->prepare(s);

	if (rc == RC_OK)
		rc = store_begin(s);
	if (rc == RC_OK)
		rc = s->driver->script(s, store_schema);
	if (rc == RC_OK) /* an ISO C string has 4,095 characters at most */
		rc = s->driver->script(s, store_from_version_2);
	if (rc == RC_OK)
		rc = s->driver->script(s, store_more_from_version_2);
	if (rc == RC_OK)
		rc = s->driver->identify(s, STORE_APPLICATION, STORE_VERSION);
	if (rc == RC_OK)
		rc = store_run(s, "INSERT INTO meta(name, number) VALUES('change', 0)", "");
	if (rc == RC_OK && s->driver->creates_in_transaction) {
		s->creating = true;
		return RC_OK;
	}
	return store_end(s, rc);
}

enum rc
store_create(const char *name, struct store **out, char why[STORE_WHY])
{
	const struct store_driver *driver = driver_of(name, why);
	struct store *s = NULL;
	enum rc rc;

	if (!driver)
		return RC_REFUSED;
	rc = driver->create(name, &s, why);
	if (rc != RC_OK)
		return rc;
	rc = fill(s);
	if (rc == RC_OK) {
		*out = s;
		return RC_OK;
	}
	memcpy(why, s->why, STORE_WHY);
	store_close(&s);
	driver->discard(name);
	return rc;
}

/* In one transaction, so that an older program finds its own version or a newer one. */
static enum rc
migrate(struct store *s, int64_t version)
{
	enum rc rc = store_begin(s);

	if (rc != RC_OK)
		return rc;
	if (version == 1)
		rc = s->driver->script(s, store_from_version_1);
	if (rc == RC_OK)
		rc = s->driver->script(s, store_from_version_2);
	if (rc == RC_OK)
		rc = s->driver->script(s, store_more_from_version_2);
	if (rc == RC_OK)
		rc = s->driver->identify(s, STORE_APPLICATION, STORE_VERSION);
	return store_end(s, rc);
}

static enum rc
check_identity(struct store *s)
{
	int64_t application = 0, version = 0;
	enum rc rc = s->driver->identity(s, &application, &version);

	if (rc != RC_OK)
		return rc;
	if (application != STORE_APPLICATION) {
		snprintf(s->why, sizeof s->why, "not a database of tessera-headend");
		return RC_FORMAT;
	}
	if (version == 1 || version == 2) {
		rc = s->driver->prepare(s);
		return rc == RC_OK ? migrate(s, version) : rc;
	}
	if (version != STORE_VERSION) {
		snprintf(s->why, sizeof s->why, "database version %lld, this program knows %d",
			 (long long)version, STORE_VERSION);
		return RC_VERSION;
	}
	return s->driver->prepare(s);
}

enum rc
store_open(const char *name, struct store **out, char why[STORE_WHY])
{
	const struct store_driver *driver = driver_of(name, why);
	struct store *s = NULL;
	enum rc rc;

	if (!driver)
		return RC_REFUSED;
	rc = driver->connect(name, &s, why);
	if (rc != RC_OK)
		return rc;
	rc = check_identity(s);
	if (rc == RC_OK) {
		*out = s;
		return RC_OK;
	}
	memcpy(why, s->why, STORE_WHY);
	store_close(&s);
	return rc;
}
