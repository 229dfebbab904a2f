// Blocks of DEFLATE: what is in them, what they cost, how they are written.

#ifndef CARRYOUT_DEFLATE_BLOCK_H
#define CARRYOUT_DEFLATE_BLOCK_H

#include <stdbool.h>

#include "bits.h"
#include "code.h"

#define LITERALS 286  // literals, the end of a block, lengths (RFC 1951, 3.2.5)
#define DISTANCES 30
#define END_OF_BLOCK 256
#define FIRST_LENGTH 257
#define LEAST_MATCH 3
#define MOST_MATCH 258
#define WINDOW 32768

// A step is some literals, which stand in the input, and the match after them;
// a match of length 0 is none.
struct step {
	uint32_t literals;
	uint16_t length;
	uint16_t distance; // less 1
};

// counts say how often each symbol occurs.
struct counts {
	uint32_t literal[LITERALS];
	uint32_t distance[DISTANCES];
};

// What stands for a length: its symbol and how many bits say which one of those
// that share it.
extern const uint8_t length_symbols[MOST_MATCH + 1]; // less FIRST_LENGTH
extern const uint8_t length_extras[LITERALS - FIRST_LENGTH];
extern const uint16_t length_bases[LITERALS - FIRST_LENGTH];

// distance_symbol returns the symbol of a distance less 1. From 4 on, two
// symbols share each number of extra bits.
static inline unsigned distance_symbol(unsigned less1) {
	if (less1 < 2)
		return less1;
	unsigned top = highest(less1);
	return 2 * top + (less1 >> (top - 1) & 1);
}

static inline unsigned distance_extra(unsigned symbol) { return symbol < 4 ? 0 : (symbol >> 1) - 1; }

// BIT is a bit, as content_bits counts.
#define BIT 256

// content_bits estimates how many bits what is counted takes with the best
// code for it.
uint64_t content_bits(const struct counts *c);

// write_block writes a block in the shortest of the three ways, or returns
// false if there is no room up to end.
bool write_block(struct bits *b, const uint8_t *end, const uint8_t *content, size_t size,
	const struct step *steps, size_t n, struct counts *counts, bool last);

// write_stored writes content as it is. It leaves no bit behind.
bool write_stored(struct bits *b, const uint8_t *end, const uint8_t *content, size_t size, bool last);

#endif
