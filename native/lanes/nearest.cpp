// The innermost loops of K-means: candidate centres against a box, and against the points in it.
//
// Distances are compared as differences to those of one reference candidate: |x - c|^2 - |x - z|^2 is linear in x and
// small near the boundary between c and z, so that float32 tells them apart. Each lane computes the same operations in
// the same order at every SIMD level, so that all levels agree to the last bit.
#include "../nearest.h"
#include "group.h"

namespace {

struct Box {
    float middle[HP_MAX_DIMENSIONS], low2[HP_MAX_DIMENSIONS], high2[HP_MAX_DIMENSIONS];  // the latter: twice

    Box(int32_t dimensions, const HpNode &node) {
        for (int32_t d = 0; d < dimensions; ++d) {
            middle[d] = 0.5f * (float)(node.low[d] + node.high[d]);
            low2[d] = 2.0f * (float)node.low[d];
            high2[d] = 2.0f * (float)node.high[d];
        }
    }
};

}  // namespace

// The position of the candidate nearest to the middle of the box, ties to the lower, leaving out that at `except`.
template <int32_t dimensions>
static int32_t nearest_to_middle(const HpCandidates *candidates, const Box &box, int32_t except) {
    const Register none = all(3.0e38f), count = all((float)candidates->count), out = all((float)except);
    Register best = none, at = count;
    for (int32_t start = 0; start < candidates->count; start += kRegister) {
        const Register position = add(all((float)start), lane_numbers());
        Register distance = all(0.0f);
        for (int32_t d = 0; d < dimensions; ++d) {
            const Register difference = subtract(load(candidates->center[d] + start), all(box.middle[d]));
            distance = add(distance, multiply(difference, difference));
        }
        distance = by_order(position, count, distance, none);
        if (except >= 0) distance = by_order(position, out, distance, by_order(out, position, distance, none));
        at = by_order(distance, best, position, at);
        best = lesser(distance, best);
    }
    const Register limit = all(least_of(best));
    return (int32_t)least_of(by_order(limit, best, none, at));
}

// Bit i: whether candidate start + i is as near as z somewhere in the box. The least value there of |x - c|^2 - |x - z|^2
// is a sum over the coordinates.
template <int32_t dimensions>
static uint32_t undominated(const HpCandidates *candidates, int32_t start, const float *z, const Box &box) {
    uint32_t mask = 0;
    for (int32_t r = 0; r < kRegisters; ++r) {
        Register margin = all(0.0f);
        for (int32_t d = 0; d < dimensions; ++d) {
            const Register center = load(candidates->center[d] + start + r * kRegister);
            const Register offset = subtract(center, all(z[d])), sum = add(center, all(z[d]));
            const Register farthest = by_sign(offset, all(box.high2[d]), all(box.low2[d]));
            margin = add(margin, multiply(offset, subtract(sum, farthest)));
        }
        mask |= up_to(margin, all(0.0f)) << (r * kRegister);
    }
    return mask & first_lanes(candidates->count - start);
}

template <int32_t dimensions>
static void copy_center(const HpCandidates *candidates, int32_t position, float *center) {
    for (int32_t d = 0; d < dimensions; ++d) center[d] = candidates->center[d][position];
}

// The candidates of a mask of a group, from a position on; returns the position after them.
template <int32_t dimensions>
static int32_t keep(const HpCandidates *candidates, int32_t start, uint32_t mask, const HpCandidates *kept,
                    int32_t position) {
    keep_lanes(candidates->id + start, mask, kept->id + position);
    for (int32_t d = 0; d < dimensions; ++d)
        keep_lanes(candidates->center[d] + start, mask, kept->center[d] + position);
    return position + bit_count(mask);
}

// Keeps the candidates that the centre does not dominate in the whole box.
template <int32_t dimensions>
static void filter(const HpCandidates *candidates, const Box &box, const float *center, HpCandidates *kept) {
    int32_t count = 0;
    for (int32_t start = 0; start < candidates->count; start += HP_LANE_COUNT)
        count = keep<dimensions>(candidates, start, undominated<dimensions>(candidates, start, center, box), kept, count);
    kept->count = count;
}

