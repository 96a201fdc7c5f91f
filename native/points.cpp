#include "points.h"

#include <algorithm>

#include "keys.h"

namespace {

const int32_t kLeafPoints = 64, kFinestLeafPoints = 256;

struct Builder {
    Level &level;
    const uint32_t *keys;  // of the level's points, in its own cells
    int32_t bits, leaf_points;
    double squares = 0;

    void bound_leaf(Node &node) const {
        for (int32_t d = 0; d < HP_MAX_DIMENSIONS; ++d) node.low[d] = node.high[d] = 0;
        for (int32_t d = 0; d < level.dimensions; ++d) {
            const int16_t *x = level.coordinates[d] + node.start;
            int16_t low = x[0], high = x[0];
            for (int32_t i = 1; i < node.count; ++i) {
                low = std::min(low, x[i]);
                high = std::max(high, x[i]);
            }
            node.low[d] = low;
            node.high[d] = high;
        }
    }

    void bound_inner(size_t index) {
        Node &node = level.nodes[index];
        std::copy(level.nodes[index + 1].low, level.nodes[index + 1].low + HP_MAX_DIMENSIONS, node.low);
        std::copy(level.nodes[index + 1].high, level.nodes[index + 1].high + HP_MAX_DIMENSIONS, node.high);
        for (int32_t child = level.nodes[index + 1].next; child < node.next; child = level.nodes[(size_t)child].next)
            for (int32_t d = 0; d < HP_MAX_DIMENSIONS; ++d) {
                node.low[d] = std::min(node.low[d], level.nodes[(size_t)child].low[d]);
                node.high[d] = std::max(node.high[d], level.nodes[(size_t)child].high[d]);
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
        while (!at_end(depth) && child_of(start, depth) == child_of(start + count - 1, depth)) ++depth;
        Node node;
        node.start = start;
        node.count = count;
        node.leaf = -1;
        const bool is_leaf = count <= leaf_points || at_end(depth);
        if (is_leaf) {
            bound_leaf(node);
            add_leaf(node);
        }
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
        if (!is_leaf) bound_inner(index);
    }

    bool at_end(int32_t depth) const { return depth * level.dimensions >= bits; }

    uint32_t child_of_key(uint32_t key, int32_t depth) const {
        return key >> std::max(0, bits - level.dimensions * (depth + 1));
    }
    uint32_t child_of(int32_t point, int32_t depth) const { return child_of_key(keys[point], depth); }
};

// The points of one class merged into cells: weighted means, rounded to the grid.
void merge_cells(const Points &points, int32_t class_index, int32_t shift, Level &level, std::vector<uint32_t> &keys) {
    const int64_t end = points.class_starts[class_index + 1];
    for (int64_t i = points.class_starts[class_index]; i < end;) {
        const uint32_t key = points.keys[i] >> shift;
        uint64_t sums[HP_SUMS] = {0};
        for (; i < end && points.keys[i] >> shift == key; ++i) {
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

void Points::level_sizes(int64_t sizes[HP_KEY_BITS + 1]) const {
    int64_t first_difference[HP_KEY_BITS] = {0};  // neighbours by the first bit, from the top, in which they differ
    int64_t classes = 0;
    for (int32_t c = 0; c < HP_CLASSES; ++c) {
        classes += class_starts[c] < class_starts[c + 1];
        for (int64_t i = class_starts[c] + 1; i < class_starts[c + 1]; ++i)
            if (keys[i] != keys[i - 1]) ++first_difference[finest() - 1 - hp_high_bit(keys[i] ^ keys[i - 1])];
    }
    sizes[0] = classes;
    for (int32_t bits = 0; bits < finest(); ++bits) sizes[bits + 1] = sizes[bits] + first_difference[bits];
    for (int32_t bits = finest(); bits <= HP_KEY_BITS; ++bits) sizes[bits] = count;
}

std::unique_ptr<Level> Points::level(int32_t bits) const {
    std::unique_ptr<Level> level(new Level);
    level->dimensions = dimensions;
    std::vector<uint32_t> cells;
    int64_t ends[HP_CLASSES + 1] = {0};
    if (bits == finest()) {
        for (int32_t d = 0; d < dimensions; ++d) level->coordinates[d] = coordinates[d];
        level->weights = weights;
        std::copy(class_starts, class_starts + HP_CLASSES + 1, ends);
        level->count = count;
    } else {
        int64_t sizes[HP_KEY_BITS + 1];
        level_sizes(sizes);
        const size_t size = (size_t)sizes[bits];
        for (int32_t d = 0; d < dimensions; ++d) level->own_coordinates[d].reserve(size + HP_LANE_COUNT);
        level->own_weights.reserve(size);
        cells.reserve(size);
        for (int32_t c = 0; c < HP_CLASSES; ++c) {
            merge_cells(*this, c, finest() - bits, *level, cells);
            ends[c + 1] = (int64_t)cells.size();
        }
        for (int32_t d = 0; d < dimensions; ++d) {
            level->own_coordinates[d].resize(size + HP_LANE_COUNT);
            level->coordinates[d] = level->own_coordinates[d].data();
        }
        level->weights = level->own_weights.data();
        level->count = (int64_t)size;
    }
    Builder builder{*level, bits == finest() ? keys : cells.data(), bits,
                    bits == finest() ? kFinestLeafPoints : kLeafPoints};
    for (int32_t c = 0; c < HP_CLASSES; ++c) {
        level->class_nodes[c] = (int32_t)level->nodes.size();
        if (ends[c + 1] > ends[c]) builder.add((int32_t)ends[c], (int32_t)(ends[c + 1] - ends[c]), 0);
    }
    level->class_nodes[HP_CLASSES] = (int32_t)level->nodes.size();
    level->squares = builder.squares;
    return level;
}
