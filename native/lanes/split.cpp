// Sums over the points of a cluster, for splitting it in two. Each lane adds up its own points, in order; the lanes are
// added in order, too: the same operations at every SIMD level.
#include "eight.h"

template <int32_t dimensions>
static void covariance(const int16_t *const *coordinates, const double *weights, int32_t count, const double *mean,
                       double *products) {
    const int32_t pairs = dimensions * (dimensions + 1) / 2;
    Eight sums[pairs];
    for (Eight &sum : sums) sum = eight(0.0);
    for (int32_t start = 0; start < count; start += 8) {
        const Eight w = first_of_eight(weights + start, count - start);
        Eight x[dimensions];
        for (int32_t d = 0; d < dimensions; ++d) x[d] = eight(coordinates[d] + start) - eight(mean[d]);
        int32_t pair = 0;
        for (int32_t a = 0; a < dimensions; ++a)
            for (int32_t b = 0; b <= a; ++b, ++pair) sums[pair] = sums[pair] + w * x[a] * x[b];
    }
    for (int32_t pair = 0; pair < pairs; ++pair) products[pair] = total(sums[pair]);
}

void HP_LANES(hp_covariance)(const int16_t *const *coordinates, int32_t dimensions, const double *weights,
                             int32_t count, const double *mean, double *products) {
    if (dimensions == 3)
        covariance<3>(coordinates, weights, count, mean, products);
    else
        covariance<4>(coordinates, weights, count, mean, products);
}

template <int32_t dimensions>
static void upper_sums(const int16_t *const *coordinates, const double *weights, int32_t count, const double *normal,
                       double threshold, double *sums, uint8_t *above) {
    Eight lanes[1 + dimensions];
    for (Eight &sum : lanes) sum = eight(0.0);
    for (int32_t start = 0; start < count; start += 8) {
        Eight x[dimensions], side = eight(-threshold);
        for (int32_t d = 0; d < dimensions; ++d) {
            x[d] = eight(coordinates[d] + start);
            side = side + eight(normal[d]) * x[d];
        }
        *above++ = positive(side);
        const Eight w = if_positive(side, first_of_eight(weights + start, count - start));
        lanes[0] = lanes[0] + w;
        for (int32_t d = 0; d < dimensions; ++d) lanes[1 + d] = lanes[1 + d] + w * x[d];
    }
    for (int32_t s = 0; s <= dimensions; ++s) sums[s] = total(lanes[s]);
}

void HP_LANES(hp_upper_sums)(const int16_t *const *coordinates, int32_t dimensions, const double *weights,
                             int32_t count, const double *normal, double threshold, double *sums,
                             uint8_t *above) {
    if (dimensions == 3)
        upper_sums<3>(coordinates, weights, count, normal, threshold, sums, above);
    else
        upper_sums<4>(coordinates, weights, count, normal, threshold, sums, above);
}
