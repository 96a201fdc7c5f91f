// What the files in lanes/ offer. Arrays that are read or written in whole groups of lanes are padded by the caller.
#pragma once
#include "simd.h"

enum { HP_LANE_COUNT = 16 };

// winners[i] = the first candidate with the least score for point i; reads and writes up to the next multiple of
// HP_LANE_COUNT past count. A candidate is five floats: its offset, then its gradient.
HP_DECLARE(void, hp_nearest, const int16_t *const *coordinates, int32_t dimensions, const int16_t *origin,
           int32_t count, const float *candidates, int32_t candidate_count, int32_t *winners);
