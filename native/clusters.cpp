#include "clusters.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "threads.h"

namespace {

const int64_t kPointsPerThread = 4096;  // below this a thread costs more than it saves
const int32_t kIdle = 16;              // iterations in a row that lower the error no more: rounding goes round in circles
const int64_t kRoots = 32;                // a walk begins at nodes of at most this part of the points

// Lists of candidates.
class CandidateLists {
  public:
    CandidateLists(size_t count, size_t room, size_t dimensions)
        : ids_(count * room), centers_(count * dimensions * room), at_(count) {
        for (size_t i = 0; i < count; ++i) {
            at_[i].count = 0;
            at_[i].id = &ids_[i * room];
            for (size_t d = 0; d < HP_MAX_DIMENSIONS; ++d)
                at_[i].center[d] = d < dimensions ? &centers_[(i * dimensions + d) * room] : nullptr;
        }
    }
    HpCandidates *first() { return at_.data(); }

  private:
    std::vector<int32_t> ids_;
    std::vector<float> centers_;
    std::vector<HpCandidates> at_;
};

}  // namespace

// What a walk of one thread needs, over a level and a number of clusters.
struct Assigner::Walk {
    int32_t count;
    std::vector<float> centers[HP_MAX_DIMENSIONS], scratch;
    CandidateLists lists;  // for each depth a node's candidates, then for each those of them that moved
    std::vector<uint64_t> moved_set;
    std::vector<int64_t> sums;  // changes to the clusters' sums
    HpWalk walk;

    Walk(const Level &level, int32_t c)
        : count(c), scratch((size_t)room() * HP_SUMS),
          lists(2 * (size_t)(level.depth + 1), (size_t)room(), (size_t)level.dimensions), sums((size_t)count * HP_SUMS) {
        walk.tree = level.tree();
        for (int32_t d = 0; d < level.dimensions; ++d) {
            centers[d].resize((size_t)count);
            walk.centers[d] = centers[d].data();
        }
        walk.candidates = lists.first();
        walk.moved = lists.first() + level.depth + 1;
        walk.scratch = scratch.data();
        walk.room = room();
        walk.sums = sums.data();
    }

    int32_t room() const { return count + 2 * HP_LANE_COUNT; }

    void begin(Clusters &clusters, const std::vector<int32_t> &moved) {
        for (int32_t d = 0; d < walk.tree.dimensions; ++d)
            for (size_t k = 0; k < (size_t)count; ++k) centers[d][k] = (float)clusters.centers[d][k];
        std::fill(sums.begin(), sums.end(), 0);
        moved_set.assign(clusters.words(), 0);
        for (int32_t id : moved) moved_set[(size_t)id / 64] |= (uint64_t)1 << (id % 64);
        walk.words = (int32_t)clusters.words();
        walk.moved_set = moved_set.data();
        walk.known = clusters.known();
        walk.changes = 0;
    }

    // All centres of a class, and those of them that moved.
    void begin_class(const Clusters &clusters, const std::vector<int32_t> &moved, int32_t class_index) {
        const uint8_t *classes = clusters.classes.data();
        HpCandidates &all = walk.candidates[0], &some = walk.moved[0];
        all.count = some.count = 0;
        for (int32_t id = 0; id < count; ++id)
            if (classes[id] == class_index) all.id[all.count++] = id;
        for (int32_t id : moved)
            if (classes[id] == class_index) some.id[some.count++] = id;
        place(all);
        place(some);
    }

    void place(const HpCandidates &candidates) const {
        for (int32_t d = 0; d < walk.tree.dimensions; ++d)
            for (int32_t i = 0; i < candidates.count; ++i)
                candidates.center[d][i] = walk.centers[d][candidates.id[i]];
    }
};

