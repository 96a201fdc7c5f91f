// Counting colours. Each thread counts the pixels that it takes (tally.h). Then each takes over shares of the colours, where
// it can those of which it has counted most: the others pack their lines of them for this one to add to its own, as each core
// of a processor holds on to what it has written, and little in a run of the memory is handed over faster than lines here and
// there. It reads its lines in order.
#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "huepress.h"
#include "runs.h"
#include "tally.h"
#include "threads.h"

namespace {

const int32_t kLinesPerThread = 1 << 8;  // fewer do not pay for waking a thread
const int64_t kBlock = 1 << 12;           // pixels that a thread takes at a time
const int64_t kStretch = 1 << 21;         // pixels with alpha that are counted at a time
const int32_t kRegionBits = HP_REGION_BITS + HP_LINE_BITS;  // of codes

// Of a key that is among keys[first .. end]: by halves, without branches, which nobody could predict.
int32_t position(const uint32_t *keys, int32_t first, int32_t end, uint32_t key) {
    for (int32_t size = end - first; size > 1;) {
        const int32_t half = size / 2;
        first += keys[first + half] <= key ? half : 0;
        size -= half;
    }
    return first;
}

// The opaque colours in a run of regions, which one tally takes over.
struct alignas(128) Share {  // no two in one line of the cache
    int32_t owner, first, end;          // its number, and the regions
    int32_t first_line = 0, lines = 0;  // where they are in the owner's list, and how many
    int32_t place = 0, colors = 0;      // where they go, and how many they are, at most

    Share(int32_t owner, int32_t first) : owner(owner), first(first), end(first) {}

    void count(const Tally &own) {
        colors = HP_CALL(hp_line_colors)(own.table.codes(), own.table.lines() + first_line, lines);
    }

    void read(const Tally &own, uint32_t *keys, uint32_t *counts) {
        const bool few = colors < 2 * lines;
        colors = HP_CALL(hp_read_lines)(own.table.codes(), own.table.lines() + first_line, lines, few, keys + place,
                                        counts + place, colors);
    }

    void add(const Carry &carry, const uint32_t *keys, uint32_t *counts) const {
        counts[position(keys, place, place + colors, kOpaque | carry.code)] += 255 * carry.times;
    }
};

// Lines on their way from one thread to another.
struct Lines {
    std::unique_ptr<int32_t[]> numbers;
    std::unique_ptr<uint64_t[]> occupied;
    std::unique_ptr<uint8_t[]> bytes;
    int32_t count = 0;

    void move(Tally &from, const std::vector<Share> &shares, int32_t owner) {
        for (const Share &share : shares)
            if (share.owner == owner) count += from.first_line(share.end) - from.first_line(share.first);
        numbers.reset(new int32_t[(size_t)count + HP_LANE_COUNT]);
        occupied.reset(new uint64_t[(size_t)count]);
        bytes.reset(new uint8_t[(size_t)(count + 1) << HP_LINE_BITS]);
        const int32_t *const lines = from.table.lines();
        int32_t *next = numbers.get();
        for (const Share &share : shares)
            if (share.owner == owner)
                next = std::copy(lines + from.first_line(share.first), lines + from.first_line(share.end), next);
        std::fill_n(next, (int32_t)HP_LANE_COUNT, 0);
        HP_CALL(hp_pack_lines)(from.table.codes(), numbers.get(), count, occupied.get(), bytes.get());
    }

    void add_to(Tally &to) const { to.add_lines(numbers.get(), count, occupied.get(), bytes.get()); }
};

class Counter {
  public:
    Counter(const Pixels &pixels, int64_t count, int32_t threads) : pixels_(count) {
        for (int32_t t = 0; t < hp_table_count(count, threads); ++t) tallies_.emplace_back(t);
        if (pixels.channels == 3)
            count_blocks(pixels, 0, count);
        else
            count_with_alpha(pixels, count);
        for (const Tally &tally : tallies_) transparent_ += tally.transparent;
        share_out();
        if (tally_count() > 1) gather();
        for (Tally &tally : tallies_) tally.collect();
    }

    // The number of colours; or one that is not less and not above `room`, where it is found out on the way.
    int64_t colors_within(int64_t room) {
        int32_t place = 0;
        for (Share &share : shares_) {
            if (tally_count() == 1 && pixels_ <= room)
                share.colors = (int32_t)(pixels_ - other_colors());
            else if (tally_count() == 1)
                share.count(tallies_[0]);
            share.place = place;
            place += share.colors;
        }
        return colors();
    }

