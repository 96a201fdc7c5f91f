// What the files in lanes/ offer. Arrays that are read or written in whole groups of lanes are padded by the caller.
#pragma once
#include "simd.h"

enum { HP_LANE_COUNT = 16 };

// winners[i] = the first candidate with the least score for point i; reads and writes up to the next multiple of
// HP_LANE_COUNT past count. A candidate is five floats: its offset, then its gradient.
HP_DECLARE(void, hp_nearest, const int16_t *const *coordinates, int32_t dimensions, const int16_t *origin,
           int32_t count, const float *candidates, int32_t candidate_count, int32_t *winners);

// The row operations of SSIMULACRA2, all in float32. Rows that are blurred are read 5 pixels past each end.
// linear RGB -> XYB shifted to positive values; three rows each.
HP_DECLARE(void, hp_positive_xyb, const float *const *linear, int32_t count, float *const *xyb);
HP_DECLARE(void, hp_square, const float *a, int32_t count, float *square);
HP_DECLARE(void, hp_square_of_difference, const float *a, const float *b, int32_t count, float *square);
HP_DECLARE(void, hp_blur_row, const float *in, int32_t count, float *out);
HP_DECLARE(void, hp_blur_column, const float *const *rows, int32_t count, float *out);  // of 11 rows
// sums += {ssim, ssim^4, artifact, artifact^4, detail lost, detail lost^4} of the row's first `count` pixels; reads up
// to the next multiple of HP_LANE_COUNT. square_b, square_d: blurred b^2 and (a - b)^2.
HP_DECLARE(void, hp_error_maps, const float *a, const float *mean_a, const float *variance_a, const float *b,
           const float *mean_b, const float *square_b, const float *square_d, int32_t count, double *sums);