namespace {

// The largest subtrees that share the points out among the threads evenly enough.
void share_out(const Level &level, int32_t index, int64_t most, std::vector<int32_t> &roots) {
    const HpNode &node = level.nodes[(size_t)index];
    if (node.leaf >= 0 || node.count <= most) return roots.push_back(index);
    for (int32_t child = index + 1; child < node.next; child = level.nodes[(size_t)child].next)
        share_out(level, child, most, roots);
}

double error_of(const Level &level, const Clusters &clusters) {
    double explained = 0;
    for (int32_t k = 0; k < clusters.count; ++k) {
        const int64_t *sums = &clusters.sums[(size_t)k * HP_SUMS];
        if (!sums[0]) continue;
        double square = 0;
        for (int32_t d = 0; d < level.dimensions; ++d) {
            const double sum = (double)sums[1 + d], center = clusters.centers[d][(size_t)k];
            if (k < clusters.fixed)
                explained += 2 * center * sum - center * center * (double)sums[0];
            else
                square += sum * sum;
        }
        explained += square / (double)sums[0];
    }
    return level.squares - explained;
}

double square_distance(const Level &level, const Clusters &clusters, int32_t point, size_t k) {
    double square = 0;
    for (int32_t d = 0; d < level.dimensions; ++d) {
        const double difference = level.coordinates[d][point] - clusters.centers[d][k];
        square += difference * difference;
    }
    return square;
}

struct Place {
    const HpNode *leaf;  // null: there is no such point
    int32_t point;
};

// The point of a class that is farthest from its centre, of those that do not make up a cluster by themselves.
Place farthest_point(const Level &level, const Clusters &clusters, uint8_t class_index) {
    Place farthest = {nullptr, -1};
    double most = 0;
    for (int32_t l = 0; l < level.leaf_count(); ++l) {
        const HpNode &leaf = level.leaf(l);
        const int32_t uniform = clusters.uniform[(size_t)l];
        for (int32_t i = leaf.start; i < leaf.start + leaf.count; ++i) {
            const size_t label = uniform >= 0 ? (size_t)uniform : clusters.labels[(size_t)i];
            if (clusters.classes[label] != class_index) break;
            const double distance = square_distance(level, clusters, i, label);
            if (distance <= most || clusters.sums[label * HP_SUMS] <= level.weights[i]) continue;
            most = distance;
            farthest = {&leaf, i};
        }
    }
    return farthest;
}

// An empty cluster takes the point that is farthest from its centre, as scikit-learn's does.
void fill_empty(const Level &level, Clusters &clusters) {
    for (int32_t k = clusters.fixed; k < clusters.count; ++k) {
        if (clusters.sums[(size_t)k * HP_SUMS]) continue;
        const Place farthest = farthest_point(level, clusters, clusters.classes[(size_t)k]);
        if (farthest.leaf) hp_move_point(level, clusters, *farthest.leaf, farthest.point, k);
    }
}

}  // namespace

void hp_move_point(const Level &level, Clusters &clusters, const HpNode &leaf, int32_t point, int32_t to) {
    int32_t &uniform = clusters.uniform[(size_t)leaf.leaf];
    uint16_t *labels = &clusters.labels[0];
    if (uniform >= 0) std::fill(labels + leaf.start, labels + leaf.start + leaf.count, (uint16_t)uniform);
    uniform = -1;
    int64_t *lost = &clusters.sums[(size_t)labels[point] * HP_SUMS], *won = &clusters.sums[(size_t)to * HP_SUMS];
    const int64_t weight = level.weights[point];
    for (int32_t s = 0; s < 1 + level.dimensions; ++s) {
        const int64_t part = s ? weight * level.coordinates[s - 1][point] : weight;
        lost[s] -= part;
        won[s] += part;
    }
    labels[point] = (uint16_t)to;
    uint64_t *near = &clusters.near[(size_t)(&leaf - level.nodes.data()) * clusters.words()];
    near[to / 64] |= (uint64_t)1 << (to % 64);
}

void hp_move_centers(const Level &level, Clusters &clusters, double relaxation, double still,
                     std::vector<int32_t> &moved) {
    moved.clear();
    for (int32_t k = clusters.fixed; k < clusters.count; ++k) {
        const int64_t *sums = &clusters.sums[(size_t)k * HP_SUMS];
        if (!sums[0]) continue;
        double step[HP_MAX_DIMENSIONS], square = 0;
        for (int32_t d = 0; d < level.dimensions; ++d) {
            step[d] = (double)sums[1 + d] / (double)sums[0] - clusters.centers[d][(size_t)k];
            square += step[d] * step[d];
        }
        if (square <= still * still) continue;
        for (int32_t d = 0; d < level.dimensions; ++d) clusters.centers[d][(size_t)k] += relaxation * step[d];
        moved.push_back(k);
    }
}

Assigner::Assigner(const Level &level, int32_t count, int32_t threads)
    : level_(level), threads_(hp_paying_threads(threads, level.count, kPointsPerThread)) {
    for (int32_t t = 0; t < threads_; ++t) walks_.emplace_back(new Walk(level, count));
    const int64_t most = level.count < 2 * kPointsPerThread ? level.count : level.count / kRoots;
    for (int32_t c = 0; c < HP_CLASSES; ++c)
        if (level.class_nodes[c] < level.class_nodes[c + 1])
            share_out(level, level.class_nodes[c], most, roots_[c]);
}

Assigner::Assigner(Assigner &&) noexcept = default;
Assigner::~Assigner() = default;

