// Sums and bounds of runs of points, in whole numbers: exact in any order.
#include "../lanes.h"

template <int32_t dimensions>
static void weigh(const int16_t *const *coordinates, const uint32_t *weights, int32_t count, int64_t *sums,
                  uint64_t *squares) {
    uint64_t weight = 0, square = 0, weighted[dimensions] = {0};
    for (int32_t i = 0; i < count; ++i) weight += weights[i];
    for (int32_t d = 0; d < dimensions; ++d) {
        const int16_t *x = coordinates[d];
        uint64_t sum = 0;
        for (int32_t i = 0; i < count; ++i) sum += (uint64_t)weights[i] * (uint32_t)(int32_t)x[i];
        weighted[d] = sum;
    }
    for (int32_t i = 0; i < count; ++i) {
        int32_t length = 0;  // squared
        for (int32_t d = 0; d < dimensions; ++d) length += (int32_t)coordinates[d][i] * (int32_t)coordinates[d][i];
        square += (uint64_t)weights[i] * (uint32_t)length;
    }
    sums[0] += (int64_t)weight;
    for (int32_t d = 0; d < dimensions; ++d) sums[1 + d] += (int64_t)weighted[d];
    *squares += square;
}

void HP_LANES(hp_weigh)(const int16_t *const *coordinates, const uint32_t *weights, int32_t dimensions, int32_t count,
                        int64_t *sums, uint64_t *squares) {
    if (dimensions == 3)
        weigh<3>(coordinates, weights, count, sums, squares);
    else
        weigh<4>(coordinates, weights, count, sums, squares);
}

void HP_LANES(hp_bound)(const int16_t *x, int32_t count, int16_t *low, int16_t *high) {
    int16_t least = x[0], most = x[0];
    for (int32_t i = 0; i < count; ++i) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    *low = least;
    *high = most;
}
