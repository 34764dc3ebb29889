// SPDX-License-Identifier: GPL-3.0-or-later
/* smartcard/emulator: card images of earlier releases open, watch and pay
 * (tests/vectors/README.md). `test_emulator_release FILE` makes such an image with the code as it
 * is: once for each release, never again. */
#include "base/status_word.h"
#include "card_fixture.h"
#include "emulator/emulator.h"
#include "emulator/image.h"
#include "test.h"
#include "wire/personalise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_SIZE_1 (IMAGE_HEADER + 32768)
#define CREDIT 2000U

static struct card_fixture f;
static char folder[64], path[96], beside[128];
static char why[EMULATOR_WHY];
static uint8_t bytes[IMAGE_SIZE_1 + 1]; /* of the release */

/* Personalised and SECURED, product granted, purse filled, one event bought. */
static int
make(const char *name)
{
	struct image_header h = { IMAGE_VERSION, CARD_NV_SIZE, CARD_NV_PAGE, "RELEASE" };
	struct ca_answer a;
	struct ecm offer = fix_offer_ecm(FIX_T0 + 10);
	const struct ca_purchase p = fix_purchase();

	fix_init(&f);
	fix_grant(&f, FIX_PRODUCT, FIX_T0, FIX_T0 + 86400);
	fix_topup(&f, CREDIT, 1);
	MUST(fix_ecm_outcome(&f, &offer) == OUTCOME_OFFER);
	MUST(fix_purchase_send(&f, &p, &a) == SW_OK && a.outcome == OUTCOME_OPEN);
	return image_create(name, &h, f.nv.bytes, why) == RC_OK ? 0 : 1;
}

