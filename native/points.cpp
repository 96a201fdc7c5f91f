#include "points.h"

#include <algorithm>
#include <atomic>

#include "huepress.h"
#include "lanes/bits.h"
#include "threads.h"

namespace {

const int32_t kLeafPoints = 128, kFinestLeafPoints = 320;
const int32_t kOneLeaf = 512;  // points; to filter so few takes longer than to compare each with all centres
const int32_t kCodes = 1024;    // that are made at a time
const int64_t kBlock = 256;     // points from one sum of all before to the next
const int64_t kLeavesPerThread = 256;  // below this a thread costs more than it saves

// The tree of a level over points in Morton order.
struct Builder {
    Level &level;
    int32_t bits, leaf_points;
    std::vector<CellMask> masks = {};  // of the cells so many levels below the root

    void build(const int64_t *class_starts, int32_t threads) {
        for (int32_t depth = 0; depth * level.dimensions < bits; ++depth)
            masks.push_back(CellMask(level.dimensions, std::min(bits, (depth + 1) * level.dimensions)));
        for (int32_t c = 0; c < HP_CLASSES; ++c) {
            level.class_nodes[c] = (int32_t)level.nodes.size();
            const int64_t count = class_starts[c + 1] - class_starts[c];
            if (count) add((int32_t)class_starts[c], (int32_t)count, 0, 1);
        }
        level.class_nodes[HP_CLASSES] = (int32_t)level.nodes.size();
        measure_leaves(threads);
        for (size_t n = level.nodes.size(); n-- > 0;)
            if (level.nodes[n].leaf < 0) bound_inner(n);
    }

    // The subtree over the points of one octree cell `depth` levels below the root, its own root `nodes` nodes from there. A
    // cell with a single occupied child is the child: boxes are tight, so nothing is gained by a node for each.
    void add(int32_t start, int32_t count, int32_t depth, int32_t nodes) {
        level.depth = std::max(level.depth, nodes);
        while (!at_end(depth) && masks[(size_t)depth].is_shared(level.coordinates, start, start + count - 1)) ++depth;
        HpNode node = {};
        node.start = start;
        node.count = count;
        const bool is_leaf = count <= leaf_points || level.count <= kOneLeaf || at_end(depth);
        node.leaf = is_leaf ? level.leaf_count() : -1;
        const size_t index = level.nodes.size();
        if (is_leaf) level.leaf_nodes.push_back((int32_t)index);
        level.nodes.push_back(node);
        for (int32_t from = start; !is_leaf && from < start + count;) {
            const int32_t end = end_of_children(from, start + count, depth);
            add(from, end - from, depth + 1, nodes + 1);
            from = end;
        }
        level.nodes[index].next = (int32_t)level.nodes.size();
    }

    // The end of the child that begins at a point, or of as many together as a leaf may hold.
    int32_t end_of_children(int32_t from, int32_t end, int32_t depth) const {
        int32_t last, next = end_of_child(from, end, depth);
        do {
            last = next;
            if (last < end) next = end_of_child(last, end, depth);
        } while (next > last && next - from <= leaf_points);
        return last;
    }

    int32_t end_of_child(int32_t from, int32_t end, int32_t depth) const {
        return (int32_t)masks[(size_t)depth].end_of_cell(level.coordinates, from, end);
    }

    void measure_leaves(int32_t threads) {
        const int64_t leaves = level.leaf_count();
        level.leaf_sums.assign((size_t)leaves * HP_SUMS, 0);
        std::atomic<uint64_t> squares(0);  // below 2^62
        hp_run_shares(threads, leaves, kLeavesPerThread, [&](int64_t leaf, int64_t end) {
            uint64_t sum = 0;
            for (; leaf < end; ++leaf) measure((int32_t)leaf, sum);
            squares += sum;
        });
        level.squares = (double)squares;
        for (size_t s = 0; s < level.leaf_sums.size(); ++s) level.sums[s % HP_SUMS] += level.leaf_sums[s];
    }

    void measure(int32_t leaf, uint64_t &squares) {
        HpNode &node = level.nodes[(size_t)level.leaf_nodes[(size_t)leaf]];
        const int16_t *coordinates[HP_MAX_DIMENSIONS];
        for (int32_t d = 0; d < level.dimensions; ++d) coordinates[d] = level.coordinates[d] + node.start;
        HP_CALL(hp_weigh)(coordinates, level.weights + node.start, level.dimensions, node.count,
                          &level.leaf_sums[(size_t)leaf * HP_SUMS], &squares);
        for (int32_t d = 0; d < level.dimensions; ++d)
            HP_CALL(hp_bound)(coordinates[d], node.count, &node.low[d], &node.high[d]);
    }

