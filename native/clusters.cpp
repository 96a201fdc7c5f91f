#include "clusters.h"

#include <algorithm>
#include <cmath>

#include "threads.h"

namespace {

const int64_t kPointsPerThread = 16384;  // below this a thread costs more than it saves
const int64_t kRoots = 32;                // a walk begins at nodes of at most this part of the points

// Candidate lists for each depth of a walk down the tree.
class CandidateStack {
  public:
    CandidateStack(int32_t count, int32_t dimensions)
        : capacity_((size_t)(count + 2 * HP_LANE_COUNT)), ids_(kDepths * capacity_),
          centers_(kDepths * (size_t)dimensions * capacity_) {
        for (size_t depth = 0; depth < kDepths; ++depth) {
            at_[depth].id = &ids_[depth * capacity_];
            for (size_t d = 0; d < HP_MAX_DIMENSIONS; ++d)
                at_[depth].center[d] =
                    d < (size_t)dimensions ? &centers_[(depth * (size_t)dimensions + d) * capacity_] : nullptr;
        }
    }
    HpCandidates &at(int32_t depth) { return at_[depth]; }

  private:
    static constexpr size_t kDepths = HP_CELL_BITS + 3;
    size_t capacity_;
    std::vector<int32_t> ids_;
    std::vector<float> centers_;
    HpCandidates at_[kDepths];
};

void add_candidate(const Clusters &clusters, int32_t dimensions, int32_t id, HpCandidates &candidates) {
    candidates.id[candidates.count] = id;
    for (int32_t d = 0; d < dimensions; ++d)
        candidates.center[d][candidates.count] = (float)clusters.centers[d][(size_t)id];
    ++candidates.count;
}

// All centres of a class.
void fill_candidates(const Clusters &clusters, int32_t dimensions, int32_t class_index, HpCandidates &candidates) {
    candidates.count = 0;
    for (int32_t id = 0; id < clusters.count; ++id)
        if (clusters.classes[(size_t)id] == class_index) add_candidate(clusters, dimensions, id, candidates);
}

}  // namespace

struct Assigner::Walk {
    const Level &level;
    CandidateStack stack, moved_stack;  // a node's candidates, and those of them that moved
    std::vector<float> scratch;
    Clusters *clusters_ = nullptr;
    const std::vector<int32_t> *moved = nullptr;  // null: all
    std::vector<uint64_t> moved_set;
    std::vector<int64_t> sums;  // changes to the clusters' sums
    int64_t changes = 0;

    Walk(const Level &l, int32_t count)
        : level(l), stack(count, l.dimensions), moved_stack(count, l.dimensions),
          scratch((size_t)(count + 2 * HP_LANE_COUNT) * HP_SUMS), sums((size_t)count * HP_SUMS) {}

    void begin(Clusters &c, const std::vector<int32_t> *m) {
        clusters_ = &c;
        moved = m;
        changes = 0;
        std::fill(sums.begin(), sums.end(), 0);
        moved_set.assign(c.words(), 0);
        if (m)
            for (int32_t id : *m) moved_set[(size_t)id / 64] |= (uint64_t)1 << (id % 64);
    }

    void begin_class(int32_t class_index) {
        fill_candidates(*clusters_, level.dimensions, class_index, stack.at(0));
        HpCandidates &all = moved_stack.at(0);
        all.count = 0;
        if (!moved) return;
        for (int32_t id : *moved)
            if (clusters_->classes[(size_t)id] == class_index) add_candidate(*clusters_, level.dimensions, id, all);
    }

    bool has_moved(int32_t id) const { return moved_set[(size_t)id / 64] >> (id % 64) & 1; }

    // Whether a moved centre was a candidate of the node at its last visit, or is one now.
    bool touched(const Node &node, size_t index, int32_t depth) {
        const uint64_t *near = &clusters_->near[index * moved_set.size()];
        for (size_t w = 0; w < moved_set.size(); ++w)
            if (near[w] & moved_set[w]) return true;
        const size_t nearest = (size_t)clusters_->nearest[index];
        float center[HP_MAX_DIMENSIONS];
        for (int32_t d = 0; d < level.dimensions; ++d) center[d] = (float)clusters_->centers[d][nearest];
        return HP_CALL(hp_any_undominated)(&moved_stack.at(depth), level.dimensions, center, node.low, node.high);
    }