void Assigner::walk(Clusters &clusters, const std::vector<int32_t> &moved, bool anew) {
    hp_run(threads_, [&](int32_t t) {
        Walk &own = *walks_[(size_t)t];
        own.begin(clusters, moved);
        const int64_t first = hp_share(level_.count, threads_, t), end = hp_share(level_.count, threads_, t + 1);
        for (int32_t c = 0; c < HP_CLASSES; ++c) {
            if (roots_[c].empty()) continue;
            own.begin_class(clusters, moved, c);
            for (int32_t root : roots_[c]) {
                const int64_t start = level_.nodes[(size_t)root].start;
                if (start < first || start >= end) continue;
                if (anew)
                    HP_CALL(hp_assign)(&own.walk, root);
                else
                    HP_CALL(hp_reassign)(&own.walk, root);
            }
        }
    });
    for (const auto &own : walks_)
        for (size_t s = 0; s < clusters.sums.size(); ++s) clusters.sums[s] += own->sums[s];
    clusters.error = error_of(level_, clusters);
}

void Assigner::assign_all(Clusters &clusters) {
    const size_t nodes = level_.nodes.size();
    clusters.sums.assign((size_t)clusters.count * HP_SUMS, 0);
    clusters.labels.resize((size_t)level_.count + HP_LANE_COUNT);
    clusters.uniform.resize((size_t)level_.leaf_count());
    clusters.near.resize(nodes * clusters.words());
    clusters.nearest.resize(nodes);
    walk(clusters, {}, true);
}

void Assigner::assign_again(Clusters &clusters) {
    clusters.near.assign(level_.nodes.size() * clusters.words(), 0);
    clusters.nearest.assign(level_.nodes.size(), 0);
    std::vector<int32_t> all((size_t)clusters.count);
    std::iota(all.begin(), all.end(), 0);
    walk(clusters, all, false);
}

int64_t Assigner::assign_moved(Clusters &clusters, const std::vector<int32_t> &moved) {
    walk(clusters, moved, false);
    int64_t changes = 0;
    for (const auto &own : walks_) changes += own->walk.changes;
    return changes;
}

void Assigner::find_two_nearest(Clusters &clusters, TwoNearest &two) {
    two.first.resize((size_t)level_.count + HP_LANE_COUNT);
    two.second.resize((size_t)level_.count + HP_LANE_COUNT);
    two.error_of.resize((size_t)level_.count);
    two.leaf_error.assign((size_t)level_.leaf_count(), 0);
    two.leaf_reach.assign((size_t)level_.leaf_count(), 0);
    two.removal.assign((size_t)clusters.count, 0);
    const HpTwoNearest found = two.pointers();
    Walk &own = *walks_[0];
    own.begin(clusters, {});
    for (int32_t c = 0; c < HP_CLASSES; ++c) {
        if (level_.class_nodes[c] == level_.class_nodes[c + 1]) continue;
        own.begin_class(clusters, {}, c);
        HP_CALL(hp_two_nearest)(&own.walk, level_.class_nodes[c], &found);
    }
    two.error = 0;
    for (double error : two.leaf_error) two.error += error;
}

namespace {

int32_t iterate(const Level &level, Assigner &assigner, Clusters &clusters, const HpStep &step, const Hearing &hearing,
                bool &ended) {
    double relaxation = step.relaxation;
    double least = clusters.error;
    int32_t iteration = 0, idle = 0;
    std::vector<int32_t> moved;
    while (iteration < step.count && idle < kIdle) {
        ++iteration;
        fill_empty(level, clusters);
        const double before = clusters.error;
        hp_move_centers(level, clusters, relaxation, step.still, moved);
        if (moved.empty()) break;
        const int64_t changes = assigner.assign_moved(clusters, moved);
        if ((ended = hearing())) break;
        idle = clusters.error < least ? 0 : idle + 1;
        least = std::min(least, clusters.error);
        if (clusters.error > before && relaxation > 1) {
            relaxation = 1;  // overshot: back to the means, and one plain step
            continue;
        }
        relaxation = step.relaxation;
        if (step.tolerance > 0 ? before - clusters.error <= step.tolerance * before : !changes) break;
    }
    return iteration;
}

void exchange_points(const Level &level, Assigner &assigner, Clusters &clusters) {
    std::vector<int32_t> moved;
    hp_move_centers(level, clusters, 1, 0, moved);
    TwoNearest two;
    assigner.find_two_nearest(clusters, two);
    hp_exchange_run(level, clusters, two);
    clusters.error = error_of(level, clusters);
}

}  // namespace

int32_t hp_lloyd_run(const Level &level, Assigner &assigner, Clusters &clusters, const HpStep &step,
                     const Hearing &hearing) {
    assigner.assign_all(clusters);
    bool ended = hearing();
    if (ended) return 0;
    const int32_t iterations = iterate(level, assigner, clusters, step, hearing, ended);
    const bool is_search = step.relaxation > 1 && step.tolerance > 0;
    if (!ended && is_search && hp_exchange_pays(level, clusters)) {
        exchange_points(level, assigner, clusters);
        hearing();
    }
    return iterations;
}