    void bound_inner(size_t index) {
        HpNode &node = level.nodes[index];
        std::copy(level.nodes[index + 1].low, level.nodes[index + 1].low + HP_MAX_DIMENSIONS, node.low);
        std::copy(level.nodes[index + 1].high, level.nodes[index + 1].high + HP_MAX_DIMENSIONS, node.high);
        for (int32_t child = level.nodes[index + 1].next; child < node.next; child = level.nodes[(size_t)child].next)
            for (int32_t d = 0; d < HP_MAX_DIMENSIONS; ++d) {
                node.low[d] = std::min(node.low[d], level.nodes[(size_t)child].low[d]);
                node.high[d] = std::max(node.high[d], level.nodes[(size_t)child].high[d]);
            }
    }

    bool at_end(int32_t depth) const { return depth == (int32_t)masks.size(); }
};

}  // namespace

CellMask::CellMask(int32_t dimensions, int32_t bits) : dimensions_(dimensions) {
    for (int32_t d = 0; d < dimensions; ++d) {
        const int32_t rest = HP_COORDINATE_BITS - (bits + dimensions - 1 - d) / dimensions;
        masks_[d] = (1 << HP_COORDINATE_BITS) - (1 << rest);
    }
}

int64_t CellMask::end_of_cell(const int16_t *const *coordinates, int64_t first, int64_t end) const {
    const auto shares = [&](int64_t point) { return point < end && is_shared(coordinates, first, point); };
    int64_t last = first, step = 1;  // doubles until it leads out of the cell, then halves
    for (; shares(last + step); step *= 2) last += step;
    while (step /= 2)
        if (shares(last + step)) last += step;
    return last + 1;
}

HpTree Level::tree() const {
    HpTree tree = {};
    tree.nodes = nodes.data();
    tree.leaf_sums = leaf_sums.data();
    for (int32_t d = 0; d < dimensions; ++d) tree.coordinates[d] = coordinates[d];
    tree.weights = weights;
    tree.dimensions = dimensions;
    return tree;
}

int32_t Points::fault() {
    if (class_starts[0] != 0 || class_starts[HP_CLASSES] != count) return HP_WRONG_CLASS_STARTS;
    for (int32_t c = 0; c < HP_CLASSES; ++c)
        if (class_starts[c + 1] < class_starts[c]) return HP_WRONG_CLASS_STARTS;
    int16_t bits = 0;
    for (int32_t d = 0; d < dimensions; ++d)
        for (int64_t i = 0; i < count; ++i) bits = (int16_t)(bits | coordinates[d][i]);
    if (bits & ~((1 << HP_COORDINATE_BITS) - 1)) return HP_WRONG_COORDINATES;
    uint64_t sum = 0, zeros = 0;
    for (int64_t i = 0; i < count; ++i) {
        sum += weights[i];
        zeros += weights[i] == 0;
    }
    if (zeros || sum >> 32) return HP_WRONG_WEIGHTS;
    return measure_levels() ? 0 : HP_WRONG_ORDER;
}

// Whether points are in Morton order, and how many cells each level has.
bool Points::measure_levels() {
    int64_t differing[4][HP_CODE_BITS] = {{0}};  // neighbours by the highest bit that differs, in four parts: faster
    int64_t classes = 0, descents = 0;
    uint32_t codes[kCodes];
    for (int32_t c = 0; c < HP_CLASSES; ++c) {
        classes += class_starts[c] < class_starts[c + 1];
        for (int64_t first = class_starts[c]; first + 1 < class_starts[c + 1]; first += kCodes - 1) {
            const int32_t size = (int32_t)std::min<int64_t>(kCodes, class_starts[c + 1] - first);
            const int16_t *run[HP_MAX_DIMENSIONS];
            for (int32_t d = 0; d < dimensions; ++d) run[d] = coordinates[d] + first;
            HP_CALL(hp_codes)(run, dimensions, size, codes);
            for (int32_t i = 1; i < size; ++i) {
                descents += codes[i] < codes[i - 1];
                if (codes[i] != codes[i - 1]) ++differing[i % 4][highest_bit(codes[i] ^ codes[i - 1])];
            }
        }
    }
    sizes[0] = classes;
    for (int32_t b = 0; b < finest(); ++b) {
        sizes[b + 1] = sizes[b];
        for (const auto &part : differing) sizes[b + 1] += part[finest() - 1 - b];
    }
    for (int32_t b = finest(); b <= HP_CODE_BITS; ++b) sizes[b] = count;
    return !descents;
}

std::unique_ptr<Level> Points::level(int32_t threads) const {
    std::unique_ptr<Level> level(new Level);
    level->dimensions = dimensions;
    level->count = count;
    for (int32_t d = 0; d < dimensions; ++d) level->coordinates[d] = coordinates[d];
    level->weights = weights;
    Builder{*level, finest(), kFinestLeafPoints}.build(class_starts, threads);
    return level;
}

PointSums PointSums::minus(const PointSums &others) const {
    PointSums rest = *this;
    for (int32_t s = 0; s < HP_SUMS; ++s) rest.of[s] -= others.of[s];
    rest.squares -= others.squares;
    return rest;
}

