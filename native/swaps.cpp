#include <algorithm>
#include <atomic>
#include <numeric>

#include "clusters.h"
#include "threads.h"

namespace {

const int32_t kRound = 16;  // swaps that a thread tries until all meet
const int64_t kPointsForThreads = 4096;
const int32_t kMostIterations = 20;
const double kRelaxation = 1.6;
const double kStill = 0.1 * (1 << (HP_COORDINATE_BITS - 8));  // a tenth of a level of 0..255

const int64_t kFewPoints = 1024;  // here to look at a place for a centre costs little beside a swap:
const int32_t kPlaces = 3;        // the best of so many is tried

const int64_t kPatience = 16;  // failed swaps in a row for each centre, after which none is likely to succeed

const double kHope = 3;  // times what an iteration gained is what those after it may gain: else the swap ends
const double kTooLittle = 0.0025;  // of a cluster's mean error: an iteration that gains less is a swap's last

class Random {  // splitmix64 (Steele, Lea & Flood 2014)
  public:
    Random(uint64_t seed, int32_t stream) : state_(seed) { state_ = next() + (uint64_t)stream * 0xd1342543de82ef95u; }
    double uniform() { return (double)(next() >> 11) * (1.0 / 9007199254740992.0); }  // in [0, 1)

  private:
    uint64_t next() {
        uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    uint64_t state_;
};

struct Swap {
    int32_t point, class_index, removed;  // `removed` is -1 if no centre may go
    double cost;                          // what it adds to the error, before centres move
};

// A point drawn with probability in proportion to its part of the error.
void draw_point(const Level &level, const TwoNearest &two, Random &random, Swap &swap) {
    double rest = random.uniform() * two.error;
    int32_t leaf = 0;
    const int32_t last = level.leaf_count() - 1;
    while (leaf < last && rest >= two.leaf_error[(size_t)leaf]) rest -= two.leaf_error[(size_t)leaf++];
    const HpNode &node = level.leaf(leaf);
    int32_t point = node.start;
    const int32_t end = node.start + node.count - 1;
    const double *errors = two.error_of.data();
    for (; point + 4 <= end; point += 4) {  // by fours: they need not wait for each other
        const double four = (errors[point] + errors[point + 1]) + (errors[point + 2] + errors[point + 3]);
        if (rest < four) break;
        rest -= four;
    }
    while (point < end && rest >= errors[point]) rest -= errors[point++];
    swap.point = point;
    swap.class_index = 0;
    while (level.leaf_nodes[(size_t)leaf] >= level.class_nodes[swap.class_index + 1]) ++swap.class_index;
}

struct Worker {
    Assigner assigner;
    Clusters state;  // of the last swap that was tried
    std::vector<double> costs;
    std::vector<int32_t> ids;
};

// What the removal of each centre adds to the error once there is a centre at the point; returns what that one takes off.
double find_costs(const Level &level, TwoNearest &two, const Swap &swap, Worker &worker) {
    worker.costs = two.removal;
    const HpTree tree = level.tree();
    const HpLabels known = worker.state.known();
    const HpTwoNearest found = two.pointers();
    float point[HP_MAX_DIMENSIONS];
    for (int32_t d = 0; d < level.dimensions; ++d) point[d] = level.coordinates[d][swap.point];
    return HP_CALL(hp_removal_costs)(&tree, level.class_nodes[swap.class_index], level.class_nodes[swap.class_index + 1],
                                     &known, point, &found, worker.costs.data());
}

// A centre of low removal cost; the rank is random, for the cheapest alone gets stuck. -1 if none may go.
int32_t draw_removed(const Clusters &clusters, Random &random, Worker &worker) {
    const std::vector<double> &costs = worker.costs;
    std::vector<int32_t> &ids = worker.ids;
    const int32_t movable = clusters.count - clusters.fixed;
    const double u = random.uniform();
    const int32_t rank = (int32_t)(movable * (u * u) * (u * u));
    int32_t id = (int32_t)(std::min_element(costs.begin() + clusters.fixed, costs.end()) - costs.begin());
    if (rank) {
        ids.resize((size_t)movable);
        std::iota(ids.begin(), ids.end(), clusters.fixed);
        std::nth_element(ids.begin(), ids.begin() + rank, ids.end(), [&](int32_t a, int32_t b) {
            return costs[(size_t)a] != costs[(size_t)b] ? costs[(size_t)a] < costs[(size_t)b] : a < b;
        });
        id = ids[(size_t)rank];
    }
    return costs[(size_t)id] < 1e30 ? id : -1;  // the last centre of a class has no second nearest
}

// The best of a few swaps.
Swap draw_swap(const Level &level, const Clusters &clusters, TwoNearest &two, Random &random, Worker &worker) {
    Swap best = {};
    best.removed = -1;
    for (int32_t place = level.count < kFewPoints ? 0 : kPlaces - 1; place < kPlaces; ++place) {
        Swap swap;
        draw_point(level, two, random, swap);
        const double gain = find_costs(level, two, swap, worker);
        swap.removed = draw_removed(clusters, random, worker);
        if (swap.removed < 0) continue;
        swap.cost = worker.costs[(size_t)swap.removed] - gain;
        if (best.removed < 0 || swap.cost < best.cost) best = swap;
    }
    return best;
}

void try_swap(const Level &level, const Swap &swap, double best, Worker &worker) {
    Clusters &state = worker.state;
    std::vector<int32_t> &moved = worker.ids;
    moved.assign(1, swap.removed);
    for (int32_t d = 0; d < level.dimensions; ++d)
        state.centers[d][(size_t)swap.removed] = level.coordinates[d][swap.point];
    state.classes[(size_t)swap.removed] = (uint8_t)swap.class_index;
    worker.assigner.assign_moved(state, moved);
    double error = state.error;
    for (int32_t t = 0; t < kMostIterations; ++t) {
        hp_move_centers(level, state, kRelaxation, kStill, moved);
        if (moved.empty()) break;
        worker.assigner.assign_moved(state, moved);
        const double gain = error - state.error;
        error = state.error;
        if (error - kHope * gain > best || gain * state.count < kTooLittle * best) break;
    }
}

// Tries a swap from the state that `clusters` is in; true if it should stay.
bool try_one(const Level &level, const Clusters &clusters, TwoNearest &two, Random random, Worker &worker) {
    worker.state = clusters;
    const Swap swap = draw_swap(level, clusters, two, random, worker);
    if (swap.removed < 0) return false;
    try_swap(level, swap, clusters.error, worker);
    return worker.state.error < clusters.error * (1 - 1e-7);
}

}  // namespace

// Threads try swaps from the same state, each every so many. The first in order that should stay does, and the
// swaps after it are tried anew from there: what comes out does not depend on the number of threads.
void hp_swaps_run(const Level &level, Clusters &clusters, int32_t count, uint64_t seed, int32_t threads,
                  const Hearing &hearing) {
    threads = level.count < kPointsForThreads ? 1 : std::min(threads, kRound);
    std::vector<Worker> workers;
    for (int32_t t = 0; t < threads; ++t) workers.push_back({Assigner(level, clusters.count, 1), {}, {}, {}});
    workers[0].assigner.assign_all(clusters);
    if (clusters.count - clusters.fixed < 1 || clusters.count < 2) return;
    TwoNearest two;
    bool changed = true;
    const auto most = [&](int32_t done) {  // swaps, if none of the coming ones succeeds
        return (int32_t)std::min<int64_t>(count, done + kPatience * (clusters.count - clusters.fixed));
    };
    for (int32_t done = 0, last = most(0); done < last;) {
        if (changed) workers[0].assigner.find_two_nearest(clusters, two);
        if (!(two.error > 0)) break;
        const int32_t end = std::min(last, done + kRound * threads);
        std::atomic<int32_t> first(end);
        hp_run(threads, [&](int32_t t) {
            for (int32_t swap = done + t; swap < first; swap += threads)
                if (try_one(level, clusters, two, Random(seed, swap), workers[(size_t)t])) {
                    for (int32_t now = first; swap < now && !first.compare_exchange_weak(now, swap);) continue;
                    return;
                }
        });
        changed = first < end;
        if (changed) std::swap(clusters, workers[(size_t)((first - done) % threads)].state);
        done = changed ? first + 1 : end;
        if (changed) last = most(done);
        if (hearing()) break;
    }
}
