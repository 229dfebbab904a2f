#include "twice.h"

#include <cpuid.h>
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1,ssse3")))

static const uint32_t constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

// SHA is bit 29 of EBX of leaf 7, SSSE3 and SSE4.1 bits 9 and 19 of ECX of leaf 1
// (Intel's manual, volume 2, CPUID).
bool twice_able(void) {
	unsigned a, b, c, d;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b >> 29 & 1))
		return false;
	return __get_cpuid(1, &a, &b, &c, &d) && (c >> 9 & 1) && (c >> 19 & 1);
}

// A state is the words of one as the instructions have them: A, B, E, F and
// C, D, G, H, the first highest.
struct state {
	__m128i abef, cdgh;
};

SHA static inline struct state load(const uint32_t s[8]) {
	__m128i dcba = _mm_loadu_si128((const __m128i *)s), hgfe = _mm_loadu_si128((const __m128i *)(s + 4));
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
	return (struct state){_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
}

SHA static inline void store(uint32_t s[8], struct state v) {
	__m128i feba = _mm_shuffle_epi32(v.abef, 0x1b), dchg = _mm_shuffle_epi32(v.cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)s, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(s + 4), _mm_alignr_epi8(dchg, feba, 8));
}

// round4 does four rounds with w, the words of the schedule with their constants.
SHA static inline void round4(struct state *s, __m128i w) {
	s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, w);
	s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(w, 0x0e));
}

SHA static inline void add(struct state *s, struct state t) {
	s->abef = _mm_add_epi32(s->abef, t.abef);
	s->cdgh = _mm_add_epi32(s->cdgh, t.cdgh);
}

// Each round waits for the one before it, so the rounds of the other state cost
// next to nothing in between; and there is one schedule for both.
SHA void twice_add(uint32_t a[8], uint32_t b[8], const uint8_t *blocks, size_t n) {
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const __m128i *constant = (const __m128i *)constants;
	struct state first = load(a), second = load(b);
	for (; n > 0; n--, blocks += 64) {
		struct state s = first, t = second;
		__m128i w[4];
		for (int i = 0; i < 4; i++)
			w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)blocks + i), big_endian);
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			__m128i now = _mm_add_epi32(w[i % 4], constant[i]);
			round4(&s, now);
			round4(&t, now);
			if (i < 12) {
				__m128i middle = _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4);
				__m128i part = _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]), middle);
				w[i % 4] = _mm_sha256msg2_epu32(part, w[(i + 3) % 4]);
			}
		}
		add(&first, s);
		add(&second, t);
	}
	store(a, first);
	store(b, second);
}