    // A child's candidates are among its parent's: so are those that moved.
    void keep_moved(const HpCandidates &kept, HpCandidates &kept_moved) const {
        kept_moved.count = 0;
        for (int32_t i = 0; i < kept.count; ++i)
            if (has_moved(kept.id[i])) add_candidate(*clusters_, level.dimensions, kept.id[i], kept_moved);
    }

    void move_leaf(int32_t leaf, int32_t from, int32_t to) {
        const int64_t *part = &level.leaf_sums[(size_t)leaf * HP_SUMS];
        for (size_t s = 0; s < HP_SUMS; ++s) {
            sums[(size_t)from * HP_SUMS + s] -= part[s];
            sums[(size_t)to * HP_SUMS + s] += part[s];
        }
    }

    void assign_leaf(const Node &node, const HpCandidates &candidates, int32_t nearest) {
        const HpBlock block = level.block(node);
        uint16_t *labels = &clusters_->labels[(size_t)node.start];
        int32_t &uniform = clusters_->uniform[(size_t)node.leaf];
        const int32_t winner = candidates.id[0];
        if (candidates.count == 1 && uniform >= 0) {
            if (uniform == winner) return;
            move_leaf(node.leaf, uniform, winner);
            changes += node.count;
            uniform = winner;
            return;
        }
        if (uniform >= 0) std::fill(labels, labels + node.count, (uint16_t)uniform);
        changes += HP_CALL(hp_assign)(&block, level.dimensions, &candidates, nearest, scratch.data(), labels,
                                      sums.data());
        uniform = candidates.count == 1 ? winner : -1;
    }

    void visit(int32_t index, int32_t depth) {
        const Node &node = level.nodes[(size_t)index];
        if (moved && !touched(node, (size_t)index, depth)) return;
        HpCandidates &kept = stack.at(depth + 1);
        const int32_t nearest = HP_CALL(hp_filter)(&stack.at(depth), level.dimensions, node.low, node.high, 0,
                                                   scratch.data(), &kept);
        const size_t words = clusters_->words();
        uint64_t *near = &clusters_->near[(size_t)index * words];
        std::fill(near, near + words, (uint64_t)0);
        for (int32_t i = 0; i < kept.count; ++i) near[kept.id[i] / 64] |= (uint64_t)1 << (kept.id[i] % 64);
        clusters_->nearest[(size_t)index] = kept.id[nearest];
        if (node.leaf >= 0) return assign_leaf(node, kept, nearest);
        if (moved) keep_moved(kept, moved_stack.at(depth + 1));
        for (int32_t child = index + 1; child < node.next; child = level.nodes[(size_t)child].next)
            visit(child, depth + 1);
    }
};

