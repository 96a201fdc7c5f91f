// The innermost loops of K-means: candidate centres against a box, and against the points in it.
//
// Distances are compared as differences to those of one reference candidate: |x - c|^2 - |x - z|^2 is linear in x and
// small near the boundary between c and z, so that float32 tells them apart. Each lane computes the same operations in
// the same order at every SIMD level, so that all levels agree to the last bit.
#include "../lanes.h"

static int32_t least(const float *values, int32_t count) {
    float low[HP_LANE_COUNT];
    for (int32_t i = 0; i < HP_LANE_COUNT; ++i) low[i] = 3.0e38f;
    for (int32_t start = 0; start < count; start += HP_LANE_COUNT)
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i)
            low[i] = values[start + i] < low[i] ? values[start + i] : low[i];
    float least = low[0];
    for (int32_t i = 1; i < HP_LANE_COUNT; ++i) least = low[i] < least ? low[i] : least;
    int32_t first = 0;
    while (values[first] != least) ++first;
    return first;
}

static void distances_to_middle(const HpCandidates *candidates, int32_t dimensions, const int16_t *low,
                                const int16_t *high, float *distances) {
    for (int32_t d = 0; d < dimensions; ++d) {
        const float middle = 0.5f * (float)(low[d] + high[d]);
        const float *center = candidates->center[d];
        for (int32_t i = 0; i < candidates->count; ++i) {
            const float difference = center[i] - middle;
            distances[i] = (d ? distances[i] : 0.0f) + difference * difference;
        }
    }
    for (int32_t i = candidates->count; i % HP_LANE_COUNT; ++i) distances[i] = 3.0e38f;
}

// margins[i] = least value over the box of |x - c_i|^2 - |x - z|^2, where z is candidate `nearest`.
static void least_margins(const HpCandidates *candidates, int32_t dimensions, const int16_t *low, const int16_t *high,
                          int32_t nearest, float *margins) {
    for (int32_t d = 0; d < dimensions; ++d) {
        const float *center = candidates->center[d];
        const float reference = center[nearest], low2 = 2.0f * (float)low[d], high2 = 2.0f * (float)high[d];
        for (int32_t i = 0; i < candidates->count; ++i) {
            const float offset = center[i] - reference, sum = center[i] + reference;
            const float term = offset * (sum - (offset > 0.0f ? high2 : low2));
            margins[i] = (d ? margins[i] : 0.0f) + term;
        }
    }
}

int32_t HP_LANES(hp_filter)(const HpCandidates *candidates, int32_t dimensions, const int16_t *low,
                            const int16_t *high, int32_t two, float *scratch, HpCandidates *kept) {
    const int32_t padded = (candidates->count + HP_LANE_COUNT) / HP_LANE_COUNT * HP_LANE_COUNT;
    float *distances = scratch, *margins = scratch + padded, *others = scratch + 2 * padded;
    distances_to_middle(candidates, dimensions, low, high, distances);
    const int32_t nearest = least(distances, candidates->count);
    least_margins(candidates, dimensions, low, high, nearest, margins);
    if (two && candidates->count > 1) {
        distances[nearest] = 3.0e38f;
        const int32_t second = least(distances, candidates->count);
        least_margins(candidates, dimensions, low, high, second, others);
        others[nearest] = 0.0f;
        for (int32_t i = 0; i < candidates->count; ++i) margins[i] = others[i] < margins[i] ? others[i] : margins[i];
    }
    int32_t *survivors = (int32_t *)others;
    int32_t position = 0, count = 0;
    for (int32_t i = 0; i < candidates->count; ++i) {
        survivors[count] = i;
        count += margins[i] <= 0.0f;
    }
    kept->count = count;
    for (int32_t i = 0; i < count; ++i) {
        kept->id[i] = candidates->id[survivors[i]];
        position = survivors[i] == nearest ? i : position;
    }
    for (int32_t d = 0; d < dimensions; ++d)
        for (int32_t i = 0; i < count; ++i) kept->center[d][i] = candidates->center[d][survivors[i]];
    return position;
}

int32_t HP_LANES(hp_any_undominated)(const HpCandidates *candidates, int32_t dimensions, const float *nearest,
                                     const int16_t *low, const int16_t *high) {
    for (int32_t start = 0; start < candidates->count; start += HP_LANE_COUNT) {
        float margins[HP_LANE_COUNT];
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) margins[i] = 0.0f;
        for (int32_t d = 0; d < dimensions; ++d) {
            const float *center = candidates->center[d] + start;
            const float reference = nearest[d], low2 = 2.0f * (float)low[d], high2 = 2.0f * (float)high[d];
            for (int32_t i = 0; i < HP_LANE_COUNT; ++i) {
                const float offset = center[i] - reference, sum = center[i] + reference;
                margins[i] += offset * (sum - (offset > 0.0f ? high2 : low2));
            }
        }
        const int32_t end = candidates->count - start < HP_LANE_COUNT ? candidates->count - start : HP_LANE_COUNT;
        int32_t undominated = 0;
        for (int32_t i = 0; i < end; ++i) undominated |= margins[i] <= 0.0f;
        if (undominated) return 1;
    }
    return 0;
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
