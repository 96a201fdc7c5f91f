#include "../lanes.h"

uint32_t HP_LANES(hp_cheapest_length)(const uint32_t *length_costs, const uint32_t *after, int32_t first, int32_t last,
                                      uint32_t base) {
    uint32_t least = UINT32_MAX;
    for (int32_t length = first; length <= last; ++length) {
        const uint32_t cost = length_costs[length] + ((after[length] - base) << HP_LENGTH_BITS);
        least = cost < least ? cost : least;
    }
    return least;
}
