// What lanes/rows.cpp offers. A block is 16 rows by feature: block[feature * 16 + row].
#pragma once
#include "simd.h"

enum { HP_ROW_LANES = 16 };

// A block of the rows of 1 to 4 bytes that keys stand for: R, G, B and alpha. Rows past `count` repeat the last one.
HP_DECLARE(void, hp_row_block_of_keys, const uint32_t *keys, int32_t count, int32_t features, double *block);

// Numbers as bytes; returns whether all of them are whole and 0 .. 255.
HP_DECLARE(int32_t, hp_bytes_of_float32, const float *numbers, int32_t count, uint8_t *bytes);
HP_DECLARE(int32_t, hp_bytes_of_float64, const double *numbers, int32_t count, uint8_t *bytes);
HP_DECLARE(int32_t, hp_bytes_of_int32, const int32_t *numbers, int32_t count, uint8_t *bytes);
HP_DECLARE(int32_t, hp_bytes_of_int64, const int64_t *numbers, int32_t count, uint8_t *bytes);

// The nearest centre of each row, ties to the lower, and the squared distance to it. centers[cluster * features + j].
HP_DECLARE(void, hp_row_block_nearest, const double *block, int32_t features, const double *centers, int32_t clusters,
           int64_t *labels, double *distances);

// distances[cluster * 16 + row], squared.
HP_DECLARE(void, hp_row_block_distances, const double *block, int32_t features, const double *centers,
           int32_t clusters, double *distances);
