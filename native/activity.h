// Local standard deviation: what native/activity.cpp asks of native/lanes/activity.cpp.
#pragma once
#include "simd.h"

enum { HP_TAPS = 13 };

// Down the columns of HP_TAPS rows: the weighted means of the values and of their squares, for each x.
HP_DECLARE(void, hp_activity_columns, const int16_t *const *rows, const double *taps, int32_t width, double *mean,
           double *square);
// Along a row of these, padded by HP_TAPS / 2 on either side: adds the variance of each pixel.
HP_DECLARE(void, hp_activity_row, const double *mean, const double *square, const double *taps, int32_t width,
           double *variance);
