// K-means on rows of any number of features: assignment and sums.
#include "rows.h"

#include <algorithm>
#include <new>
#include <vector>

#include "huepress.h"
#include "threads.h"

namespace {

const int64_t kBlocksPerThread = 64;

// The rows from `first` on as a block; rows past the end repeat the last one.
template <class Number>
void load_block(const Number *rows, int64_t count, int32_t features, int64_t first, double *block) {
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) {
        const Number *row = rows + std::min(first + i, count - 1) * features;
        for (int32_t j = 0; j < features; ++j) block[(int64_t)j * HP_ROW_LANES + i] = row[j];
    }
}

// Calls work(block, first row, number of rows) for each block; `scratch` doubles of its own are at block[features * 16].
template <class Number, class Work>
int32_t each_block(const Number *rows, int64_t count, int32_t features, int64_t scratch, int32_t threads,
                   const Work &work) {
    const int64_t blocks = (count + HP_ROW_LANES - 1) / HP_ROW_LANES;
    threads = (int32_t)std::max<int64_t>(1, std::min<int64_t>(threads, blocks / kBlocksPerThread));
    try {
        std::vector<std::vector<double>> buffers((size_t)threads);
        for (std::vector<double> &buffer : buffers) buffer.resize((size_t)features * HP_ROW_LANES + (size_t)scratch);
        hp_run(threads, [&](int32_t t) {
            double *block = buffers[(size_t)t].data();
            for (int64_t b = hp_share(blocks, threads, t); b < hp_share(blocks, threads, t + 1); ++b) {
                const int64_t first = b * HP_ROW_LANES;
                load_block(rows, count, features, first, block);
                work(block, first, (int32_t)std::min<int64_t>(HP_ROW_LANES, count - first));
            }
        });
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}

template <class Number>
int32_t nearest(const Number *rows, int64_t count, int32_t features, const double *centers, int32_t clusters,
                int32_t threads, int32_t *labels, double *distances) {
    return each_block(rows, count, features, 0, threads, [&](const double *block, int64_t first, int32_t used) {
        int64_t winners[HP_ROW_LANES];
        double least[HP_ROW_LANES];
        HP_CALL(hp_row_block_nearest)(block, features, centers, clusters, winners, least);
        for (int32_t i = 0; i < used; ++i) labels[first + i] = (int32_t)winners[i];
        for (int32_t i = 0; i < used; ++i) distances[first + i] = least[i];
    });
}

}  // namespace

int32_t hp_rows_nearest(const double *rows, int64_t count, int32_t features, const double *centers, int32_t clusters,
                        int32_t threads, int32_t *labels, double *distances) {
    return nearest(rows, count, features, centers, clusters, threads, labels, distances);
}

int32_t hp_byte_rows_nearest(const uint8_t *rows, int64_t count, int32_t features, const double *centers,
                             int32_t clusters, int32_t threads, int32_t *labels, double *distances) {
    return nearest(rows, count, features, centers, clusters, threads, labels, distances);
}

int32_t hp_rows_distances(const double *rows, int64_t count, int32_t features, const double *centers, int32_t clusters,
                          int32_t threads, double *distances) {
    const int64_t scratch = (int64_t)clusters * HP_ROW_LANES;
    return each_block(rows, count, features, scratch, threads, [&](double *block, int64_t first, int32_t used) {
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
