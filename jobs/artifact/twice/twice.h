// SHA-256 (FIPS 180-4) of the same blocks into two states. twice.go says what it
// is for.

#ifndef CARRYOUT_TWICE_H
#define CARRYOUT_TWICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// twice_able reports whether this processor can do it.
bool twice_able(void);

// twice_add adds n blocks of 64 bytes to both states.
void twice_add(uint32_t a[8], uint32_t b[8], const uint8_t *blocks, size_t n);

#endif
