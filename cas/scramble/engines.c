// SPDX-License-Identifier: GPL-3.0-or-later
/* All engines, the best first; which of them run here, and the choice. */
#include "scramble/csa2_sliced.h"
#include "scramble/cpu.h"

#include <string.h>

struct entry {
	const char *name;
	enum scr_cipher cipher;
	const char *needs;
	unsigned int features;
	struct scr_engine *(*make)(const char *name); /* NULL: not compiled for this machine */
};

#if defined(__x86_64__)
static struct scr_engine *
make_avx512(const char *name)
{
	return csa2_sliced_new(name, &csa2_kernel_avx512);
}

static struct scr_engine *
make_avx2(const char *name)
{
	return csa2_sliced_new(name, &csa2_kernel_avx2);
}
#define make_vaes cissa_vaes_new
#else
#define make_vaes NULL
#define make_avx512 NULL
#define make_avx2 NULL
#endif

#if defined(__aarch64__)
static struct scr_engine *
make_neon(const char *name)
{
	return csa2_sliced_new(name, &csa2_kernel_neon);
}
#else
#define make_neon NULL
#endif

static struct scr_engine *
make_portable(const char *name)
{
	return csa2_sliced_new(name, &csa2_kernel_portable);
}

static const struct entry entries[] = {
	{ "avx512", SCR_CSA2, "AVX-512 F, BW, VBMI and GFNI", CPU_AVX512, make_avx512 },
	{ "avx2", SCR_CSA2, "AVX2", CPU_AVX2, make_avx2 },
	{ "neon", SCR_CSA2, "AArch64", CPU_NEON, make_neon },
	{ "libdvbcsa", SCR_CSA2, "", 0, csa2_reference_new },
	{ "portable", SCR_CSA2, "", 0, make_portable },
	{ "vaes", SCR_CISSA, "VAES, AVX-512 F and BW", CPU_VAES, make_vaes },
	{ "openssl", SCR_CISSA, "", 0, cissa_engine_new },
};

#define COUNT (sizeof entries / sizeof entries[0])

static bool
runs(const struct entry *e, unsigned int features)
{
	return e->make != NULL && (e->features & ~features) == 0;
}

bool
scr_engine_describe(size_t index, struct scr_engine_info *info)
{
	if (index >= COUNT)
		return false;
	*info = (struct scr_engine_info) { entries[index].name, entries[index].cipher,
					   entries[index].needs,
					   runs(&entries[index], cpu_features()) };
	return true;
}

static enum rc
open_entry(const struct entry *entry, struct scr_engine **out)
{
	struct scr_engine *e = entry->make(entry->name);
	enum rc rc = RC_OK;

	if (e == NULL)
		return RC_NO_MEMORY;
	if (entry->cipher == SCR_CSA2)
		rc = csa2_self_test(e);
	if (rc == RC_OK)
		*out = e;
	else
		scr_engine_free(&e);
	return rc;
}

/* The best that passes its test. */
static enum rc
open_best(enum scr_cipher cipher, struct scr_engine **out)
{
	unsigned int features = cpu_features();
	enum rc rc = RC_NOT_FOUND;

	for (size_t i = 0; i < COUNT && (rc == RC_NOT_FOUND || rc == RC_INTEGRITY); i++) {
		if (entries[i].cipher == cipher && runs(&entries[i], features))
			rc = open_entry(&entries[i], out);
	}
	return rc;
}

enum rc
scr_engine_open(enum scr_cipher cipher, const char *name, struct scr_engine **out)
{
	for (size_t i = 0; name != NULL && i < COUNT; i++) {
		if (strcmp(entries[i].name, name) != 0)
			continue;
		if (entries[i].cipher != cipher)
			return RC_USAGE;
		return runs(&entries[i], cpu_features()) ? open_entry(&entries[i], out)
							 : RC_REFUSED;
	}
	return name == NULL ? open_best(cipher, out) : RC_NOT_FOUND;
}

struct scr_engine *
scr_engine_new(enum scr_cipher cipher)
{
	struct scr_engine *e = NULL;

	return open_best(cipher, &e) == RC_OK ? e : NULL;
}
