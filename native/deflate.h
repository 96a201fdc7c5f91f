// What deflate (RFC 1951) is made of: literals and copies of what was there before, and the codes of their lengths and
// distances. Static functions: the files of each SIMD level keep copies of their own.
#pragma once
#include <cstdint>

#include "lanes/bits.h"

enum {
    HP_MIN_LENGTH = 3,
    HP_MAX_LENGTH = 258,
    HP_WINDOW = 32768,
    HP_END_OF_BLOCK = 256,   // among the codes of literals, as are those of lengths, from 257 on
    HP_LENGTH_CODES = 29,
    HP_LITERAL_CODES = HP_END_OF_BLOCK + 1 + HP_LENGTH_CODES,
    HP_DISTANCE_CODES = 30,
};

// The codes of lengths 3 .. 258 and of distances 1 .. 32768.
static inline int32_t hp_length_code(int32_t length) {
    if (length == HP_MAX_LENGTH) return 28;
    const uint32_t base = (uint32_t)length - HP_MIN_LENGTH;
    if (base < 4) return (int32_t)base;
    const int32_t extra = highest_bit(base) - 2;
    return 4 * extra + (int32_t)(base >> extra);
}
static inline int32_t hp_distance_code(int32_t distance) {
    const uint32_t base = (uint32_t)distance - 1;
    if (base < 2) return (int32_t)base;
    const int32_t extra = highest_bit(base) - 1;
    return 2 * extra + (int32_t)(base >> extra);
}

// How many bits follow a code, and what it stands for if they are all 0.
static inline int32_t hp_length_extra(int32_t code) { return code < 8 || code == 28 ? 0 : code / 4 - 1; }
static inline int32_t hp_distance_extra(int32_t code) { return code < 4 ? 0 : code / 2 - 1; }
static inline int32_t hp_first_length(int32_t code) {
    if (code == 28) return HP_MAX_LENGTH;
    return HP_MIN_LENGTH + (code < 8 ? code : (4 + code % 4) << hp_length_extra(code));
}
static inline int32_t hp_first_distance(int32_t code) {
    return 1 + (code < 4 ? code : (2 + code % 2) << hp_distance_extra(code));
}