namespace {

// The largest subtrees that share the points out among the threads evenly enough.
void share_out(const Level &level, int32_t index, int64_t most, std::vector<int32_t> &roots) {
    const Node &node = level.nodes[(size_t)index];
    if (node.leaf >= 0 || node.count <= most) return roots.push_back(index);
    for (int32_t child = index + 1; child < node.next; child = level.nodes[(size_t)child].next)
        share_out(level, child, most, roots);
}

double error_of(const Level &level, const Clusters &clusters) {
    double explained = 0;
    for (int32_t k = 0; k < clusters.count; ++k) {
        const int64_t *sums = &clusters.sums[(size_t)k * HP_SUMS];
        if (!sums[0]) continue;
        for (int32_t d = 0; d < level.dimensions; ++d) {
            const double sum = (double)sums[1 + d], center = clusters.centers[d][(size_t)k];
            explained += k < clusters.fixed ? 2 * center * sum - center * center * (double)sums[0]
                                            : sum * (sum / (double)sums[0]);
        }
    }
    return level.squares - explained;
}

void find_two_nearest(const Level &level, const Clusters &clusters, int32_t index, int32_t depth,
                      CandidateStack &stack, std::vector<float> &scratch, TwoNearest &two) {
    const Node &node = level.nodes[(size_t)index];
    HpCandidates &kept = stack.at(depth + 1);
    HP_CALL(hp_filter)(&stack.at(depth), level.dimensions, node.low, node.high, 1, scratch.data(), &kept);
    for (int32_t child = index + 1; child < node.next; child = level.nodes[(size_t)child].next)
        find_two_nearest(level, clusters, child, depth + 1, stack, scratch, two);
    if (node.leaf < 0) return;
    const HpBlock block = level.block(node);
    float *first = &two.first[(size_t)node.start], *second = &two.second[(size_t)node.start];
    HP_CALL(hp_two_nearest)(&block, level.dimensions, &kept, first, second);
    const int32_t uniform = clusters.uniform[(size_t)node.leaf];
    double error = 0;
    float reach = 0;
    for (int32_t i = 0; i < node.count; ++i) {
        const size_t label = uniform >= 0 ? (size_t)uniform : clusters.labels[(size_t)(node.start + i)];
        error += (double)block.weights[i] * first[i];
        two.removal[label] += (double)block.weights[i] * ((double)second[i] - first[i]);
        reach = std::max(reach, second[i]);
    }
    two.leaf_error[(size_t)node.leaf] = error;
    two.leaf_reach[(size_t)node.leaf] = reach;
}

// An empty cluster takes the point that is farthest from its centre, as scikit-learn's does.
void fill_empty(const Level &level, Clusters &clusters) {
    for (int32_t k = clusters.fixed; k < clusters.count; ++k) {
        if (clusters.sums[(size_t)k * HP_SUMS]) continue;
        double farthest = 0;
        const Node *home = nullptr;
        int32_t point = -1;
        for (int32_t l = 0; l < level.leaf_count(); ++l) {
            const Node &node = level.leaf(l);
            for (int32_t i = node.start; i < node.start + node.count; ++i) {
                const size_t label = clusters.uniform[(size_t)l] >= 0 ? (size_t)clusters.uniform[(size_t)l]
                                                                      : clusters.labels[(size_t)i];
                if (clusters.classes[label] != clusters.classes[(size_t)k]) break;
                double distance = 0;
                for (int32_t d = 0; d < level.dimensions; ++d) {
                    const double difference = level.coordinates[d][i] - clusters.centers[d][label];
                    distance += difference * difference;
                }
                if (distance > farthest && clusters.sums[label * HP_SUMS] > level.weights[i]) {
                    farthest = distance;
                    home = &node;
                    point = i;
                }
            }
        }
        if (!home) continue;
        int32_t &uniform = clusters.uniform[(size_t)home->leaf];
        uint16_t *labels = &clusters.labels[0];
        if (uniform >= 0) std::fill(labels + home->start, labels + home->start + home->count, (uint16_t)uniform);
        uniform = -1;
        int64_t *from = &clusters.sums[(size_t)labels[point] * HP_SUMS], *to = &clusters.sums[(size_t)k * HP_SUMS];
        const int64_t weight = level.weights[point];
        for (int32_t s = 0; s < 1 + level.dimensions; ++s) {
            const int64_t part = s ? weight * level.coordinates[s - 1][point] : weight;
            from[s] -= part;
            to[s] += part;
        }
        labels[point] = (uint16_t)k;
        clusters.near[(size_t)(home - level.nodes.data()) * clusters.words() + (size_t)k / 64] |= (uint64_t)1 << (k % 64);
    }
}

}  // namespace

std::vector<int32_t> hp_move_centers(const Level &level, Clusters &clusters, double relaxation, double still) {
    std::vector<int32_t> moved;
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
    return moved;
}

Assigner::Assigner(const Level &level, int32_t count, int32_t threads)
    : level_(level),
      threads_((int32_t)std::max<int64_t>(1, std::min<int64_t>(threads, level.count / kPointsPerThread))) {
    for (int32_t t = 0; t < threads_; ++t) walks_.emplace_back(new Walk(level, count));
    const int64_t most = std::max<int64_t>(level.count / kRoots, 1);
    for (int32_t c = 0; c < HP_CLASSES; ++c)
        if (level.class_nodes[c] < level.class_nodes[c + 1])
            share_out(level, level.class_nodes[c], most, roots_[c]);
}

Assigner::Assigner(Assigner &&) noexcept = default;
Assigner::~Assigner() = default;

