// Counting colours. Each thread counts opaque pixels in a table of bytes, one for each colour in Morton order, which
// fits the processor's cache; a byte that would pass 255 starts again at 1 and is noted. Blocks of the tables that were
// touched are then read in order. The other pixels, which are few but for those of key 0, are sorted some at a
// time and merged.
#include <algorithm>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "huepress.h"
#include "keys.h"
#include "runs.h"
#include "tables.h"
#include "threads.h"

namespace {

const int64_t kPixelsPerThread = 1 << 18, kColorsPerThread = 1 << 17;  // fewer do not pay for the start of a thread
const int64_t kPixelsPerTable = 1 << 21;
const int32_t kMostTables = 4;
const int64_t kStretch = 1 << 21;  // pixels with alpha that are counted at a time
const int32_t kTogether = 16;      // pixels that are counted as one if they are all equal

int32_t useful_threads(int64_t items, int64_t items_per_thread, int32_t threads) {
    return (int32_t)std::max<int64_t>(1, std::min<int64_t>(threads, items / items_per_thread));
}

// A table that was not kept takes as long to make as counting a million pixels.
int32_t most_tables(int64_t count) {
    const int64_t kept = useful_threads(count, kPixelsPerThread, HP_KEPT_TABLES);
    return (int32_t)std::max<int64_t>(kept, useful_threads(count, kPixelsPerTable, kMostTables));
}

bool all_equal(const uint32_t *keys) {
    if (keys[0] != keys[kTogether - 1]) return false;
    uint32_t differences = 0;
    for (int32_t i = 1; i < kTogether - 1; ++i) differences |= keys[i] ^ keys[0];
    return !differences;
}

// What one thread counts.
struct alignas(128) Tally {  // no two in one line of the cache
    Table table{Table::kClean};
    std::vector<uint32_t> carries;  // codes whose byte passed 255, each time: 255 pixels more than it says
    int64_t transparent = 0;
    uint32_t *translucent = nullptr, *translucent_counts = nullptr;  // of the present stretch: room for each pixel and one
    int64_t translucent_size = 0;

    void count(const Pixels &pixels, int64_t first, int64_t end) {
        uint32_t *next = translucent, opaque[HP_KEYS];
        hp_each_keys(pixels, first, end, [&](int64_t, const uint32_t *keys, int32_t size) {
            if (pixels.channels == 3)
                add(keys, size);
            else
                add(opaque, set_apart(keys, size, opaque, next));
        });
        translucent_size = hp_sum_up(translucent, next - translucent, translucent_counts);
    }

  private:
    // Opaque keys to `opaque`, translucent ones to `next`, which moves on. Returns the number of the former.
    int32_t set_apart(const uint32_t *keys, int32_t size, uint32_t *opaque, uint32_t *&next) {
        uint32_t *end = next;
        int32_t opaque_count = 0, transparent_count = 0;
        for (int32_t i = 0; i < size; ++i) {  // without branches, as soft edges have any order
            opaque[opaque_count] = *end = keys[i];
            opaque_count += keys[i] >= kOpaque;
            transparent_count += keys[i] == 0;
            end = next + (i + 1 - opaque_count - transparent_count);
        }
        next = end;
        transparent += transparent_count;
        return opaque_count;
    }

    void add(const uint32_t *keys, int32_t size) {
        int32_t i = 0;
        for (; i + kTogether <= size; i += kTogether)
            if (all_equal(keys + i))
                add_together(keys[i]);
            else
                add_each<kTogether>(keys + i);
        for (; i < size; ++i) add_each<1>(keys + i);
    }

    template <int32_t size>
    void add_each(const uint32_t *keys) {
        uint8_t *const counts = hp_by_key(table.codes());
        uint8_t *const touched = table.touched() - (kOpaque >> HP_BLOCK_BITS);
        for (int32_t i = 0; i < size; ++i) {
            touched[keys[i] >> HP_BLOCK_BITS] = 1;
            if (!++counts[keys[i]]) carry(keys[i]);
        }
    }

    void add_together(uint32_t key) {  // each addition to a byte would wait for the last
        uint8_t *count = hp_by_key(table.codes()) + key;
        const int32_t sum = *count + kTogether;
        *count = (uint8_t)(sum > 255 ? sum - 255 : sum);
        table.touched()[(key & ~kOpaque) >> HP_BLOCK_BITS] = 1;
        if (sum > 255) carries.push_back(key & ~kOpaque);
    }

    HP_NOINLINE void carry(uint32_t key) {  // apart, so that the loop above is unrolled
        hp_by_key(table.codes())[key] = 1;
        carries.push_back(key & ~kOpaque);
    }
};

class Counter {
  public:
    Counter(const Pixels &pixels, int64_t count, int32_t threads)
        : pixels_(pixels), tallies_((size_t)std::min(threads, most_tables(count))) {
        if (pixels.channels == 3)
            count_each(0, count);
        else
            count_with_alpha(count);
        for (Tally &tally : tallies_) {
            transparent_ += tally.transparent;
            tables_.push_back(tally.table.codes());
        }
        find_places();
    }

    int64_t distinct() const { return before_opaque() + places_[HP_BLOCKS]; }

