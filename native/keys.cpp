#include "keys.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "huepress.h"
#include "lanes/morton.h"
#include "points.h"

void hp_keys_of_colors(const uint8_t *colors, int64_t count, int32_t channels, uint32_t *keys) {
    hp_each_key({colors, channels, channels}, 0, count, [keys](int64_t i, uint32_t key) { keys[i] = key; });
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

void hp_levels_under_alpha(const uint32_t *keys, int64_t count, const double *seen, const double *less, double low,
                           double scale, const int16_t *alphas, int16_t *coordinates, int64_t stride) {
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t alpha = keys[i] >> 24;
        for (int32_t c = 0; c < 3; ++c) {
            const double part = level_of(keys[i], c) * seen[alpha] - less[alpha] - low;
            coordinates[c * stride + i] = (int16_t)std::lrint(part * scale);
        }
        coordinates[3 * stride + i] = alphas[alpha];
    }
}

// In place, byte by byte from the highest that may differ (McIlroy, Bostic & McIlroy 1993).
static void sort(uint64_t *first, uint64_t *last, int32_t shift) {
    const int64_t few = 64;
    if (last - first <= few) return std::sort(first, last);
    uint64_t *ends[256], *next[256];
    int64_t sizes[256] = {0};
    for (const uint64_t *p = first; p < last; ++p) ++sizes[*p >> shift & 255];
    if (shift && sizes[*first >> shift & 255] == last - first) return sort(first, last, shift - 8);
    for (int32_t digit = 0; digit < 256; ++digit) {
        next[digit] = digit ? ends[digit - 1] : first;
        ends[digit] = next[digit] + sizes[digit];
    }
    for (int32_t digit = 0; digit < 256; ++digit)
        while (next[digit] < ends[digit]) {
            uint64_t value = *next[digit];
            for (int32_t own; (own = (int32_t)(value >> shift & 255)) != digit;) std::swap(value, *next[own]++);
            *next[digit]++ = value;
        }
    for (int32_t digit = 0; shift && digit < 256; ++digit) sort(ends[digit] - sizes[digit], ends[digit], shift - 8);
}

// In the first half of the memory.
static void keep_lower_halves(uint64_t *memory, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t low = (uint32_t)memory[i];
        std::memcpy((uint8_t *)memory + i * (int64_t)sizeof low, &low, sizeof low);
    }
}

// row[order[i]] to row[i].
static void reorder(int16_t *row, const uint32_t *order, int64_t count, int16_t *scratch) {
    for (int64_t i = 0; i < count; ++i) scratch[i] = row[order[i]];
    std::copy(scratch, scratch + count, row);
}

void hp_sort_order(const uint32_t *keys, int64_t count, uint64_t *order) {
    for (int64_t i = 0; i < count; ++i) order[i] = (uint64_t)keys[i] << 32 | (uint64_t)i;
    sort(order, order + count, 56);
    keep_lower_halves(order, count);
}

void hp_sort_points(int16_t *coordinates, int64_t stride, int32_t dimensions, const int64_t *class_starts,
                    uint64_t *memory) {
    const int64_t count = class_starts[HP_CLASSES];
    uint32_t codes[HP_KEYS];
    for (int64_t start = 0; start < count; start += HP_KEYS) {
        const int32_t run = (int32_t)std::min<int64_t>(HP_KEYS, count - start);
        const int16_t *first[HP_MAX_DIMENSIONS];
        for (int32_t d = 0; d < dimensions; ++d) first[d] = coordinates + d * stride + start;
        HP_CALL(hp_codes)(first, dimensions, run, codes);
        for (int32_t i = 0; i < run; ++i) memory[start + i] = (uint64_t)codes[i] << 32 | (uint64_t)(start + i);
    }
    for (int32_t c = 0; c < HP_CLASSES; ++c) sort(memory + class_starts[c], memory + class_starts[c + 1], 56);
    keep_lower_halves(memory, count);
    const uint32_t *order = (const uint32_t *)memory;
    int16_t *scratch = (int16_t *)memory + 2 * count;  // the second half
    for (int32_t d = 0; d < dimensions; ++d) reorder(coordinates + d * stride, order, count, scratch);
}
