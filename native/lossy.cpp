#include "lossy.h"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "huepress.h"
#include "threads.h"

namespace {

const float apart = 1.0e15f;  // classes of alpha, so that none takes another's entry

// What all bands share.
struct Tables {
    std::vector<uint8_t> near_entry;
    std::vector<float> near_palette[4], near_bits, later_bits;
    std::vector<int16_t> whole[4];

    explicit Tables(const HpLossy &job) : later_bits(HP_MAX_LENGTH + 1) {
        const int32_t count = job.color_count, near = std::min<int32_t>(count, HP_NEAR);
        near_entry.resize((size_t)(count * HP_NEAR));
        near_bits.assign(near_entry.size(), job.literal_bits[count]);
        for (int32_t d = 0; d < job.dimensions; ++d) {
            near_palette[d].assign(near_entry.size(), job.palette[count]);
            whole[d] = whole_numbers(job.palette + d * HP_PALETTE_ROOM, count);
        }
        std::vector<std::pair<float, int32_t>> others((size_t)count);
        for (int32_t k = 0; k < count; ++k) {
            for (int32_t i = 0; i < count; ++i) others[(size_t)i] = {distance(job, k, i), i};
            std::partial_sort(others.begin(), others.begin() + near, others.end());
            for (int32_t i = 0; i < near; ++i) {
                const size_t place = (size_t)(k * HP_NEAR + i);
                const int32_t entry = others[(size_t)i].second;
                near_entry[place] = (uint8_t)entry;
                near_bits[place] = job.literal_bits[entry];
                for (int32_t d = 0; d < job.dimensions; ++d)
                    near_palette[d][place] = job.palette[d * HP_PALETTE_ROOM + entry];
            }
        }
        for (int32_t length = 0; length < HP_MAX_LENGTH; ++length)
            later_bits[(size_t)length] = job.length_bits[std::min<int32_t>(length + HP_AHEAD, HP_MAX_LENGTH)];
        later_bits[HP_MAX_LENGTH] = 1.0e30f;  // no copy is longer
    }

    // 256 numbers, or none if one of them does not fit in 16 bits.
    static std::vector<int16_t> whole_numbers(const float *values, int32_t count) {
        std::vector<int16_t> whole(256, 0);
        for (int32_t k = 0; k < count; ++k) {
            if (!(values[k] >= INT16_MIN && values[k] <= INT16_MAX && values[k] == (float)(int32_t)values[k])) return {};
            whole[(size_t)k] = (int16_t)values[k];
        }
        return whole;
    }

    static float distance(const HpLossy &job, int32_t a, int32_t b) {
        float sum = 0;
        for (int32_t d = 0; d < job.dimensions; ++d) {
            const float step = job.palette[d * HP_PALETTE_ROOM + a] - job.palette[d * HP_PALETTE_ROOM + b];
            sum += step * step;
        }
        return sum;
    }
};

struct Band {
    const HpLossy &job;
    const Tables &tables;
    int32_t top, bottom;
    int64_t stride;
    std::vector<uint16_t> out;
    std::vector<uint8_t> bytes;
    std::vector<int32_t> head, chain, length, from, distance, above, like_above, like_before;
    std::vector<uint64_t> tail;
    std::vector<float> features[4], carried[4], error[4], weight, cost;

    Band(const HpLossy &job, const Tables &tables, int32_t top, int32_t bottom)
        : job(job), tables(tables), top(top), bottom(bottom), stride(job.width + 1),
          out(HP_WINDOW + (size_t)(stride * (bottom - top)) + 1, (uint16_t)HP_NO_COLOR), bytes(out.size()),
          head(1 << HP_HASH_BITS, -1),
          chain(HP_WINDOW, -1), length(stride), from(stride), distance(HP_FAR, 1), above(stride),
          like_above(stride), like_before(stride), tail(stride), weight(stride), cost(stride) {
        for (int32_t d = 0; d < job.dimensions; ++d) {
            features[d].resize(stride);
            carried[d].resize(stride);
            error[d].resize(stride + 2);
        }
        static const int32_t offsets[HP_ABOVE] = {0, 1, -1, 2, -2};
        for (int32_t i = 0; i < HP_ABOVE; ++i)
            if (stride - offsets[i] > 0 && stride - offsets[i] < HP_WINDOW) distance[i] = (int32_t)stride - offsets[i];
    }

    void remember(int64_t start) {
        const uint16_t *first = out.data() + HP_WINDOW;
        for (int64_t place = start; place + 2 < start + job.width; ++place) {
            int32_t &latest = head[hp_hash3(first[place], first[place + 1], first[place + 2])];
            chain[place & (HP_WINDOW - 1)] = latest;
            latest = (int32_t)place;
        }
    }

