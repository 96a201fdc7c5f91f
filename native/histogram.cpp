// Counting colours. Opaque pixels are first scattered by the upper bits of their key into buckets, then each bucket is
// counted in a table small enough for the cache; so random accesses stay in the cache, memory stays bounded, and
// threads share nothing. Translucent pixels, which are few, are sorted.
#include <algorithm>
#include <new>
#include <vector>

#include "huepress.h"
#include "keys.h"
#include "threads.h"

namespace {

const int32_t kBuckets = 512, kLowBits = 15;                  // 24 bits: bucket and place in it
const int32_t kCellBits = 6, kCells = 1 << (kLowBits - kCellBits);  // only cells that were touched are scanned
const int64_t kPixelsPerThread = 65536;

struct Share {  // what one thread keeps
    int64_t opaque[kBuckets] = {0};
    int64_t translucent = 0, transparent = 0;
    int64_t distinct = 0;
};

template <int32_t channels>
void count_buckets(const uint8_t *pixels, int64_t count, Share &share) {
    for (const uint8_t *p = pixels, *end = pixels + count * channels; p != end; p += channels) {
        if (channels == 4 && p[3] != 255) {
            ++(p[3] ? share.translucent : share.transparent);
            continue;
        }
        ++share.opaque[hp_morton_table(p[0], p[1], p[2]) >> kLowBits];
    }
}

template <int32_t channels>
void scatter(const uint8_t *pixels, int64_t count, int64_t *starts, uint16_t *low, uint32_t *translucent) {
    for (const uint8_t *p = pixels, *end = pixels + count * channels; p != end; p += channels) {
        if (channels == 4 && p[3] != 255) {
            if (p[3]) *translucent++ = hp_key_of_rgba(p);
            continue;
        }
        const uint32_t key = hp_morton_table(p[0], p[1], p[2]);
        low[starts[key >> kLowBits]++] = (uint16_t)(key & ((1u << kLowBits) - 1));
    }
}

// Counts one bucket in `table`, which is all zeros before and after, and appends its colours.
int64_t count_bucket(const uint16_t *low, int64_t count, uint32_t bucket, uint32_t *table, uint32_t *keys,
                     int64_t *counts) {
    uint8_t touched[kCells] = {0};
    for (int64_t i = 0; i < count; ++i) {
        ++table[low[i]];
        touched[low[i] >> kCellBits] = 1;
    }
    int64_t distinct = 0;
    for (uint32_t cell = 0; cell < kCells; ++cell) {
        if (!touched[cell]) continue;
        uint32_t *entries = table + (cell << kCellBits);
        const uint32_t base = kOpaque | bucket << kLowBits | cell << kCellBits;
        for (uint32_t i = 0; i < 1u << kCellBits; ++i) {
            keys[distinct] = base | i;  // kept only if it counts
            counts[distinct] = entries[i];
            distinct += entries[i] != 0;
        }
        std::fill(entries, entries + (1 << kCellBits), 0u);
    }
    return distinct;
}

int64_t count_sorted(uint32_t *values, int64_t count, uint32_t *keys, int64_t *counts) {
    std::sort(values, values + count);
    int64_t distinct = 0;
    for (int64_t i = 0; i < count;) {
        const int64_t first = i;
        while (i < count && values[i] == values[first]) ++i;
        keys[distinct] = values[first];
        counts[distinct++] = i - first;
    }
    return distinct;
}

struct Counter {
    const uint8_t *pixels;
    int64_t count;
    int32_t channels, threads;
    uint16_t *low;
    uint32_t *translucent;
    std::vector<Share> shares;
    std::vector<int64_t> bucket_starts;

    template <class Work>
    void each_share(const Work &work) {
        hp_run(threads, [&](int32_t t) {
            const int64_t first = hp_share(count, threads, t);
            work(t, pixels + first * channels, hp_share(count, threads, t + 1) - first);
        });
    }

