#include "code.h"

#include <string.h>

// An occurrence is a count with its symbol below it, so that a sort by the
// whole is one by the count.
typedef uint32_t occurrence;

#define SYMBOL_BITS 9
#define SYMBOL_MASK ((1u << SYMBOL_BITS) - 1)
#define MOST_COUNT ((1u << (32 - SYMBOL_BITS)) - 1)

// sort sorts by count, and by symbol where counts are equal: a radix sort that
// does no more rounds than the highest count needs.
static void sort(occurrence *all, unsigned n, uint32_t highest) {
	occurrence other[MOST_SYMBOLS];
	occurrence *from = all, *to = other;
	for (unsigned shift = SYMBOL_BITS; highest > 0; shift += 8, highest >>= 8) {
		uint16_t starts[256] = {0};
		for (unsigned i = 0; i < n; i++)
			starts[from[i] >> shift & 255]++;
		unsigned start = 0;
		for (unsigned i = 0; i < 256; i++) {
			unsigned size = starts[i];
			starts[i] = (uint16_t)start;
			start += size;
		}
		for (unsigned i = 0; i < n; i++)
			to[starts[from[i] >> shift & 255]++] = from[i];
		occurrence *swap = from;
		from = to;
		to = swap;
	}
	if (from != all)
		memcpy(all, from, n * sizeof *all);
}

// depths turns n >= 2 sorted counts into the depths of the leaves of their
// tree, in place: A. Moffat and J. Katajainen, "In-place calculation of
// minimum-redundancy codes", 1995. The rarest symbol comes first and deepest.
static void depths(uint32_t *a, unsigned n) {
	// Pairs of the lightest become nodes, which take the place of leaves that
	// are used up; of a node that has a parent, only its number is kept.
	unsigned leaf = 2, root = 0;
	a[0] += a[1];
	for (unsigned next = 1; next < n - 1; next++) {
		uint32_t sum = 0;
		for (int i = 0; i < 2; i++) {
			if (leaf >= n || (root < next && a[root] < a[leaf])) {
				sum += a[root];
				a[root++] = next;
			} else {
				sum += a[leaf++];
			}
		}
		a[next] = sum;
	}
	// From the root down, parents become depths of nodes.
	a[n - 2] = 0;
	for (int next = (int)n - 3; next >= 0; next--)
		a[next] = a[a[next]] + 1;
	// What a level has of places, and no node takes, is for leaves.
	int node = (int)n - 2, next = (int)n - 1;
	unsigned places = 1;
	for (uint32_t depth = 0; places > 0; depth++) {
		unsigned nodes = 0;
		for (; node >= 0 && a[node] == depth; node--)
			nodes++;
		for (; places > nodes; places--)
			a[next--] = depth;
		places = 2 * nodes;
	}
}

// limit makes a complete code of one with lengths above most, by the number of
// symbols of each length.
static void limit(unsigned *of_length, unsigned deepest, unsigned most) {
	uint32_t taken = 0; // of 1 << most
	for (unsigned length = most + 1; length <= deepest; length++)
		of_length[most] += of_length[length];
	for (unsigned length = 1; length <= most; length++)
		taken += of_length[length] << (most - length);
	for (; taken > 1u << most; taken--) {
		// A symbol of the longest gives up its place and goes below a shorter
		// one, which becomes longer by a bit.
		unsigned shorter = most - 1;
		while (of_length[shorter] == 0)
			shorter--;
		of_length[most]--;
		of_length[shorter]--;
		of_length[shorter + 1] += 2;
	}
}

void lengths_of(const uint32_t *counts, unsigned n, unsigned most, uint8_t *lengths) {
	occurrence used[MOST_SYMBOLS];
	uint32_t weights[MOST_SYMBOLS];
	uint32_t highest = 0;
	unsigned m = 0;
	memset(lengths, 0, n);
	for (unsigned i = 0; i < n; i++) {
		uint32_t count = counts[i] < MOST_COUNT ? counts[i] : MOST_COUNT;
		if (count > 0)
			used[m++] = count << SYMBOL_BITS | i;
		highest = count > highest ? count : highest;
	}
	if (m < 2) {
		unsigned only = m == 1 ? used[0] & SYMBOL_MASK : 0;
		lengths[only] = 1;
		lengths[only == 0] = 1;
		return;
	}
	sort(used, m, highest);
	for (unsigned i = 0; i < m; i++)
		weights[i] = used[i] >> SYMBOL_BITS;
	depths(weights, m);

	unsigned of_length[MOST_SYMBOLS] = {0};
	unsigned deepest = weights[0];
	for (unsigned i = 0; i < m; i++)
		of_length[weights[i]]++;
	if (deepest > most)
		limit(of_length, deepest, most);
	unsigned next = 0;
	for (unsigned length = deepest < most ? deepest : most; length > 0; length--)
		for (unsigned i = 0; i < of_length[length]; i++)
			lengths[used[next++] & SYMBOL_MASK] = (uint8_t)length;
}

static uint16_t reversed(uint32_t word, unsigned length) {
	word = (word & 0x5555) << 1 | (word >> 1 & 0x5555);
	word = (word & 0x3333) << 2 | (word >> 2 & 0x3333);
	word = (word & 0x0f0f) << 4 | (word >> 4 & 0x0f0f);
	word = (word & 0x00ff) << 8 | (word >> 8 & 0x00ff);
	return (uint16_t)(word >> (16 - length));
}

void words_of(const uint8_t *lengths, unsigned n, uint16_t *words) {
	unsigned of_length[MOST_LENGTH + 1] = {0};
	uint32_t next[MOST_LENGTH + 1] = {0};
	for (unsigned i = 0; i < n; i++)
		of_length[lengths[i]]++;
	of_length[0] = 0;
	for (unsigned length = 1; length <= MOST_LENGTH; length++)
		next[length] = (next[length - 1] + of_length[length - 1]) << 1;
	for (unsigned i = 0; i < n; i++)
		words[i] = lengths[i] > 0 ? reversed(next[lengths[i]]++, lengths[i]) : 0;
}
