// Where a text repeats itself: chains of the positions whose next bytes have
// the same hash.

#ifndef CARRYOUT_DEFLATE_MATCHES_H
#define CARRYOUT_DEFLATE_MATCHES_H

#include "block.h"

#define HASH_BITS 16

// FARTHEST is how far back a match may begin: a byte less than a reader keeps,
// so that a position and the farthest one from it have places of their own.
#define FARTHEST (WINDOW - 1)

// matches holds the newest position of each hash, and for each position the one
// before it with the same hash. Positions are counted on from text to text and
// begin above 0. So what is left of an earlier text is out of reach, as an empty
// place is, and nothing has to be cleared.
struct matches {
	uint32_t newest[1 << HASH_BITS];
	uint32_t before[WINDOW];
	uint32_t end; // of all texts so far
};

// A text and what is to be known of it while it is read.
struct text {
	const uint8_t *bytes;
	uint32_t size;
	uint32_t base; // the position of its first byte
};

// A match is how many bytes are as they were so far back; 0: none.
struct match {
	uint32_t length, distance;
};

static inline uint32_t hash(uint32_t four) { return four * 0x9e3779b1u >> (32 - HASH_BITS); }

// begin_text returns the position at which a text of that size begins.
static inline uint32_t begin_text(struct matches *m, uint32_t size) {
	if (m->end == 0 || m->end > UINT32_MAX - size) {
		memset(m, 0, sizeof *m);
		m->end = 1;
	}
	uint32_t base = m->end;
	m->end += size;
	return base;
}

// enter makes a position known, at which there are those four bytes, and
// returns the newest one before it with the same hash.
static inline uint32_t enter(struct matches *m, uint32_t position, uint32_t four) {
	uint32_t *newest = &m->newest[hash(four)];
	uint32_t before = *newest;
	m->before[position % WINDOW] = before;
	*newest = position;
	return before;
}

// enter_all makes the positions of t[from:to] known, four at a time where there
// is enough to load.
static inline void enter_all(struct matches *m, const struct text *t, uint32_t from, uint32_t to) {
	uint32_t i = from, base = t->base;
	const uint8_t *bytes = t->bytes;
	for (; i + 4 <= to && i + 8 <= t->size; i += 4) {
		uint64_t eight = load64(bytes + i);
		enter(m, base + i, (uint32_t)eight);
		enter(m, base + i + 1, (uint32_t)(eight >> 8));
		enter(m, base + i + 2, (uint32_t)(eight >> 16));
		enter(m, base + i + 3, (uint32_t)(eight >> 24));
	}
	for (; i < to && i + 4 <= t->size; i++)
		enter(m, base + i, load32(bytes + i));
}

// FEW is how many positions are made known at once, at most.
#define FEW 10

// ends says how many positions at either end of a match are made known: FEW each
// at most, or all of them. Those between them are seldom missed.
struct ends {
	uint32_t first, last;
};

// enter_few makes the n positions before t[to] known, FEW at most, where there are
// four bytes for each. How long a match is cannot be foreseen, and this takes one
// jump that goes wrong, where a loop would take two.
static inline void enter_few(struct matches *m, const struct text *t, uint32_t to, uint32_t n) {
	const uint8_t *end = t->bytes + to;
	uint32_t base = t->base + to;
	switch (n) {
	case FEW: enter(m, base - FEW, load32(end - FEW)); // fall through
	case 9: enter(m, base - 9, load32(end - 9)); // fall through
	case 8: enter(m, base - 8, load32(end - 8)); // fall through
	case 7: enter(m, base - 7, load32(end - 7)); // fall through
	case 6: enter(m, base - 6, load32(end - 6)); // fall through
	case 5: enter(m, base - 5, load32(end - 5)); // fall through
	case 4: enter(m, base - 4, load32(end - 4)); // fall through
	case 3: enter(m, base - 3, load32(end - 3)); // fall through
	case 2: enter(m, base - 2, load32(end - 2)); // fall through
	case 1: enter(m, base - 1, load32(end - 1));
	}
}

// enter_match makes positions of t[from:to] known, which a match covers.
static inline void enter_match(struct matches *m, const struct text *t, uint32_t from, uint32_t to, struct ends ends) {
	uint32_t n = to - from;
	bool fits = to + 4 <= t->size; // there are four bytes for each
	if (fits && n <= FEW) {
		enter_few(m, t, to, n);
	} else if (!fits || ends.first >= n) {
		enter_all(m, t, from, to);
	} else {
		enter_few(m, t, from + ends.first, ends.first);
		enter_few(m, t, to, ends.last);
	}
}

// common returns how many bytes a and b have in common, of which n are known to
// be and most are of interest.
static inline uint32_t common(const uint8_t *a, const uint8_t *b, uint32_t n, uint32_t most) {
	while (n + 8 <= most) {
		uint64_t differ = load64(a + n) ^ load64(b + n);
		if (differ != 0)
			return n + ((uint32_t)__builtin_ctzll(differ) >> 3);
		n += 8;
	}
	while (n < most && a[n] == b[n])
		n++;
	return n;
}

// A search says how hard to look for a match.
struct search {
	uint32_t depth; // how many positions to look at
	uint32_t nice;  // a length to be content with
};

// longest follows the chain from the position at on to the longest match of
// t[i:] that is longer than best, and at least 4 bytes long. There are as many
// bytes.
static inline struct match longest(const struct matches *m, const struct text *t, uint32_t i, uint32_t at,
	uint32_t best, struct search s) {
	struct match found = {0, 0};
	const uint8_t *here = t->bytes + i;
	uint32_t most = t->size - i < MOST_MATCH ? t->size - i : MOST_MATCH;
	uint32_t position = t->base + i;
	uint32_t least = i > FARTHEST ? position - FARTHEST : t->base;
	if (best < 3)
		best = 3;
	if (best >= most)
		return found;
	uint32_t first = load32(here), last = load32(here + best - 3);
	if (at < least)
		return found;
	uint32_t depth = s.depth;
	do {
		const uint8_t *there = t->bytes + (at - t->base);
		if (load32(there + best - 3) == last && load32(there) == first) {
			uint32_t length = common(here, there, 4, most);
			if (length > best) {
				best = length;
				found.length = length;
				found.distance = position - at;
				if (length >= s.nice || length >= most)
					break;
				last = load32(here + best - 3);
			}
		}
		at = m->before[at % WINDOW];
	} while (at >= least && --depth > 0);
	return found;
}

// expect asks the cache for what is known of t[i:], where there are four bytes.
static inline void expect(const struct matches *m, const struct text *t, uint32_t i) {
	__builtin_prefetch(&m->newest[hash(load32(t->bytes + i))]);
}

// FIND_NEEDS is how many bytes find must find: four, and those of the next
// position, which it expects.
#define FIND_NEEDS 5

// find makes t[i] known and looks for a match there.
static inline struct match find(struct matches *m, const struct text *t, uint32_t i, uint32_t best, struct search s) {
	uint32_t before = enter(m, t->base + i, load32(t->bytes + i));
	expect(m, t, i + 1);
	return longest(m, t, i, before, best, s);
}

#endif
