// SPDX-License-Identifier: GPL-3.0-or-later
/* Products and services. */
#include "headend/catalogue.h"

#include "headend/epochs.h"
#include "headend/text.h"

#include <stdio.h>
#include <string.h>

static bool
name_is_possible(const char *name)
{
	return text_is_plain(name, HEAD_NAME - 1);
}

static enum rc
must_exist(struct head *h, const char *table, uint16_t id)
{
	char sql[60];
	int64_t n = 0;
	enum rc rc;

	snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE id = ?", table);
	rc = head_store(h, store_number(h->store, &n, sql, "i", (int64_t)id));
	if (rc == RC_OK && n == 0)
		rc = head_fail(h, RC_NOT_FOUND, "there is no %s %u", table, id);
	return rc;
}

static enum rc
opens_count_fits(struct head *h, uint16_t service)
{
	int64_t n = 0;
	enum rc rc = head_store(h, store_number(h->store, &n,
						"SELECT count(*) FROM service_product"
						" WHERE service = ?",
						"i", (int64_t)service));

	if (rc == RC_OK && n > ECM_PRODUCTS_MAX)
		rc = head_fail(h, RC_SPACE,
			       "service %u would be opened by %lld products, an ECM carries %d",
			       service, (long long)n, ECM_PRODUCTS_MAX);
	return rc;
}

static enum rc
join(struct head *h, uint16_t service, uint16_t product)
{
	enum rc rc =
		store_run(h->store, "INSERT INTO service_product(service, product) VALUES(?, ?)",
			  "ii", (int64_t)service, (int64_t)product);

	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "service %u and product %u are named twice", service,
				 product);
	return rc == RC_OK ? opens_count_fits(h, service) : head_store(h, rc);
}

static enum rc
insert_product(struct head *h, const struct head_product *p)
{
	enum rc rc = store_run(h->store, "INSERT INTO product(id, name) VALUES(?, ?)", "it",
			       (int64_t)p->id, p->name);

	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "product %u exists already", p->id);
	rc = head_store(h, rc);
	for (size_t i = 0; rc == RC_OK && i < p->service_count; i++) {
		rc = must_exist(h, "service", p->services[i]);
		if (rc == RC_OK)
			rc = join(h, p->services[i], p->id);
	}
	return rc;
}

enum rc
product_add(struct head *h, const struct head_product *p)
{
	int64_t change;
	enum rc rc;

	if (p->id == 0 || p->id == 0xFFFF)
		return head_fail(h, RC_RANGE, "product numbers are 1 to 65534");
	if (!name_is_possible(p->name))
		return head_fail(h, RC_RANGE, "a name has 1 to %d bytes of plain text",
				 HEAD_NAME - 1);
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	return head_end(h, insert_product(h, p));
}

static enum rc
group_must_have_a_key(struct head *h, uint8_t group)
{
	bool exists = false;
	enum rc rc = epoch_group_exists(h, group, &exists);

	if (rc == RC_OK && !exists)
		rc = head_fail(h, RC_NOT_FOUND,
			       "key group %u has no key; `rotate --group %u` makes its first",
			       group, group);
	return rc;
}

static enum rc
insert_service(struct head *h, const struct head_service *s)
{
	enum rc rc = group_must_have_a_key(h, s->group);

	if (rc != RC_OK)
		return rc;
	rc = store_run(
		h->store,
		"INSERT INTO service(id, name, key_group, rating, free) VALUES(?, ?, ?, ?, ?)",
		"itiii", (int64_t)s->id, s->name, (int64_t)s->group, (int64_t)s->rating,
		(int64_t)s->free);
	if (rc == RC_CONFLICT)
		return head_fail(h, rc, "service %u exists already", s->id);
	rc = head_store(h, rc);
	for (size_t i = 0; rc == RC_OK && i < s->product_count; i++) {
		rc = must_exist(h, "product", s->products[i]);
		if (rc == RC_OK)
			rc = join(h, s->id, s->products[i]);
	}
	return rc;
}

enum rc
service_add(struct head *h, const struct head_service *s)
{
	int64_t change;
	enum rc rc;

	if (s->id == 0)
		return head_fail(h, RC_RANGE, "program number 0 is no service");
	if (!name_is_possible(s->name))
		return head_fail(h, RC_RANGE, "a name has 1 to %d bytes of plain text",
				 HEAD_NAME - 1);
	rc = head_begin(h, &change);
	if (rc != RC_OK)
		return rc;
	return head_end(h, insert_service(h, s));
}

