// Sums over the points of a cluster, for splitting it in two. Each lane adds up its own points, in order; the lanes are
// added in order, too: the same operations at every SIMD level.
#include "../lanes.h"

enum { kLanes = 8 };

static double total(const double *lanes) {
    double sum = 0;
    for (int32_t i = 0; i < kLanes; ++i) sum += lanes[i];
    return sum;
}

template <int32_t dimensions>
static void covariance(const int16_t *const *coordinates, const double *weights, int32_t count, const double *mean,
                       double *products) {
    double sums[dimensions * (dimensions + 1) / 2][kLanes] = {{0}};
    for (int32_t start = 0; start < count; start += kLanes) {
        double x[dimensions][kLanes], w[kLanes];
        for (int32_t i = 0; i < kLanes; ++i) w[i] = start + i < count ? weights[start + i] : 0.0;
        for (int32_t d = 0; d < dimensions; ++d)
            for (int32_t i = 0; i < kLanes; ++i) x[d][i] = (double)coordinates[d][start + i] - mean[d];
        int32_t pair = 0;
        for (int32_t a = 0; a < dimensions; ++a)
            for (int32_t b = 0; b <= a; ++b, ++pair)
                for (int32_t i = 0; i < kLanes; ++i) sums[pair][i] += w[i] * x[a][i] * x[b][i];
    }
    for (int32_t pair = 0; pair < dimensions * (dimensions + 1) / 2; ++pair) products[pair] = total(sums[pair]);
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
                       double threshold, double *sums) {
    double lanes[1 + dimensions][kLanes] = {{0}};
    for (int32_t start = 0; start < count; start += kLanes) {
        double x[dimensions][kLanes], w[kLanes], side[kLanes];
        for (int32_t i = 0; i < kLanes; ++i) w[i] = start + i < count ? weights[start + i] : 0.0;
        for (int32_t i = 0; i < kLanes; ++i) side[i] = -threshold;
        for (int32_t d = 0; d < dimensions; ++d)
            for (int32_t i = 0; i < kLanes; ++i) {
                x[d][i] = (double)coordinates[d][start + i];
                side[i] += normal[d] * x[d][i];
            }
        for (int32_t i = 0; i < kLanes; ++i) {
            w[i] = side[i] > 0.0 ? w[i] : 0.0;
            lanes[0][i] += w[i];
        }
        for (int32_t d = 0; d < dimensions; ++d)
            for (int32_t i = 0; i < kLanes; ++i) lanes[1 + d][i] += w[i] * x[d][i];
    }
    for (int32_t s = 0; s <= dimensions; ++s) sums[s] = total(lanes[s]);
}

void HP_LANES(hp_upper_sums)(const int16_t *const *coordinates, int32_t dimensions, const double *weights,
                             int32_t count, const double *normal, double threshold, double *sums) {
    if (dimensions == 3)
        upper_sums<3>(coordinates, weights, count, normal, threshold, sums);
    else
        upper_sums<4>(coordinates, weights, count, normal, threshold, sums);
}
