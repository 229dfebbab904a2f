// Huffman codes as DEFLATE has them (RFC 1951, 3.2.2).

#ifndef CARRYOUT_DEFLATE_CODE_H
#define CARRYOUT_DEFLATE_CODE_H

#include <stdint.h>

#define MOST_SYMBOLS 288
#define MOST_LENGTH 15

// lengths_of finds the lengths of the best code for n symbols that occur so
// often, none longer than most. What does not occur gets 0. A code of a single
// symbol has a second one, so that it is complete.
void lengths_of(const uint32_t *counts, unsigned n, unsigned most, uint8_t *lengths);

// words_of gives each symbol its code word, first bit lowest.
void words_of(const uint8_t *lengths, unsigned n, uint16_t *words);

#endif
