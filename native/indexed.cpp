// Indexed pixels: what their indices stand for, and what is summed up over them.
#include <algorithm>
#include <atomic>

#include "huepress.h"
#include "threads.h"

namespace {

const int64_t kPixelsPerThread = 1 << 15;  // fewer do not pay for waking a thread

// A run of one label in a register: what is read back where it was just written comes late.
template <class Label, class Weight>
void add(const void *labels, const void *weights, int64_t count, double *sums) {
    const Label *label = (const Label *)labels;
    for (int64_t i = 0; i < count;) {
        const Label own = label[i];
        double sum = sums[own];
        do sum += (double)((const Weight *)weights)[i];
        while (++i < count && label[i] == own);
        sums[own] = sum;
    }
}

struct Three {
    uint8_t bytes[3];
};

// Index by index, so that what is found may take the places of the indices.
template <class Entry, class Index>
void look_up(const void *table, const void *indices, int64_t first, int64_t end, void *found) {
    for (int64_t i = first; i < end; ++i) ((Entry *)found)[i] = ((const Entry *)table)[((const Index *)indices)[i]];
}

template <class Index>
void look_up(const void *table, int32_t entry_bytes, const void *indices, int64_t first, int64_t end, void *found) {
    if (entry_bytes == 1) return look_up<uint8_t, Index>(table, indices, first, end, found);
    if (entry_bytes == 2) return look_up<uint16_t, Index>(table, indices, first, end, found);
    if (entry_bytes == 3) return look_up<Three, Index>(table, indices, first, end, found);
    look_up<uint32_t, Index>(table, indices, first, end, found);
}

int64_t square(int32_t value) { return (int64_t)value * value; }

struct Opaque {
    static int64_t error(const uint8_t *pixel, int32_t, const uint8_t *entry) {
        int32_t sum = 0;
        for (int32_t c = 0; c < 3; ++c) sum += (pixel[c] - entry[c]) * (pixel[c] - entry[c]);
        return sum;
    }
};

struct OverBlackAndWhite {
    static int64_t error(const uint8_t *pixel, int32_t channels, const uint8_t *entry) {
        const int32_t alpha = channels == 4 ? pixel[3] : 255, white = 255 * (alpha - entry[3]);
        int64_t sum = 0;
        for (int32_t c = 0; c < 3; ++c) {
            const int32_t black = pixel[c] * alpha - entry[c] * entry[3];
            sum += square(black) + square(black - white);
        }
        return sum;
    }
};

template <class Kind>
int64_t square_error(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                     const uint8_t *indices, const uint8_t *palette) {
    std::atomic<int64_t> total(0);
    hp_run_shares(threads, count, kPixelsPerThread, [&](int64_t first, int64_t end) {
        int64_t sum = 0;
        for (int64_t i = first; i < end; ++i)
            sum += Kind::error(pixels + i * stride, channels, palette + 4 * indices[i]);
        total += sum;
    });
    return total;
}

}  // namespace

void hp_take(const void *table, int32_t entry_bytes, const void *indices, int32_t index_bytes, int64_t count,
             int32_t threads, void *found) {
    hp_run_shares(threads, count, kPixelsPerThread, [&](int64_t first, int64_t end) {
        (index_bytes == 1 ? look_up<uint8_t> : look_up<uint32_t>)(table, entry_bytes, indices, first, end, found);
    });
}

void hp_label_counts(const uint8_t *labels, int64_t count, int64_t *counts) {
    const int64_t apart = 4;  // tables: to count a label twice in a row takes longer
    int64_t own[apart][256] = {{0}};
    for (int64_t i = 0; i < count; ++i) ++own[i % apart][labels[i]];
    for (int32_t label = 0; label < 256; ++label) {
        counts[label] = 0;
        for (const auto &table : own) counts[label] += table[label];
    }
}

void hp_label_sums(const void *labels, int32_t label_bytes, const void *weights, int32_t weight_bytes, int64_t count,
                   int32_t size, double *sums) {
    std::fill(sums, sums + size, 0.0);
    if (label_bytes == 1)
        (weight_bytes == 4 ? add<uint8_t, float> : add<uint8_t, double>)(labels, weights, count, sums);
    else
        (weight_bytes == 4 ? add<uint32_t, float> : add<uint32_t, double>)(labels, weights, count, sums);
}

int64_t hp_square_error(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                        const uint8_t *indices, const uint8_t *palette, int32_t opaque) {
    return (opaque ? square_error<Opaque> : square_error<OverBlackAndWhite>)(pixels, count, channels, stride, threads,
                                                                             indices, palette);
}
