#include "block.h"

const uint8_t length_symbols[] = {
	0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 12, 12, 13,
	13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 15, 16, 16, 16, 16, 16, 16, 16, 16, 17, 17, 17, 17, 17,
	17, 17, 17, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19, 20, 20, 20, 20, 20,
	20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21,
	21, 21, 21, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 23, 23, 23, 23, 23,
	23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24,
	24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 25, 25, 25, 25, 25,
	25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25,
	25, 25, 25, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26,
	26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27,
	27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 28,
};
const uint8_t length_extras[] = {
	0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
};
const uint16_t length_bases[] = {
	3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
};

// fractions are those of the logarithms of 1 to 2, in steps of 1/64, as 1/256.
static const uint16_t fractions[] = {
	0, 6, 11, 17, 22, 28, 33, 38, 44, 49, 54, 59, 63, 68, 73, 78,
	82, 87, 92, 96, 100, 105, 109, 113, 118, 122, 126, 130, 134, 138, 142, 146,
	150, 154, 157, 161, 165, 169, 172, 176, 179, 183, 186, 190, 193, 197, 200, 203,
	207, 210, 213, 216, 220, 223, 226, 229, 232, 235, 238, 241, 244, 247, 250, 253, 256,
};

// logarithm returns that of n to the base 2, as 1/256. It is the same on every
// machine, which those of the C library need not be.
static inline uint64_t logarithm(uint32_t n) {
	unsigned top = highest(n);
	uint32_t rest = (uint32_t)(((uint64_t)n << 32 >> top) >> 18) & 0x3fff; // 14 bits after the first
	uint32_t step = rest >> 8, within = rest & 0xff;
	return BIT * top + fractions[step] + ((fractions[step + 1] - fractions[step]) * within >> 8);
}

static uint64_t information(const uint32_t *counts, unsigned n) {
	uint64_t total = 0, saved = 0;
	for (unsigned i = 0; i < n; i++) {
		total += counts[i];
		if (counts[i] > 1)
			saved += counts[i] * logarithm(counts[i]);
	}
	return total > 0 ? total * logarithm((uint32_t)total) - saved : 0;
}

uint64_t content_bits(const struct counts *c) {
	return information(c->literal, LITERALS) + information(c->distance, DISTANCES);
}

// lengths of the words of a code, literals first and distances after them.
struct lengths {
	uint8_t all[LITERALS + 2 + DISTANCES + 2];
	unsigned literals, distances; // without the zeros at their ends
};

#define LITERAL_LENGTH 14 // at most, so that four literals go between two flushes
#define PRECODE 19
#define PRECODE_LENGTH 7

// A head is the code of a block as it stands before it (RFC 1951, 3.2.7).
struct head {
	struct lengths lengths;
	unsigned items;
	uint8_t symbols[LITERALS + DISTANCES];
	uint8_t extras[LITERALS + DISTANCES];
	uint8_t pre_lengths[PRECODE];
	unsigned pre_sent; // of them, in their order
	uint64_t bits;
};

static const uint8_t pre_order[PRECODE] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

static unsigned extra_of_item(unsigned symbol) { return symbol == 16 ? 2 : symbol == 17 ? 3 : symbol == 18 ? 7 : 0; }

static void add_item(struct head *h, uint32_t *counts, unsigned symbol, unsigned extra) {
	h->symbols[h->items] = (uint8_t)symbol;
	h->extras[h->items++] = (uint8_t)extra;
	counts[symbol]++;
}

// add_items describes the lengths, runs of equal ones by what stands for runs.
static void add_items(struct head *h, uint32_t *counts, const uint8_t *lengths, unsigned n) {
	for (unsigned i = 0; i < n;) {
		unsigned length = lengths[i], run = 1;
		while (i + run < n && lengths[i + run] == length)
			run++;
		i += run;
		if (length > 0) {
			add_item(h, counts, length, 0);
			run--;
		}
		while (run >= 3) {
			unsigned most = length > 0 ? 6 : 138;
			unsigned now = run < most ? run : most;
			if (length > 0)
				add_item(h, counts, 16, now - 3);
			else if (now <= 10)
				add_item(h, counts, 17, now - 3);
			else
				add_item(h, counts, 18, now - 11);
			run -= now;
		}
		for (; run > 0; run--)
			add_item(h, counts, length, 0);
	}
}