    void prepare(int32_t y) {
        const int64_t first = (int64_t)y * job.width;
        for (int32_t d = 0; d < job.dimensions; ++d) {
            const int16_t *given = job.features + d * (int64_t)job.width * job.height + first;
            const float *e = error[d].data();
            for (int32_t x = 0; x < job.width; ++x)
                features[d][x] = (float)given[x] + job.down * (0.25f * e[x] + 0.5f * e[x + 1] + 0.25f * e[x + 2]);
        }
        if (job.dimensions == 4 && job.opaque >= 0) {
            const int16_t *alpha = job.features + 3 * (int64_t)job.width * job.height + first;
            for (int32_t x = 0; x < job.width; ++x)
                if (alpha[x] == 0 || alpha[x] == job.opaque) features[3][x] = alpha[x] ? apart : -apart;
        }
        for (int32_t x = 0; x < job.width; ++x) weight[x] = job.weights[first + x] * job.scale;
    }

    bool is_exact(int32_t x, int32_t entry) const {
        for (int32_t d = 0; d < job.dimensions; ++d)
            if (features[d][x] != job.palette[d * HP_PALETTE_ROOM + entry]) return false;
        return true;
    }

    void compare(int64_t start, const uint8_t *nearest) {
        const bool is_near = stride < HP_WINDOW;  // or else no copy comes from the row above
        const uint16_t *row_above = out.data() + (is_near ? HP_WINDOW + start - stride : 0);
        like_above[job.width] = like_before[job.width] = 0;
        bool next = is_exact(job.width - 1, nearest[job.width - 1]);
        for (int32_t x = job.width - 1; x >= 0; --x) {
            const bool exact = next;
            next = x > 0 && is_exact(x - 1, nearest[x - 1]);
            like_above[x] = is_near && exact && nearest[x] == row_above[x] ? like_above[x + 1] + 1 : 0;
            like_before[x] = exact && next && nearest[x] == nearest[x - 1] ? like_before[x + 1] + 1 : 0;
        }
    }

    void settle(int64_t start, int32_t y) {
        uint16_t *row = out.data() + HP_WINDOW + start;
        std::fill(above.begin(), above.end(), 0);
        for (int32_t x = job.width; x > 0;) {
            const int32_t count = length[x], source = from[x];
            x -= count;
            above[x] = std::max(0, source);  // not what repeats within the row
            if (source == 0) {
                row[x] = (uint16_t)(tail[x + 1] & 255);
                continue;
            }
            for (int32_t i = 0; i < count; ++i)
                row[x + i] = source < 0 ? (uint16_t)(tail[x] >> 8 * (-source - 1 - i % -source) & 255)
                                        : row[x + i - source];
        }
        uint8_t *result = job.result + (int64_t)y * job.width;
        for (int32_t x = 0; x < job.width; ++x) result[x] = (uint8_t)row[x];
        std::copy(result, result + job.width, bytes.data() + HP_WINDOW + start);
        if (job.dimensions == 3)
            find_errors<3>(row);
        else
            find_errors<4>(row);
    }

    // Of all dimensions side by side, as each error waits for the one before it.
    template <int dimensions>
    void find_errors(const uint16_t *row) {
        float left[dimensions] = {0};
        for (int32_t x = 0; x < job.width; ++x)
            for (int32_t d = 0; d < dimensions; ++d) {
                left[d] = features[d][x] + job.right * left[d] - job.palette[d * HP_PALETTE_ROOM + row[x]];
                error[d][x + 1] = left[d];
            }
    }

    void run() {
        HpLossyRow row = {};
        row.width = job.width;
        row.dimensions = job.dimensions;
        row.lookups = job.lookups;
        for (int32_t d = 0; d < job.dimensions; ++d) {
            row.features[d] = features[d].data();
            row.palette[d] = job.palette + d * HP_PALETTE_ROOM;
            row.whole[d] = tables.whole[d].empty() ? nullptr : tables.whole[d].data();
            row.carried[d] = carried[d].data();
            row.near_palette[d] = tables.near_palette[d].data();
        }
        row.weight = weight.data();
        row.literal_bits = job.literal_bits;
        row.least_literal = *std::min_element(job.literal_bits, job.literal_bits + job.color_count);
        row.near_entry = tables.near_entry.data();
        row.near_bits = tables.near_bits.data();
        row.length_bits = job.length_bits;
        row.later_bits = tables.later_bits.data();
        row.distance_bits = job.distance_bits;
        row.out = out.data() + HP_WINDOW;
        row.bytes = bytes.data() + HP_WINDOW;
        row.head = head.data();
        row.chain = chain.data();
        row.right = job.right;
        row.like_above = like_above.data();
        row.like_before = like_before.data();
        row.distance = distance.data();
        row.above = above.data();
        row.cost = cost.data();
        row.length = length.data();
        row.from = from.data();
        row.tail = tail.data();
        for (int32_t y = top; y < bottom; ++y) {
            row.start = (int64_t)(y - top) * stride + 1;
            row.nearest = job.nearest + (int64_t)y * job.width;
            prepare(y);
            compare(row.start, row.nearest);
            HP_CALL(hp_lossy_row)(&row);
            settle(row.start, y);
            remember(row.start);
        }
    }
};

}  // namespace

int32_t hp_lossy(const HpLossy *job, int32_t threads) {
    try {
        const Tables tables(*job);
        const auto edge = [&](int64_t band) { return (int32_t)hp_share(job->height, job->bands, (int32_t)band); };
        hp_run_items(threads, job->bands, [&] {
            return [&](int64_t band) { Band(*job, tables, edge(band), edge(band + 1)).run(); };
        });
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