// Keeps the candidates that are nearest or second nearest somewhere in the box: one goes when the two that are nearest to the
// middle both dominate it.
template <int32_t dimensions>
static void filter_two(const HpCandidates *candidates, const Box &box, HpCandidates *kept) {
    float one[dimensions], other[dimensions];
    const int32_t nearest = nearest_to_middle<dimensions>(candidates, box, -1);
    const int32_t second = candidates->count > 1 ? nearest_to_middle<dimensions>(candidates, box, nearest) : nearest;
    copy_center<dimensions>(candidates, nearest, one);
    copy_center<dimensions>(candidates, second, other);
    int32_t count = 0;
    for (int32_t start = 0; start < candidates->count; start += HP_LANE_COUNT) {
        uint32_t mask = undominated<dimensions>(candidates, start, one, box);
        if (second != nearest) mask |= undominated<dimensions>(candidates, start, other, box);
        count = keep<dimensions>(candidates, start, mask, kept, count);
    }
    kept->count = count;
}

// Whether a moved centre was a candidate of the node at its last visit, or is one now.
template <int32_t dimensions>
static bool touched(const HpWalk *walk, int32_t index, const HpCandidates *moved, const Box &box) {
    const uint64_t *near = walk->known.near + (int64_t)index * walk->words;
    for (int32_t w = 0; w < walk->words; ++w)
        if (near[w] & walk->moved_set[w]) return true;
    float center[dimensions];
    for (int32_t d = 0; d < dimensions; ++d) center[d] = walk->centers[d][walk->known.nearest[index]];
    for (int32_t start = 0; start < moved->count; start += HP_LANE_COUNT)
        if (undominated<dimensions>(moved, start, center, box)) return true;
    return false;
}

static void remember(const HpWalk *walk, int32_t index, const int32_t *ids, int32_t count, int32_t nearest) {
    uint64_t *near = walk->known.near + (int64_t)index * walk->words, bits = 0;
    for (int32_t w = 0; w < walk->words; ++w) near[w] = 0;
    int32_t word = ids[0] / 64;
    for (int32_t i = 0; i < count; ++i) {
        if (ids[i] / 64 != word) {
            near[word] = bits;
            bits = 0;
            word = ids[i] / 64;
        }
        bits |= (uint64_t)1 << (ids[i] % 64);
    }
    near[word] = bits;
    walk->known.nearest[index] = nearest;
}

// For a group of candidates from `start` on, |x - c|^2 - |x - z|^2 as a function of x - low: a constant and a slope for each
// coordinate, `room` floats each.
template <int32_t dimensions>
static void relative_scores(const HpCandidates *candidates, int32_t start, const HpNode &node, const float *z,
                            float *scores, int32_t room) {
    for (int32_t r = start; r < start + HP_LANE_COUNT; r += kRegister) {
        Register constant = all(0.0f);
        for (int32_t d = 0; d < dimensions; ++d) {
            const Register center = load(candidates->center[d] + r), reference = all(z[d]);
            const Register difference = subtract(center, reference);
            const Register sum = subtract(add(center, reference), all(2.0f * (float)node.low[d]));
            constant = add(constant, multiply(difference, sum));
            store(scores + (1 + d) * room + r, multiply(all(-2.0f), difference));
        }
        store(scores + r, constant);
    }
}

static void move_sums(int64_t *from, int64_t *to, const int64_t *part) {
    for (int32_t s = 0; s < HP_SUMS; ++s) {
        from[s] -= part[s];
        to[s] += part[s];
    }
}

template <int32_t dimensions>
static void move_point(HpWalk *walk, int32_t point, int32_t to) {
    int64_t part[HP_SUMS] = {walk->tree.weights[point]};
    for (int32_t d = 0; d < dimensions; ++d) part[1 + d] = part[0] * walk->tree.coordinates[d][point];
    uint16_t *label = walk->known.labels + point;
    move_sums(walk->sums + (int64_t)*label * HP_SUMS, walk->sums + (int64_t)to * HP_SUMS, part);
    *label = (uint16_t)to;
}

enum { kAtOnce = 2 };  // registers of points: their operations overlap

// The nearest of a leaf's candidates for each of its points from `start` on, in kAtOnce registers; past the last register
// of points it is that of the first ones again.
template <int32_t dimensions>
static inline void find_nearest(const HpWalk *walk, const HpNode &node, const HpCandidates &few, int32_t start,
                                Register *winner) {
    Register x[kAtOnce][dimensions], best[kAtOnce];
    for (int32_t r = 0; r < kAtOnce; ++r) {
        const int32_t first = start + r * kRegister, point = node.start + (first < node.count ? first : start);
        for (int32_t d = 0; d < dimensions; ++d)
            x[r][d] = subtract(load_levels(walk->tree.coordinates[d] + point), all(node.low[d]));
        best[r] = all(3.0e38f);
        winner[r] = all_ids(0);
    }
    for (int32_t i = 0; i < few.count; ++i) {
        const float *score = walk->scratch + i;
        const Register id = all_ids(few.id[i]);
        for (int32_t r = 0; r < kAtOnce; ++r) {
            Register value = all(score[0]);
            for (int32_t d = 0; d < dimensions; ++d)
                value = add(value, multiply(all(score[(1 + d) * walk->room]), x[r][d]));
            winner[r] = by_order(value, best[r], id, winner[r]);
            best[r] = lesser(value, best[r]);
        }
    }
}

