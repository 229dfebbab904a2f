// The smallest parts: unaligned loads and a writer of bits.

#ifndef CARRYOUT_DEFLATE_BITS_H
#define CARRYOUT_DEFLATE_BITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LE32(v) __builtin_bswap32(v)
#define LE64(v) __builtin_bswap64(v)
#else
#define LE32(v) (v)
#define LE64(v) (v)
#endif

static inline uint32_t load32(const uint8_t *p) {
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return LE32(v);
}

static inline uint64_t load64(const uint8_t *p) {
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return LE64(v);
}

static inline void store64(uint8_t *p, uint64_t v) {
	v = LE64(v);
	memcpy(p, &v, sizeof v);
}

// highest returns the number of the highest bit that is set in v, which is not 0.
static inline unsigned highest(uint32_t v) { return 31 - (unsigned)__builtin_clz(v); }

// SLOP is how many bytes put_flush may write after the last one that counts.
#define SLOP 8

// bits writes bits, lowest first (RFC 1951, 3.1.1). Whoever writes has made
// sure that there is room, SLOP included.
struct bits {
	uint8_t *at;
	uint64_t held;  // not yet in memory, lowest first
	unsigned count; // of them
};

// put adds the n low bits of v. There is room for 56 between two flushes.
static inline void put(struct bits *b, uint64_t v, unsigned n) {
	b->held |= v << b->count;
	b->count += n;
}

// put_flush writes all whole bytes.
static inline void put_flush(struct bits *b) {
	store64(b->at, b->held);
	b->at += b->count >> 3;
	b->held >>= b->count & ~7u;
	b->count &= 7;
}

// put_align fills the last byte with zeros.
static inline void put_align(struct bits *b) {
	b->count = (b->count + 7) & ~7u;
	put_flush(b);
}

#endif
