// SPDX-License-Identifier: GPL-3.0-or-later
/* Recorded sessions and the pair of ends. */
#include "scp03_bench.h"

#include "base/mem.h"
#include "crypto_test.h"
#include "test.h"

#define AES_192 "DE2A3629CBC24E8D8869E82C8B4C0D874D88166B6F8A1C12"

const struct scp03_vector scp03_vectors[SCP03_VECTORS] = {
	{ "A: level 03", "F995D0A069335C7DF42E590317FFEA6D", "58563362EC5A4541ABCD32B34B1EAE7D",
	  "0A02A6D687406DCFA09DC70B3EDB7E38", "B2BDE1A2DC66BD56",
	  "00000000000000000000 300370 C40932A6FEFEAEB2 E127185170F45FCA 000015",
	  "9B841BB63D1087484FF7F16802017243", "8117FE5ADED74AC0DAABE9FB81DBDB67",
	  "4521D75E4D6F60DBFB8AB4EE254EF6F1", 0x03,
	  "8482030010 59D54D932423D29F 6313C970875F8C2F" },
	{ "B: level 03", "F995D0A069335C7DF42E590317FFEA6D", "58563362EC5A4541ABCD32B34B1EAE7D",
	  "0A02A6D687406DCFA09DC70B3EDB7E38", "9BD6BF878FB8E991",
	  "00000000000000000000 300370 3C80C2CC87EB3A35 E4EDBA35E629C336 00001E",
	  "D83EE38C9954C8078987A5E9EE6AB13C", "6FF37716E0413065E8DFD08BF1E9EC5E",
	  "0254C786E57ACA8982670C1C1A05FF12", 0x03,
	  "8482030010 23EBFEDC579D22CD CDB6A25A5FF7891F" },
	{ "C: level 33, random challenge", "404142434445464748494A4B4C4D4E4F",
	  "404142434445464748494A4B4C4D4E4F", "404142434445464748494A4B4C4D4E4F",
	  "2C8130E574247B1B",
	  "00010203040506070809 000370 A5874C57119B976B F94879E36F29E039 000001",
	  "0F1EE990609F3C4E5DF806316763B6C5", "75A2C1634EF06B47FD6F726978AE561E",
	  "40C3A39B40CF342F4D73080F80718E3A", 0x33,
	  "8482330010 A75F1CD48F3B93DF A57E690937921F92" },
	{ "D: level 33, pseudo-random challenge", "404142434445464748494A4B4C4D4E4F",
	  "404142434445464748494A4B4C4D4E4F", "404142434445464748494A4B4C4D4E4F",
	  "1112131415161718",
	  "00000000000000000000 300370 6535F5BB1D260128 00CFFBD2ED3CCCB0 000016",
	  "DA0605DD0D6077BEACF2DED9CDFE7091", "6EA7E2B3BE7D1CAD7C73D01CE63B9DFF",
	  "FE709EA14DE8099E37DFD1E3CB05E4DD", 0x33,
	  "8482330010 3CA9F76825CABB3A B457088F5F2CF4D5" },
	{ "E: AES-192, level 03", AES_192, AES_192, AES_192, "4157115CAD7D2FE7",
	  "00008301A8186727A822 020310 726B1E22EED4F4BB AB21001BFD4B6F02 000012", "", "", "", 0x03,
	  "8482030010 9B126D1B1557297F 3C06766CA9ACBD27" },
	{ "F: S16", "404142434445464748494A4B4C4D4E4F", "404142434445464748494A4B4C4D4E4F",
	  "404142434445464748494A4B4C4D4E4F", "1112131415161718191A1B1C1D1E1F20",
	  "00000000000000000000 300371 A750DCE57B872AC622BA4F69DC9A25B4"
	  "A4CC03244521FDB3DB09261483D913DA 000016",
	  "", "", "", 0x33,
	  "8482330020 ECFCAEC697811F9102BCE7AFC9C2EA19 FF1E239B3FAA58B0005490B4C86EE1D0" },
};

struct scp03_keys
scp03_keys_of(const struct scp03_vector *v)
{
	struct scp03_keys keys = { 0 };

	test_hex(v->enc, keys.enc, sizeof keys.enc);
	test_hex(v->mac, keys.mac, sizeof keys.mac);
	test_hex(v->dek, keys.dek, sizeof keys.dek);
	return keys;
}

struct scp03_key_set
scp03_set_of(const struct scp03_vector *v)
{
	struct scp03_key_set set = { 0 };

	set.key_len = (uint8_t)test_hex(v->enc, set.enc, sizeof set.enc);
	CHECK(test_hex(v->mac, set.mac, sizeof set.mac) == set.key_len);
	CHECK(test_hex(v->dek, set.dek, sizeof set.dek) == set.key_len);
	return set;
}

void
scp03_pair_derive(const struct scp03_vector *v, struct scp03_pair *p)
{
	const struct scp03_key_set keys = scp03_set_of(v);
	uint8_t challenge[SCP03_S16], answer[48];
	size_t size = test_hex(v->host_challenge, challenge, sizeof challenge);

	memset(p, 0, sizeof *p);
	CHECK(test_hex(v->answer, answer, sizeof answer) == 16 + 2 * size);
	CHECK_RC(scp03_derive_set(crypto_test(), &keys, (uint8_t)size, challenge, answer + 13,
				  &p->card),
		 RC_OK);
	CHECK_BYTES(p->card.card_cryptogram, answer + 13 + size, size);
	p->host = p->card;
}

void
scp03_pair_open(const struct scp03_vector *v, uint8_t level, struct scp03_pair *p)
{
	uint8_t cmd[SCP03_AUTHENTICATE_MAX];
	size_t len = 0;

	scp03_pair_derive(v, p);
	CHECK_RC(scp03_host_authenticate(crypto_test(), &p->host, level, cmd, sizeof cmd, &len),
		 RC_OK);
	CHECK_RC(scp03_card_authenticate(crypto_test(), &p->card, cmd, len), RC_OK);
	CHECK(p->host.open && p->card.open);
}
