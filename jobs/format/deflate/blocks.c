#include "blocks.h"

#define HEAD_BITS 512 // what one more head takes, about

void begin_blocks(struct blocks *b, const uint8_t *text, uint32_t start, uint8_t *out, size_t room) {
	memset(b, 0, offsetof(struct blocks, steps));
	b->text = text;
	b->block_start = b->chunk_start = start;
	b->bits.at = out;
	b->end = out + room;
}

static void add_counts(struct counts *sum, const struct counts *c) {
	for (unsigned i = 0; i < LITERALS; i++)
		sum->literal[i] += c->literal[i];
	for (unsigned i = 0; i < DISTANCES; i++)
		sum->distance[i] += c->distance[i];
}

// write writes the block, and makes the chunk the next one.
static bool write(struct blocks *b) {
	const uint8_t *content = b->text + b->block_start;
	if (!write_block(&b->bits, b->end, content, b->chunk_start - b->block_start, b->steps, b->n_block, &b->block, false))
		return false;
	b->n -= b->n_block;
	memmove(b->steps, b->steps + b->n_block, b->n * sizeof *b->steps);
	b->block_start = b->chunk_start;
	return true;
}

bool end_chunk(struct blocks *b, uint32_t at) {
	uint64_t chunk_bits = content_bits(&b->chunk);
	struct counts both = b->chunk;
	add_counts(&both, &b->block);
	uint64_t both_bits = b->n_block > 0 ? content_bits(&both) : chunk_bits;
	bool full = b->n + 2 * CHUNK > MOST_STEPS;
	if (b->n_block > 0 && (full || b->block_bits + chunk_bits + HEAD_BITS * BIT < both_bits)) {
		if (!write(b))
			return false;
		b->block = b->chunk;
		b->block_bits = chunk_bits;
	} else {
		b->block = both;
		b->block_bits = both_bits;
	}
	memset(&b->chunk, 0, sizeof b->chunk);
	b->n_block = b->n;
	b->chunk_start = at;
	b->symbols = 0;
	return true;
}

bool end_blocks(struct blocks *b, uint32_t at, bool last) {
	if (b->n_block == 0)
		b->block = b->chunk;
	else if (!end_chunk(b, at))
		return false;
	const uint8_t *content = b->text + b->block_start;
	if (!write_block(&b->bits, b->end, content, at - b->block_start, b->steps, b->n, &b->block, last))
		return false;
	if (!last)
		return write_stored(&b->bits, b->end, b->text + at, 0, false);
	put_align(&b->bits);
	return true;
}
