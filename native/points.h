// Weighted points in Morton order, at several resolutions: level b has one point for each occupied cell, cells being the
// points that share the first b bits of their Morton code, and the point their weighted mean. Each level has a tree of
// boxes over its points, so that whole subtrees of points can be compared with the centres at once.
#pragma once
#include <cstdint>
#include <memory>
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
    std::vector<double> hidden;                      // the error within the cell of each point; empty at the finest level

    HpTree tree() const;
    const HpNode &leaf(int32_t number) const { return nodes[(size_t)leaf_nodes[(size_t)number]]; }
    int32_t leaf_count() const { return (int32_t)leaf_nodes.size(); }
};

// What says whether points share a cell of a level: the first `bits` bits of a Morton code are the first of each coordinate.
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

// Cells of points: for each its Morton code and the sums of its points.
struct Cells {
    int32_t bits;
    std::vector<uint32_t> codes;
    std::vector<int64_t> sums;                   // HP_SUMS a cell
    std::vector<uint64_t> squares;               // sum of weight * |x|^2 of a cell
    int64_t class_starts[HP_CLASSES + 1] = {0};  // as of points
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
    int32_t fault();                                              // checks what it holds, and fills `sizes`
    bool measure_levels();
    int64_t weigh_cell(int64_t first, int64_t end, const CellMask &mask, int64_t *sums, uint64_t &squares) const;
    Cells cells(int32_t bits) const;
    std::unique_ptr<Level> level(int32_t threads) const;                     // the finest
    std::unique_ptr<Level> level(const Cells &cells, int32_t threads) const;  // that of the cells
};

// Coarser cells, from finer ones.
Cells hp_coarser(const Cells &cells, int32_t bits);
