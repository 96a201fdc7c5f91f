// From pixels to what is known of their colours: labels, or positions in the list of colours.
#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "huepress.h"
#include "keys.h"
#include "lanes/morton.h"
#include "tables.h"
#include "threads.h"

namespace {

const int64_t kPixelsPerThread = 1 << 16;  // fewer do not pay for waking a thread
const int64_t kBlock = 1 << 12;            // pixels, or colours, that a thread takes at a time
const int64_t kPixelsPerColor = 2;         // with fewer, to list all colours in a table of each thread's own takes longer
                                           // than to fetch from another one's cache what it has listed

// Keys to positions, by open addressing.
class Positions {
  public:
    Positions(const uint32_t *keys, int64_t count) : keys_(keys) {
        while ((int64_t)1 << bits_ < 2 * count) ++bits_;
        slots_.assign((size_t)1 << bits_, kEmpty);
        for (int64_t i = 0; i < count; ++i) slots_[find(keys[i])] = (uint32_t)i;
    }
    uint32_t operator[](uint32_t key) const {  // 0 for a key that is not there, so that no caller reads past the end
        const uint32_t position = slots_[find(key)];
        return position == kEmpty ? 0 : position;
    }

  private:
    static constexpr uint32_t kEmpty = 0xffffffffu;
    size_t find(uint32_t key) const {  // its slot, or the empty one where it belongs
        const size_t mask = slots_.size() - 1;
        size_t slot = (size_t)(key * 0x9e3779b1u) >> (32 - bits_);
        while (slots_[slot] != kEmpty && keys_[slots_[slot]] != key) slot = (slot + 1) & mask;
        return slot;
    }
    const uint32_t *keys_;
    int32_t bits_ = 1;
    std::vector<uint32_t> slots_;
};

template <class Work>
void each_share(int64_t count, int32_t threads, const Work &work) {
    threads = (int32_t)std::max<int64_t>(1, std::min<int64_t>(threads, count / kPixelsPerThread));
    hp_run(threads, [&](int32_t t) { work(hp_share(count, threads, t), hp_share(count, threads, t + 1)); });
}

// Wherever a key is that is not opaque, as where keys do not ascend, it stays inside of the table.
void list(const uint32_t *keys, const uint8_t *labels, int64_t count, uint8_t *codes) {
    for (int64_t i = 0; i < count; ++i) codes[keys[i] & ~kOpaque] = labels[i];
}

template <class Index>
void look_up_opaque(const uint32_t *keys, int32_t count, const uint8_t *labels, Index *indices) {
    int32_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int32_t j = i; j < i + 8; j += 2) {
            uint64_t two;  // keys, as one load
            std::memcpy(&two, keys + j, sizeof two);
            indices[j] = labels[(uint32_t)two];
            indices[j + 1] = labels[two >> 32];
        }
    for (; i < count; ++i) indices[i] = labels[keys[i]];
}

template <class Index>
void look_up(const uint32_t *keys, int32_t count, const uint8_t *codes, const Positions &positions,
             const uint8_t *labels, Index *indices) {
    for (int32_t i = 0; i < count; ++i)
        indices[i] = keys[i] >= kOpaque ? codes[keys[i] & ~kOpaque] : labels[positions[keys[i]]];
}