/* Reads the single column of a list of numbers. */
static enum rc
read_numbers(struct head *h, const char *sql, uint16_t id, uint16_t *out, size_t cap, size_t *count)
{
	struct store_rows *rows;
	enum rc rc = store_select(h->store, &rows, sql, "i", (int64_t)id);

	*count = 0;
	if (rc != RC_OK)
		return head_store(h, rc);
	while (*count < cap && store_next(rows))
		out[(*count)++] = (uint16_t)store_int(rows, 0);
	return head_store(h, store_done(&rows));
}

enum rc
product_next(struct head *h, uint32_t after, struct head_product *p)
{
	struct store_rows *rows;
	bool found;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT id, name FROM product WHERE id > ? ORDER BY id LIMIT 1",
				  "i", (int64_t)after);

	if (rc != RC_OK)
		return head_store(h, rc);
	found = store_next(rows);
	if (found) {
		p->id = (uint16_t)store_int(rows, 0);
		snprintf(p->name, sizeof p->name, "%s", store_text(rows, 1));
	}
	rc = head_store(h, store_done(&rows));
	if (rc != RC_OK)
		return rc;
	if (!found)
		return RC_NOT_FOUND;
	return read_numbers(h, "SELECT service FROM service_product WHERE product = ? ORDER BY 1",
			    p->id, p->services, sizeof p->services / sizeof p->services[0],
			    &p->service_count);
}

enum rc
service_next(struct head *h, uint32_t after, struct head_service *s)
{
	struct store_rows *rows;
	bool found;
	enum rc rc = store_select(h->store, &rows,
				  "SELECT id, name, key_group, rating, free FROM service"
				  " WHERE id > ? ORDER BY id LIMIT 1",
				  "i", (int64_t)after);

	if (rc != RC_OK)
		return head_store(h, rc);
	found = store_next(rows);
	if (found) {
		s->id = (uint16_t)store_int(rows, 0);
		snprintf(s->name, sizeof s->name, "%s", store_text(rows, 1));
		s->group = (uint8_t)store_int(rows, 2);
		s->rating = (uint8_t)store_int(rows, 3);
		s->free = store_int(rows, 4) != 0;
	}
	rc = head_store(h, store_done(&rows));
	if (rc != RC_OK)
		return rc;
	if (!found)
		return RC_NOT_FOUND;
	return read_numbers(h, "SELECT product FROM service_product WHERE service = ? ORDER BY 1",
			    s->id, s->products, ECM_PRODUCTS_MAX, &s->product_count);
}

enum rc
product_get(struct head *h, uint16_t id, struct head_product *p)
{
	enum rc rc = id == 0 ? RC_NOT_FOUND : product_next(h, id - 1U, p);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && p->id != id))
		return head_fail(h, RC_NOT_FOUND, "there is no product %u", id);
	return rc;
}

enum rc
service_get(struct head *h, uint16_t id, struct head_service *s)
{
	enum rc rc = id == 0 ? RC_NOT_FOUND : service_next(h, id - 1U, s);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && s->id != id))
		return head_fail(h, RC_NOT_FOUND, "there is no service %u", id);
	return rc;
}

/* Runs some statements about one number in a transaction; the first must change a row. */
static enum rc
remove_by(struct head *h, const char *what, int64_t id, const char *const *statements, size_t n)
{
	int64_t change;
	enum rc rc = head_begin(h, &change);

	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rc = head_store(h, store_run(h->store, statements[i], "i", id));
		if (rc == RC_OK && i == 0 && store_changed(h->store) == 0)
			rc = head_fail(h, RC_NOT_FOUND, "there is no %s %lld", what, (long long)id);
	}
	return head_end(h, rc);
}

enum rc
product_remove(struct head *h, uint16_t id)
{
	static const char *const statements[] = { "DELETE FROM product WHERE id = ?",
						  "DELETE FROM service_product WHERE product = ?" };

	return remove_by(h, "product", id, statements, 2);
}

#define TERMS_OF_SERVICE \
	"DELETE FROM event_terms WHERE event IN (SELECT id FROM event WHERE service = ?)"

enum rc
service_remove(struct head *h, uint16_t id)
{
	static const char *const statements[] = { "DELETE FROM service WHERE id = ?",
						  "DELETE FROM service_product WHERE service = ?",
						  TERMS_OF_SERVICE,
						  "DELETE FROM event WHERE service = ?" };

	return remove_by(h, "service", id, statements, 4);
}

enum rc
event_remove(struct head *h, uint32_t id)
{
	static const char *const statements[] = { "DELETE FROM event WHERE id = ?",
						  "DELETE FROM event_terms WHERE event = ?" };

	return remove_by(h, "event", id, statements, 2);
}
