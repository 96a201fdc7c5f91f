#include "keys.h"

#include <algorithm>

#include "huepress.h"

namespace {

uint8_t gather(uint32_t key) {  // every third bit
    uint32_t value = 0;
    for (uint32_t bit = 0; bit < 8; ++bit) value |= (key >> (3 * bit) & 1) << bit;
    return (uint8_t)value;
}

}  // namespace

void hp_keys_of_colors(const uint8_t *colors, int64_t count, int32_t channels, uint32_t *keys) {
    hp_each_key(colors, channels, 0, count, [keys](int64_t i, uint32_t key) { keys[i] = key; });
}

void hp_colors_of_keys(const uint32_t *keys, int64_t count, int32_t channels, uint8_t *colors) {
    for (int64_t i = 0; i < count; ++i, colors += channels) {
        for (int32_t c = 0; c < 3; ++c) colors[c] = gather(keys[i] >> (2 - c));
        if (channels == 4) colors[3] = (uint8_t)(keys[i] >> 24);
    }
}

void hp_sort_order(const uint32_t *keys, int64_t count, uint32_t *order, uint32_t *scratch) {
    uint32_t *from = order, *to = scratch;
    for (int64_t i = 0; i < count; ++i) from[i] = (uint32_t)i;
    for (int32_t shift = 0; shift < 32; shift += 8) {  // least digit first; four passes end in `order`
        int64_t starts[257] = {0};
        for (int64_t i = 0; i < count; ++i) ++starts[(keys[i] >> shift & 255) + 1];
        for (int32_t digit = 0; digit < 256; ++digit) starts[digit + 1] += starts[digit];
        for (int64_t i = 0; i < count; ++i) to[starts[keys[from[i]] >> shift & 255]++] = from[i];
        std::swap(from, to);
    }
}

void hp_morton(const int16_t *coordinates, int64_t stride, int64_t count, int32_t dimensions, uint32_t *keys) {
    for (int64_t i = 0; i < count; ++i) {
        uint32_t key = 0;
        for (int32_t d = 0; d < dimensions; ++d) {
            const uint32_t cell = (uint32_t)coordinates[d * stride + i] >> 6;
            for (int32_t bit = 0; bit < 8; ++bit)
                key |= (cell >> bit & 1) << (bit * dimensions + dimensions - 1 - d);
        }
        keys[i] = key;
    }
}
