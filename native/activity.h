// Local standard deviation: what native/activity.cpp asks of native/lanes/activity.cpp.
#pragma once
#include "simd.h"

enum { HP_TAPS = 13 };

HP_DECLARE(void, hp_blur_columns, const int16_t *const *rows, const double *taps, int32_t width, double *mean,
           double *square);
HP_DECLARE(void, hp_blur_row, const double *mean, const double *square, const double *taps, int32_t width,
           double *variance);
