// The nearest palette entry of one colour: what native/dither.cpp asks of native/lanes/dither.cpp.
#pragma once
#include "lanes.h"

// The first entry with the least squared distance; entries[d] holds `count` values, padded to whole lanes with values
// far away.
HP_DECLARE(int32_t, hp_nearest_entry, const float *const *entries, int32_t dimensions, int32_t count,
           const float *color);
