// The dynamic programme of the rate-distortion optimised mapping, one row at a time.
//
// cost[x] is the least cost, in bits, of the row's first x pixels: squared distances times weights, and what deflate is
// expected to spend. Many copies are followed at once, one a lane: each holds its distance, the place where it was
// best to start, and its cost so far. A copy starts anew where that is expected to cost less than to go on.
#include <string.h>

#include "../lossy.h"
#include "symbols.h"

static const float never = 1.0e30f;

struct Copies {
    float cost[HP_COPIES], bits[HP_COPIES], later[HP_COPIES];
    float carried[4][HP_COPIES];
    int32_t length[HP_COPIES];
    int32_t distance[HP_FAR];
    uint64_t tail[HP_BEFORE];  // the last 8 symbols of the path that each copy within the row goes on
};

// The entry that costs least as a literal, of those near the nearest one, and what it costs. Plain loops, which compilers
// turn into vectors.
template <int dimensions>
static int32_t literal(const HpLossyRow &row, int32_t nearest, const float *pixel, float weight, float *bits) {
    float scores[HP_NEAR];
    int32_t keys[HP_NEAR];
    const int32_t first = nearest * HP_NEAR;
    for (int32_t i = 0; i < HP_NEAR; ++i) {
        float sum = 0;
        for (int32_t d = 0; d < dimensions; ++d) {
            const float step = pixel[d] - row.near_palette[d][first + i];
            sum += step * step;
        }
        scores[i] = sum * weight + row.near_bits[first + i];
    }
    // Scores are positive, so that their bits order them; the entry's number takes the lowest six.
    memcpy(keys, scores, sizeof(float) * HP_NEAR);
    int32_t best = 0x7fffffff;
    for (int32_t i = 0; i < HP_NEAR; ++i) {
        const int32_t key = (keys[i] & ~63) | i;
        best = key < best ? key : best;
    }
    *bits = scores[best & 63];
    return row.near_entry[first + (best & 63)];
}

// Give a copy a lane, unless it has one, in place of the one that has run for the shortest time.
static void follow(const HpLossyRow &row, Copies &copies, int32_t distance, int32_t *turn) {
    int32_t known = 0, least = 0x7fffffff;
    for (int32_t i = 0; i < HP_FAR; ++i) known |= copies.distance[i] == distance;
    if (known) return;
    for (int32_t i = 0; i < HP_FOUND; ++i) {
        const int32_t age = i - *turn, order = age < 0 ? age + HP_FOUND : age;
        const int32_t key = copies.length[HP_BEFORE + HP_ABOVE + i] << 10 | order << 5 | i;
        least = key < least ? key : least;
    }
    *turn = *turn + 1 < HP_FOUND ? *turn + 1 : 0;
    const int32_t lane = HP_ABOVE + (least & 31);
    copies.distance[lane] = distance;
    copies.bits[HP_BEFORE + lane] = row.distance_bits[distance];
    copies.cost[HP_BEFORE + lane] = never;
}

// Follow the copies found in the dictionary, and the one that starts here in the row above, as a letter that is copied
// there is likely to go on here.
static void admit(const HpLossyRow &row, Copies &copies, int32_t x, int32_t *turn) {
    const int64_t here = row.start + x;
    const uint8_t *wanted = row.nearest + x;
    if (row.above[x]) follow(row, copies, row.above[x], turn);
    int32_t place = row.head[hp_hash3(wanted[0], wanted[1], wanted[2])];
    for (int32_t tried = 0; tried < row.lookups && place >= 0 && here - place < HP_WINDOW; ++tried) {
        const uint16_t *found = row.out + place;
        if (found[0] == wanted[0] && found[1] == wanted[1] && found[2] == wanted[2])
            follow(row, copies, (int32_t)(here - place), turn);
        place = row.chain[place & (HP_WINDOW - 1)];
    }
}

// The last 8 symbols before x + 1 where a copy of finished rows ends there.
static uint64_t tail_of_copy(const HpLossyRow &row, int32_t x, int32_t length, int32_t distance) {
    const uint8_t *last = row.bytes + row.start + x - distance;
    uint64_t tail = 0;
    for (int32_t j = 7; j >= 0; --j) tail = tail << 8 | last[-j];
    if (length >= 8) return tail;
    return row.tail[x + 1 - length] << 8 * length | (tail & (((uint64_t)1 << 8 * length) - 1));
}

// Copies pixels that are certain to cost no error, if there are many from x on; returns how many.
template <int dimensions>
static int32_t copy_certain(const HpLossyRow &row, Copies &copies, int32_t x) {
    const int32_t above = row.like_above[x], before = row.like_before[x], stride = row.width + 1;
    int32_t length = above < before ? before : above;
    if (length < HP_CERTAIN) return 0;
    if (before > above && (uint8_t)row.tail[x] != row.nearest[x]) return 0;
    for (int32_t d = 0; d < dimensions; ++d)
        if (row.carried[d][x] != 0) return 0;
    length = length < HP_MAX_LENGTH ? length : HP_MAX_LENGTH;
    const int32_t end = x + length, distance = before > above ? 1 : stride;
    row.cost[end] = row.cost[x] + row.length_bits[length] + row.distance_bits[distance];
    row.length[end] = length;
    row.from[end] = before > above ? -1 : stride;
    row.tail[end] = 0;
    for (int32_t i = 8; i > 0; --i) row.tail[end] = row.tail[end] << 8 | row.nearest[end - i];
    for (int32_t d = 0; d < dimensions; ++d) row.carried[d][end] = 0;
    for (int32_t i = 0; i < HP_COPIES; ++i) copies.cost[i] = never;
    if (x < HP_BEFORE)
        for (int32_t i = 0; i < HP_BEFORE; ++i) copies.bits[i] = row.distance_bits[i + 1];
    return length;
}

