#include "keys.h"

#include <algorithm>

#include "huepress.h"

void hp_keys_of_colors(const uint8_t *colors, int64_t count, int32_t channels, uint32_t *keys) {
    hp_each_key(colors, channels, 0, count, [keys](int64_t i, uint32_t key) { keys[i] = key; });
}

void hp_colors_of_keys(const uint32_t *keys, int64_t count, int32_t channels, uint8_t *colors) {
    const int32_t step = 1024;
    int16_t levels[step];
    for (int64_t start = 0; start < count; start += step) {
        const int32_t run = (int32_t)std::min<int64_t>(step, count - start);
        uint8_t *out = colors + start * channels;
        for (int32_t c = 0; c < 3; ++c) {
            HP_CALL(hp_levels)(keys + start, run, c, 1, levels);
            for (int32_t i = 0; i < run; ++i) out[i * channels + c] = (uint8_t)levels[i];
        }
        for (int32_t i = 0; channels == 4 && i < run; ++i) out[i * 4 + 3] = (uint8_t)(keys[start + i] >> 24);
    }
}

void hp_coordinates_of_keys(const uint32_t *keys, int64_t count, int32_t scale, int16_t *coordinates, int64_t stride) {
    for (int32_t c = 0; c < 3; ++c)
        HP_CALL(hp_levels)(keys, (int32_t)count, c, scale, coordinates + c * stride);
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
