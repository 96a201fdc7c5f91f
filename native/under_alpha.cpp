// The exact nearest entry under alpha. Colours of a picture come in the order of their alpha, so those that are compared with
// the entries together have much the same one, and most entries are too far from it.
#include "under_alpha.h"

#include <algorithm>

#include "huepress.h"
#include "threads.h"

namespace {

const int64_t kKeysPerThread = 1 << 12;  // fewer do not pay for waking a thread

int32_t class_of(uint32_t alpha) { return (alpha > 0) + (alpha == 255); }  // transparent, partial, opaque

// The entries of a class, or all if it has none.
HpEntries entries_of(const uint8_t *palette, int32_t count, int32_t class_index) {
    int32_t chosen[256], size = 0;
    for (int32_t k = 0; k < count; ++k)
        if (class_of(palette[4 * k + 3]) == class_index) chosen[size++] = k;
    for (int32_t k = 0, none = !size; none && k < count; ++k) chosen[size++] = k;
    std::stable_sort(chosen, chosen + size, [&](int32_t a, int32_t b) { return palette[4 * a + 3] < palette[4 * b + 3]; });
    HpEntries entries = {};
    entries.size = size;
    for (int32_t j = 0; j < size; ++j) {
        const uint8_t *color = palette + 4 * chosen[j];
        for (int32_t c = 0; c < 3; ++c) entries.features[j][c] = (2 * color[c] - 255) * color[3];
        entries.features[j][3] = 255 * color[3];
        entries.numbers[j] = chosen[j];
    }
    for (int32_t alpha = 0, j = 0; alpha < 256; ++alpha) {
        while (j < size && entries.features[j][3] < 255 * alpha) ++j;
        entries.first[alpha] = j;
    }
    return entries;
}

}  // namespace

void hp_nearest_rgba(const uint32_t *keys, int64_t count, const uint8_t *palette, int32_t entries, int32_t threads,
                     uint8_t *labels, double *distances) {
    const HpEntries by_class[] = {entries_of(palette, entries, 0), entries_of(palette, entries, 1),
                                  entries_of(palette, entries, 2)};
    hp_run_shares(threads, count, kKeysPerThread, [&](int64_t first, int64_t end) {
        for (int64_t next; first < end; first = next) {
            const int32_t own = class_of(keys[first] >> 24);
            next = first + 1;
            while (next < std::min(end, first + HP_ROW_LANES) && class_of(keys[next] >> 24) == own) ++next;
            double numbers[HP_ROW_LANES], twice[HP_ROW_LANES];
            HP_CALL(hp_nearest_under_alpha)(keys + first, (int32_t)(next - first), &by_class[own], numbers, twice);
            for (int64_t i = first; i < next; ++i) {
                labels[i] = (uint8_t)numbers[i - first];
                distances[i] = twice[i - first] / (4.0 * 255.0 * 255.0);
            }
        }
    });
}
