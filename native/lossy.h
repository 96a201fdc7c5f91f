// One row of the rate-distortion optimised mapping: what native/lossy.cpp hands to native/lanes/lossy.cpp.
#pragma once
#include "deflate_format.h"
#include "lanes.h"

enum {
    HP_NO_COLOR = 256,       // the palette's entry that is far from every pixel
    HP_NEAR = HP_LANE_COUNT,
    HP_AHEAD = 8,            // how far ahead going on and starting anew are compared
    HP_BEFORE = 8,           // the first copies repeat the 1 .. 8 symbols before them
    HP_ABOVE = 5,            // the next come from the row above, -2 .. 2 columns away
    HP_FOUND = 19,           // the others are found in the dictionary
    HP_COPIES = HP_BEFORE + HP_ABOVE + HP_FOUND,
    HP_FAR = HP_COPIES - HP_BEFORE,
    HP_CERTAIN = 32,         // pixels alike, without error, to be copied without looking at anything else
    HP_HASH_BITS = 15,
};

struct HpLossyRow {
    int32_t width, dimensions;
    int32_t lookups;              // places looked up in the dictionary for each pixel
    const float *features[4];     // of this row, diffusion included
    const float *weight;          // of the squared distance, in bits
    const uint8_t *nearest;       // what the dictionary is searched for
    const float *palette[4];      // padded, the padding far away
    const int16_t *whole[4];      // 256 of these as 16-bit numbers, or null where they are not such
    const float *literal_bits;
    float least_literal;          // the least of them
    // For each entry the HP_NEAR ones nearest to it, or all, padded: what a literal is chosen from.
    const uint8_t *near_entry;
    const float *near_palette[4];
    const float *near_bits;
    const float *length_bits;     // by length, 0 .. 258
    const float *later_bits;      // by length: length_bits HP_AHEAD further
    const float *distance_bits;   // by distance, 0 .. 32768
    const uint16_t *out;          // the band: finished rows; HP_NO_COLOR wherever nothing is decided
    const uint8_t *bytes;         // the same without HP_NO_COLOR
    int64_t start;                // of this row in the band, stride width + 1
    const int32_t *head, *chain;  // the dictionary: latest place of a hash; the one before, by place & (window - 1)
    float right;                  // share of the error that goes to the next pixel
    // How many pixels from here on are their nearest entries exactly, and those above, or the one before the first.
    const int32_t *like_above, *like_before;
    int32_t *distance;            // of the far copies, kept from row to row
    const int32_t *above;         // the distance of the copy that starts here in the row above, or 0
    // work and results, width + 1 long
    float *cost;
    float *carried[4];
    int32_t *length;
    int32_t *from;                // the distance of a copy that ends here, negative within the row, 0 for a literal
    uint64_t *tail;               // the last 8 symbols of the best path to here, a byte each, the latest lowest
};

HP_DECLARE(void, hp_lossy_row, HpLossyRow *row);

// Static: the files of each SIMD level keep a copy of their own.
static inline uint32_t hp_hash3(uint32_t a, uint32_t b, uint32_t c) {
    return ((a | b << 8 | c << 16) * 2654435761u) >> (32 - HP_HASH_BITS);
}
