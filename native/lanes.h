// What keys.cpp, points.cpp, split.cpp, merge.cpp, deflate.cpp and lzw.cpp of lanes/ offer, and what holds for all of lanes/:
// arrays that are read or written in whole groups of lanes are padded by the caller to HP_LANE_COUNT entries past their end.
#pragma once
#include "simd.h"

enum { HP_LANE_COUNT = 16, HP_MAX_DIMENSIONS = 4, HP_SUMS = 5, HP_PALETTE_ROOM = 272 };
enum { HP_COORDINATE_BITS = 14, HP_CELL_BITS = 8, HP_LEVEL_STEP = 1 << (HP_COORDINATE_BITS - HP_CELL_BITS) };

// keys[i] = alpha << 24 | Morton code of pixel i, at pixels[i * stride]; alpha is 255 with 3 channels, whose stride may be 4.
HP_DECLARE(void, hp_keys, const uint8_t *pixels, int32_t channels, int32_t stride, int32_t count, uint32_t *keys);
// levels[i] = scale times the level of a channel (0, 1, 2: R, G, B) of a key.
HP_DECLARE(void, hp_levels, const uint32_t *keys, int32_t count, int32_t channel, int32_t scale, int16_t *levels);

// The runs of equal keys in each of `count` groups of HP_LANE_COUNT: where they end (a bit for each key), and how many.
struct HpRuns {
    uint16_t ends, count;
};
HP_DECLARE(void, hp_find_runs, const uint32_t *keys, int32_t count, HpRuns *runs);

// Adds the weight and the weighted coordinates of a run of points to `sums`, their weighted squared lengths to
// `squares`; exact, for weights below 2^32 together.
HP_DECLARE(void, hp_weigh, const int16_t *const *coordinates, const uint32_t *weights, int32_t dimensions,
           int32_t count, int64_t *sums, uint64_t *squares);
// Morton codes of points, by the first HP_CELL_BITS bits of each coordinate.
HP_DECLARE(void, hp_codes, const int16_t *const *coordinates, int32_t dimensions, int32_t count, uint32_t *codes);
// The least and the greatest of one coordinate or more.
HP_DECLARE(void, hp_bound, const int16_t *x, int32_t count, int16_t *low, int16_t *high);

// products[a (a + 1) / 2 + b] = sum of weight * (x_a - mean_a) * (x_b - mean_b), b <= a. Coordinates and weights are
// padded.
HP_DECLARE(void, hp_covariance, const int16_t *const *coordinates, int32_t dimensions, const double *weights,
           int32_t count, const double *mean, double *products);
// Weight and weighted coordinates of the points with normal . x > threshold, and a bit for each point that tells which.
HP_DECLARE(void, hp_upper_sums, const int16_t *const *coordinates, int32_t dimensions, const double *weights,
           int32_t count, const double *normal, double threshold, double *sums, uint8_t *above);

// costs[i], for first .. end - 1: what merging cluster i with `own` adds to the error: v w / (v + w) times the squared distance
// of their centres, for weights v and w; w times that if the centre of `own` is fixed; 0 where one of them has no weight.
HP_DECLARE(void, hp_merging_costs, const double *const *centers, const double *weights, int32_t dimensions, int32_t own,
           int32_t is_fixed, int32_t first, int32_t end, double *costs);

// The least of length_costs[length] + after[length] - base for lengths first .. last, of which the longest of equal ones. A cost
// has the length's complement in its lowest bits; above `base`, those of what follows are small.
enum { HP_LENGTH_BITS = 9 };
HP_DECLARE(uint32_t, hp_cheapest_length, const uint32_t *length_costs, const uint32_t *after, int32_t first, int32_t last,
           uint32_t base);

// The entries of a palette, HP_PALETTE_ROOM for each of its dimensions, that cost a pixel at most `slack` more than the cheapest
// one; returns how many. Costs are squared distances; the transparent entry, which is far from every pixel, costs as much as the
// one that is there before. There is room for a group of lanes beyond `count`.
HP_DECLARE(int32_t, hp_cheap_entries, const float *palette, int32_t dimensions, const float *pixel, int32_t count,
           int32_t transparent, int32_t before, float slack, float *costs, uint8_t *entries);