    void take(uint32_t *keys, uint32_t *counts, int32_t threads) {
        if (transparent_) {
            *keys++ = 0;
            *counts++ = (uint32_t)transparent_;
        }
        std::copy(translucent_.keys.get(), translucent_.keys.get() + translucent_.size, keys);
        std::copy(translucent_.counts.get(), translucent_.counts.get() + translucent_.size, counts);
        keys += translucent_.size;
        counts += translucent_.size;
        threads = useful_threads(places_[HP_BLOCKS], kColorsPerThread, threads);
        hp_run(threads, [&](int32_t t) { read(share(threads, t), share(threads, t + 1), keys, counts); });
        for (Tally &tally : tallies_) {
            std::fill(tally.table.touched(), tally.table.touched() + HP_BLOCKS, (uint8_t)0);
            tally.table.is_clean();
        }
    }

  private:
    int32_t tally_count() const { return (int32_t)tallies_.size(); }
    int64_t before_opaque() const { return (transparent_ > 0) + translucent_.size; }

    void count_each(int64_t first, int64_t end) {
        hp_run(tally_count(), [&](int32_t t) {
            const int64_t size = end - first;
            tallies_[(size_t)t].count(pixels_, first + hp_share(size, tally_count(), t),
                                      first + hp_share(size, tally_count(), t + 1));
        });
    }

    void count_with_alpha(int64_t count) {
        const int64_t stretch = std::min(count, kStretch), room = stretch / tally_count() + 2;
        const std::unique_ptr<uint32_t[]> memory(new uint32_t[(size_t)(2 * room * tally_count())]);
        for (int32_t t = 0; t < tally_count(); ++t) {
            tallies_[(size_t)t].translucent = memory.get() + 2 * room * t;
            tallies_[(size_t)t].translucent_counts = memory.get() + 2 * room * t + room;
        }
        Runs runs;
        for (int64_t first = 0; first < count; first += kStretch) {
            count_each(first, std::min(count, first + kStretch));
            for (const Tally &tally : tallies_)
                runs.add(tally.translucent, tally.translucent_counts, tally.translucent_size);
        }
        translucent_ = runs.merged();
    }

    // Where each block's colours begin among the opaque ones.
    void find_places() {
        int32_t place = 0;
        places_.reset(new int32_t[HP_BLOCKS + 1]);
        for (int32_t block = 0; block < HP_BLOCKS; ++block) {
            places_[block] = place;
            if (touched(block)) place += HP_CALL(hp_occupied_cells)(tables_.data(), tally_count(), block);
        }
        places_[HP_BLOCKS] = place;
    }

    bool touched(int32_t block) const {
        for (const Tally &tally : tallies_)
            if (tally.table.touched()[block]) return true;
        return false;
    }

    // The first block of a share that has about as many colours as each of the others.
    int32_t share(int32_t shares, int32_t i) const {
        const int32_t *places = places_.get();
        return (int32_t)(std::lower_bound(places, places + HP_BLOCKS, hp_share(places[HP_BLOCKS], shares, i)) - places);
    }

    void read(int32_t first, int32_t end, uint32_t *keys, uint32_t *counts) {
        std::vector<uint32_t> carries;
        for (int32_t block = first; block < end; ++block) {
            const int32_t place = places_[block];
            if (place == places_[block + 1]) continue;
            for (size_t t = 1; t < tables_.size(); ++t)
                if (tallies_[t].table.touched()[block]) add_block(tables_[t], tables_[0], block, carries);
            HP_CALL(hp_read_cells)(tables_[0], block, keys + place, counts + place, places_[end] - place);
        }
        add_carries(carries, first, end, keys, counts);
        for (const Tally &tally : tallies_) add_carries(tally.carries, first, end, keys, counts);
    }

    static void add_block(uint8_t *from, uint8_t *to, int32_t block, std::vector<uint32_t> &carries) {
        const uint32_t first = (uint32_t)block << HP_BLOCK_BITS;
        uint8_t carried[1 << HP_BLOCK_BITS];
        if (!HP_CALL(hp_add_cells)(from + first, to + first, carried)) return;
        for (uint32_t i = 0; i < 1u << HP_BLOCK_BITS; ++i)
            if (carried[i]) carries.push_back(first + i);
    }

    void add_carries(const std::vector<uint32_t> &carries, int32_t first, int32_t end, const uint32_t *keys,
                     uint32_t *counts) const {
        for (const uint32_t code : carries) {
            const int32_t block = (int32_t)(code >> HP_BLOCK_BITS);
            if (first <= block && block < end) *count_of(code, block, keys, counts) += 255;
        }
    }

    uint32_t *count_of(uint32_t code, int32_t block, const uint32_t *keys, uint32_t *counts) const {
        const uint32_t *own = keys + places_[block], *next = keys + places_[block + 1];
        return counts + (std::lower_bound(own, next, kOpaque | code) - keys);
    }

    const Pixels pixels_;
    std::vector<Tally> tallies_;
    std::vector<uint8_t *> tables_;
    int64_t transparent_ = 0;
    Run translucent_;
    std::unique_ptr<int32_t[]> places_;
};

}  // namespace

void *hp_count(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
               int64_t *distinct) {
    try {
        std::unique_ptr<Counter> counter(new Counter({pixels, channels, stride}, count, threads));
        *distinct = counter->distinct();
        return counter.release();
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

int32_t hp_count_take(void *handle, uint32_t *keys, uint32_t *counts, int32_t threads) {
    const std::unique_ptr<Counter> counter((Counter *)handle);
    try {
        counter->take(keys, counts, threads);
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
