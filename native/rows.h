// What lanes/rows.cpp offers. A block is 16 rows by feature: block[feature * 16 + row].
#pragma once
#include "simd.h"

enum { HP_ROW_LANES = 16 };

// The nearest centre of each row, ties to the lower, and the squared distance to it. centers[cluster * features + j].
HP_DECLARE(void, hp_row_block_nearest, const double *block, int32_t features, const double *centers, int32_t clusters,
           int64_t *labels, double *distances);

// distances[cluster * 16 + row], squared.
HP_DECLARE(void, hp_row_block_distances, const double *block, int32_t features, const double *centers,
           int32_t clusters, double *distances);
