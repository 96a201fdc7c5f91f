// Weighted points in Morton order, at several resolutions: a level has one point for each cell, its weighted mean. Level b
// has as many cells as there are different first b bits of Morton codes, but smaller ones where the error is: in a
// screenshot a few shades hold most of the pixels, and cells of one size would merge them. Each level has a tree of
// boxes over its points, so that whole subtrees of points can be compared with the centres at once.
#pragma once
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "nearest.h"

enum { HP_CODE_BITS = 32, HP_CLASSES = 3 };

struct Level {
    int32_t dimensions = 0;
    int64_t count = 0;
    const int16_t *coordinates[HP_MAX_DIMENSIONS] = {nullptr};  // padded by HP_LANE_COUNT
    const uint32_t *weights = nullptr;
    std::vector<int16_t> own_coordinates[HP_MAX_DIMENSIONS];  // empty at the finest level, which is the points themselves
    std::vector<uint32_t> own_weights;
    int32_t depth = 0;                               // of the trees: nodes on the longest way from a root to a leaf
    std::vector<HpNode> nodes;                       // preorder, a tree per class, one after another
    std::vector<int32_t> leaf_nodes;                 // leaf number -> node
    std::vector<int64_t> leaf_sums;                  // HP_SUMS a leaf
    int32_t class_nodes[HP_CLASSES + 1] = {0};       // the nodes of class c are [c] .. [c + 1]
    int64_t sums[HP_SUMS] = {0};                     // of all points
    double squares = 0;                              // sum of weight * |x|^2
    double hidden = 0;                               // the error of all points to their cells' means

    bool is_finest() const { return own_weights.empty(); }
    HpTree tree() const;
    const HpNode &leaf(int32_t number) const { return nodes[(size_t)leaf_nodes[(size_t)number]]; }
    int32_t leaf_count() const { return (int32_t)leaf_nodes.size(); }
};

// Tells whether points share a cell of the octree: the first `bits` bits of a Morton code are the first of each coordinate.
class CellMask {
  public:
    CellMask(int32_t dimensions, int32_t bits);
    bool is_shared(const int16_t *const *coordinates, int64_t a, int64_t b) const {
        int32_t differing = 0;
        for (int32_t d = 0; d < dimensions_; ++d) differing |= (coordinates[d][a] ^ coordinates[d][b]) & masks_[d];
        return !differing;
    }
    // The end of the points first .. end, in Morton order, that share the cell of the first.
    int64_t end_of_cell(const int16_t *const *coordinates, int64_t first, int64_t end) const;

  private:
    int32_t dimensions_, masks_[HP_MAX_DIMENSIONS];
};

// Coordinates are padded by HP_LANE_COUNT. Morton codes, by the first HP_CELL_BITS bits of each coordinate, ascend within
// each class; class c holds the points class_starts[c] .. class_starts[c + 1].
struct Points {
    int32_t dimensions;
    int64_t count;
    const int16_t *coordinates[HP_MAX_DIMENSIONS];
    const uint32_t *weights;
    int64_t class_starts[HP_CLASSES + 1];
    int64_t sizes[HP_CODE_BITS + 1];  // of the levels

    int32_t finest() const { return dimensions * HP_CELL_BITS; }  // the level that is the points themselves
    uint8_t first_class() const {                                 // that has points
        return (uint8_t)(class_starts[1] > 0 ? 0 : class_starts[2] > 0 ? 1 : 2);
    }
    int32_t fault();                                      // checks what it holds, and fills `sizes`
    bool measure_levels();
    std::unique_ptr<Level> level(int32_t threads) const;  // the finest
};

// Of points: weight, then weighted coordinates, and the sum of weight * |x|^2.
struct PointSums {
    int64_t of[HP_SUMS];
    uint64_t squares;

    PointSums minus(const PointSums &others) const;
    double error() const;  // of the points to their mean
};

// A run of points that share the first bits of their Morton codes.
struct Cell {
    int64_t start, end;
    size_t next;  // the number of the cell after it; of the last one it says nothing
    PointSums sums;
};

// Points in cells, to begin with one for each class.
class Cells {
  public:
    explicit Cells(const Points &points);
    // Halves the cell of the largest error, again and again, until there are so many, or all differ in their codes.
    void split(int64_t count);
    std::unique_ptr<Level> level(int32_t threads) const;

  private:
    void weigh(int64_t start, int64_t end, PointSums &sums) const;  // adds to the sums
    PointSums weighed(int64_t start, int64_t end) const;
    void offer(size_t number);
    int64_t middle_of(const Cell &cell) const;  // the point from which on the first differing bit is set; its end, if none is
    void divide(size_t number, int64_t middle);

    const Points &points_;
    std::vector<PointSums> before_;  // of all points before each block: those of a run are a difference, but for its ends
    std::vector<Cell> cells_;
    std::vector<std::pair<double, size_t>> offered_;  // a heap of the cells that could be split, by their errors
};
