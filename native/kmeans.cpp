// The C ABI of K-means.
#include <algorithm>
#include <new>

#include "clusters.h"
#include "huepress.h"

namespace {

struct Handle {
    Points points;
    std::unique_ptr<Level> levels[HP_CODE_BITS + 1];
    Clusters last;  // of the points themselves, when they were last assigned; to begin with, none

    // Makes the levels of the steps that are missing, the cells of each by splitting those of the next coarser one.
    void make_levels(const HpStep *steps, int32_t count, int32_t threads) {
        bool wanted[HP_CODE_BITS + 1] = {false};
        for (int32_t s = 0; s < count; ++s) wanted[steps[s].bits] = !levels[steps[s].bits];
        const int32_t finest = points.finest();
        if (wanted[finest]) levels[finest] = points.level(threads);
        std::unique_ptr<Cells> cells;
        for (int32_t bits = 1; bits < finest; ++bits) {
            if (!wanted[bits]) continue;
            if (!cells) cells.reset(new Cells(points));
            cells->split(points.sizes[bits]);
            levels[bits] = cells->level(threads);
        }
    }
};

Clusters read_clusters(int32_t dimensions, int32_t count, int32_t fixed, const double *centers,
                       const uint8_t *classes) {
    Clusters clusters;
    clusters.count = count;
    clusters.fixed = fixed;
    clusters.classes.assign(classes, classes + count);
    for (int32_t d = 0; d < dimensions; ++d) {
        clusters.centers[d].resize((size_t)count);
        for (int32_t k = 0; k < count; ++k) clusters.centers[d][(size_t)k] = centers[k * dimensions + d];
    }
    return clusters;
}

void write_centers(int32_t dimensions, const Clusters &clusters, double *centers) {
    for (int32_t k = 0; k < clusters.count; ++k)
        for (int32_t d = 0; d < dimensions; ++d) centers[k * dimensions + d] = clusters.centers[d][(size_t)k];
}

// A search as it goes on: its clusters, and what came of the last step.
struct Search {
    Handle &handle;
    int32_t room, threads;
    uint64_t seed;
    HpProgress progress;
    Clusters clusters;
    int32_t iterations = 0;
    bool ended = false;

    void take(const HpStep &step, int32_t number) {
        const Level &level = *handle.levels[step.bits];
        if (step.kind == HP_SPLIT) {
            hp_split_run(level, clusters, room - clusters.fixed);
        } else if (step.kind == HP_SWAPS) {
            hp_swaps_run(level, clusters, step.count, seed + (uint64_t)number * 0x9e3779b97f4a7c15u, threads,
                         [&] { return ended = !step.silent && progress && progress(number, 0, nullptr, 0, nullptr); });
        } else if (step.kind == HP_MERGE) {
            hp_merge_run(level.dimensions, clusters, step.count);
        } else {
            iterate(level, step, number);
        }
    }

    void iterate(const Level &level, const HpStep &step, int32_t number) {
        Assigner assigner(level, clusters.count, threads);
        iterations = hp_lloyd_run(level, assigner, clusters, step, [&] { return ended = !step.silent && tell(level, number); });
        std::vector<int32_t> moved;
        if (step.count > 0) hp_move_centers(level, clusters, 1, 0, moved);
    }

    bool tell(const Level &level, int32_t number) {
        if (!progress) return false;
        const int32_t dimensions = handle.points.dimensions;
        std::vector<double> centers((size_t)(clusters.count * dimensions));
        write_centers(dimensions, clusters, centers.data());
        const double error = clusters.error + level.hidden;
        return progress(number, clusters.count, centers.data(), error, clusters.sums.data()) != 0;
    }
};

// The number of the nearest of the centres to another one.
int32_t nearest_center(int32_t dimensions, const Clusters &clusters, const Clusters &others, int32_t other) {
    int32_t nearest = 0;
    double least = 1e300;
    for (int32_t k = 0; k < clusters.count; ++k) {
        double square = 0;
        for (int32_t d = 0; d < dimensions; ++d) {
            const double difference = clusters.centers[d][(size_t)k] - others.centers[d][(size_t)other];
            square += difference * difference;
        }
        if (square < least) least = square, nearest = k;
    }
    return nearest;
}

// Gives the points of each of the last clusters to the one whose centre is nearest to theirs: most are right there.
void take_over(const Level &level, Clusters &last, Clusters &clusters) {
    std::vector<int32_t> to((size_t)last.count);
    clusters.sums.assign((size_t)clusters.count * HP_SUMS, 0);
    for (int32_t k = 0; k < last.count; ++k) {
        to[(size_t)k] = nearest_center(level.dimensions, clusters, last, k);
        for (size_t s = 0; s < HP_SUMS; ++s)
            clusters.sums[(size_t)to[(size_t)k] * HP_SUMS + s] += last.sums[(size_t)k * HP_SUMS + s];
    }
    last.count = 0;
    clusters.labels = std::move(last.labels);
    clusters.uniform = std::move(last.uniform);
    for (int32_t l = 0; l < level.leaf_count(); ++l) {
        int32_t &uniform = clusters.uniform[(size_t)l];
        const HpNode &leaf = level.leaf(l);
        if (uniform >= 0)
            uniform = to[(size_t)uniform];
        else
            for (int32_t i = leaf.start; i < leaf.start + leaf.count; ++i)
                clusters.labels[(size_t)i] = (uint16_t)to[clusters.labels[(size_t)i]];
    }
}

}  // namespace

