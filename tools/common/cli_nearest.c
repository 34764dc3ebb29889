// SPDX-License-Identifier: GPL-3.0-or-later
/* The word that was probably meant: edit distance with a ceiling. */
#include "cli_state.h"

#include <string.h>

#define WORD_MAX 48

static size_t
smallest(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Insertions, deletions and replacements between two words of at most WORD_MAX bytes. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1,
					  diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *
cli_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t len = strlen(word), best = len / 3 + 2; /* further away is another word */
	const char *nearest = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t other = strlen(candidates[i]);
		size_t d = other > WORD_MAX ? best : distance(word, len, candidates[i], other);

		if (d < best) {
			best = d;
			nearest = candidates[i];
		}
	}
	return nearest;
}
