// The C ABI of K-means.
#include <new>

#include "clusters.h"
#include "huepress.h"

namespace {

struct Handle {
    Points points;
    std::unique_ptr<Level> levels[HP_KEY_BITS + 1];

    const Level &level(int32_t bits) {
        if (!levels[bits]) levels[bits] = points.level(bits);
        return *levels[bits];
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

template <class Work>
int32_t guarded(const Work &work) {
    try {
        work();
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}

}  // namespace

void *hp_points_new(int32_t dimensions, int64_t count, const int16_t *coordinates, int64_t stride,
                    const uint32_t *weights, const uint32_t *keys, const int64_t *class_starts) {
    Handle *handle = new (std::nothrow) Handle;
    if (!handle) return nullptr;
    Points &points = handle->points;
    points.dimensions = dimensions;
    points.count = count;
    for (int32_t d = 0; d < HP_MAX_DIMENSIONS; ++d)
        points.coordinates[d] = d < dimensions ? coordinates + d * stride : nullptr;
    points.weights = weights;
    points.keys = keys;
    for (int32_t c = 0; c <= HP_CLASSES; ++c) points.class_starts[c] = class_starts[c];
    return handle;
}

void hp_points_free(void *points) { delete (Handle *)points; }

void hp_points_level_sizes(void *points, int64_t *sizes) { ((Handle *)points)->points.level_sizes(sizes); }

int32_t hp_split(void *points, int32_t bits, int32_t count, int32_t fixed, double *centers, uint8_t *classes,
                 int32_t *found) {
    return guarded([&] {
        const Level &level = ((Handle *)points)->level(bits);
        Clusters clusters = read_clusters(level.dimensions, fixed, fixed, centers, classes);
        hp_split_run(level, clusters, count - fixed);
        write_centers(level.dimensions, clusters, centers);
        for (int32_t k = 0; k < clusters.count; ++k) classes[k] = clusters.classes[(size_t)k];
        *found = clusters.count;
    });
}

int32_t hp_lloyd(void *points, int32_t bits, int32_t count, int32_t fixed, double *centers, const uint8_t *classes,
                 int32_t iterations, double tolerance, double relaxation, double still, int32_t threads,
                 HpProgress progress, uint16_t *labels, int64_t *sums, double *error, int32_t *iterations_done) {
    return guarded([&] {
        const Level &level = ((Handle *)points)->level(bits);
        Clusters clusters = read_clusters(level.dimensions, count, fixed, centers, classes);
        Assigner assigner(level, count, threads);
        *iterations_done =
            hp_lloyd_run(level, assigner, clusters, LloydStop{iterations, tolerance, relaxation, still, progress});
        if (iterations > 0) hp_move_centers(level, clusters, 1, 0);
        write_centers(level.dimensions, clusters, centers);
        *error = clusters.error;
        if (labels) hp_write_labels(level, clusters, labels);
        for (int32_t s = 0; sums && s < count * HP_SUMS; ++s) sums[s] = clusters.sums[(size_t)s];
    });
}

int32_t hp_swaps(void *points, int32_t bits, int32_t count, int32_t fixed, double *centers, uint8_t *classes,
                 int32_t trials, uint64_t seed, int32_t threads, int32_t *stayed) {
    return guarded([&] {
        const Level &level = ((Handle *)points)->level(bits);
        Clusters clusters = read_clusters(level.dimensions, count, fixed, centers, classes);
        *stayed = hp_swaps_run(level, clusters, trials, seed, threads);
        write_centers(level.dimensions, clusters, centers);
        for (int32_t k = 0; k < count; ++k) classes[k] = clusters.classes[(size_t)k];
    });
}