void *hp_points_new(int32_t dimensions, int64_t count, int16_t *coordinates, int64_t stride, const uint32_t *keys,
                    const uint32_t *weights, const int64_t *class_starts, int64_t *sizes, int32_t *fault) {
    for (int32_t d = 0; keys && d < dimensions; ++d)
        HP_CALL(hp_levels)(keys, (int32_t)count, d, HP_LEVEL_STEP, coordinates + d * stride);
    std::unique_ptr<Handle> handle(new (std::nothrow) Handle);
    *fault = HP_NO_MEMORY;
    if (!handle) return nullptr;
    Points &points = handle->points;
    points.dimensions = dimensions;
    points.count = count;
    for (int32_t d = 0; d < HP_MAX_DIMENSIONS; ++d)
        points.coordinates[d] = d < dimensions ? coordinates + d * stride : nullptr;
    points.weights = weights;
    for (int32_t c = 0; c <= HP_CLASSES; ++c) points.class_starts[c] = class_starts[c];
    *fault = points.fault();
    if (*fault) return nullptr;
    std::copy(points.sizes, points.sizes + HP_CODE_BITS + 1, sizes);
    return handle.release();
}

void hp_points_free(void *points) { delete (Handle *)points; }

int32_t hp_search(void *points, const HpStep *steps, int32_t step_count, int32_t room, int32_t *count, int32_t fixed,
                  double *centers, uint8_t *classes, uint64_t seed, int32_t threads, HpProgress progress,
                  uint16_t *labels, int64_t *sums, double *error, int32_t *iterations) {
    try {
        Handle &handle = *(Handle *)points;
        handle.make_levels(steps, step_count, threads);
        const int32_t dimensions = handle.points.dimensions;
        Search search{handle, room, threads, seed, progress, read_clusters(dimensions, *count, fixed, centers, classes)};
        for (int32_t s = 0; s < step_count && !search.ended; ++s) search.take(steps[s], s);
        Clusters &clusters = search.clusters;
        *count = clusters.count;
        write_centers(dimensions, clusters, centers);
        std::copy(clusters.classes.begin(), clusters.classes.end(), classes);
        *error = clusters.error;
        *iterations = search.iterations;
        if (labels && !search.ended) hp_write_labels(*handle.levels[steps[step_count - 1].bits], clusters, labels);
        std::copy(clusters.sums.begin(), clusters.sums.end(), sums);
        const HpStep &end = steps[step_count - 1];
        if (end.kind == HP_LLOYD && end.bits == handle.points.finest() && !search.ended) handle.last = std::move(clusters);
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}

int32_t hp_nearest(void *points, const uint8_t *entries, int32_t count, int32_t threads, uint8_t *labels,
                   int64_t *counts, double *error) {
    try {
        Handle &handle = *(Handle *)points;
        const HpStep step = {HP_LLOYD, handle.points.finest(), 0, 1, 0, 1, 0};
        handle.make_levels(&step, 1, threads);
        const Level &level = *handle.levels[step.bits];
        std::vector<double> centers;
        for (int32_t i = 0; i < 3 * count; ++i) centers.push_back(HP_LEVEL_STEP * entries[i]);
        const std::vector<uint8_t> classes((size_t)count, handle.points.first_class());
        Clusters clusters = read_clusters(3, count, count, centers.data(), classes.data());
        Assigner assigner(level, count, threads);
        if (handle.last.count) {
            take_over(level, handle.last, clusters);
            assigner.assign_again(clusters);
        } else {
            assigner.assign_all(clusters);
        }
        hp_write_labels(level, clusters, labels);
        for (int32_t k = 0; k < count; ++k) counts[k] = clusters.sums[(size_t)k * HP_SUMS];
        *error = clusters.error;
        handle.last = std::move(clusters);
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
