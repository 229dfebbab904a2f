// A DEFLATE encoder (RFC 1951). deflate.go says what it is for.

#ifndef CARRYOUT_DEFLATE_DEFLATE_H
#define CARRYOUT_DEFLATE_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

// How much work is done.
enum {
	DEFLATE_FASTEST,
	DEFLATE_DEFAULT,
	DEFLATE_SMALLEST,
};

// deflate_state_size returns how many bytes a state has. They are zeros at
// first, and aligned for 64 bits; they hold no pointers.
size_t deflate_state_size(void);

// deflate_pack compresses text[before:size] into out, and returns how many
// bytes it took, 0 if they would have been more than room. What comes before is
// known to the reader. The last block of a stream is marked as such; else
// what is packed ends with a whole byte, by an empty stored block.
//
// size is at most 1 GiB. Nothing is kept in state that matters to what comes
// out of another call.
size_t deflate_pack(void *state, int level, const uint8_t *text, size_t before, size_t size,
	uint8_t *out, size_t room, int last);

// DEFLATE_SLACK is room that has to be there beside what is to fit.
#define DEFLATE_SLACK 32

// A deflate_text is one of many.
struct deflate_text {
	uint32_t size;
	uint32_t room;   // 0: it is not to be packed
	uint32_t packed; // out: what it took; 0: it was not packed
};

// deflate_pack_each packs texts that lie one after the other, as streams that do
// too, and returns how many bytes they take. There is room for all of them, and
// the slack.
size_t deflate_pack_each(void *state, int level, const uint8_t *bytes, struct deflate_text *texts, size_t n, uint8_t *out);

#endif
