// Counting colours. The pixels are taken in chunks. Within a chunk opaque pixels are scattered by the upper bits of their
// key into buckets; then each bucket of all chunks is counted in a table. Chunk and table are small enough for the cache,
// so that no random access leaves it, and threads share nothing. Translucent pixels, which are few, are sorted.
#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "huepress.h"
#include "keys.h"
#include "threads.h"

namespace {

const int32_t kBuckets = 512, kLowBits = 15;                  // 24 bits: bucket and place in it
const int32_t kCellBits = 6, kCells = 1 << (kLowBits - kCellBits);  // only cells that were touched are scanned
const int64_t kChunk = 65536;

// What is kept of a chunk: where each bucket's pixels begin in it, and how many pixels are not opaque.
struct Chunk {
    int64_t first, end;
    uint32_t starts[kBuckets + 1];
    int64_t translucent, transparent;
};

// Writes the colours of a bucket and leaves its table all zeros.
int64_t read_table(const uint8_t *touched, uint32_t bucket, uint32_t *table, uint32_t *keys, uint32_t *counts) {
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

int64_t count_sorted(uint32_t *values, int64_t count, uint32_t *keys, uint32_t *counts) {
    std::sort(values, values + count);
    int64_t distinct = 0;
    for (int64_t i = 0; i < count;) {
        const int64_t first = i;
        while (i < count && values[i] == values[first]) ++i;
        keys[distinct] = values[first];
        counts[distinct++] = (uint32_t)(i - first);
    }
    return distinct;
}

// Memory that costs nothing until it is touched.
template <class T>
std::unique_ptr<T[]> room_for(int64_t count) {
    return std::unique_ptr<T[]>(new T[(size_t)count]);
}

struct Counter {
    const uint8_t *pixels;
    int32_t channels, threads;
    std::vector<Chunk> chunks;
    std::unique_ptr<uint16_t[]> low;          // a chunk's opaque pixels, by bucket, from the chunk's first place on
    std::unique_ptr<uint32_t[]> translucent;  // a chunk's translucent keys, likewise

    Counter(const uint8_t *all, int64_t count, int32_t channel_count, int32_t thread_count)
        : pixels(all), channels(channel_count), threads(thread_count), chunks((size_t)((count + kChunk - 1) / kChunk)),
          low(room_for<uint16_t>(count)), translucent(room_for<uint32_t>(channel_count == 4 ? count : 0)) {
        threads = (int32_t)std::max<int64_t>(1, std::min<int64_t>(threads, (int64_t)chunks.size()));
        for (size_t c = 0; c < chunks.size(); ++c) {
            chunks[c].first = (int64_t)c * kChunk;
            chunks[c].end = std::min(count, chunks[c].first + kChunk);
        }
    }

    void scatter_all() {
        hp_run(threads, [this](int32_t t) {
            const int64_t end = hp_share((int64_t)chunks.size(), threads, t + 1);
            for (int64_t c = hp_share((int64_t)chunks.size(), threads, t); c < end; ++c) scatter(chunks[(size_t)c]);
        });
    }

    void scatter(Chunk &chunk) const {
        uint32_t sizes[kBuckets] = {0}, place = 0;
        chunk.translucent = chunk.transparent = 0;
        hp_each_key(pixels, channels, chunk.first, chunk.end, [&](int64_t, uint32_t key) {
            if (key >= kOpaque)
                ++sizes[(key & ~kOpaque) >> kLowBits];
            else
                ++(key ? chunk.translucent : chunk.transparent);
        });
        for (int32_t bucket = 0; bucket < kBuckets; ++bucket) {
            chunk.starts[bucket] = place;
            place += sizes[bucket];
            sizes[bucket] = chunk.starts[bucket];
        }
        chunk.starts[kBuckets] = place;
        uint16_t *own = low.get() + chunk.first;
        uint32_t *own_translucent = translucent.get() + (channels == 4 ? chunk.first : 0);
        hp_each_key(pixels, channels, chunk.first, chunk.end, [&](int64_t, uint32_t key) {
            if (key >= kOpaque)
                own[sizes[(key & ~kOpaque) >> kLowBits]++] = (uint16_t)(key & ((1u << kLowBits) - 1));
            else if (key)
                *own_translucent++ = key;
        });
    }

    int64_t transparent_count() const {
        int64_t sum = 0;
        for (const Chunk &chunk : chunks) sum += chunk.transparent;
        return sum;
    }

    int64_t most_distinct() const {  // with one to spare for each thread and one for transparency
        int64_t most = threads + 1;
        for (const Chunk &chunk : chunks) most += chunk.translucent;
        for (int32_t bucket = 0; bucket < kBuckets; ++bucket)
            most += std::min<int64_t>(bucket_size(bucket), 1 << kLowBits);
        return most;
    }

    int64_t count_translucent(uint32_t *keys, uint32_t *counts) {
        int64_t size = 0;
        for (const Chunk &chunk : chunks) {
            if (!chunk.translucent) continue;
            const uint32_t *own = translucent.get() + chunk.first;
            std::copy(own, own + chunk.translucent, translucent.get() + size);
            size += chunk.translucent;
        }
        return count_sorted(translucent.get(), size, keys, counts);
    }

    // Each thread counts a run of buckets of about equal pixels and writes where there is room for all distinct; then
    // the runs are closed up.
    int64_t count_opaque(uint32_t *keys, uint32_t *counts) const {
        std::vector<int64_t> offsets((size_t)threads), found((size_t)threads);
        std::vector<int32_t> ends((size_t)threads + 1, 0);
        share_buckets(offsets, ends);
        std::vector<std::vector<uint32_t>> tables((size_t)threads, std::vector<uint32_t>(1 << kLowBits));
        hp_run(threads, [&](int32_t t) {
            int64_t place = offsets[(size_t)t];
            for (int32_t bucket = ends[(size_t)t]; bucket < ends[(size_t)t + 1]; ++bucket)
                place += count_bucket(bucket, tables[(size_t)t].data(), keys + place, counts + place);
            found[(size_t)t] = place - offsets[(size_t)t];
        });
        int64_t place = 0;
        for (size_t t = 0; t < (size_t)threads; ++t) {
            std::copy(keys + offsets[t], keys + offsets[t] + found[t], keys + place);
            std::copy(counts + offsets[t], counts + offsets[t] + found[t], counts + place);
            place += found[t];
        }
        return place;
    }

    int64_t bucket_size(int32_t bucket) const {
        int64_t size = 0;
        for (const Chunk &chunk : chunks) size += chunk.starts[bucket + 1] - chunk.starts[bucket];
        return size;
    }

    void share_buckets(std::vector<int64_t> &offsets, std::vector<int32_t> &ends) const {
        int64_t total = 0, before = 0, offset = 0;
        for (const Chunk &chunk : chunks) total += chunk.starts[kBuckets];
        int32_t bucket = 0;
        for (int32_t t = 0; t < threads; ++t) {
            offsets[(size_t)t] = offset++;  // one to spare: a colour is written before it is known to count
            for (; bucket < kBuckets && (t == threads - 1 || before < hp_share(total, threads, t + 1)); ++bucket) {
                const int64_t size = bucket_size(bucket);
                before += size;
                offset += std::min<int64_t>(size, 1 << kLowBits);
            }
            ends[(size_t)t + 1] = bucket;
        }
    }

    int64_t count_bucket(int32_t bucket, uint32_t *table, uint32_t *keys, uint32_t *counts) const {
        uint8_t touched[kCells] = {0};
        for (const Chunk &chunk : chunks) {
            const uint16_t *own = low.get() + chunk.first;
            for (uint32_t i = chunk.starts[bucket]; i < chunk.starts[bucket + 1]; ++i) {
                ++table[own[i]];
                touched[own[i] >> kCellBits] = 1;
            }
        }
        return read_table(touched, (uint32_t)bucket, table, keys, counts);
    }
};

struct Counted {
    std::unique_ptr<uint32_t[]> keys, counts;
    int64_t distinct;
};

}  // namespace

void *hp_count(const uint8_t *pixels, int64_t count, int32_t channels, int32_t threads, int64_t *distinct) {
    try {
        Counter counter(pixels, count, channels, threads);
        counter.scatter_all();
        const int64_t room = counter.most_distinct();
        std::unique_ptr<Counted> counted(new Counted{room_for<uint32_t>(room), room_for<uint32_t>(room), 0});
        uint32_t *keys = counted->keys.get(), *counts = counted->counts.get();
        int64_t found = 0;
        if ((counts[0] = (uint32_t)counter.transparent_count()) > 0) keys[found++] = 0;
        found += counter.count_translucent(keys + found, counts + found);
        found += counter.count_opaque(keys + found, counts + found);
        *distinct = counted->distinct = found;
        return counted.release();
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

void hp_count_take(void *handle, uint32_t *keys, int64_t *counts) {
    const std::unique_ptr<Counted> counted((Counted *)handle);
    std::copy(counted->keys.get(), counted->keys.get() + counted->distinct, keys);
    std::copy(counted->counts.get(), counted->counts.get() + counted->distinct, counts);
}
