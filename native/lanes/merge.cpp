// What it costs to merge clusters (Ward 1963).
#include "../lanes.h"

void HP_LANES(hp_merging_costs)(const double *const *centers, const double *weights, int32_t dimensions, int32_t own,
                                int32_t is_fixed, int32_t first, int32_t end, double *HP_RESTRICT costs) {
    const double v = weights[own];
    for (int32_t i = first; i < end; ++i) costs[i] = 0;
    for (int32_t d = 0; d < dimensions; ++d) {
        const double *const x = centers[d];
        const double own_x = x[own];
        for (int32_t i = first; i < end; ++i) {
            const double difference = own_x - x[i];
            costs[i] += difference * difference;
        }
    }
    for (int32_t i = first; i < end; ++i) {
        const double w = weights[i], factor = is_fixed ? w : v * w / (v + w);
        costs[i] = w > 0 && (v > 0 || is_fixed) ? costs[i] * factor : 0;
    }
}