    // Writes the colours, for which there is room for as many as colors_within() has told; returns how many they are.
    int64_t take(uint32_t *keys, uint32_t *counts) {
        if (transparent_) {
            *keys++ = 0;
            *counts++ = (uint32_t)transparent_;
        }
        std::copy(translucent_.keys.get(), translucent_.keys.get() + translucent_.size, keys);
        std::copy(translucent_.counts.get(), translucent_.counts.get() + translucent_.size, counts);
        keys += translucent_.size;
        counts += translucent_.size;
        hp_run(owners_, [&](int32_t t) {
            each_share_of(t, [&](Share &share) { share.read(tallies_[(size_t)t], keys, counts); });
            for (const Tally &tally : tallies_)
                for (const Carry &carry : tally.carries) {
                    const Share &share = shares_[share_of_[carry.code >> kRegionBits]];
                    if (share.owner == t) share.add(carry, keys, counts);
                }
        });
        for (Tally &tally : tallies_) tally.table.is_clean();
        return colors();
    }

  private:
    int32_t tally_count() const { return (int32_t)tallies_.size(); }
    int64_t other_colors() const { return (transparent_ > 0) + translucent_.size; }
    int64_t colors() const {
        return other_colors() + (shares_.empty() ? 0 : shares_.back().place + shares_.back().colors);
    }

    template <class Work>
    void each_share_of(int32_t owner, const Work &work) {
        for (Share &share : shares_)
            if (share.owner == owner) work(share);
    }

    void count_blocks(const Pixels &pixels, int64_t first, int64_t end) {
        Blocks blocks(first, end, kBlock, tally_count());
        hp_run(tally_count(), [&](int32_t t) {
            Tally &own = tallies_[(size_t)t];
            own.translucent_size = 0;
            for (int64_t from, to; blocks.take(t, from, to);) own.count(pixels, from, to);
            own.translucent_size = hp_sum_up(own.translucent, own.translucent_size, own.translucent_counts);
            own.list_lines(0, HP_REGIONS, 0);
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

    // Gives each region to the tally that has most lines there, of those that do not have their part of all lines yet.
    void share_out() {
        int32_t lines = 0, taken[HP_MOST_TABLES] = {0};
        for (const Tally &tally : tallies_) lines += tally.first_line(HP_REGIONS);
        owners_ = std::max(1, std::min(tally_count(), lines / kLinesPerThread));
        const int32_t part = (lines + owners_ - 1) / owners_;
        for (int32_t region = 0; region < HP_REGIONS; ++region) {
            int32_t owner = 0, most = -1, all = 0, t = 0;
            for (const Tally &tally : tallies_) {
                const int32_t own = tally.first_line(region + 1) - tally.first_line(region);
                if (t < owners_ && taken[t] < part && own > most) owner = t, most = own;
                all += own;
                ++t;
            }
            if (!all) continue;
            taken[owner] += all;
            if (shares_.empty() || shares_.back().owner != owner) shares_.emplace_back(owner, region);
            shares_.back().end = region + 1;
            share_of_[region] = (uint16_t)(shares_.size() - 1);
        }
        if (tally_count() == 1 && lines) shares_[0].lines = lines;
    }

    // All lines to the tallies that take them over.
    void gather() {
        const size_t owners = (size_t)owners_;
        std::vector<Lines> moving(tallies_.size() * owners);  // by tally, then owner
        hp_run(tally_count(), [&](int32_t t) {
            for (size_t s = 0; s < owners; ++s)
                if (s != (size_t)t) moving[(size_t)t * owners + s].move(tallies_[(size_t)t], shares_, (int32_t)s);
        });
        hp_run(owners_, [&](int32_t t) {
            Tally &own = tallies_[(size_t)t];
            for (size_t i = (size_t)t; i < moving.size(); i += owners) moving[i].add_to(own);
            int32_t place = 0;
            each_share_of(t, [&](Share &share) {
                share.first_line = place;
                place = own.list_lines(share.first, share.end, place);
                share.lines = place - share.first_line;
                share.count(own);
            });
        });
    }

    const int64_t pixels_;
    std::vector<Tally> tallies_;
    int32_t owners_ = 1;  // of shares: the first tallies
    std::vector<Share> shares_;
    uint16_t share_of_[HP_REGIONS];  // that a region belongs to, if it has colours
    int64_t transparent_ = 0;
    Run translucent_;
};

}  // namespace

int64_t hp_count(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads, int64_t room,
                 uint32_t *keys, uint32_t *counts, void **rest) {
    *rest = nullptr;
    try {
        std::unique_ptr<Counter> counter(new Counter({pixels, channels, stride}, count, threads));
        const int64_t colors = counter->colors_within(room);
        if (colors <= room) return counter->take(keys, counts);
        *rest = counter.release();
        return colors;
    } catch (const std::bad_alloc &) {
        return -1;
    }
}

int32_t hp_count_take(void *rest, uint32_t *keys, uint32_t *counts) {
    const std::unique_ptr<Counter> counter((Counter *)rest);
    try {
        counter->take(keys, counts);
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
