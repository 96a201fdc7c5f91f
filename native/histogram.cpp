// Counting colours. Each thread counts opaque pixels in a table of bytes, one for each colour in Morton order, of which a
// picture's colours touch so few lines that they stay in the processor's cache; a byte that would pass 255 starts again at
// 1 and is noted. The lines that were touched are then read in order. Pixels that are neither opaque nor transparent, which
// are few, are sorted some at a time and merged.
#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "huepress.h"
#include "keys.h"
#include "runs.h"
#include "tables.h"
#include "threads.h"

namespace {

const int64_t kPixelsPerThread = 1 << 18, kLinesPerThread = 1 << 14;  // fewer do not pay for the start of a thread
const int64_t kPixelsPerTable = 1 << 21;
const int64_t kStretch = 1 << 21;  // pixels with alpha that are counted at a time
const int32_t kTogether = 16;       // pixels that are counted as one if they are all equal

int32_t useful_threads(int64_t items, int64_t items_per_thread, int32_t threads) {
    return (int32_t)std::max<int64_t>(1, std::min<int64_t>(threads, items / items_per_thread));
}

// A table that was not kept takes as long to make as counting a million pixels.
int32_t most_tables(int64_t count) {
    const int64_t kept = useful_threads(count, kPixelsPerThread, HP_KEPT_TABLES);
    return (int32_t)std::max<int64_t>(kept, useful_threads(count, kPixelsPerTable, HP_MOST_TABLES));
}

bool all_equal(const uint32_t *keys) {
    if (keys[0] != keys[kTogether - 1]) return false;
    uint32_t differences = 0;
    for (int32_t i = 1; i < kTogether - 1; ++i) differences |= keys[i] ^ keys[0];
    return !differences;
}

struct Carry {
    uint32_t code, times;
};

// What one thread counts.
struct alignas(128) Tally {  // no two in one line of the cache
    Table table{Table::kClean};
    std::vector<Carry> carries;  // codes whose byte passed 255, and how often: 255 pixels more than it says
    int64_t transparent = 0;
    uint32_t *translucent = nullptr, *translucent_counts = nullptr;  // of the present stretch: room for each pixel and one
    int64_t translucent_size = 0;

