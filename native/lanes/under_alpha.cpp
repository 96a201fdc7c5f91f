// Distances under alpha, of 16 colours at a time. All are whole numbers below 2^53, so that every SIMD level gives the same.
#include "../under_alpha.h"

#include <cfloat>

// In place of levels, and returns the least alpha.
static int32_t features_of_levels(double *HP_RESTRICT block) {
    double *const alphas = block + (HP_UNDER_ALPHA - 1) * HP_ROW_LANES;
    double least = 255;
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) least = alphas[i] < least ? alphas[i] : least;
    for (int32_t c = 0; c + 1 < HP_UNDER_ALPHA; ++c)
        for (int32_t i = 0; i < HP_ROW_LANES; ++i)
            block[c * HP_ROW_LANES + i] = (2 * block[c * HP_ROW_LANES + i] - 255) * alphas[i];
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) alphas[i] *= 255;
    return (int32_t)least;
}

// Compares the colours with an entry. Tells whether one of those beyond it may be nearer to one of them: not where the alphas
// alone are that far apart. (Whatever was found before an alpha was reached is further from it than the entry.)
static inline bool compare(const double *HP_RESTRICT block, const double *entry, double number,
                           double *HP_RESTRICT winners, double *HP_RESTRICT least) {
    const double *const alphas = block + (HP_UNDER_ALPHA - 1) * HP_ROW_LANES;
    int64_t hopeful = 0;
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) {
        double sum = 0;
        for (int32_t c = 0; c + 1 < HP_UNDER_ALPHA; ++c) {
            const double difference = block[c * HP_ROW_LANES + i] - entry[c];
            sum += difference * difference;
        }
        const double difference = entry[HP_UNDER_ALPHA - 1] - alphas[i], apart = 3 * difference * difference;
        sum += apart;
        const bool nearer = (sum < least[i]) | ((sum == least[i]) & (number < winners[i]));
        winners[i] = nearer ? number : winners[i];
        least[i] = nearer ? sum : least[i];
        hopeful |= (int64_t)(apart <= least[i]);
    }
    return hopeful != 0;
}

void HP_LANES(hp_nearest_under_alpha)(const uint32_t *keys, int32_t count, const HpEntries *entries, double *numbers,
                                      double *distances) {
    double block[HP_UNDER_ALPHA * HP_ROW_LANES], winners[HP_ROW_LANES], least[HP_ROW_LANES];
    HP_LANES(hp_row_block_of_keys)(keys, count, HP_UNDER_ALPHA, block);
    for (int32_t i = 0; i < HP_ROW_LANES; ++i) winners[i] = 256, least[i] = DBL_MAX;
    const int32_t first = entries->first[features_of_levels(block)];
    for (int32_t j = first; j < entries->size; ++j)
        if (!compare(block, entries->features[j], entries->numbers[j], winners, least)) break;
    for (int32_t j = first - 1; j >= 0; --j)
        if (!compare(block, entries->features[j], entries->numbers[j], winners, least)) break;
    for (int32_t i = 0; i < count; ++i) numbers[i] = winners[i], distances[i] = least[i];
}
