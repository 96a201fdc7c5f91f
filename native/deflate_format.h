// What deflate (RFC 1951) is made of: blocks of literals and of copies of what was there before, the codes of their lengths and
// distances, and those that tell how long codes are. Static: the files of each SIMD level keep copies of their own.
#pragma once
#include <cstdint>

#include "lanes/bits.h"

enum {
    HP_MIN_LENGTH = 3,
    HP_MAX_LENGTH = 258,
    HP_WINDOW = 32768,
    HP_END_OF_BLOCK = 256,  // among the codes of literals, as are those of lengths, from 257 on
    HP_LENGTH_CODES = 29,
    HP_LITERAL_CODES = HP_END_OF_BLOCK + 1 + HP_LENGTH_CODES,
    HP_DISTANCE_CODES = 30,
    HP_FIXED_LITERALS = 288,  // where codes are fixed, some are left over that never occur
    HP_FIXED_DISTANCES = 32,
};

// Kinds of blocks: bytes as they are, or symbols by the fixed codes or by codes of its own.
enum { HP_STORED_BLOCK, HP_FIXED_BLOCK, HP_OWN_BLOCK };

// What tells the lengths of codes: behind the lengths 0 .. 15 themselves the codes of runs.
enum { HP_AGAIN = 16, HP_ZEROS, HP_MANY_ZEROS, HP_RUN_CODES };

struct RunCode {
    uint8_t least, extra;  // a run is as long as that, and as the number in so many bits that follow
};
static inline RunCode hp_run_code(int32_t code) {
    static const RunCode runs[] = {{3, 2}, {3, 3}, {11, 7}};
    return code < HP_AGAIN ? RunCode{1, 0} : runs[code - HP_AGAIN];
}

// The order in which a header tells how long these codes are.
static const uint8_t hp_run_code_order[HP_RUN_CODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

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

// The lengths of the fixed codes.
static inline uint8_t hp_fixed_literal(int32_t code) { return code < 144 ? 8 : code < 256 ? 9 : code < 280 ? 7 : 8; }
enum { HP_FIXED_DISTANCE = 5 };
