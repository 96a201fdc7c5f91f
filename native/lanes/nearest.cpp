// The innermost loops of K-means: candidate centres against a box, and against the points in it.
//
// Distances are compared as differences to those of one reference candidate: |x - c|^2 - |x - z|^2 is linear in x and
// small near the boundary between c and z, so that float32 tells them apart. Each lane computes the same operations in
// the same order at every SIMD level, so that all levels agree to the last bit.
#include "group.h"

struct Box {
    float middle[HP_MAX_DIMENSIONS], low2[HP_MAX_DIMENSIONS], high2[HP_MAX_DIMENSIONS];  // the latter: twice

    Box(int32_t dimensions, const int16_t *low, const int16_t *high) {
        for (int32_t d = 0; d < dimensions; ++d) {
            middle[d] = 0.5f * (float)(low[d] + high[d]);
            low2[d] = 2.0f * (float)low[d];
            high2[d] = 2.0f * (float)high[d];
        }
    }
};

// The distances of the candidates to the middle of the box; past the last 3e38, to the end of the group.
template <int32_t dimensions>
static void distances_to_middle(const HpCandidates *candidates, const Box &box, float *distances) {
    for (int32_t start = 0; start < candidates->count; start += kRegister) {
        Register sum = all(0.0f);
        for (int32_t d = 0; d < dimensions; ++d) {
            const Register difference = subtract(load(candidates->center[d] + start), all(box.middle[d]));
            sum = add(sum, multiply(difference, difference));
        }
        store(distances + start, sum);
    }
    for (int32_t i = candidates->count; i % HP_LANE_COUNT; ++i) distances[i] = 3.0e38f;
}

// The position of the least of `count` values, ties to the lower.
static int32_t least(const float *values, int32_t count) {
    Register low = load(values);
    for (int32_t start = kRegister; start < count; start += kRegister) low = lesser(low, load(values + start));
    const Register limit = all(least_of(low));
    int32_t start = 0;
    uint32_t mask = up_to(load(values), limit);
    while (!mask) mask = up_to(load(values + (start += kRegister)), limit);
    return start + first_bit(mask);
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

template <int32_t dimensions>
static int32_t filter(const HpCandidates *candidates, const Box &box, int32_t two, float *distances,
                      HpCandidates *kept) {
    float one[dimensions], other[dimensions];
    distances_to_middle<dimensions>(candidates, box, distances);
    const int32_t nearest = least(distances, candidates->count);
    distances[nearest] = 3.0e38f;
    const int32_t second = two && candidates->count > 1 ? least(distances, candidates->count) : nearest;
    copy_center<dimensions>(candidates, nearest, one);
    copy_center<dimensions>(candidates, second, other);
    int32_t position = 0, count = 0;
    for (int32_t start = 0; start < candidates->count; start += HP_LANE_COUNT) {
        uint32_t mask = undominated<dimensions>(candidates, start, one, box);
        if (second != nearest) mask |= undominated<dimensions>(candidates, start, other, box);
        if (nearest >= start && nearest < start + HP_LANE_COUNT)
            position = count + bit_count(mask & first_lanes(nearest - start));
        keep_lanes(candidates->id + start, mask, kept->id + count);
        for (int32_t d = 0; d < dimensions; ++d) keep_lanes(candidates->center[d] + start, mask, kept->center[d] + count);
        count += bit_count(mask);
    }
    kept->count = count;
    return position;
}

int32_t HP_LANES(hp_filter)(const HpCandidates *candidates, int32_t dimensions, const int16_t *low,
                            const int16_t *high, int32_t two, float *scratch, HpCandidates *kept) {
    const Box box(dimensions, low, high);
    return dimensions == 3 ? filter<3>(candidates, box, two, scratch, kept)
                           : filter<4>(candidates, box, two, scratch, kept);
}

template <int32_t dimensions>
static int32_t any_undominated(const HpCandidates *candidates, const float *nearest, const Box &box) {
    for (int32_t start = 0; start < candidates->count; start += HP_LANE_COUNT) {
        if (undominated<dimensions>(candidates, start, nearest, box)) return 1;
    }
    return 0;
}

int32_t HP_LANES(hp_any_undominated)(const HpCandidates *candidates, int32_t dimensions, const float *nearest,
                                     const int16_t *low, const int16_t *high) {
    const Box box(dimensions, low, high);
    return dimensions == 3 ? any_undominated<3>(candidates, nearest, box)
                           : any_undominated<4>(candidates, nearest, box);
}

template <int32_t dimensions>
static void relative_scores(const HpCandidates *candidates, const int16_t *low, int32_t nearest, float *scores) {
    for (int32_t c = 0; c < candidates->count; ++c) {
        float offset = 0.0f;
        for (int32_t d = 0; d < dimensions; ++d) {
            const float center = candidates->center[d][c], reference = candidates->center[d][nearest];
            const float difference = center - reference;
            offset += difference * (center + reference - 2.0f * (float)low[d]);
            scores[c * HP_SUMS + 1 + d] = -2.0f * difference;
        }
        scores[c * HP_SUMS] = offset;
    }
}

static int32_t move_points(const HpBlock *block, int32_t dimensions, int32_t start, int32_t end, const int32_t *winners,
                           uint16_t *labels, int64_t *sums) {
    int32_t changes = 0;
    for (int32_t i = start; i < end; ++i) {
        const int32_t winner = winners[i - start];
        if (winner == labels[i]) continue;
        int64_t *from = sums + (int64_t)labels[i] * HP_SUMS, *to = sums + (int64_t)winner * HP_SUMS;
        const int64_t weight = block->weights[i];
        from[0] -= weight;
        to[0] += weight;
        for (int32_t d = 0; d < dimensions; ++d) {
            const int64_t part = weight * block->coordinates[d][i];
            from[1 + d] -= part;
            to[1 + d] += part;
        }
        labels[i] = (uint16_t)winner;
        ++changes;
    }
    return changes;
}

template <int32_t dimensions>
static int32_t assign(const HpBlock *block, const HpCandidates *candidates, int32_t nearest, float *scores,
                      uint16_t *labels, int64_t *sums) {
    relative_scores<dimensions>(candidates, block->low, nearest, scores);
    int32_t changes = 0;
    for (int32_t start = 0; start < block->count; start += HP_LANE_COUNT) {
        float r[dimensions][HP_LANE_COUNT], best[HP_LANE_COUNT];
        int32_t winner[HP_LANE_COUNT];
        for (int32_t d = 0; d < dimensions; ++d)
            for (int32_t i = 0; i < HP_LANE_COUNT; ++i)
                r[d][i] = (float)(block->coordinates[d][start + i] - block->low[d]);
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) best[i] = 3.0e38f;
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) winner[i] = 0;
        for (int32_t c = 0; c < candidates->count; ++c) {
            const float *score = scores + c * HP_SUMS;
            const int32_t id = candidates->id[c];
            for (int32_t i = 0; i < HP_LANE_COUNT; ++i) {
                float value = score[0];
                for (int32_t d = 0; d < dimensions; ++d) value += score[1 + d] * r[d][i];
                winner[i] = value < best[i] ? id : winner[i];
                best[i] = value < best[i] ? value : best[i];
            }
        }
        if (start + HP_LANE_COUNT <= block->count) {
            int32_t difference = 0;
            for (int32_t i = 0; i < HP_LANE_COUNT; ++i) difference |= winner[i] ^ (int32_t)labels[start + i];
            if (difference)
                changes += move_points(block, dimensions, start, start + HP_LANE_COUNT, winner, labels, sums);
        } else {
            changes += move_points(block, dimensions, start, block->count, winner, labels, sums);
        }
    }
    return changes;
}

