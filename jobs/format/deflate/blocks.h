// Where one block ends and the next begins.

#ifndef CARRYOUT_DEFLATE_BLOCKS_H
#define CARRYOUT_DEFLATE_BLOCKS_H

#include "block.h"

#define CHUNK 3072        // symbols between two looks
#define MOST_STEPS 16384  // of a block; a chunk has no more steps than CHUNK + 1

// blocks are the steps through a text that are not written yet. They come in
// chunks: a block takes in one chunk after the other, until one fits its code
// so badly that a code of its own is worth a head of its own.
struct blocks {
	struct counts block, chunk; // of what is in them
	uint64_t block_bits;        // what content_bits says of block
	uint32_t block_start;       // in the text
	uint32_t chunk_start;
	uint32_t symbols; // of the chunk
	uint32_t n;       // steps
	uint32_t n_block; // of them before the chunk
	const uint8_t *text;
	struct bits bits;
	const uint8_t *end; // of the room for them
	struct step steps[MOST_STEPS];
};

// begin_blocks begins with what stands at start.
void begin_blocks(struct blocks *b, const uint8_t *text, uint32_t start, uint8_t *out, size_t room);

// end_chunk ends the chunk before text[at]. It returns false if there is no
// room for what is to be written.
bool end_chunk(struct blocks *b, uint32_t at);

// end_blocks writes what is left, and the end of it.
bool end_blocks(struct blocks *b, uint32_t at, bool last);

// add_literal adds a byte; a step has to follow that covers it.
static inline void add_literal(struct blocks *b, uint8_t literal) {
	b->chunk.literal[literal]++;
	b->symbols++;
}

// add_match adds a step that ends with a match.
static inline void add_match(struct blocks *b, uint32_t literals, uint32_t length, uint32_t distance) {
	b->steps[b->n++] = (struct step){literals, (uint16_t)length, (uint16_t)(distance - 1)};
	b->chunk.literal[FIRST_LENGTH + length_symbols[length]]++;
	b->chunk.distance[distance_symbol(distance - 1)]++;
	b->symbols++;
}

// add_rest adds a step without a match.
static inline void add_rest(struct blocks *b, uint32_t literals) {
	if (literals > 0)
		b->steps[b->n++] = (struct step){literals, 0, 0};
}

#endif
