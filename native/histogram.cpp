// Counting colours. Each thread counts opaque pixels in a table of bytes, one for each colour in Morton order, of which a
// picture's colours touch so few lines that they stay in the processor's cache; a byte that would pass 255 starts again at
// 1 and is noted. The lines that were touched are then read in order. Pixels that are neither opaque nor transparent, which
// are few, are sorted some at a time and merged.
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

const int64_t kLinesPerThread = 1 << 11;  // fewer do not pay for waking a thread
const int64_t kBlock = 1 << 15;    // pixels that a thread takes at a time
const int64_t kStretch = 1 << 21;  // pixels with alpha that are counted at a time
const int32_t kFewRuns = 8;         // of equal pixels among HP_LANE_COUNT: they are counted a run at a time

struct Carry {
    uint32_t code, times;
};

// Of a key that is among keys[first .. end]: by halves, without branches, which nobody could predict.
int32_t position(const uint32_t *keys, int32_t first, int32_t end, uint32_t key) {
    for (int32_t size = end - first; size > 1;) {
        const int32_t half = size / 2;
        first += keys[first + half] <= key ? half : 0;
        size -= half;
    }
    return first;
}

// What one thread counts.
struct alignas(128) Tally {  // no two in one line of the cache
    explicit Tally(int32_t thread) : table(Table::kClean, thread) {}

    Table table;
    std::vector<Carry> carries;  // codes whose byte passed 255, and how often: 255 pixels more than it says
    int64_t transparent = 0;
    uint32_t *translucent = nullptr, *translucent_counts = nullptr;  // of the present stretch: room for each pixel and one
    int64_t translucent_size = 0;

    void count(const Pixels &pixels, int64_t first, int64_t end) {
        uint32_t *next = translucent + translucent_size, opaque[HP_KEYS];
        hp_each_keys(pixels, first, end, [&](int64_t, const uint32_t *keys, int32_t size) {
            if (pixels.channels == 3 || hp_all_opaque(keys, size))
                add(keys, size);
            else
                add(opaque, set_apart(keys, size, opaque, next));
        });
        translucent_size = next - translucent;
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
        const int32_t groups = size / HP_LANE_COUNT;
        HpRuns runs[HP_KEYS / HP_LANE_COUNT];
        HP_CALL(hp_find_runs)(keys, groups, runs);
        for (int32_t g = 0; g < groups; ++g)
            if (runs[g].count <= kFewRuns)
                add_runs(keys + g * HP_LANE_COUNT, runs[g].ends);
            else
                add_each<HP_LANE_COUNT>(keys + g * HP_LANE_COUNT);
        for (int32_t i = groups * HP_LANE_COUNT; i < size; ++i) add_each<1>(keys + i);
    }