// Which of a leaf's points from `first` on, as many as a register holds, have other labels than these. Labels past the
// leaf are not even read: another thread may be writing them.
static inline uint32_t labelled_otherwise(const HpWalk *walk, const HpNode &node, int32_t first, Register ids) {
    const uint16_t *labels = walk->known.labels + node.start + first;
    const int32_t count = node.count - first;
    if (count >= kRegister) return differing(ids, labels) & first_lanes(count);
    int32_t own[kRegister];
    store_ids(own, ids);
    uint32_t mask = 0;
    for (int32_t i = 0; i < count; ++i) mask |= (uint32_t)(own[i] != labels[i]) << i;
    return mask;
}

// Each point of a leaf to the nearest of its candidates.
template <int32_t dimensions>
static void assign_points(HpWalk *walk, const HpNode &node, const HpCandidates &few) {
    for (int32_t start = 0; start < node.count; start += kAtOnce * kRegister) {
        Register winner[kAtOnce];
        find_nearest<dimensions>(walk, node, few, start, winner);
        for (int32_t r = 0; r < kAtOnce && start + r * kRegister < node.count; ++r) {
            const int32_t first = start + r * kRegister;
            uint32_t mask = labelled_otherwise(walk, node, first, winner[r]);
            if (!mask) continue;
            int32_t ids[kRegister];
            store_ids(ids, winner[r]);
            walk->changes += bit_count(mask);
            for (; mask; mask &= mask - 1) {
                const int32_t lane = lowest_bit(mask);
                move_point<dimensions>(walk, node.start + first + lane, ids[lane]);
            }
        }
    }
}

// The points of a leaf that has a label for all, or is to have one.
template <int32_t dimensions>
static void assign_leaf(HpWalk *walk, const HpNode &node, const HpCandidates &few) {
    int32_t *uniform = walk->known.uniform + node.leaf;
    const int32_t before = *uniform, winner = few.id[0];
    *uniform = few.count == 1 ? winner : -1;
    if (before >= 0 && *uniform >= 0) {
        if (before == winner) return;
        move_sums(walk->sums + (int64_t)before * HP_SUMS, walk->sums + (int64_t)winner * HP_SUMS,
                  walk->tree.leaf_sums + (int64_t)node.leaf * HP_SUMS);
        walk->changes += node.count;
        return;
    }
    if (before >= 0)
        for (int32_t i = node.start; i < node.start + node.count; ++i) walk->known.labels[i] = (uint16_t)before;
    assign_points<dimensions>(walk, node, few);
}

// Adds the points of a leaf to the sums of their labels, except for those of one, whose sums lose what the others gain.
template <int32_t dimensions>
static void weigh_others(const HpWalk *walk, const HpNode &node, int32_t label) {
    int64_t lost[1 + dimensions] = {0};
    for (int32_t first = 0; first < node.count; first += kRegister) {
        const int32_t start = node.start + first;
        uint32_t mask = labelled_otherwise(walk, node, first, all_ids(label));
        for (; mask; mask &= mask - 1) {
            const int32_t point = start + lowest_bit(mask);
            int64_t *sums = walk->sums + (int64_t)walk->known.labels[point] * HP_SUMS;
            int64_t part[1 + dimensions] = {walk->tree.weights[point]};
            for (int32_t d = 0; d < dimensions; ++d) part[1 + d] = part[0] * walk->tree.coordinates[d][point];
            for (int32_t s = 0; s <= dimensions; ++s) {
                sums[s] += part[s];
                lost[s] += part[s];
            }
        }
    }
    for (int32_t s = 0; s <= dimensions; ++s) walk->sums[(int64_t)label * HP_SUMS + s] -= lost[s];
}

