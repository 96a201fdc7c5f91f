// What palette entries cost a pixel of a GIF, for native/lzw.cpp.
#include "../lanes.h"
#include "group.h"

template <int dimensions>
static int32_t cheap_entries(const float *palette, const float *pixel, int32_t count, int32_t transparent, int32_t before,
                             float slack, float *costs, uint8_t *entries) {
    Register own[dimensions], least = all(3.0e38f);
    for (int32_t d = 0; d < dimensions; ++d) own[d] = all(pixel[d]);
    for (int32_t k = 0; k < count; k += kRegister) {
        Register sum = all(0);
        for (int32_t d = 0; d < dimensions; ++d) {
            const Register step = subtract(load(palette + d * HP_PALETTE_ROOM + k), own[d]);
            sum = add(sum, multiply(step, step));
        }
        store(costs + k, sum);
        least = lesser(sum, least);
    }
    if (transparent >= 0) costs[transparent] = costs[before];
    const Register limit = all(least_of(least) + slack);
    int32_t found = 0;
    for (int32_t k = 0; k < count; k += kRegister)
        for (uint32_t cheap = up_to(load(costs + k), limit) & first_lanes(count - k); cheap; cheap &= cheap - 1)
            entries[found++] = (uint8_t)(k + lowest_bit(cheap));
    return found;
}

int32_t HP_LANES(hp_cheap_entries)(const float *palette, int32_t dimensions, const float *pixel, int32_t count,
                                   int32_t transparent, int32_t before, float slack, float *costs, uint8_t *entries) {
    const auto chosen = dimensions == 3 ? cheap_entries<3> : cheap_entries<4>;
    return chosen(palette, pixel, count, transparent, before, slack, costs, entries);
}