template <class Index>
int32_t map(const Pixels &pixels, int64_t count, int32_t threads, const uint32_t *keys, const uint8_t *labels,
            int64_t distinct, Index *indices) {
    try {
        const int64_t others = std::lower_bound(keys, keys + distinct, kOpaque) - keys;
        const Positions positions(keys, others);  // colours that are not opaque come first and are few
        threads = hp_table_count(count, threads);
        const bool shared = threads > 1 && distinct * kPixelsPerColor > count;
        std::vector<Table> tables;
        for (int32_t t = 0; t < (shared ? 1 : threads); ++t) tables.emplace_back(Table::kStale, t);
        Blocks colors(others, distinct, kBlock, threads), blocks(0, count, kBlock, threads);
        const auto list_part = [&](int64_t first, int64_t end, const Table &table) {
            list(keys + first, labels + first, end - first, table.codes());
        };
        if (shared)
            hp_run(threads, [&](int32_t t) {
                for (int64_t first, end; colors.take(t, first, end);) list_part(first, end, tables[0]);
            });
        hp_run(threads, [&](int32_t t) {
            const Table &table = tables[shared ? 0 : (size_t)t];
            if (!shared) list_part(others, distinct, table);
            uint8_t *const codes = table.codes(), *const by_key = hp_by_key(codes);
            for (int64_t first, end; blocks.take(t, first, end);)
                hp_each_keys(pixels, first, end, [&](int64_t start, const uint32_t *run, int32_t size) {
                    if (pixels.channels == 3 || hp_all_opaque(run, size))
                        look_up_opaque(run, size, by_key, indices + start);
                    else  // keys of pixels that are not opaque lie outside of the table
                        look_up(run, size, codes, positions, labels, indices + start);
                });
        });
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}

int32_t class_of(uint32_t alpha) { return (alpha > 0) + (alpha == 255); }  // transparent, partial, opaque

// Premultiplied colour and alpha, all times 255.
void premultiply(const uint8_t *color, double *out) {
    for (int32_t c = 0; c < 3; ++c) out[c] = (double)(color[c] * color[3]);
    out[3] = 255.0 * color[3];
}

// Entries by alpha. Those of very different alpha are far: over black and over white the errors of a channel differ by
// the difference of alpha, so that the sum of their squares is half of its square at least.
class ByAlpha {
  public:
    // Those of a class, or all if it has none.
    ByAlpha(const uint8_t *palette, int32_t entries, int32_t class_index) {
        for (int32_t k = 0; k < entries; ++k)
            if (class_of(palette[4 * k + 3]) == class_index) numbers_[size_++] = (uint8_t)k;
        for (int32_t k = 0, none = !size_; none && k < entries; ++k) numbers_[size_++] = (uint8_t)k;
        std::stable_sort(numbers_, numbers_ + size_,
                         [&](uint8_t a, uint8_t b) { return palette[4 * a + 3] < palette[4 * b + 3]; });
        for (int32_t j = 0; j < size_; ++j) premultiply(palette + 4 * numbers_[j], entries_[j]);
    }

    // The nearest entry of a premultiplied colour, ties to the lower; `best`: its distance times 2 * 255^2.
    uint8_t nearest(const double *color, double *best) const {
        int32_t above = 0;
        while (above < size_ && entries_[above][3] < color[3]) ++above;
        Found found{color, 1e300, 255};
        int32_t below = above - 1;
        while (above < size_ && found.may_be(entries_[above])) found.see(entries_[above], numbers_[above]), ++above;
        while (below >= 0 && found.may_be(entries_[below])) found.see(entries_[below], numbers_[below]), --below;
        *best = found.distance;
        return found.number;
    }

  private:
    struct Found {
        const double *color;
        double distance;
        uint8_t number;
        bool may_be(const double *entry) const {
            const double alpha = color[3] - entry[3];
            return 1.5 * alpha * alpha <= distance;
        }
        void see(const double *entry, uint8_t k) {
            const double alpha = color[3] - entry[3];
            double sum = 0;  // over black and over white; below 2^53, so exact
            for (int32_t c = 0; c < 3; ++c) {
                const double black = color[c] - entry[c], white = black - alpha;
                sum += black * black + white * white;
            }
            if (sum < distance || (sum == distance && k < number)) distance = sum, number = k;
        }
    };
    int32_t size_ = 0;
    uint8_t numbers_[256];
    double entries_[256][4];
};

}  // namespace

int32_t hp_map(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
               const uint32_t *keys, const uint8_t *labels, int64_t distinct, uint8_t *indices) {
    return map({pixels, channels, stride}, count, threads, keys, labels, distinct, indices);
}

int32_t hp_map_wide(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                    const uint32_t *keys, const uint8_t *labels, int64_t distinct, int32_t *indices) {
    return map({pixels, channels, stride}, count, threads, keys, labels, distinct, indices);
}

int32_t hp_find_colors(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                       const uint32_t *keys, int64_t distinct, uint32_t *found) {
    try {
        const Positions positions(keys, distinct);
        each_share(count, threads, [&](int64_t first, int64_t end) {
            hp_each_key({pixels, channels, stride}, first, end,
                        [&](int64_t i, uint32_t key) { found[i] = positions[key]; });
        });
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}

void hp_nearest_rgba(const uint32_t *keys, int64_t count, const uint8_t *palette, int32_t entries, int32_t threads,
                     uint8_t *labels, double *distances) {
    const ByAlpha by_alpha[] = {{palette, entries, 0}, {palette, entries, 1}, {palette, entries, 2}};
    each_share(count, threads, [&](int64_t first, int64_t end) {
        for (int64_t i = first; i < end; ++i) {
            const uint32_t alpha = keys[i] >> 24;
            double color[4], best;
            for (int32_t c = 0; c < 3; ++c) color[c] = (double)(level_of(keys[i], c) * alpha);
            color[3] = 255.0 * alpha;
            labels[i] = by_alpha[class_of(alpha)].nearest(color, &best);
            distances[i] = best / (2.0 * 255.0 * 255.0);
        }
    });
}