// make_head finds the best code for what is counted.
static void make_head(struct head *h, const struct counts *c) {
	uint8_t distances[DISTANCES];
	lengths_of(c->literal, LITERALS, LITERAL_LENGTH, h->lengths.all);
	lengths_of(c->distance, DISTANCES, MOST_LENGTH, distances);
	unsigned literals = LITERALS, n = DISTANCES;
	while (h->lengths.all[literals - 1] == 0)
		literals--;
	while (distances[n - 1] == 0)
		n--;
	memcpy(h->lengths.all + literals, distances, n);
	h->lengths.literals = literals;
	h->lengths.distances = n;

	uint32_t counts[PRECODE] = {0};
	h->items = 0;
	add_items(h, counts, h->lengths.all, literals + n);
	lengths_of(counts, PRECODE, PRECODE_LENGTH, h->pre_lengths);
	h->pre_sent = PRECODE;
	while (h->pre_lengths[pre_order[h->pre_sent - 1]] == 0)
		h->pre_sent--;
	h->bits = 3 + 5 + 5 + 4 + 3 * h->pre_sent;
	for (unsigned i = 0; i < PRECODE; i++)
		h->bits += counts[i] * (h->pre_lengths[i] + extra_of_item(i));
}

static void write_head(struct bits *b, const struct head *h, bool last) {
	uint16_t words[PRECODE];
	words_of(h->pre_lengths, PRECODE, words);
	put(b, last | 2 << 1, 3);
	put(b, h->lengths.literals - 257, 5);
	put(b, h->lengths.distances - 1, 5);
	put(b, h->pre_sent - 4, 4);
	put_flush(b);
	for (unsigned i = 0; i < h->pre_sent; i++) {
		put(b, h->pre_lengths[pre_order[i]], 3);
		put_flush(b);
	}
	for (unsigned i = 0; i < h->items; i++) {
		put(b, words[h->symbols[i]], h->pre_lengths[h->symbols[i]]);
		put(b, h->extras[i], extra_of_item(h->symbols[i]));
		put_flush(b);
	}
}

// fixed_length returns that of a literal's word in the code that needs no head
// (RFC 1951, 3.2.6).
static unsigned fixed_length(unsigned symbol) { return symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8; }

static void fix_lengths(struct lengths *l) {
	for (unsigned i = 0; i < LITERALS + 2; i++)
		l->all[i] = (uint8_t)fixed_length(i);
	memset(l->all + LITERALS + 2, 5, DISTANCES + 2);
	l->literals = LITERALS + 2;
	l->distances = DISTANCES + 2;
}

// costs are the bits that the content of a block takes.
struct costs {
	uint64_t fixed, dynamic;
};

static struct costs cost(const struct counts *c, const struct lengths *l) {
	struct costs all = {0, 0};
	uint64_t extra = 0;
	const uint8_t *distances = l->all + l->literals;
	for (unsigned i = 0; i < l->literals; i++) {
		all.fixed += (uint64_t)c->literal[i] * fixed_length(i);
		all.dynamic += (uint64_t)c->literal[i] * l->all[i];
	}
	for (unsigned i = FIRST_LENGTH; i < l->literals; i++)
		extra += (uint64_t)c->literal[i] * length_extras[i - FIRST_LENGTH];
	for (unsigned i = 0; i < l->distances; i++) {
		all.fixed += (uint64_t)c->distance[i] * 5;
		all.dynamic += (uint64_t)c->distance[i] * distances[i];
		extra += (uint64_t)c->distance[i] * distance_extra(i);
	}
	all.fixed += extra;
	all.dynamic += extra;
	return all;
}

// A word of a code is its bits, which may have those that come after it in
// them, above the number of them.
typedef uint32_t word;

static inline void put_word(struct bits *b, word w) { put(b, w >> 8, w & 0xff); }

// A code is the words of a block.
struct code {
	word literal[END_OF_BLOCK + 1];
	word length[MOST_MATCH + 1]; // with the extra bits
	word distance[DISTANCES];
};

