// SPDX-License-Identifier: GPL-3.0-or-later
/* cas/headend/store: tables that can be spread over machines, names of databases, our SQL in
 * another engine's words. */
#include "headend/store/store.h"
#include "test.h"
#ifdef TESSERA_POSTGRES
#include "headend/store/postgres_sql.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every table of the schema, by the words that follow CREATE TABLE. */
static void
check_tables(const char *schema, const char *citus, size_t *count)
{
	for (const char *p = schema; (p = strstr(p, "CREATE TABLE ")) != NULL; (*count)++) {
		char name[40] = "", line[100];
		const char *end = strchr(p, ';');
		bool sharded;

		p += strlen("CREATE TABLE ");
		CU_ASSERT_FATAL(sscanf(p, "%39[a-z_]", name) == 1 && end != NULL);
		test_row(name);
		sharded = strncmp(p + strlen(name), "(shard INTEGER NOT NULL", 23) == 0;
		for (const char *key = p; sharded && (key = strstr(key, "KEY(")) && key < end;
		     key++)
			CHECK(strncmp(key, "KEY(shard, ", 11) == 0);
		for (const char *key = p; sharded && (key = strstr(key, "UNIQUE(")) && key < end;
		     key++)
			CHECK(strncmp(key, "UNIQUE(shard, ", 14) == 0);
		snprintf(line, sizeof line, "create_%s_table('%s'",
			 sharded || strcmp(name, "voucher") == 0 ? "distributed" : "reference",
			 name);
		CHECK(strstr(citus, line) != NULL);
	}
	test_row("");
}

static void
store__every_key_of_a_card_begins_with_its_shard_and_every_table_can_be_spread(void)
{
	char citus[8192] = "";
	size_t made = 0, spread = 0;
	FILE *file = fopen(TESSERA_SOURCE_DIR "/cas/headend/store/citus.sql", "r");

	CU_ASSERT_FATAL(file != NULL);
	CHECK(fread(citus, 1, sizeof citus - 1, file) > 0);
	fclose(file);
	check_tables(store_schema, citus, &made);
	check_tables(store_from_version_2, citus, &made);
	check_tables(store_more_from_version_2, citus, &made);
	for (const char *p = citus; (p = strstr(p, "SELECT create_")) != NULL; p++)
		spread++;
	CHECK(made == spread);
}

static void
store__an_address_is_shown_without_password_and_parameters(void)
{
	static const struct {
		const char *name, *label;
		bool is_address;
	} rows[] = {
		{ "/home/x/headend.sqlite", "/home/x/headend.sqlite", false },
		{ "postgresqlx://host/db", "postgresqlx://host/db", false },
		{ "postgresql://host/db", "postgresql://host/db", true },
		{ "postgres://host:5433/db", "postgres://host:5433/db", true },
		{ "postgresql://me@host/db", "postgresql://me@host/db", true },
		{ "postgresql://me:secret@host/db", "postgresql://me@host/db", true },
		{ "postgresql://me:s:x@host:5433/db?sslmode=require",
		  "postgresql://me@host:5433/db", true },
		{ "postgresql://host/db?user=me&password=secret@x", "postgresql://host/db", true },
		{ "postgresql://", "postgresql://", true },
	};
	char label[STORE_WHY];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		test_row(rows[i].name);
		CHECK(store_is_address(rows[i].name) == rows[i].is_address);
		store_label(rows[i].name, label);
		CHECK(strcmp(label, rows[i].label) == 0);
	}
	test_row("");
}

static void
store__a_server_that_is_not_there_is_told_without_the_password(void)
{
	struct store *s = NULL;
	char why[STORE_WHY] = "";
	enum rc rc = store_open("postgresql://me:secret@/x?host=/nonexistent", &s, why);

#ifdef TESSERA_POSTGRES
	CHECK_RC(rc, RC_IO);
	CHECK_RC(store_open("postgresql://me:secret@[h/x", &s, why), RC_USAGE);
#else
	CHECK_RC(rc, RC_REFUSED);
#endif
	CHECK(why[0] != '\0' && strstr(why, "secret") == NULL);
}

#ifdef TESSERA_POSTGRES
static void
store__our_sql_is_put_in_the_words_of_postgres(void)
{
	static const struct {
		const char *ours, *theirs;
		bool tables;
	} rows[] = {
		{ "SELECT 1", "SELECT 1", false },
		{ "SELECT a FROM b WHERE c = ? AND d = ?",
		  "SELECT a FROM b WHERE c = $1 AND d = $2", false },
		{ "VALUES(?,?,?,?,?,?,?,?,?,?)", "VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)", false },
		{ "a = '?' AND b = ?", "a = '?' AND b = $1", false },
		{ "a = 'it''s ?' AND b = ?", "a = 'it''s ?' AND b = $1", false },
		{ "x INTEGER, y BLOB", "x INTEGER, y BLOB", false },
		{ "CREATE TABLE t(x INTEGER NOT NULL, y BLOB, z TEXT) WITHOUT ROWID;",
		  "CREATE TABLE t(x BIGINT NOT NULL, y BYTEA, z TEXT);", true },
		{ "SELECT ' INTEGER' WITHOUT ROWID", "SELECT ' INTEGER'", true },
		{ "", "", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *sql = postgres_sql(rows[i].ours, rows[i].tables);

		test_row(rows[i].ours);
		CU_ASSERT_FATAL(sql != NULL);
		CHECK(strcmp(sql, rows[i].theirs) == 0);
		free(sql);
	}
	test_row("");
}

static void
store__failures_of_a_server_are_told_apart(void)
{
	CHECK_RC(postgres_rc("23505"), RC_CONFLICT); /* unique violation */
	CHECK_RC(postgres_rc("55P03"), RC_TIMEOUT);  /* lock not available */
	CHECK_RC(postgres_rc("40P01"), RC_TIMEOUT);  /* deadlock */
	CHECK_RC(postgres_rc("53100"), RC_IO);       /* disk full */
	CHECK_RC(postgres_rc("53200"), RC_NO_MEMORY);
	CHECK_RC(postgres_rc("57P01"), RC_IO); /* shut down by its operator */
	CHECK_RC(postgres_rc("XX001"), RC_INTEGRITY);
	CHECK_RC(postgres_rc("28P01"), RC_AUTH);
	CHECK_RC(postgres_rc("42601"), RC_FAIL); /* our SQL is wrong */
}
#endif

int
main(void)
{
	static const struct test_case cases[] = {
		TEST(store__every_key_of_a_card_begins_with_its_shard_and_every_table_can_be_spread),
		TEST(store__an_address_is_shown_without_password_and_parameters),
		TEST(store__a_server_that_is_not_there_is_told_without_the_password),
#ifdef TESSERA_POSTGRES
		TEST(store__our_sql_is_put_in_the_words_of_postgres),
		TEST(store__failures_of_a_server_are_told_apart),
#endif
	};

	return test_run("headend_schema", cases, sizeof cases / sizeof cases[0]);
}
