// What the files in lanes/ offer. Arrays that are read or written in whole groups of lanes are padded by the caller
// to HP_LANE_COUNT entries past their end.
#pragma once
#include "simd.h"

enum { HP_LANE_COUNT = 16, HP_MAX_DIMENSIONS = 4, HP_SUMS = 5, HP_PALETTE_ROOM = 272 };

// Candidate centres, one array a coordinate; `count` of them, in increasing order of id.
struct HpCandidates {
    int32_t count;
    int32_t *id;
    float *center[HP_MAX_DIMENSIONS];
};

// A box of a tree, over a run of points.
struct HpNode {
    int16_t low[HP_MAX_DIMENSIONS], high[HP_MAX_DIMENSIONS];
    int32_t start, count;  // its points
    int32_t next;          // the node after its subtree, in preorder; a leaf's is its own index + 1
    int32_t leaf;          // the leaf's number, -1 for inner nodes
};

// Points with their tree: the nodes in preorder, and HP_SUMS sums a leaf.
struct HpTree {
    const HpNode *nodes;
    const int64_t *leaf_sums;
    const int16_t *coordinates[HP_MAX_DIMENSIONS];
    const uint32_t *weights;
    int32_t dimensions;
};

// What is known of the points and boxes of a tree: a point's label, valid where its leaf is not uniform; a leaf's one
// label, or -1; for a node the set of its candidates (`words` of bits) and that nearest to its middle, at its last visit.
struct HpLabels {
    uint16_t *labels;
    int32_t *uniform;
    uint64_t *near;
    int32_t *nearest;
};

// A walk down a tree. candidates[0] and moved[0] are those of the roots; the others, one for each depth, are room.
struct HpWalk {
    HpTree tree;
    const float *centers[HP_MAX_DIMENSIONS];  // by id
    HpCandidates *candidates, *moved;
    int32_t room;                             // of each array of candidates
    float *scratch;                           // HP_SUMS times that much
    int32_t words;
    const uint64_t *moved_set;
    HpLabels known;
    int64_t *sums;  // of the clusters: HP_SUMS each, weight, then weighted coordinates
    int64_t changes;
};

// Gives each point below the node `root` the id of its nearest candidate, ties to the lower, by filtering (Kanungo et al.
// 2002): a box keeps the candidate nearest to its middle and those that this one does not dominate in the whole box.
// hp_assign: from nothing, adding to the sums of clusters. hp_reassign: only where a moved centre was near or comes near;
// points that change move between the sums, and are counted.
HP_DECLARE(void, hp_assign, HpWalk *walk, int32_t root);
HP_DECLARE(void, hp_reassign, HpWalk *walk, int32_t root);

// For each point the squared distances to its nearest and second nearest candidate (3e38 if only one), and weight * first;
// for a leaf the sum of these and the largest second; added up for each cluster, weight * (second - first). Points are
// labelled.
struct HpTwoNearest {
    float *first, *second;
    double *error_of, *leaf_error;
    float *leaf_reach;
    double *removal;
};
HP_DECLARE(void, hp_two_nearest, HpWalk *walk, int32_t root, const HpTwoNearest *two);

// What a new centre at `point` makes the removal of each cluster cheaper by, added to `costs`; returns what it takes off the
// error itself; over the leaves among the nodes first .. end.
HP_DECLARE(double, hp_removal_costs, const HpTree *tree, int32_t first, int32_t end, const HpLabels *known,
           const float *point, const HpTwoNearest *two, double *costs);

// The row operations of SSIMULACRA2, all in float32, on whole groups of lanes. Rows that are blurred are read 5 pixels past
// each end.
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

// keys[i] = alpha << 24 | Morton code of pixel i, at pixels[i * stride]; alpha is 255 with 3 channels, whose stride may be 4.
HP_DECLARE(void, hp_keys, const uint8_t *pixels, int32_t channels, int32_t stride, int32_t count, uint32_t *keys);

// The runs of equal keys in each of `count` groups of HP_LANE_COUNT: where they end (a bit for each key), and how many.
struct HpRuns {
    uint16_t ends, count;
};
HP_DECLARE(void, hp_find_runs, const uint32_t *keys, int32_t count, HpRuns *runs);

// Adds the weight and the weighted coordinates of a run of points to `sums`, their weighted squared lengths to
// `squares`; exact, for weights below 2^32 together.
HP_DECLARE(void, hp_weigh, const int16_t *const *coordinates, const uint32_t *weights, int32_t dimensions,
           int32_t count, int64_t *sums, uint64_t *squares);
// The least and the greatest of one coordinate or more.
HP_DECLARE(void, hp_bound, const int16_t *x, int32_t count, int16_t *low, int16_t *high);
// Tables of counts (tables.h), in lines, of which 1024 are a region. hp_touched_lines: writes the numbers of the lines that
// were touched in regions first .. end, ascending, into an array with room for all of these and HP_LANE_COUNT, from `place`
// on; returns the place after the last, and notes that of each region in `ends`. The others take such numbers, with room for
// HP_LANE_COUNT more. hp_line_colors: the number of colours.
// hp_read_lines: writes their keys and counts, ascending, into arrays that have `room` for so many or more, and clears the
// lines; returns how many (few: most lines have one or two). hp_pack_lines: what a line holds, and what of each is not 0, in
// `bytes`, which have room for all lines and one more; clears the lines. hp_add_lines: adds these to the lines of another
// table; where a byte would pass 255 it is 255 less, and noted in `carried`; returns the number of lines that are.
enum { HP_CODES = 1 << 24, HP_LINE_BITS = 6, HP_LINES = HP_CODES >> HP_LINE_BITS };
enum { HP_REGION_BITS = 10, HP_REGIONS = HP_LINES >> HP_REGION_BITS };
enum { HP_MOST_TABLES = 4 };
HP_DECLARE(int32_t, hp_touched_lines, const uint8_t *table, int32_t first, int32_t end, int32_t *numbers,
           int32_t place, int32_t *ends);
HP_DECLARE(int32_t, hp_line_colors, const uint8_t *table, const int32_t *numbers, int32_t count);
HP_DECLARE(int32_t, hp_read_lines, uint8_t *table, const int32_t *numbers, int32_t count, bool few,
           uint32_t *keys, uint32_t *counts, int32_t room);
HP_DECLARE(void, hp_pack_lines, uint8_t *table, const int32_t *numbers, int32_t count, uint64_t *occupied,
           uint8_t *bytes);
struct HpCarried {
    int32_t line;
    uint64_t places;  // a bit for each byte
};
HP_DECLARE(int32_t, hp_add_lines, uint8_t *table, const int32_t *numbers, int32_t count, const uint64_t *occupied,
           const uint8_t *bytes, HpCarried *carried);

// products[a (a + 1) / 2 + b] = sum of weight * (x_a - mean_a) * (x_b - mean_b), b <= a. Coordinates and weights are
// padded.
HP_DECLARE(void, hp_covariance, const int16_t *const *coordinates, int32_t dimensions, const double *weights,
           int32_t count, const double *mean, double *products);
// Weight and weighted coordinates of the points with normal . x > threshold, and a bit for each point that tells which.
HP_DECLARE(void, hp_upper_sums, const int16_t *const *coordinates, int32_t dimensions, const double *weights,
           int32_t count, const double *normal, double threshold, double *sums, uint8_t *above);
// levels[i] = scale times the level of a channel (0, 1, 2: R, G, B) of a key.
HP_DECLARE(void, hp_levels, const uint32_t *keys, int32_t count, int32_t channel, int32_t scale, int16_t *levels);