static void make_code(struct code *c, const struct lengths *l) {
	uint16_t words[MOST_SYMBOLS];
	words_of(l->all, l->literals, words);
	for (unsigned i = 0; i <= END_OF_BLOCK; i++)
		c->literal[i] = (word)words[i] << 8 | l->all[i];
	for (unsigned i = 0; i < l->literals - FIRST_LENGTH && i < LITERALS - FIRST_LENGTH; i++) {
		unsigned size = l->all[FIRST_LENGTH + i], base = length_bases[i];
		unsigned after = i < LITERALS - FIRST_LENGTH - 1 ? length_bases[i + 1] : MOST_MATCH + 1;
		for (unsigned length = base; length < after; length++)
			c->length[length] = ((word)words[FIRST_LENGTH + i] | (word)(length - base) << size) << 8 | (size + length_extras[i]);
	}
	const uint8_t *distances = l->all + l->literals;
	words_of(distances, l->distances, words);
	for (unsigned i = 0; i < l->distances && i < DISTANCES; i++)
		c->distance[i] = (word)words[i] << 8 | distances[i];
}

static void write_content(struct bits *to, const struct code *c, const uint8_t *content, const struct step *steps, size_t n) {
	struct bits b = *to; // so that the compiler need not fear for it
	for (size_t i = 0; i < n; i++) {
		uint32_t literals = steps[i].literals, length = steps[i].length;
		for (; literals > 3; literals -= 4, content += 4) {
			put_word(&b, c->literal[content[0]]);
			put_word(&b, c->literal[content[1]]);
			put_word(&b, c->literal[content[2]]);
			put_word(&b, c->literal[content[3]]);
			put_flush(&b);
		}
		if (length == 0) {
			for (; literals > 0; literals--)
				put_word(&b, c->literal[*content++]);
			put_flush(&b);
			continue;
		}
		// How many are left cannot be foreseen, so there is no branch on it. A
		// match has at least as many bytes as are looked at.
		put_word(&b, c->literal[content[0]] & -(word)(literals > 0));
		put_word(&b, c->literal[content[1]] & -(word)(literals > 1));
		put_word(&b, c->literal[content[2]] & -(word)(literals > 2));
		put_flush(&b);
		unsigned distance = steps[i].distance;
		unsigned symbol = distance_symbol(distance), extra = distance_extra(symbol);
		put_word(&b, c->length[length]);
		put_word(&b, c->distance[symbol]);
		put(&b, distance & ((1u << extra) - 1), extra); // the base has these bits clear
		put_flush(&b);
		content += literals + length;
	}
	put_word(&b, c->literal[END_OF_BLOCK]);
	put_flush(&b);
	*to = b;
}

#define MOST_STORED 65535 // in one block (RFC 1951, 3.2.4)

static uint64_t stored_size(size_t size) { return size + 5 * (size / MOST_STORED + 1); }

bool write_stored(struct bits *b, const uint8_t *end, const uint8_t *content, size_t size, bool last) {
	if (stored_size(size) + 1 + SLOP > (size_t)(end - b->at))
		return false;
	do {
		size_t now = size < MOST_STORED ? size : MOST_STORED;
		put(b, last && now == size, 3);
		put_align(b);
		put(b, now | (uint64_t)(now ^ 0xffff) << 16, 32);
		put_flush(b);
		memcpy(b->at, content, now);
		b->at += now;
		content += now;
		size -= now;
	} while (size > 0);
	return true;
}

bool write_block(struct bits *b, const uint8_t *end, const uint8_t *content, size_t size,
	const struct step *steps, size_t n, struct counts *counts, bool last) {
	struct head head;
	struct code code;
	counts->literal[END_OF_BLOCK] = 1;
	make_head(&head, counts);
	struct costs costs = cost(counts, &head.lengths);
	costs.fixed += 3;
	costs.dynamic += head.bits;
	uint64_t least = costs.fixed < costs.dynamic ? costs.fixed : costs.dynamic;
	if (8 * stored_size(size) < least)
		return write_stored(b, end, content, size, last);
	if (least / 8 + 2 + SLOP > (size_t)(end - b->at))
		return false;
	if (costs.fixed <= costs.dynamic) {
		put(b, last | 1 << 1, 3);
		fix_lengths(&head.lengths);
	} else {
		write_head(b, &head, last);
	}
	make_code(&code, &head.lengths);
	write_content(b, &code, content, steps, n);
	return true;
}