int32_t HP_LANES(hp_assign)(const HpBlock *block, int32_t dimensions, const HpCandidates *candidates, int32_t nearest,
                            float *scratch, uint16_t *labels, int64_t *sums) {
    return dimensions == 3 ? assign<3>(block, candidates, nearest, scratch, labels, sums)
                           : assign<4>(block, candidates, nearest, scratch, labels, sums);
}

template <int32_t dimensions>
static void two_nearest(const HpBlock *block, const HpCandidates *candidates, float *first, float *second) {
    for (int32_t start = 0; start < block->count; start += HP_LANE_COUNT) {
        float x[dimensions][HP_LANE_COUNT], one[HP_LANE_COUNT], two[HP_LANE_COUNT];
        for (int32_t d = 0; d < dimensions; ++d)
            for (int32_t i = 0; i < HP_LANE_COUNT; ++i) x[d][i] = (float)block->coordinates[d][start + i];
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) one[i] = two[i] = 3.0e38f;
        for (int32_t c = 0; c < candidates->count; ++c) {
            for (int32_t i = 0; i < HP_LANE_COUNT; ++i) {
                float value = 0.0f;
                for (int32_t d = 0; d < dimensions; ++d) {
                    const float difference = x[d][i] - candidates->center[d][c];
                    value += difference * difference;
                }
                const float loser = value < one[i] ? one[i] : value;
                two[i] = loser < two[i] ? loser : two[i];
                one[i] = value < one[i] ? value : one[i];
            }
        }
        const int32_t end = block->count - start < HP_LANE_COUNT ? block->count - start : HP_LANE_COUNT;
        for (int32_t i = 0; i < end; ++i) first[start + i] = one[i];
        for (int32_t i = 0; i < end; ++i) second[start + i] = two[i];
    }
}

void HP_LANES(hp_two_nearest)(const HpBlock *block, int32_t dimensions, const HpCandidates *candidates, float *first,
                              float *second) {
    if (dimensions == 3)
        two_nearest<3>(block, candidates, first, second);
    else
        two_nearest<4>(block, candidates, first, second);
}
