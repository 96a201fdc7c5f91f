#include "points.h"

#include <algorithm>

namespace {

const int32_t kLeafPoints = 64;

int32_t cell_shift(int32_t dimensions, int32_t bits) { return dimensions * (HP_FINEST - bits); }

uint32_t cell(uint32_t key, int32_t shift) { return shift >= 32 ? 0 : key >> shift; }

struct Builder {
    Level &level;
    const uint32_t *keys;  // of the level's points, in its own cells
    int32_t bits;
    double squares = 0;

    void bound(Node &node) const {
        for (int32_t d = 0; d < HP_MAX_DIMENSIONS; ++d) node.low[d] = node.high[d] = 0;
        for (int32_t d = 0; d < level.dimensions; ++d) {
            const int16_t *x = level.coordinates[d] + node.start;
            const auto range = std::minmax_element(x, x + node.count);
            node.low[d] = *range.first;
            node.high[d] = *range.second;
        }
    }

    void add_leaf(Node &node) {
        node.leaf = level.leaf_count();
        level.leaf_nodes.push_back((int32_t)level.nodes.size());
        int64_t sums[HP_SUMS] = {0};
        for (int32_t i = node.start; i < node.start + node.count; ++i) {
            const int64_t weight = level.weights[i];
            sums[0] += weight;
            int64_t square = 0;
            for (int32_t d = 0; d < level.dimensions; ++d) {
                const int64_t x = level.coordinates[d][i];
                sums[1 + d] += weight * x;
                square += x * x;
            }
            squares += (double)weight * (double)square;
        }
        for (int32_t s = 0; s < HP_SUMS; ++s) level.sums[s] += sums[s];
        level.leaf_sums.insert(level.leaf_sums.end(), sums, sums + HP_SUMS);
    }

    // The subtree over the points of one octree cell `depth` levels below the root. A cell with a single occupied
    // child is the child: boxes are tight, so nothing is gained by a node for each.
    void add(int32_t start, int32_t count, int32_t depth) {
        while (depth < bits && child_of(start, depth) == child_of(start + count - 1, depth)) ++depth;
        Node node;
        node.start = start;
        node.count = count;
        node.leaf = -1;
        bound(node);
        const bool is_leaf = count <= kLeafPoints || depth >= bits;
        if (is_leaf) add_leaf(node);
        const size_t index = level.nodes.size();
        level.nodes.push_back(node);
        for (int32_t from = start; !is_leaf && from < start + count;) {
            const uint32_t child = child_of(from, depth);
            const uint32_t *begin = keys + from;
            const uint32_t *end = std::partition_point(
                begin, keys + start + count, [&](uint32_t key) { return child_of_key(key, depth) == child; });
            add(from, (int32_t)(end - begin), depth + 1);
            from += (int32_t)(end - begin);
        }
        level.nodes[index].next = (int32_t)level.nodes.size();
    }

    uint32_t child_of_key(uint32_t key, int32_t depth) const {
        return cell(key, level.dimensions * (bits - depth - 1));
    }
    uint32_t child_of(int32_t point, int32_t depth) const { return child_of_key(keys[point], depth); }
};

// The points of one class merged into cells: weighted means, rounded to the grid.
void merge_cells(const Points &points, int32_t class_index, int32_t shift, Level &level, std::vector<uint32_t> &keys) {
    const int64_t end = points.class_starts[class_index + 1];
    for (int64_t i = points.class_starts[class_index]; i < end;) {
        const uint32_t key = cell(points.keys[i], shift);
        uint64_t sums[HP_SUMS] = {0};
        for (; i < end && cell(points.keys[i], shift) == key; ++i) {
            sums[0] += points.weights[i];
            for (int32_t d = 0; d < points.dimensions; ++d)
                sums[1 + d] += (uint64_t)points.weights[i] * (uint64_t)points.coordinates[d][i];
        }
        for (int32_t d = 0; d < points.dimensions; ++d)
            level.own_coordinates[d].push_back((int16_t)((sums[1 + d] + sums[0] / 2) / sums[0]));
        level.own_weights.push_back((uint32_t)sums[0]);
        keys.push_back(key);
    }
}

}  // namespace

HpBlock Level::block(const Node &node) const {
    HpBlock block;
    for (int32_t d = 0; d < HP_MAX_DIMENSIONS; ++d)
        block.coordinates[d] = d < dimensions ? coordinates[d] + node.start : nullptr;
    block.weights = weights + node.start;
    block.count = node.count;
    block.low = node.low;
    block.high = node.high;
    return block;
}

int64_t Points::level_size(int32_t bits) const {
    if (bits == HP_FINEST) return count;
    const int32_t shift = cell_shift(dimensions, bits);
    int64_t cells = 0;
    for (int32_t c = 0; c < HP_CLASSES; ++c)
        for (int64_t i = class_starts[c]; i < class_starts[c + 1]; ++i)
            cells += i == class_starts[c] || cell(keys[i], shift) != cell(keys[i - 1], shift);
    return cells;
}

std::unique_ptr<Level> Points::level(int32_t bits) const {
    std::unique_ptr<Level> level(new Level);
    level->dimensions = dimensions;
    std::vector<uint32_t> cells;
    int64_t ends[HP_CLASSES + 1] = {0};
    if (bits == HP_FINEST) {
        for (int32_t d = 0; d < dimensions; ++d) level->coordinates[d] = coordinates[d];
        level->weights = weights;
        std::copy(class_starts, class_starts + HP_CLASSES + 1, ends);
        level->count = count;
    } else {
        const size_t size = (size_t)level_size(bits);
        for (int32_t d = 0; d < dimensions; ++d) level->own_coordinates[d].reserve(size + HP_LANE_COUNT);
        level->own_weights.reserve(size);
        cells.reserve(size);
        for (int32_t c = 0; c < HP_CLASSES; ++c) {
            merge_cells(*this, c, cell_shift(dimensions, bits), *level, cells);
            ends[c + 1] = (int64_t)cells.size();
        }
        for (int32_t d = 0; d < dimensions; ++d) {
            level->own_coordinates[d].resize(size + HP_LANE_COUNT);
            level->coordinates[d] = level->own_coordinates[d].data();
        }
        level->weights = level->own_weights.data();
        level->count = (int64_t)size;
    }
    Builder builder{*level, bits == HP_FINEST ? keys : cells.data(), bits};
    for (int32_t c = 0; c < HP_CLASSES; ++c) {
        level->class_nodes[c] = (int32_t)level->nodes.size();
        if (ends[c + 1] > ends[c]) builder.add((int32_t)ends[c], (int32_t)(ends[c + 1] - ends[c]), 0);
    }
    level->class_nodes[HP_CLASSES] = (int32_t)level->nodes.size();
    level->squares = builder.squares;
    return level;
}
