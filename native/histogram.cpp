// Counting colours. Each thread counts the pixels that it takes (tally.h). Then each takes over a share of the colours: the
// others copy their lines of it for this one to add to its own, as each core of a processor holds on to what it has written,
// and a run in the memory is handed over faster than lines here and there. It reads its lines in order.
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
    int32_t place = 0, colors = 0;  // where they go, and how many they are
    std::vector<int32_t> places;    // of the regions, and the end

    Share(int32_t first, int32_t end) : first(first), end(end) {}

    int32_t lines(const Tally &tally) const {
        int32_t sum = 0;
        for (int32_t region = first; region < end; ++region) sum += tally.lines[region];
        return sum;
    }

    void count_colors(const Tally &tally) {
        for (int32_t region = first; region < end; ++region)
            if (tally.lines[region]) colors += HP_CALL(hp_region_colors)(tally.table.codes(), region);
    }

    void read(const Tally &tally, uint32_t *keys, uint32_t *counts) {
        int32_t at = place;
        const int32_t limit = place + colors;
        places.resize((size_t)(end - first) + 1);
        for (int32_t region = first; region < end; ++region) {
            places[(size_t)(region - first)] = at;
            if (tally.lines[region])
                at += HP_CALL(hp_read_region)(tally.table.codes(), region, keys + at, counts + at, limit - at);
        }
        places.back() = at;
    }

    void add(const std::vector<Carry> &carries, const uint32_t *keys, uint32_t *counts) const {
        for (const Carry &carry : carries) {
            const int32_t region = (int32_t)(carry.code / (HP_CODES / HP_REGIONS));
            if (region < first || region >= end) continue;
            const int32_t *ends = &places[(size_t)(region - first)];  // as there may be many carries
            counts[position(keys, ends[0], ends[1], kOpaque | carry.code)] += 255 * carry.times;
        }
    }
};

// Lines on their way from one thread to another.
struct Lines {
    std::unique_ptr<uint8_t[]> bytes;
    std::unique_ptr<int32_t[]> numbers;
    int32_t count = 0;

    void move(Tally &from, const Share &share) {
        const size_t size = (size_t)share.lines(from);
        bytes.reset(new uint8_t[size << HP_LINE_BITS]);
        numbers.reset(new int32_t[size]);
        count = HP_CALL(hp_move_lines)(from.table.codes(), share.first, share.end, bytes.get(), numbers.get());
    }

    void add_to(Tally &to) const { to.add_lines(bytes.get(), numbers.get(), count); }
};

class Counter {
  public:
    Counter(const Pixels &pixels, int64_t count, int32_t threads) {
        for (int32_t t = 0; t < hp_table_count(count, threads); ++t) tallies_.emplace_back(t);
        if (pixels.channels == 3)
            count_blocks(pixels, 0, count);
        else
            count_with_alpha(pixels, count);
        for (const Tally &tally : tallies_) transparent_ += tally.transparent;
        share_out();
        find_places();
    }

    int64_t distinct() const {
        return (transparent_ > 0) + translucent_.size + shares_.back().place + shares_.back().colors;
    }

    void take(uint32_t *keys, uint32_t *counts) {
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
    }

  private:
    int32_t tally_count() const { return (int32_t)tallies_.size(); }

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
            own.count_lines(0, HP_REGIONS);
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
        if (tally_count() == 1) return shares_.assign(1, Share(0, HP_REGIONS));
        std::vector<int32_t> lines_before(HP_REGIONS + 1);
        for (int32_t region = 0, lines = 0; region < HP_REGIONS; ++region) {
            for (const Tally &tally : tallies_) lines += tally.lines[region];
            lines_before[(size_t)region + 1] = lines;
        }
        const int32_t lines = lines_before.back();
        const int32_t count = std::max(1, std::min(tally_count(), lines / kLinesPerThread));
        const auto start = [&](int32_t s) {
            return (int32_t)(std::lower_bound(lines_before.begin(), lines_before.end() - 1, hp_share(lines, count, s)) -
                             lines_before.begin());
        };
        for (int32_t s = 0; s < count; ++s) shares_.emplace_back(start(s), s + 1 < count ? start(s + 1) : HP_REGIONS);
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
            own.count_lines(share.first, share.end);
            share.count_colors(own);
        });
    }

    void find_places() {
        if (tally_count() > 1)
            gather();
        else
            shares_[0].count_colors(tallies_[0]);
        for (size_t s = 1; s < shares_.size(); ++s) shares_[s].place = shares_[s - 1].place + shares_[s - 1].colors;
    }

    std::vector<Tally> tallies_;
    std::vector<Share> shares_;  // of the opaque colours; each is taken over by the tally of its number
    int64_t transparent_ = 0;
    Run translucent_;
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