static struct emulator *
open_copy(const char *release)
{
	struct emulator *e = NULL;
	FILE *in = fopen(release, "rb"), *out;

	snprintf(folder, sizeof folder, "/tmp/tessera-test-XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof path, "%s/card.img", folder);
	snprintf(beside, sizeof beside, "%s.generation", path);
	out = fopen(path, "wb");
	CHECK(in && fread(bytes, 1, sizeof bytes, in) == IMAGE_SIZE_1);
	CHECK(out && fwrite(bytes, 1, IMAGE_SIZE_1, out) == IMAGE_SIZE_1);
	if (in)
		fclose(in);
	if (out)
		fclose(out);
	CHECK_RC(emulator_open(path, false, &e, why), RC_OK);
	return e;
}

static void
close_copy(struct emulator **e)
{
	emulator_close(e);
	unlink(path);
	unlink(beside);
	CHECK(rmdir(folder) == 0);
}

static uint16_t
exchange(struct emulator *e, const uint8_t header[4], const uint8_t *data, size_t len,
	 uint8_t rsp[258], size_t *rsp_len)
{
	struct apdu_link link = emulator_link(e);
	struct apdu a = { .cla = header[0],
			  .ins = header[1],
			  .p1 = header[2],
			  .p2 = header[3],
			  .data = data,
			  .lc = (uint16_t)len,
			  .le = 256 };
	uint8_t cmd[300];
	size_t cmd_len = 0;

	*rsp_len = 2;
	CHECK_RC(apdu_build(&a, cmd, sizeof cmd, &cmd_len), RC_OK);
	CHECK_RC(link.transmit(link.ctx, cmd, cmd_len, rsp, 258, rsp_len), RC_OK);
	*rsp_len -= 2;
	return get_be16(rsp + *rsp_len);
}

static void
release__an_image_of_the_first_release_opens_watches_and_keeps_its_money(void)
{
	static const uint8_t select[4] = { 0x00, 0xA4, 0x04, 0x00 }, aid[] = AID_CA;
	static const uint8_t aid_purse[] = AID_PURSE, balance[4] = { 0x80, 0x5C, 0x00, 0x02 };
	static const uint8_t ecm_header[4] = { CA_CLA, CA_INS_ECM };
	struct emulator *e = open_copy(TESSERA_SOURCE_DIR "/tests/vectors/card_1.img");
	struct ecm ecm = fix_ecm(FIX_T0 + 20), bought = fix_offer_ecm(FIX_T0 + 30);
	uint8_t section[ECM_MAX], rsp[258];
	struct ca_answer a;
	size_t len;

	if (!e)
		return;
	fix_init_blank(&f); /* for its keys */
	CHECK(exchange(e, select, aid, sizeof aid, rsp, &len) == SW_OK);
	CHECK(exchange(e, ecm_header, section, fix_ecm_seal(&f, &ecm, section), rsp, &len) ==
	      SW_OK);
	CHECK_RC(ca_answer_decode(rsp, len, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	CHECK_BYTES(a.cw_even, ecm.cw_even, ecm.cw_size);
	CHECK_BYTES(a.cw_odd, ecm.cw_odd, ecm.cw_size);
	CHECK(exchange(e, ecm_header, section, fix_ecm_seal(&f, &bought, section), rsp, &len) ==
	      SW_OK);
	CHECK_RC(ca_answer_decode(rsp, len, &a), RC_OK);
	CHECK(a.outcome == OUTCOME_OPEN);
	CHECK(exchange(e, select, aid_purse, sizeof aid_purse, rsp, &len) == SW_OK);
	CHECK(exchange(e, balance, NULL, 0, rsp, &len) == SW_OK && len == 4);
	CHECK(get_be32(rsp) == CREDIT - FIX_PRICE);
	close_copy(&e);
}

static uint8_t
file_byte(long at)
{
	FILE *in = fopen(path, "rb");
	int c = in && fseek(in, at, SEEK_SET) == 0 ? fgetc(in) : EOF;

	if (in)
		fclose(in);
	return (uint8_t)c;
}

static uint32_t
balance_of(struct emulator *e)
{
	static const uint8_t select[4] = { 0x00, 0xA4, 0x04, 0x00 }, aid[] = AID_PURSE;
	static const uint8_t balance[4] = { 0x80, 0x5C, 0x00, 0x02 };
	uint8_t rsp[258];
	size_t len;

	CHECK(exchange(e, select, aid, sizeof aid, rsp, &len) == SW_OK);
	CHECK(exchange(e, balance, NULL, 0, rsp, &len) == SW_OK && len == 4);
	return get_be32(rsp);
}

static void
release__an_image_becomes_one_of_this_release_once_and_for_all(void)
{
	struct emulator *e = open_copy(TESSERA_SOURCE_DIR "/tests/vectors/card_1.img");

	if (!e)
		return;
	CHECK(file_byte(13) == IMAGE_VERSION);
	CHECK(balance_of(e) == CREDIT - FIX_PRICE);
	emulator_close(&e);
	CHECK_RC(emulator_open(path, false, &e, why), RC_OK);
	CHECK(e && why[0] == '\0' && balance_of(e) == CREDIT - FIX_PRICE);
	close_copy(&e);
}

static void
release__an_older_copy_put_back_is_found_and_stays_as_it_was(void)
{
	struct emulator *e = open_copy(TESSERA_SOURCE_DIR "/tests/vectors/card_1.img");
	FILE *out;

	emulator_close(&e);
	unlink(path);
	out = fopen(path, "wb");
	CHECK(out && fwrite(bytes, 1, IMAGE_SIZE_1, out) == IMAGE_SIZE_1);
	if (out)
		fclose(out);
	CHECK_RC(emulator_open(path, false, &e, why), RC_INTEGRITY);
	CHECK(file_byte(13) == 1);
	close_copy(&e);
}

int
main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		TEST(release__an_image_of_the_first_release_opens_watches_and_keeps_its_money),
		TEST(release__an_image_becomes_one_of_this_release_once_and_for_all),
		TEST(release__an_older_copy_put_back_is_found_and_stays_as_it_was),
	};

	if (argc == 2)
		return make(argv[1]);
	return test_run("emulator_release", cases, sizeof cases / sizeof cases[0]);
}
