// The innermost loop of K-means: the nearest of a few candidate centres for each point of a block.
//
// A block's points are given relative to its low corner, and each candidate c as a linear score
// offset_c + gradient_c . r, the squared distance less what all candidates share. The scores are small numbers, so that
// float32 tells them apart; each lane computes the same operations in the same order at every SIMD level.
#include "../lanes.h"

template <int dimensions>
static void nearest(const int16_t *const *coordinates, const int16_t *origin, int32_t count, const float *candidates,
                    int32_t candidate_count, int32_t *HP_RESTRICT winners) {
    for (int32_t start = 0; start < count; start += HP_LANE_COUNT) {
        float r[dimensions][HP_LANE_COUNT], best[HP_LANE_COUNT];
        int32_t winner[HP_LANE_COUNT];
        for (int32_t d = 0; d < dimensions; ++d)
            for (int32_t i = 0; i < HP_LANE_COUNT; ++i) r[d][i] = (float)(coordinates[d][start + i] - origin[d]);
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) best[i] = 3.0e38f;
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) winner[i] = 0;
        for (int32_t c = 0; c < candidate_count; ++c) {
            const float *candidate = candidates + 5 * c;
            for (int32_t i = 0; i < HP_LANE_COUNT; ++i) {
                float score = candidate[0];
                for (int32_t d = 0; d < dimensions; ++d) score += candidate[d + 1] * r[d][i];
                winner[i] = score < best[i] ? c : winner[i];
                best[i] = score < best[i] ? score : best[i];
            }
        }
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) winners[start + i] = winner[i];
    }
}

void HP_LANES(hp_nearest)(const int16_t *const *coordinates, int32_t dimensions, const int16_t *origin, int32_t count,
                          const float *candidates, int32_t candidate_count, int32_t *winners) {
    if (dimensions == 3)
        nearest<3>(coordinates, origin, count, candidates, candidate_count, winners);
    else
        nearest<4>(coordinates, origin, count, candidates, candidate_count, winners);
}
