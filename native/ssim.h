// Structural similarity: what native/ssim.cpp asks of native/lanes/ssim.cpp.
#pragma once
#include "simd.h"

enum {
    HP_SSIM_RADIUS = 5,
    HP_SSIM_WINDOW = 2 * HP_SSIM_RADIUS + 1,
    HP_SSIM_MAPS = 4,   // what is blurred of a and b: a, b, a^2 + b^2, a b
    HP_SSIM_LANES = 8,  // rows are padded by as many
};

// The windows of a row of one channel, `count` of them: each map, blurred along the row. There are HP_SSIM_WINDOW - 1 more
// values in a and b, and room for as many in each map.
HP_DECLARE(void, hp_ssim_blur_row, const float *a, const float *b, int32_t count, double *const *maps,
           double *const *blurred);

// The sum of the similarities of `count` windows; rows[map * HP_SSIM_WINDOW + y].
HP_DECLARE(double, hp_ssim_sum, const double *const *rows, int32_t count);