int64_t Assigner::assign(Clusters &clusters, const std::vector<int32_t> *moved) {
    hp_run(threads_, [&](int32_t t) {
        Walk &walk = *walks_[(size_t)t];
        walk.begin(clusters, moved);
        const int64_t first = hp_share(level_.count, threads_, t), end = hp_share(level_.count, threads_, t + 1);
        for (int32_t c = 0; c < HP_CLASSES; ++c) {
            if (roots_[c].empty()) continue;
            walk.begin_class(c);
            for (int32_t root : roots_[c]) {
                const int64_t start = level_.nodes[(size_t)root].start;
                if (start >= first && start < end) walk.visit(root, 0);
            }
        }
    });
    int64_t changes = 0;
    for (const auto &walk : walks_) {
        for (size_t s = 0; s < clusters.sums.size(); ++s) clusters.sums[s] += walk->sums[s];
        changes += walk->changes;
    }
    clusters.error = error_of(level_, clusters);
    return changes;
}

void Assigner::assign_all(Clusters &clusters) {
    const Level &level = level_;
    const size_t nodes = level.nodes.size();
    clusters.sums.assign((size_t)clusters.count * HP_SUMS, 0);
    clusters.labels.assign((size_t)level.count, 0);
    clusters.uniform.assign((size_t)level.leaf_count(), 0);
    clusters.near.assign(nodes * clusters.words(), 0);
    clusters.nearest.assign(nodes, 0);
    std::copy(level.sums, level.sums + HP_SUMS, clusters.sums.begin());
    assign(clusters, nullptr);
}

int64_t Assigner::assign_moved(Clusters &clusters, const std::vector<int32_t> &moved) {
    return assign(clusters, &moved);
}

void hp_write_labels(const Level &level, const Clusters &clusters, uint16_t *labels) {
    for (int32_t l = 0; l < level.leaf_count(); ++l) {
        const Node &node = level.leaf(l);
        const int32_t uniform = clusters.uniform[(size_t)l];
        if (uniform >= 0)
            std::fill(labels + node.start, labels + node.start + node.count, (uint16_t)uniform);
        else
            std::copy_n(&clusters.labels[(size_t)node.start], node.count, labels + node.start);
    }
}

int32_t hp_lloyd_run(const Level &level, Assigner &assigner, Clusters &clusters, const HpStep &step,
                     const Hearing &hearing) {
    assigner.assign_all(clusters);
    double relaxation = step.relaxation;
    int32_t iteration = 0;
    if (hearing()) return iteration;
    while (iteration < step.count) {
        ++iteration;
        fill_empty(level, clusters);
        const double before = clusters.error;
        const std::vector<int32_t> moved = hp_move_centers(level, clusters, relaxation, step.still);
        if (moved.empty()) break;
        const int64_t changes = assigner.assign_moved(clusters, moved);
        if (hearing()) break;
        if (clusters.error > before && relaxation > 1) {
            relaxation = 1;  // overshot: back to the means, and one plain step
            continue;
        }
        relaxation = step.relaxation;
        if (step.tolerance > 0 ? before - clusters.error <= step.tolerance * before : !changes) break;
    }
    return iteration;
}

void hp_find_two_nearest(const Level &level, const Clusters &clusters, TwoNearest &two) {
    two.first.resize((size_t)level.count);
    two.second.resize((size_t)level.count);
    two.leaf_error.assign((size_t)level.leaf_count(), 0);
    two.leaf_reach.assign((size_t)level.leaf_count(), 0);
    two.removal.assign((size_t)clusters.count, 0);
    CandidateStack stack(clusters.count, level.dimensions);
    std::vector<float> scratch((size_t)(clusters.count + 2 * HP_LANE_COUNT) * HP_SUMS);
    for (int32_t c = 0; c < HP_CLASSES; ++c) {
        if (level.class_nodes[c] == level.class_nodes[c + 1]) continue;
        fill_candidates(clusters, level.dimensions, c, stack.at(0));
        find_two_nearest(level, clusters, level.class_nodes[c], 0, stack, scratch, two);
    }
    two.error = 0;
    for (double error : two.leaf_error) two.error += error;
}