double PointSums::error() const {
    double square = 0;
    for (int32_t s = 1; s < HP_SUMS; ++s) square += (double)of[s] * (double)of[s];
    return (double)squares - square / (double)of[0];
}

Cells::Cells(const Points &points) : points_(points) {
    PointSums sums = {};
    for (int64_t start = 0; start < points.count; start += kBlock) {
        before_.push_back(sums);
        weigh(start, std::min(start + kBlock, points.count), sums);
    }
    before_.push_back(sums);
    for (int32_t c = 0; c < HP_CLASSES; ++c) {
        const int64_t start = points.class_starts[c], end = points.class_starts[c + 1];
        if (start == end) continue;
        cells_.push_back({start, end, cells_.size() + 1, weighed(start, end)});
        offer(cells_.size() - 1);
    }
}

void Cells::weigh(int64_t start, int64_t end, PointSums &sums) const {
    const int16_t *run[HP_MAX_DIMENSIONS];
    for (int32_t d = 0; d < points_.dimensions; ++d) run[d] = points_.coordinates[d] + start;
    HP_CALL(hp_weigh)(run, points_.weights + start, points_.dimensions, (int32_t)(end - start), sums.of, &sums.squares);
}

PointSums Cells::weighed(int64_t start, int64_t end) const {
    const int64_t first = (start + kBlock - 1) / kBlock, last = end / kBlock;  // whole blocks
    PointSums sums = {};
    if (first < last) {
        sums = before_[(size_t)last].minus(before_[(size_t)first]);
        weigh(start, first * kBlock, sums);
        weigh(last * kBlock, end, sums);
    } else {
        weigh(start, end, sums);
    }
    return sums;
}

void Cells::offer(size_t number) {
    const Cell &cell = cells_[number];
    if (cell.end - cell.start < 2) return;
    offered_.emplace_back(cell.sums.error(), number);
    std::push_heap(offered_.begin(), offered_.end());
}

void Cells::split(int64_t count) {
    while ((int64_t)cells_.size() < count && !offered_.empty()) {
        std::pop_heap(offered_.begin(), offered_.end());
        const size_t number = offered_.back().second;
        offered_.pop_back();
        const int64_t middle = middle_of(cells_[number]);
        if (middle < cells_[number].end) divide(number, middle);
    }
}

int64_t Cells::middle_of(const Cell &cell) const {
    const int16_t *along = nullptr;
    for (int32_t d = 0, most = 0; d < points_.dimensions; ++d) {
        const int16_t *x = points_.coordinates[d];
        const int32_t differing = (x[cell.start] ^ x[cell.end - 1]) / HP_LEVEL_STEP;
        if (most < differing && most < (most ^ differing)) most = differing, along = x;  // by a higher bit (Chan 2002)
    }
    if (!along) return cell.end;
    const uint32_t differing = (uint32_t)(along[cell.start] ^ along[cell.end - 1]);
    const int32_t bit = 1 << highest_bit(differing);
    return std::partition_point(along + cell.start, along + cell.end, [&](int16_t x) { return !(x & bit); }) - along;
}

void Cells::divide(size_t number, int64_t middle) {
    Cell low = cells_[number], high = low;
    low.end = high.start = middle;
    low.sums = weighed(low.start, middle);
    high.sums = high.sums.minus(low.sums);
    low.next = cells_.size();
    cells_[number] = low;
    cells_.push_back(high);
    offer(number);
    offer(low.next);
}

std::unique_ptr<Level> Cells::level(int32_t threads) const {
    std::unique_ptr<Level> level(new Level);
    level->dimensions = points_.dimensions;
    const size_t size = cells_.size();
    level->count = (int64_t)size;
    level->own_weights.resize(size);
    level->weights = level->own_weights.data();
    for (int32_t d = 0; d < points_.dimensions; ++d) {
        level->own_coordinates[d].assign(size + HP_LANE_COUNT, 0);
        level->coordinates[d] = level->own_coordinates[d].data();
    }
    int64_t class_starts[HP_CLASSES + 1] = {0};
    for (size_t i = 0, number = 0; i < size; ++i, number = cells_[number].next) {
        const Cell &cell = cells_[number];
        const int64_t weight = cell.sums.of[0];
        level->own_weights[i] = (uint32_t)weight;
        level->hidden += cell.sums.error();
        for (int32_t d = 0; d < points_.dimensions; ++d)  // rounded to the grid: no quotient rounds up to a whole number
            level->own_coordinates[d][i] = (int16_t)((double)(cell.sums.of[1 + d] + weight / 2) / (double)weight);
        for (int32_t c = 0; c < HP_CLASSES; ++c) class_starts[c + 1] += cell.start < points_.class_starts[c + 1];
    }
    Builder{*level, points_.finest(), kLeafPoints}.build(class_starts, threads);
    return level;
}