    void add_runs(const uint32_t *keys, uint32_t ends) {
        int32_t start = 0;
        for (; ends; ends &= ends - 1) {
            const int32_t end = hp_low_bit(ends) + 1;
            add_run(keys[start], end - start);
            start = end;
        }
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

    void add_run(uint32_t key, int32_t size) {  // each addition to a byte would wait for the last
        uint8_t *count = hp_by_key(table.codes()) + key;
        const int32_t sum = *count + size;
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
    Counter(const Pixels &pixels, int64_t count, int32_t threads) {
        for (int32_t t = 0; t < hp_table_count(count, threads); ++t) {
            tallies_.emplace_back(t);
            tables_.push_back(tallies_.back().table.codes());
        }
        if (pixels.channels == 3)
            count_blocks(pixels, 0, count);
        else
            count_with_alpha(pixels, count);
        for (const Tally &tally : tallies_) transparent_ += tally.transparent;
        regions_.reset(new HpRegion[HP_REGIONS + 1]);
        region_count_ = HP_CALL(hp_find_regions)(tables_.data(), tally_count(), regions_.get());
        share_out(threads);
        find_places();
    }

    int64_t distinct() const { return (transparent_ > 0) + translucent_.size + opaque(); }

    void take(uint32_t *keys, uint32_t *counts) {
        if (transparent_) {
            *keys++ = 0;
            *counts++ = (uint32_t)transparent_;
        }
        std::copy(translucent_.keys.get(), translucent_.keys.get() + translucent_.size, keys);
        std::copy(translucent_.counts.get(), translucent_.counts.get() + translucent_.size, counts);
        keys += translucent_.size;
        counts += translucent_.size;
        each_share([&](int32_t first, int32_t end) {
            for (int32_t r = first; r < end; ++r)
                HP_CALL(hp_read_region)(tables_.data(), tally_count(), regions_[r].number, keys + regions_[r].place,
                                        counts + regions_[r].place, regions_[end].place - regions_[r].place);
            for (const Tally &tally : tallies_) add_carries(tally.carries, first, end, keys, counts);
        });
        for (Tally &tally : tallies_) tally.table.is_clean();
    }

  private:
    int32_t tally_count() const { return (int32_t)tallies_.size(); }
    int32_t opaque() const { return regions_[region_count_].place; }

    void count_blocks(const Pixels &pixels, int64_t first, int64_t end) {
        Blocks blocks(first, end, kBlock);
        hp_run(tally_count(), [&](int32_t t) {
            Tally &own = tallies_[(size_t)t];
            own.translucent_size = 0;
            for (int64_t from, to; blocks.take(from, to);) own.count(pixels, from, to);
            own.translucent_size = hp_sum_up(own.translucent, own.translucent_size, own.translucent_counts);
        });
    }

    void count_with_alpha(const Pixels &pixels, int64_t count) {
        const int64_t room = std::min(count, kStretch) + 1;  // for one that takes all blocks; resident is what is used
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
            count_blocks(pixels, first, std::min(count, first + kStretch));
            for (const Tally &tally : tallies_)
                runs.add(tally.translucent, tally.translucent_counts, tally.translucent_size);
        }
        translucent_ = runs.merged();
    }

    // Shares of the regions with about as many lines each. Both passes over the lines, which other threads have written,
    // take the same shares: a thread has its lines in its own cache the second time.
    void share_out(int32_t threads) {
        std::vector<int64_t> lines_before(1, 0);
        for (int32_t r = 0; r < region_count_; ++r)
            lines_before.push_back(lines_before.back() + regions_[r].lines);
        const int64_t lines = lines_before.back();
        const int32_t shares = (int32_t)std::max<int64_t>(1, std::min<int64_t>(threads, lines / kLinesPerThread));
        for (int32_t i = 0; i <= shares; ++i)
            starts_.push_back((int32_t)(std::lower_bound(lines_before.begin(), lines_before.end(),
                                                         hp_share(lines, shares, i)) -
                                        lines_before.begin()));
    }

    // Calls work(first, end) for each share of the regions, on a thread of its own.
    template <class Work>
    void each_share(const Work &work) const {
        hp_run((int32_t)starts_.size() - 1, [&](int32_t t) { work(starts_[(size_t)t], starts_[(size_t)t + 1]); });
    }

    void find_places() {
        each_share([&](int32_t first, int32_t end) {
            for (int32_t r = first; r < end; ++r)
                regions_[r].place = HP_CALL(hp_region_colors)(tables_.data(), tally_count(), regions_[r].number);
        });
        int32_t place = 0;
        for (int32_t r = 0; r < region_count_; ++r) place += std::exchange(regions_[r].place, place);
        regions_[region_count_].place = place;
    }

    // Of colours in the regions first .. end.
    void add_carries(const std::vector<Carry> &carries, int32_t first, int32_t end, const uint32_t *keys,
                     uint32_t *counts) const {
        if (carries.empty() || first == end) return;
        const int32_t low = regions_[first].number, high = regions_[end - 1].number;
        std::vector<int32_t> region_of((size_t)(high - low) + 1);
        for (int32_t r = first; r < end; ++r) region_of[(size_t)(regions_[r].number - low)] = r;
        for (const Carry &carry : carries) {
            const int32_t number = (int32_t)(carry.code / (HP_CODES / HP_REGIONS));
            if (number < low || number > high) continue;
            const HpRegion *region = &regions_[region_of[(size_t)(number - low)]];  // as there may be many carries
            counts[position(keys, region[0].place, region[1].place, kOpaque | carry.code)] += 255 * carry.times;
        }
    }

    std::vector<Tally> tallies_;
    std::vector<uint8_t *> tables_;
    int64_t transparent_ = 0;
    Run translucent_;
    std::unique_ptr<HpRegion[]> regions_;
    int32_t region_count_ = 0;
    std::vector<int32_t> starts_;  // of the shares of the regions
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

int32_t hp_count_take(void *handle, uint32_t *keys, uint32_t *counts) {
    const std::unique_ptr<Counter> counter((Counter *)handle);
    try {
        counter->take(keys, counts);
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
