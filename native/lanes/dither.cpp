#include "../dither.h"

template <int dimensions>
static int32_t nearest_entry(const float *const *entries, int32_t count, const float *color) {
    float best[HP_LANE_COUNT];
    int32_t winner[HP_LANE_COUNT];
    for (int32_t i = 0; i < HP_LANE_COUNT; ++i) best[i] = 3.0e38f;
    for (int32_t i = 0; i < HP_LANE_COUNT; ++i) winner[i] = 0;
    for (int32_t start = 0; start < count; start += HP_LANE_COUNT)
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) {
            float sum = 0;
            for (int32_t d = 0; d < dimensions; ++d) {
                const float step = color[d] - entries[d][start + i];
                sum += step * step;
            }
            winner[i] = sum < best[i] ? start + i : winner[i];
            best[i] = sum < best[i] ? sum : best[i];
        }
    int32_t lane = 0;
    for (int32_t i = 1; i < HP_LANE_COUNT; ++i)
        if (best[i] < best[lane] || (best[i] == best[lane] && winner[i] < winner[lane])) lane = i;
    return winner[lane];
}

int32_t HP_LANES(hp_nearest_entry)(const float *const *entries, int32_t dimensions, int32_t count,
                                   const float *color) {
    return dimensions == 3 ? nearest_entry<3>(entries, count, color) : nearest_entry<4>(entries, count, color);
}
