// Weighted points in Morton order, at several resolutions: level b has one point for each occupied cell, cells being the
// points that share the first b bits of their Morton code, and the point their weighted mean. Each level has a tree of
// boxes over its points, so that whole subtrees of points can be compared with the centres at once.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "nearest.h"

enum { HP_COORDINATE_BITS = 14, HP_CELL_BITS = 8, HP_KEY_BITS = 32, HP_CLASSES = 3 };

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
    std::vector<double> hidden;                      // the error within the cell of each point; empty at the finest level

    HpTree tree() const;
    const HpNode &leaf(int32_t number) const { return nodes[(size_t)leaf_nodes[(size_t)number]]; }
    int32_t leaf_count() const { return (int32_t)leaf_nodes.size(); }
};

// Cells of points: for each its key and the sums of its points.
struct Cells {
    int32_t bits;
    std::vector<uint32_t> keys;
    std::vector<int64_t> sums;                   // HP_SUMS a cell
    std::vector<uint64_t> squares;               // sum of weight * |x|^2 of a cell
    int64_t class_starts[HP_CLASSES + 1] = {0};  // as of points
};

// Coordinates are padded by HP_LANE_COUNT; `keys` are the Morton codes of the points' cells at the finest level,
// ascending within each class; class c holds the points class_starts[c] .. class_starts[c + 1].
struct Points {
    int32_t dimensions;
    int64_t count;
    const int16_t *coordinates[HP_MAX_DIMENSIONS];
    const uint32_t *weights, *keys;
    int64_t class_starts[HP_CLASSES + 1];
    int64_t sizes[HP_KEY_BITS + 1];  // of the levels

    int32_t finest() const { return dimensions * HP_CELL_BITS; }  // the level that is the points themselves
    uint8_t first_class() const {                                 // that has points
        return (uint8_t)(class_starts[1] > 0 ? 0 : class_starts[2] > 0 ? 1 : 2);
    }
    int32_t fault();                                              // checks what it holds, and fills `sizes`
    int64_t weigh_cell(int64_t first, int64_t end, int32_t shift, int64_t *sums, uint64_t &squares) const;
    Cells cells(int32_t bits) const;
    std::unique_ptr<Level> level(int32_t threads) const;                     // the finest
    std::unique_ptr<Level> level(const Cells &cells, int32_t threads) const;  // that of the cells
};

// Coarser cells, from finer ones.
Cells hp_coarser(const Cells &cells, int32_t bits);
