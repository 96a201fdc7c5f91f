// Sums, bounds and Morton codes of runs of points, in whole numbers: exact in any order.
#include "morton.h"
#include "wholes.h"

template <int32_t dimensions>
static void weigh(const int16_t *const *coordinates, const uint32_t *weights, int32_t count, int64_t *sums,
                  uint64_t *squares) {
    Wholes weight = no_wholes(), square = no_wholes(), weighted[dimensions];
    for (Wholes &sum : weighted) sum = no_wholes();
    for (int32_t start = 0; start < count; start += kWholes) {
        uint32_t rest[kWholes] = {0};
        const bool is_whole = count - start >= kWholes;
        for (int32_t i = start; !is_whole && i < count; ++i) rest[i - start] = weights[i];
        const Wholes w = wholes(is_whole ? weights + start : rest);
        Wholes length = no_wholes();  // squared
        for (int32_t d = 0; d < dimensions; ++d) {
            const Wholes x = wholes(coordinates[d] + start);
            weighted[d] = add(weighted[d], multiply(w, x));
            length = add(length, multiply(x, x));
        }
        weight = add(weight, w);
        square = add(square, multiply(w, length));
    }
    sums[0] += (int64_t)total(weight);
    for (int32_t d = 0; d < dimensions; ++d) sums[1 + d] += (int64_t)total(weighted[d]);
    *squares += total(square);
}

void HP_LANES(hp_weigh)(const int16_t *const *coordinates, const uint32_t *weights, int32_t dimensions, int32_t count,
                        int64_t *sums, uint64_t *squares) {
    if (dimensions == 3)
        weigh<3>(coordinates, weights, count, sums, squares);
    else
        weigh<4>(coordinates, weights, count, sums, squares);
}

void HP_LANES(hp_codes)(const int16_t *const *coordinates, int32_t dimensions, int32_t count, uint32_t *codes) {
    const auto cell = [&](int32_t d, int32_t i) { return (uint32_t)coordinates[d][i] / HP_LEVEL_STEP & 255; };
    if (dimensions == 3)
        for (int32_t i = 0; i < count; ++i) codes[i] = spread(cell(0, i)) << 2 | spread(cell(1, i)) << 1 | spread(cell(2, i));
    else
        for (int32_t i = 0; i < count; ++i)
            codes[i] = spread_by_4(cell(0, i)) << 3 | spread_by_4(cell(1, i)) << 2 | spread_by_4(cell(2, i)) << 1 |
                       spread_by_4(cell(3, i));
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
