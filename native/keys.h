// Colours as numbers: the Morton code of R, G and B, with alpha above it.
#pragma once
#include <cstdint>

struct MortonTable {
    uint32_t spread[256];  // bit i of a byte at bit 3 i
    MortonTable() {
        for (uint32_t value = 0; value < 256; ++value) {
            spread[value] = 0;
            for (uint32_t bit = 0; bit < 8; ++bit) spread[value] |= (value >> bit & 1) << (3 * bit);
        }
    }
    uint32_t operator()(uint8_t r, uint8_t g, uint8_t b) const { return spread[r] << 2 | spread[g] << 1 | spread[b]; }
};

extern const MortonTable hp_morton_table;

const uint32_t kOpaque = 0xff000000u;

// The key of a pixel of 4 bytes: 0 where it is transparent, whatever its colour.
inline uint32_t hp_key_of_rgba(const uint8_t *p) {
    return p[3] ? (uint32_t)p[3] << 24 | hp_morton_table(p[0], p[1], p[2]) : 0;
}
inline uint32_t hp_key_of_rgb(const uint8_t *p) { return kOpaque | hp_morton_table(p[0], p[1], p[2]); }
inline uint32_t hp_key(const uint8_t *p, int32_t channels) {
    return channels == 3 ? hp_key_of_rgb(p) : hp_key_of_rgba(p);
}
