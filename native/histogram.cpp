// Counting colours. Each thread counts the pixels that it takes (tally.h). Then each takes over a share of the colours: the
// others pack their lines of it for this one to add to its own, as each core of a processor holds on to what it has written,
// and little in a run of the memory is handed over faster than lines here and there. It reads its lines in order.
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
const uint32_t kRegion = 1u << (HP_REGION_BITS + HP_LINE_BITS);  // codes

// Of a key that is among keys[first .. end]: by halves, without branches, which nobody could predict.
int32_t position(const uint32_t *keys, int32_t first, int32_t end, uint32_t key) {
    for (int32_t size = end - first; size > 1;) {
        const int32_t half = size / 2;
        first += keys[first + half] <= key ? half : 0;
        size -= half;
    }
    return first;
}

// The opaque colours in the regions first .. end, which one thread takes over.
struct Share {
    int32_t first, end;
    int32_t place = 0, colors = 0;  // where they go, and how many they are, at most

    Share(int32_t first, int32_t end) : first(first), end(end) {}

    void read(Tally &tally, uint32_t *keys, uint32_t *counts) {
        const bool few = colors < 2 * tally.line_count;
        colors = tally.read(few, keys + place, counts + place, colors);
    }

    void add(const std::vector<Carry> &carries, const uint32_t *keys, uint32_t *counts) const {
        const uint32_t first_code = (uint32_t)first * kRegion, end_code = (uint32_t)end * kRegion;
        for (const Carry &carry : carries)
            if (carry.code >= first_code && carry.code < end_code)
                counts[position(keys, place, place + colors, kOpaque | carry.code)] += 255 * carry.times;
    }
};

// Lines on their way from one thread to another.
struct Lines {
    std::unique_ptr<int32_t[]> numbers;
    std::unique_ptr<uint64_t[]> occupied;
    std::unique_ptr<uint8_t[]> bytes;
    int32_t count = 0;

    void move(Tally &from, const Share &share) {
        const int32_t *first = from.table.lines() + from.first_line(share.first);
        count = from.first_line(share.end) - from.first_line(share.first);
        numbers.reset(new int32_t[(size_t)count + HP_LANE_COUNT]);
        occupied.reset(new uint64_t[(size_t)count]);
        bytes.reset(new uint8_t[(size_t)(count + 1) << HP_LINE_BITS]);
        std::fill_n(std::copy(first, first + count, numbers.get()), (int32_t)HP_LANE_COUNT, 0);
        HP_CALL(hp_pack_lines)(from.table.codes(), first, count, occupied.get(), bytes.get());
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
        if (tally_count() == 1)
            shares_[0].colors = pixels_ <= room ? (int32_t)(pixels_ - other_colors()) : tallies_[0].colors();
        for (size_t s = 1; s < shares_.size(); ++s) shares_[s].place = shares_[s - 1].place + shares_[s - 1].colors;
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
        each_share([&](Share &share, Tally &own) {
            share.read(own, keys, counts);
            for (const Tally &tally : tallies_) share.add(tally.carries, keys, counts);
        });
        for (Tally &tally : tallies_) tally.table.is_clean();
        return colors();
    }

  private:
    int32_t tally_count() const { return (int32_t)tallies_.size(); }
    int64_t other_colors() const { return (transparent_ > 0) + translucent_.size; }
    int64_t colors() const { return other_colors() + shares_.back().place + shares_.back().colors; }

    // Calls work(share, tally) for each share and the tally that takes it over, on a thread of its own.
    template <class Work>
    void each_share(const Work &work) {
        hp_run((int32_t)shares_.size(), [&](int32_t s) { work(shares_[(size_t)s], tallies_[(size_t)s]); });
    }

    void count_blocks(const Pixels &pixels, int64_t first, int64_t end) {
        Blocks blocks(first, end, kBlock, tally_count());
        hp_run(tally_count(), [&](int32_t t) {
            Tally &own = tallies_[(size_t)t];
            own.translucent_size = 0;
            for (int64_t from, to; blocks.take(t, from, to);) own.count(pixels, from, to);
            own.translucent_size = hp_sum_up(own.translucent, own.translucent_size, own.translucent_counts);
            own.list_lines(0, HP_REGIONS);
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

    // Runs of regions with about as many lines each, one for each tally, or one for all.
    void share_out() {
        const int32_t lines = lines_before(HP_REGIONS);
        const int32_t count = std::max(1, std::min(tally_count(), lines / kLinesPerThread));
        for (int32_t s = 0, first = 0; s < count; ++s) {
            const int32_t end = s + 1 < count ? region_after(hp_share(lines, count, s + 1)) : HP_REGIONS;
            shares_.emplace_back(first, end);
            first = end;
        }
    }

    // The first region with so many lines before it.
    int32_t region_after(int64_t lines) const {
        int32_t region = 0;
        for (int32_t step = HP_REGIONS; step; step /= 2)
            if (region + step <= HP_REGIONS && lines_before(region + step - 1) < lines) region += step;
        return region;
    }

    int32_t lines_before(int32_t region) const {
        int32_t lines = 0;
        for (const Tally &tally : tallies_) lines += tally.first_line(region);
        return lines;
    }

    // All lines of a share to the tally that takes it over.
    void gather() {
        const size_t count = shares_.size();
        std::vector<Lines> moving(tallies_.size() * count);  // by tally, then share
        hp_run(tally_count(), [&](int32_t t) {
            for (size_t s = 0; s < count; ++s)
                if (s != (size_t)t) moving[(size_t)t * count + s].move(tallies_[(size_t)t], shares_[s]);
        });
        each_share([&](Share &share, Tally &own) {
            for (size_t i = (size_t)(&share - &shares_[0]); i < moving.size(); i += count) moving[i].add_to(own);
            own.list_lines(share.first, share.end);
            share.colors = own.colors();
        });
    }

    const int64_t pixels_;
    std::vector<Tally> tallies_;
    std::vector<Share> shares_;  // of the opaque colours; each is taken over by the tally of its number
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
