// Distances under alpha: what native/under_alpha.cpp asks of native/lanes/under_alpha.cpp.
//
// A colour of alpha a, premultiplied b in each channel, is seen as b over black and as b + 255 - a over white. With d and e
// as the differences of b and of a between two colours, the errors there are d^2 and (d - e)^2, together
// ((2 d - e)^2 + e^2) / 2. So features 2 b - a, three of them, and a have distances of their own that are twice that, if the
// last counts three times; all are whole numbers, in units of 1 / 255 of a level.
#pragma once
#include "rows.h"

enum { HP_UNDER_ALPHA = 4 };  // features

// Entries in the order of their alpha.
struct HpEntries {
    int32_t size;
    double features[256][HP_UNDER_ALPHA], numbers[256];
    int32_t first[256];  // of no less alpha than that
};

// For each of 1 to HP_ROW_LANES keys the number of the nearest entry, ties to the lower, and twice the distance.
HP_DECLARE(void, hp_nearest_under_alpha, const uint32_t *keys, int32_t count, const struct HpEntries *entries,
           double *numbers, double *distances);
