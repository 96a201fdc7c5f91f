// The row operations of SSIMULACRA2, all in float32, on whole groups of lanes: what native/ssimulacra2.cpp, and native/ssim.cpp
// to read pixels, ask of native/lanes/ssimulacra2.cpp. Rows that are blurred are read 5 pixels past each end.
#pragma once
#include "lanes.h"

enum { HP_BLUR_RADIUS = 5, HP_BLURRED_ROWS = 4 };
// sRGB pixels, with 4 channels laid over a grey level; with one, indices.
struct HpPixels {
    const uint8_t *first;
    int32_t channels, grey;
};
// out[c][i] = table[c][channel c of pixel i, or the index], of 256 entries.
HP_DECLARE(void, hp_translate, const float *const *table, const HpPixels *pixels, int32_t count, float *const *out);
// Linear RGB -> XYB shifted to positive values; three rows each.
HP_DECLARE(void, hp_positive_xyb, const float *const *linear, int32_t count, float *const *xyb);
// The means of 2x2 pixels of two rows; the last of an odd `count` stands for two. Only this one writes no more than that.
HP_DECLARE(void, hp_halve, const float *upper, const float *lower, int32_t count, float *means);
HP_DECLARE(void, hp_square, const float *a, int32_t count, float *square);
HP_DECLARE(void, hp_square_of_difference, const float *a, const float *b, int32_t count, float *square);
HP_DECLARE(void, hp_subtract_square, const float *a, int32_t count, float *from);
HP_DECLARE(void, hp_blur_row, const float *in, int32_t count, float *out);
// HP_BLURRED_ROWS rows of as many and 2 HP_BLUR_RADIUS.
HP_DECLARE(void, hp_blur_columns, const float *const *rows, int32_t count, float *const *out);
// sums += {ssim, ssim^4, artifact, artifact^4, detail lost, detail lost^4} of the row's first `count` pixels; reads up
// to the next multiple of HP_LANE_COUNT. square_b, square_d: blurred b^2 and (a - b)^2.
HP_DECLARE(void, hp_error_maps, const float *a, const float *mean_a, const float *variance_a, const float *b,
           const float *mean_b, const float *square_b, const float *square_d, int32_t count, double *sums);