template <int dimensions>
static void lossy_row(HpLossyRow &row) {
    Copies copies;
    memset(&copies, 0, sizeof copies);
    for (int32_t i = 0; i < HP_FAR; ++i) copies.distance[i] = row.distance[i];
    for (int32_t i = 0; i < HP_COPIES; ++i) copies.cost[i] = never;
    for (int32_t i = 0; i < HP_BEFORE; ++i) copies.bits[i] = never;
    for (int32_t i = 0; i < HP_FAR; ++i) copies.bits[HP_BEFORE + i] = row.distance_bits[row.distance[i]];
    row.cost[0] = 0;
    for (int32_t d = 0; d < dimensions; ++d) row.carried[d][0] = 0;
    row.tail[0] = 0;
    int32_t turn = 0;
    for (int32_t x = 0; x < row.width; ++x) {
        const int32_t certain = copy_certain<dimensions>(row, copies, x);
        if (certain) {
            x += certain - 1;
            continue;
        }
        if (x + 2 < row.width) admit(row, copies, x, &turn);
        if (x > 0 && x <= HP_BEFORE) {  // there are x symbols to repeat now
            copies.bits[x - 1] = row.distance_bits[x];
            copies.cost[x - 1] = never;
        }
        const float here = row.cost[x], restart = here + row.later_bits[0];
        int32_t anew[HP_COPIES], length[HP_COPIES];
        float cost[HP_COPIES], carried[4][HP_COPIES], total[HP_COPIES];
        for (int32_t i = 0; i < HP_COPIES; ++i) anew[i] = copies.cost[i] + copies.later[i] >= restart;
        for (int32_t i = 0; i < HP_COPIES; ++i) {
            const float kept = copies.cost[i];
            const int32_t longer = copies.length[i] + 1;
            cost[i] = anew[i] ? here : kept;
            length[i] = anew[i] ? 1 : longer;
        }
        for (int32_t d = 0; d < dimensions; ++d) {
            const float fresh = row.carried[d][x];
            for (int32_t i = 0; i < HP_COPIES; ++i) {
                const float kept = copies.carried[d][i];
                carried[d][i] = anew[i] ? fresh : kept;
            }
        }
        const uint64_t before = row.tail[x];
        const Symbols symbols = next_symbols(anew, before, copies.tail, row.out + row.start + x, copies.distance);
        const float weight = row.weight[x];
        float pixel[4], sum[HP_COPIES] = {0};
        for (int32_t d = 0; d < dimensions; ++d) {
            float entry[HP_COPIES];
            look_up(symbols, row.palette[d], row.whole[d], entry);
            pixel[d] = row.features[d][x];
            for (int32_t i = 0; i < HP_COPIES; ++i) {
                const float step = pixel[d] + row.right * carried[d][i] - entry[i];
                copies.carried[d][i] = step;
                sum[i] += step * step;
            }
        }
        int32_t key[HP_COPIES];
        for (int32_t i = 0; i < HP_COPIES; ++i) {
            copies.cost[i] = cost[i] + sum[i] * weight;
            copies.length[i] = length[i];
            copies.later[i] = row.later_bits[length[i]];
            const float end = copies.cost[i] - here + copies.bits[i] + row.length_bits[length[i]];
            total[i] = end > 0 ? end : 0;
        }
        memcpy(key, total, sizeof key);
        int32_t best = 0x7fffffff;
        for (int32_t i = 0; i < HP_COPIES; ++i) {
            const int32_t numbered = (key[i] & ~(HP_COPIES - 1)) | i;
            best = numbered < best ? numbered : best;
        }
        best &= HP_COPIES - 1;

        int32_t k = -1;
        float own[4], least = total[best];
        if (row.least_literal < least) {
            for (int32_t d = 0; d < dimensions; ++d) own[d] = pixel[d] + row.right * row.carried[d][x];
            float bits;
            const int32_t found = literal<dimensions>(row, row.nearest[x], own, weight, &bits);
            if (bits <= least) k = found, least = bits;
        }
        row.cost[x + 1] = here + least;
        if (k >= 0) {
            row.length[x + 1] = 1;
            row.from[x + 1] = 0;
            row.tail[x + 1] = before << 8 | (uint64_t)k;
            for (int32_t d = 0; d < dimensions; ++d) row.carried[d][x + 1] = own[d] - row.palette[d][k];
        } else {
            row.length[x + 1] = length[best];
            row.from[x + 1] = best < HP_BEFORE ? -(best + 1) : copies.distance[best - HP_BEFORE];
            row.tail[x + 1] = best < HP_BEFORE ? copies.tail[best] : tail_of_copy(row, x, row.length[x + 1], row.from[x + 1]);
            for (int32_t d = 0; d < dimensions; ++d) row.carried[d][x + 1] = copies.carried[d][best];
        }
    }
    for (int32_t i = 0; i < HP_FAR; ++i) row.distance[i] = copies.distance[i];
}

void HP_LANES(hp_lossy_row)(HpLossyRow *row) {
    if (row->dimensions == 3)
        lossy_row<3>(*row);
    else
        lossy_row<4>(*row);
}
