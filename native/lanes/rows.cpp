// Squared distances between rows of any number of features and centres, in double precision, 16 rows at a time.
// Each lane adds the features in order, so that every SIMD level gives the same bits.
#include <cfloat>

#include "../rows.h"
#include "morton.h"

void HP_LANES(hp_row_block_of_keys)(const uint32_t *keys, int32_t count, int32_t features, double *HP_RESTRICT block) {
    uint32_t own[HP_ROW_LANES];
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) own[i] = keys[i < count ? i : count - 1];
    for (int32_t j = 0; j < features; ++j)
        for (int32_t i = 0; i < HP_ROW_LANES; ++i)
            block[j * HP_ROW_LANES + i] = (int32_t)(j < 3 ? level_of(own[i], j) : own[i] >> 24);
}

template <class Number>
static int32_t bytes_of(const Number *HP_RESTRICT numbers, int32_t count, uint8_t *HP_RESTRICT bytes) {
    int32_t others = 0;
    for (int32_t i = 0; i < count; ++i) {
        const bool in_range = numbers[i] >= 0 && numbers[i] <= 255;  // which NaN is not
        const int32_t whole = (int32_t)(in_range ? numbers[i] : 0);
        others |= !in_range | ((Number)whole != numbers[i]);
        bytes[i] = (uint8_t)whole;
    }
    return !others;
}

int32_t HP_LANES(hp_bytes_of_float32)(const float *numbers, int32_t count, uint8_t *bytes) {
    return bytes_of(numbers, count, bytes);
}
int32_t HP_LANES(hp_bytes_of_float64)(const double *numbers, int32_t count, uint8_t *bytes) {
    return bytes_of(numbers, count, bytes);
}
int32_t HP_LANES(hp_bytes_of_int32)(const int32_t *numbers, int32_t count, uint8_t *bytes) {
    return bytes_of(numbers, count, bytes);
}
int32_t HP_LANES(hp_bytes_of_int64)(const int64_t *numbers, int32_t count, uint8_t *bytes) {
    return bytes_of(numbers, count, bytes);
}

enum { HP_ROW_STEP = 4 };  // features taken at once, so that compilers vectorise over the rows

template <int32_t features>
static inline double distance(const double *x, const double *center, double sum) {
    for (int32_t j = 0; j < features; ++j) {
        const double difference = x[j * HP_ROW_LANES] - center[j];
        sum += difference * difference;
    }
    return sum;
}

// The distances by the first `features` features, a multiple of HP_ROW_STEP.
static inline void begin(const double *block, int32_t features, const double *center, double *HP_RESTRICT sums) {
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) sums[i] = 0.0;
    for (int32_t j = 0; j < features; j += HP_ROW_STEP)
        for (int32_t i = 0; i < HP_ROW_LANES; ++i)
            sums[i] = distance<HP_ROW_STEP>(block + (int64_t)j * HP_ROW_LANES + i, center + j, sums[i]);
}

template <int32_t rest>
static void nearest(const double *block, int32_t features, const double *centers, int32_t clusters, int64_t *labels,
                    double *distances) {
    double best[HP_ROW_LANES], sums[HP_ROW_LANES];
    int64_t winner[HP_ROW_LANES];
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) best[i] = DBL_MAX;
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) winner[i] = 0;
    const double *end = block + (int64_t)(features - rest) * HP_ROW_LANES;
    for (int32_t c = 0; c < clusters; ++c) {
        const double *center = centers + (int64_t)c * features;
        begin(block, features - rest, center, sums);
        const int64_t id = c;
        for (int32_t i = 0; i < HP_ROW_LANES; ++i) {
            const double sum = distance<rest>(end + i, center + (features - rest), sums[i]);
            winner[i] = sum < best[i] ? id : winner[i];
            best[i] = sum < best[i] ? sum : best[i];
        }
    }
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) labels[i] = winner[i];
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) distances[i] = best[i];
}

void HP_LANES(hp_row_block_nearest)(const double *block, int32_t features, const double *centers, int32_t clusters,
                                    int64_t *labels, double *distances) {
    switch (features % HP_ROW_STEP) {
        case 1: return nearest<1>(block, features, centers, clusters, labels, distances);
        case 2: return nearest<2>(block, features, centers, clusters, labels, distances);
        case 3: return nearest<3>(block, features, centers, clusters, labels, distances);
        default: return nearest<4>(block, features, centers, clusters, labels, distances);
    }
}

template <int32_t rest>
static void all_distances(const double *block, int32_t features, const double *centers, int32_t clusters,
                          double *HP_RESTRICT distances) {
    const double *end = block + (int64_t)(features - rest) * HP_ROW_LANES;
    for (int32_t c = 0; c < clusters; ++c, centers += features, distances += HP_ROW_LANES) {
        begin(block, features - rest, centers, distances);
        for (int32_t i = 0; i < HP_ROW_LANES; ++i)
            distances[i] = distance<rest>(end + i, centers + (features - rest), distances[i]);
    }
}

void HP_LANES(hp_row_block_distances)(const double *block, int32_t features, const double *centers, int32_t clusters,
                                      double *distances) {
    switch (features % HP_ROW_STEP) {
        case 1: return all_distances<1>(block, features, centers, clusters, distances);
        case 2: return all_distances<2>(block, features, centers, clusters, distances);
        case 3: return all_distances<3>(block, features, centers, clusters, distances);
        default: return all_distances<4>(block, features, centers, clusters, distances);
    }
}