    void fill_buckets() {
        each_share([&](int32_t t, const uint8_t *p, int64_t n) {
            channels == 3 ? count_buckets<3>(p, n, shares[(size_t)t]) : count_buckets<4>(p, n, shares[(size_t)t]);
        });
        std::vector<int64_t> starts((size_t)threads * kBuckets), translucent_starts((size_t)threads);
        int64_t place = 0, translucent_place = 0;
        for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
            bucket_starts[bucket] = place;
            for (size_t t = 0; t < (size_t)threads; ++t) {
                starts[t * kBuckets + bucket] = place;
                place += shares[t].opaque[bucket];
            }
        }
        bucket_starts[kBuckets] = place;
        for (size_t t = 0; t < (size_t)threads; ++t) {
            translucent_starts[t] = translucent_place;
            translucent_place += shares[t].translucent;
        }
        each_share([&](int32_t t, const uint8_t *p, int64_t n) {
            int64_t *own = &starts[(size_t)t * kBuckets];
            uint32_t *own_translucent = translucent + translucent_starts[(size_t)t];
            channels == 3 ? scatter<3>(p, n, own, low, own_translucent) : scatter<4>(p, n, own, low, own_translucent);
        });
    }

    // Each thread counts a run of buckets of about equal pixels and writes where there is room for all distinct; then
    // the runs are closed up.
    int64_t count_buckets_of_all(uint32_t *keys, int64_t *counts) {
        const int64_t total = bucket_starts[kBuckets];
        std::vector<int64_t> offsets((size_t)threads);
        std::vector<int32_t> ends((size_t)threads + 1, 0);
        int64_t offset = 0;
        for (int32_t t = 0, bucket = 0; t < threads; ++t) {
            offsets[(size_t)t] = offset++;  // one to spare: a colour is written before it is known to count
            for (; bucket < kBuckets && (t == threads - 1 || bucket_starts[(size_t)bucket] < hp_share(total, threads, t + 1));
                 ++bucket)
                offset += std::min<int64_t>(bucket_starts[(size_t)bucket + 1] - bucket_starts[(size_t)bucket],
                                            1 << kLowBits);
            ends[(size_t)t + 1] = bucket;
        }
        std::vector<std::vector<uint32_t>> tables((size_t)threads, std::vector<uint32_t>(1 << kLowBits));
        hp_run(threads, [&](int32_t t) {
            int64_t distinct = 0;
            const int64_t own = offsets[(size_t)t];
            for (int32_t bucket = ends[(size_t)t]; bucket < ends[(size_t)t + 1]; ++bucket) {
                const int64_t start = bucket_starts[(size_t)bucket];
                const int64_t size = bucket_starts[(size_t)bucket + 1] - start;
                if (size)
                    distinct += count_bucket(low + start, size, (uint32_t)bucket, tables[(size_t)t].data(),
                                             keys + own + distinct, counts + own + distinct);
            }
            shares[(size_t)t].distinct = distinct;
        });
        int64_t place = 0;
        for (size_t t = 0; t < (size_t)threads; ++t) {
            std::copy(keys + offsets[t], keys + offsets[t] + shares[t].distinct, keys + place);
            std::copy(counts + offsets[t], counts + offsets[t] + shares[t].distinct, counts + place);
            place += shares[t].distinct;
        }
        return place;
    }
};

}  // namespace

int32_t hp_count(const uint8_t *pixels, int64_t count, int32_t channels, int32_t threads, uint16_t *scratch,
                 uint32_t *keys, int64_t *counts, int64_t *distinct) {
    try {
        threads = (int32_t)std::max<int64_t>(1, std::min<int64_t>(threads, count / kPixelsPerThread));
        Counter counter{pixels, count, channels, threads, scratch, (uint32_t *)(scratch + (count + 1) / 2 * 2),
                        std::vector<Share>((size_t)threads), std::vector<int64_t>(kBuckets + 1)};
        counter.fill_buckets();
        int64_t translucent = 0, transparent = 0, found = 0;
        for (const Share &share : counter.shares) {
            translucent += share.translucent;
            transparent += share.transparent;
        }
        if (transparent) {
            keys[0] = 0;
            counts[0] = transparent;
            found = 1;
        }
        found += count_sorted(counter.translucent, translucent, keys + found, counts + found);
        found += counter.count_buckets_of_all(keys + found, counts + found);
        *distinct = found;
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