// Assigns the points of a leaf from nothing. `nearest` is the candidate nearest to its middle: most are likely to be its.
template <int32_t dimensions>
static void begin_leaf(HpWalk *walk, const HpNode &node, const HpCandidates &few, int32_t nearest) {
    int64_t *sums = walk->sums + (int64_t)nearest * HP_SUMS;
    for (int32_t s = 0; s < HP_SUMS; ++s) sums[s] += walk->tree.leaf_sums[(int64_t)node.leaf * HP_SUMS + s];
    walk->known.uniform[node.leaf] = few.count == 1 ? nearest : -1;
    if (few.count == 1) return;
    for (int32_t start = 0; start < node.count; start += kAtOnce * kRegister) {
        Register winner[kAtOnce];
        int32_t ids[kAtOnce * kRegister];
        find_nearest<dimensions>(walk, node, few, start, winner);
        for (int32_t r = 0; r < kAtOnce; ++r) store_ids(ids + r * kRegister, winner[r]);
        uint16_t *labels = walk->known.labels + node.start + start;
        const int32_t rest = node.count - start, end = rest < kAtOnce * kRegister ? rest : kAtOnce * kRegister;
        for (int32_t i = 0; i < end; ++i) labels[i] = (uint16_t)ids[i];
    }
    weigh_others<dimensions>(walk, node, nearest);
}

// The ids of a leaf's candidates, and in the walk's scratch their scores relative to that nearest to its middle.
template <int32_t dimensions>
static void filter_leaf(HpWalk *walk, const HpCandidates *candidates, const HpNode &node, const Box &box,
                        const float *center, HpCandidates &few) {
    few.count = 0;
    for (int32_t start = 0; start < candidates->count; start += HP_LANE_COUNT) {
        const uint32_t mask = undominated<dimensions>(candidates, start, center, box);
        if (!mask) continue;
        relative_scores<dimensions>(candidates, start, node, center, walk->scratch, walk->room);
        keep_lanes(candidates->id + start, mask, few.id + few.count);
        for (int32_t s = 0; s <= dimensions; ++s) {
            float *scores = walk->scratch + s * walk->room;
            keep_lanes(scores + start, mask, scores + few.count);
        }
        few.count += bit_count(mask);
    }
}

template <int32_t dimensions, bool anew>
static void visit(HpWalk *walk, int32_t index, int32_t depth) {
    const HpNode &node = walk->tree.nodes[index];
    const Box box(dimensions, node);
    if (!anew && !touched<dimensions>(walk, index, walk->moved + depth, box)) return;
    const HpCandidates *candidates = walk->candidates + depth;
    float center[dimensions];
    const int32_t nearest = nearest_to_middle<dimensions>(candidates, box, -1);
    copy_center<dimensions>(candidates, nearest, center);
    HpCandidates *kept = walk->candidates + depth + 1;
    if (node.leaf >= 0) {
        filter_leaf<dimensions>(walk, candidates, node, box, center, *kept);
        remember(walk, index, kept->id, kept->count, candidates->id[nearest]);
        return anew ? begin_leaf<dimensions>(walk, node, *kept, candidates->id[nearest])
                    : assign_leaf<dimensions>(walk, node, *kept);
    }
    filter<dimensions>(candidates, box, center, kept);
    remember(walk, index, kept->id, kept->count, candidates->id[nearest]);
    if (!anew) filter<dimensions>(walk->moved + depth, box, center, walk->moved + depth + 1);
    for (int32_t child = index + 1; child < node.next; child = walk->tree.nodes[child].next)
        visit<dimensions, anew>(walk, child, depth + 1);
}

void HP_LANES(hp_assign)(HpWalk *walk, int32_t root) {
    if (walk->tree.dimensions == 3)
        visit<3, true>(walk, root, 0);
    else
        visit<4, true>(walk, root, 0);
}

void HP_LANES(hp_reassign)(HpWalk *walk, int32_t root) {
    if (walk->tree.dimensions == 3)
        visit<3, false>(walk, root, 0);
    else
        visit<4, false>(walk, root, 0);
}

static int32_t label_of(const HpLabels *known, const HpNode &node, int32_t point) {
    const int32_t uniform = known->uniform[node.leaf];
    return uniform >= 0 ? uniform : known->labels[point];
}

// The squared distances of a register of points to a centre.
template <int32_t dimensions>
static Register distances(const Register *x, const float *const *center, int32_t at) {
    Register sum = all(0.0f);
    for (int32_t d = 0; d < dimensions; ++d) {
        const Register difference = subtract(x[d], all(center[d][at]));
        sum = add(sum, multiply(difference, difference));
    }
    return sum;
}

