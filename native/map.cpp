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
        hp_run_shares(threads, count, kPixelsPerThread, [&](int64_t first, int64_t end) {
            hp_each_key({pixels, channels, stride}, first, end,
                        [&](int64_t i, uint32_t key) { found[i] = positions[key]; });
        });
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