    void count(const Pixels &pixels, int64_t first, int64_t end) {
        uint32_t *next = translucent, opaque[HP_KEYS];
        hp_each_keys(pixels, first, end, [&](int64_t, const uint32_t *keys, int32_t size) {
            if (pixels.channels == 3 || hp_all_opaque(keys, size))
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
        uint8_t *const touched = table.touched() - (kOpaque >> HP_LINE_BITS);
        for (int32_t i = 0; i < size; ++i) {
            touched[keys[i] >> HP_LINE_BITS] = 1;
            if (!++counts[keys[i]]) carry(keys[i]);
        }
    }

    void add_together(uint32_t key) {  // each addition to a byte would wait for the last
        uint8_t *count = hp_by_key(table.codes()) + key;
        const int32_t sum = *count + kTogether;
        *count = (uint8_t)(sum > 255 ? sum - 255 : sum);
        table.touched()[(key & ~kOpaque) >> HP_LINE_BITS] = 1;
        if (sum > 255) note(key & ~kOpaque);
    }

    HP_NOINLINE void carry(uint32_t key) {  // apart, so that the loop above is unrolled
        hp_by_key(table.codes())[key] = 1;
        note(key & ~kOpaque);
    }

    void note(uint32_t code) {
        if (carries.empty() || carries.back().code != code) carries.push_back({code, 0});
        ++carries.back().times;
    }
};

class Counter {
  public:
    Counter(const Pixels &pixels, int64_t count, int32_t threads) : tallies_((size_t)std::min(threads, most_tables(count))) {
        if (pixels.channels == 3)
            count_each(pixels, 0, count);
        else
            count_with_alpha(pixels, count);
        for (Tally &tally : tallies_) {
            transparent_ += tally.transparent;
            tables_.push_back(tally.table.codes());
        }
        regions_.reset(new HpRegion[HP_REGIONS]);
        region_count_ = HP_CALL(hp_find_regions)(tables_.data(), tally_count(), regions_.get());
        for (int32_t r = 0; r < region_count_; ++r) line_count_ += regions_[r].line_count;
        most_opaque_ = std::min(count, line_count_ << HP_LINE_BITS);
    }

    // At least as many as there are colours.
    int64_t room() const { return (transparent_ > 0) + translucent_.size + most_opaque_; }

    int64_t take(uint32_t *keys, uint32_t *counts, int32_t threads) {
        if (transparent_) {
            *keys++ = 0;
            *counts++ = (uint32_t)transparent_;
        }
        std::copy(translucent_.keys.get(), translucent_.keys.get() + translucent_.size, keys);
        std::copy(translucent_.counts.get(), translucent_.counts.get() + translucent_.size, counts);
        keys += translucent_.size;
        counts += translucent_.size;
        const int64_t opaque = read_all(keys, counts, useful_threads(line_count_, kLinesPerThread, threads));
        for (Tally &tally : tallies_) {
            add_carries(tally.carries, keys, counts, opaque);
            tally.table.is_clean();
        }
        return (transparent_ > 0) + translucent_.size + opaque;
    }

  private:
    int32_t tally_count() const { return (int32_t)tallies_.size(); }

    void count_each(const Pixels &pixels, int64_t first, int64_t end) {
        hp_run(tally_count(), [&](int32_t t) {
            const int64_t size = end - first;
            tallies_[(size_t)t].count(pixels, first + hp_share(size, tally_count(), t),
                                      first + hp_share(size, tally_count(), t + 1));
        });
    }

    void count_with_alpha(const Pixels &pixels, int64_t count) {
        const int64_t stretch = std::min(count, kStretch), room = stretch / tally_count() + 2;
        const size_t size = (size_t)(2 * room * tally_count()) * sizeof(uint32_t);
        const auto free_pages = [size](uint8_t *bytes) { hp_free_pages(bytes, size); };
        const std::unique_ptr<uint8_t, decltype(free_pages)> pages(hp_new_pages(size), free_pages);
        uint32_t *const memory = (uint32_t *)pages.get();
        for (int32_t t = 0; t < tally_count(); ++t) {
            tallies_[(size_t)t].translucent = memory + 2 * room * t;
            tallies_[(size_t)t].translucent_counts = memory + 2 * room * t + room;
        }
        Runs runs;
        for (int64_t first = 0; first < count; first += kStretch) {
            count_each(pixels, first, std::min(count, first + kStretch));
            for (const Tally &tally : tallies_)
                runs.add(tally.translucent, tally.translucent_counts, tally.translucent_size);
        }
        translucent_ = runs.merged();
    }

    struct Share {
        int32_t first;  // of its regions
        int64_t place;  // of its first colour
    };

    // Of about as many lines each. What lies before a share has to be looked at; the colours of one alone need not.
    std::vector<Share> shares(int32_t count) const {
        std::vector<Share> shares{{0, 0}};
        int64_t lines = 0, place = 0;
        for (int32_t r = 0; (int32_t)shares.size() < count; ++r) {
            lines += regions_[r].line_count;
            place += HP_CALL(hp_region_colors)(tables_.data(), tally_count(), &regions_[r]);
            while ((int32_t)shares.size() < count && lines >= hp_share(line_count_, count, (int32_t)shares.size()))
                shares.push_back({r + 1, place});
        }
        shares.push_back({region_count_, most_opaque_});
        return shares;
    }

    // Returns how many opaque colours there are.
    int64_t read_all(uint32_t *keys, uint32_t *counts, int32_t threads) {
        const std::vector<Share> all = shares(threads);
        int64_t opaque = 0;
        hp_run(threads, [&](int32_t t) {
            const int64_t end = read(all[(size_t)t], all[(size_t)t + 1], keys, counts);
            if (t == threads - 1) opaque = end;
        });
        return opaque;
    }

    // Reads a share to where the next one begins; returns the place after its colours.
    int64_t read(const Share &share, const Share &next, uint32_t *keys, uint32_t *counts) {
        int64_t place = share.place;
        for (int32_t r = share.first; r < next.first; ++r)
            place += HP_CALL(hp_read_region)(tables_.data(), tally_count(), &regions_[r], keys + place, counts + place,
                                             (int32_t)(next.place - place));
        return place;
    }

    void add_carries(const std::vector<Carry> &carries, const uint32_t *keys, uint32_t *counts, int64_t opaque) const {
        for (const Carry &carry : carries)
            counts[std::lower_bound(keys, keys + opaque, kOpaque | carry.code) - keys] += 255 * carry.times;
    }

    std::vector<Tally> tallies_;
    std::vector<uint8_t *> tables_;
    int64_t transparent_ = 0;
    Run translucent_;
    std::unique_ptr<HpRegion[]> regions_;
    int32_t region_count_ = 0;
    int64_t line_count_ = 0, most_opaque_ = 0;
};

}  // namespace

void *hp_count(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads, int64_t *room) {
    try {
        std::unique_ptr<Counter> counter(new Counter({pixels, channels, stride}, count, threads));
        *room = counter->room();
        return counter.release();
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

int64_t hp_count_take(void *handle, uint32_t *keys, uint32_t *counts, int32_t threads) {
    const std::unique_ptr<Counter> counter((Counter *)handle);
    try {
        return counter->take(keys, counts, threads);
    } catch (const std::bad_alloc &) {
        return -1;
    }
}