template <int32_t dimensions>
static void find_two(const HpTree *tree, const HpNode &node, const HpCandidates *candidates, float *first,
                     float *second) {
    for (int32_t start = 0; start < node.count; start += kRegister) {
        Register x[dimensions], one = all(3.0e38f), two = all(3.0e38f);
        for (int32_t d = 0; d < dimensions; ++d) x[d] = load_levels(tree->coordinates[d] + node.start + start);
        for (int32_t c = 0; c < candidates->count; ++c) {
            const Register value = distances<dimensions>(x, candidates->center, c);
            two = lesser(by_order(value, one, one, value), two);
            one = lesser(value, one);
        }
        float nearest[kRegister], other[kRegister];
        store(nearest, one);
        store(other, two);
        const int32_t end = node.count - start < kRegister ? node.count - start : (int32_t)kRegister;
        for (int32_t i = 0; i < end; ++i) first[start + i] = nearest[i];
        for (int32_t i = 0; i < end; ++i) second[start + i] = other[i];
    }
}

template <int32_t dimensions>
static void visit_two(HpWalk *walk, int32_t index, int32_t depth, const HpTwoNearest *two) {
    const HpNode &node = walk->tree.nodes[index];
    HpCandidates *kept = walk->candidates + depth + 1;
    filter_two<dimensions>(walk->candidates + depth, Box(dimensions, node), kept);
    for (int32_t child = index + 1; child < node.next; child = walk->tree.nodes[child].next)
        visit_two<dimensions>(walk, child, depth + 1, two);
    if (node.leaf < 0) return;
    find_two<dimensions>(&walk->tree, node, kept, two->first + node.start, two->second + node.start);
    double error = 0;
    float reach = 0;
    for (int32_t i = node.start; i < node.start + node.count; ++i) {
        const double weight = walk->tree.weights[i];
        two->error_of[i] = weight * two->first[i];
        error += two->error_of[i];
        two->removal[label_of(&walk->known, node, i)] += weight * ((double)two->second[i] - two->first[i]);
        reach = two->second[i] > reach ? two->second[i] : reach;
    }
    two->leaf_error[node.leaf] = error;
    two->leaf_reach[node.leaf] = reach;
}

void HP_LANES(hp_two_nearest)(HpWalk *walk, int32_t root, const HpTwoNearest *two) {
    if (walk->tree.dimensions == 3)
        visit_two<3>(walk, root, 0, two);
    else
        visit_two<4>(walk, root, 0, two);
}

template <int32_t dimensions>
static float box_distance(const HpNode &node, const float *point) {
    float square = 0;
    for (int32_t d = 0; d < dimensions; ++d) {
        const float below = (float)node.low[d] - point[d], above = point[d] - (float)node.high[d];
        const float outside = below > 0 ? below : above > 0 ? above : 0;
        square += outside * outside;
    }
    return square;
}

template <int32_t dimensions>
static double leaf_costs(const HpTree *tree, const HpNode &leaf, const HpLabels *known, const float *point,
                         const float *first, const float *second, double *costs) {
    double gain = 0;
    const float *center[dimensions];
    for (int32_t d = 0; d < dimensions; ++d) center[d] = point + d;
    for (int32_t start = 0; start < leaf.count; start += kRegister) {
        const int32_t at = leaf.start + start;
        Register x[dimensions];
        for (int32_t d = 0; d < dimensions; ++d) x[d] = load_levels(tree->coordinates[d] + at);
        const Register distance = distances<dimensions>(x, center, 0);
        uint32_t mask = below(distance, load(second + at)) & first_lanes(leaf.count - start);
        if (!mask) continue;
        float to_point[kRegister];
        store(to_point, distance);
        for (; mask; mask &= mask - 1) {
            const int32_t lane = lowest_bit(mask), i = at + lane;
            const float now = to_point[lane], least = first[i] < now ? first[i] : now;
            const double weight = tree->weights[i];
            costs[label_of(known, leaf, i)] += weight * (((double)now - least) - ((double)second[i] - first[i]));
            gain += weight * ((double)first[i] - least);
        }
    }
    return gain;
}

template <int32_t dimensions>
static double removal_costs(const HpTree *tree, int32_t first, int32_t end, const HpLabels *known, const float *point,
                            const HpTwoNearest *two, double *costs) {
    double gain = 0;
    for (int32_t index = first; index < end; ++index) {
        const HpNode &node = tree->nodes[index];
        if (node.leaf >= 0 && box_distance<dimensions>(node, point) < two->leaf_reach[node.leaf])
            gain += leaf_costs<dimensions>(tree, node, known, point, two->first, two->second, costs);
    }
    return gain;
}

double HP_LANES(hp_removal_costs)(const HpTree *tree, int32_t first, int32_t end, const HpLabels *known,
                                  const float *point, const HpTwoNearest *two, double *costs) {
    if (tree->dimensions == 3) return removal_costs<3>(tree, first, end, known, point, two, costs);
    return removal_costs<4>(tree, first, end, known, point, two, costs);
}
