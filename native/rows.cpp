// K-means on rows of any number of features: assignment and sums.
#include "rows.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <vector>

#include "huepress.h"
#include "threads.h"

namespace {

const int64_t kBlocksPerThread = 1024, kNumbersPerThread = 1 << 18;  // fewer do not pay for the start of a thread
const int64_t kNumbersAtOnce = 4096;

// The rows from `first` on as a block; rows past the end repeat the last one.
void load_block(const double *rows, int64_t count, int32_t features, int64_t first, double *block) {
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) {
        const double *row = rows + std::min(first + i, count - 1) * features;
        for (int32_t j = 0; j < features; ++j) block[(int64_t)j * HP_ROW_LANES + i] = row[j];
    }
}

// Calls load(first row, number of rows, block) and then work for each block; `scratch` doubles of its own are at
// block[features * 16].
template <class Load, class Work>
int32_t each_block(const Load &load, int64_t count, int32_t features, int64_t scratch, int32_t threads,
                   const Work &work) {
    const int64_t blocks = (count + HP_ROW_LANES - 1) / HP_ROW_LANES;
    try {
        hp_run_shares(threads, blocks, kBlocksPerThread, [&](int64_t b, int64_t end) {
            std::vector<double> block((size_t)features * HP_ROW_LANES + (size_t)scratch);
            for (; b < end; ++b) {
                const int64_t first = b * HP_ROW_LANES;
                const int32_t used = (int32_t)std::min<int64_t>(HP_ROW_LANES, count - first);
                load(first, used, block.data());
                work(first, used, block.data());
            }
        });
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}

template <class Load>
int32_t nearest(const Load &load, int64_t count, int32_t features, const double *centers, int32_t clusters,
                int32_t threads, int32_t *labels, double *distances) {
    return each_block(load, count, features, 0, threads, [&](int64_t first, int32_t used, const double *block) {
        int64_t winners[HP_ROW_LANES];
        double least[HP_ROW_LANES];
        HP_CALL(hp_row_block_nearest)(block, features, centers, clusters, winners, least);
        for (int32_t i = 0; i < used; ++i) labels[first + i] = (int32_t)winners[i];
        for (int32_t i = 0; i < used; ++i) distances[first + i] = least[i];
    });
}

int32_t bytes_of(const void *numbers, int32_t kind, int64_t first, int32_t count, uint8_t *bytes) {
    switch (kind) {
        case HP_FLOAT32: return HP_CALL(hp_bytes_of_float32)((const float *)numbers + first, count, bytes + first);
        case HP_FLOAT64: return HP_CALL(hp_bytes_of_float64)((const double *)numbers + first, count, bytes + first);
        case HP_INT32: return HP_CALL(hp_bytes_of_int32)((const int32_t *)numbers + first, count, bytes + first);
        default: return HP_CALL(hp_bytes_of_int64)((const int64_t *)numbers + first, count, bytes + first);
    }
}

}  // namespace

int32_t hp_rows_nearest(const double *rows, int64_t count, int32_t features, const double *centers, int32_t clusters,
                        int32_t threads, int32_t *labels, double *distances) {
    const auto load = [=](int64_t first, int32_t, double *block) { load_block(rows, count, features, first, block); };
    return nearest(load, count, features, centers, clusters, threads, labels, distances);
}

int32_t hp_keys_nearest(const uint32_t *keys, int64_t count, int32_t features, const double *centers, int32_t clusters,
                        int32_t threads, int32_t *labels, double *distances) {
    const auto load = [=](int64_t first, int32_t used, double *block) {
        HP_CALL(hp_row_block_of_keys)(keys + first, used, features, block);
    };
    return nearest(load, count, features, centers, clusters, threads, labels, distances);
}

int32_t hp_bytes_of(const void *numbers, int32_t kind, int64_t count, int32_t threads, uint8_t *bytes) {
    std::atomic<bool> all(true);
    hp_run_shares(threads, count, kNumbersPerThread, [&](int64_t first, int64_t end) {
        for (; first < end && all; first += kNumbersAtOnce)
            if (!bytes_of(numbers, kind, first, (int32_t)std::min(kNumbersAtOnce, end - first), bytes)) all = false;
    });
    return all;
}

int32_t hp_rows_distances(const double *rows, int64_t count, int32_t features, const double *centers, int32_t clusters,
                          int32_t threads, double *distances) {
    const auto load = [=](int64_t first, int32_t, double *block) { load_block(rows, count, features, first, block); };
    const int64_t scratch = (int64_t)clusters * HP_ROW_LANES;
    return each_block(load, count, features, scratch, threads, [&](int64_t first, int32_t used, double *block) {
        double *found = block + (int64_t)features * HP_ROW_LANES;
        HP_CALL(hp_row_block_distances)(block, features, centers, clusters, found);
        for (int32_t i = 0; i < used; ++i)
            for (int32_t c = 0; c < clusters; ++c)
                distances[(first + i) * clusters + c] = found[(int64_t)c * HP_ROW_LANES + i];
    });
}

void hp_rows_sums(const double *rows, int64_t count, int32_t features, const double *weights, const int32_t *labels,
                  double *sums) {
    for (int64_t i = 0; i < count; ++i) {
        double *sum = sums + (int64_t)labels[i] * features;
        for (int32_t j = 0; j < features; ++j) sum[j] += weights[i] * rows[i * features + j];
    }
}
