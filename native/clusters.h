// A clustering of a level's points: centres, labels, and each cluster's sums.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "huepress.h"
#include "points.h"

struct Clusters {
    int32_t count = 0;
    int32_t fixed = 0;                                // the first `fixed` centres never move
    std::vector<double> centers[HP_MAX_DIMENSIONS];
    std::vector<uint8_t> classes;                     // a point's centre is of its own class
    std::vector<int64_t> sums;                        // HP_SUMS a cluster
    std::vector<uint16_t> labels;                     // valid where the leaf is not uniform; padded
    std::vector<int32_t> uniform;                     // a leaf's one label, or -1
    std::vector<uint64_t> near;                       // a node: the set of its candidates at its last visit
    std::vector<int32_t> nearest;                     // a node: the candidate nearest to its middle then
    double error = 0;                                 // sum of squared distances to the means, for these labels

    size_t words() const { return ((size_t)count + 63) / 64; }
    HpLabels known() { return {labels.data(), uniform.data(), near.data(), nearest.data()}; }
};

// For each point the squared distances to its nearest and second nearest centre of its class.
struct TwoNearest {
    std::vector<float> first, second;      // a point, padded
    std::vector<double> error_of;          // a point: weight * first
    std::vector<double> leaf_error;        // a leaf: the sum of these
    std::vector<float> leaf_reach;         // a leaf: largest second
    std::vector<double> removal;           // a cluster: what its removal adds to the error
    double error = 0;                      // sum of leaf_error

    HpTwoNearest pointers() {
        return {first.data(), second.data(), error_of.data(), leaf_error.data(), leaf_reach.data(), removal.data()};
    }
};

// Assigns points to centres. Keeps its working memory between calls, for one level and one number of clusters.
class Assigner {
  public:
    Assigner(const Level &level, int32_t count, int32_t threads);
    Assigner(Assigner &&) noexcept;
    ~Assigner();
    // Assigns every point to its nearest centre, from nothing.
    void assign_all(Clusters &clusters);
    // The same, of points that have labels and clusters that have their sums: fast where most labels are right.
    void assign_again(Clusters &clusters);
    // Assigns anew the points that centres in `moved` could have lost or won. Returns the number of changed points.
    int64_t assign_moved(Clusters &clusters, const std::vector<int32_t> &moved);
    // Of points that are assigned.
    void find_two_nearest(Clusters &clusters, TwoNearest &two);

  private:
    struct Walk;
    void walk(Clusters &clusters, const std::vector<int32_t> &moved, bool anew);
    const Level &level_;
    int32_t threads_;
    std::vector<std::unique_ptr<Walk>> walks_;
    std::vector<int32_t> roots_[HP_CLASSES];
};

// The labels of all points, written out.
template <class Label>
void hp_write_labels(const Level &level, const Clusters &clusters, Label *labels) {
    for (int32_t l = 0; l < level.leaf_count(); ++l) {
        const HpNode &node = level.leaf(l);
        const int32_t uniform = clusters.uniform[(size_t)l];
        for (int32_t i = node.start; i < node.start + node.count; ++i)
            labels[i] = (Label)(uniform >= 0 ? uniform : clusters.labels[(size_t)i]);
    }
}

// Hears of each assignment, and of each round of swaps; true ends the search.
typedef std::function<bool()> Hearing;

// Moves each centre `relaxation` times the way to its mean, unless it would move less than `still`; tells which moved.
void hp_move_centers(const Level &level, Clusters &clusters, double relaxation, double still,
                     std::vector<int32_t> &moved);

// Gives a point of a leaf to a cluster.
void hp_move_point(const Level &level, Clusters &clusters, const HpNode &leaf, int32_t point, int32_t to);

// Gives points, one after another, to the clusters in which they cost least if both means go along (Hartigan 1975): a point
// alone draws the mean of a small cluster so far that Lloyd's algorithm, which asks for the nearest one, never moves it.
// Centres must be the means; those of changed clusters stay so, and sums are right, but not the error.
void hp_exchange_run(const Level &level, Clusters &clusters, const TwoNearest &two);
// Whether the points are whole, which cells are not, and clusters so small.
bool hp_exchange_pays(const Level &level, const Clusters &clusters);

// Lloyd's algorithm (1982), over-relaxed with a safeguard. Assigns first; in the end, if it is over-relaxed, up to a
// tolerance and it pays, exchanges points. Returns the number of iterations.
int32_t hp_lloyd_run(const Level &level, Assigner &assigner, Clusters &clusters, const HpStep &step,
                     const Hearing &hearing);

// Random swaps (Franti 2018) with exact removal costs: a centre that costs little to remove moves to a point drawn by
// its squared distance, a few relaxed Lloyd iterations follow, and the swap stays if the error is lower in the end.
// Assigns first.
void hp_swaps_run(const Level &level, Clusters &clusters, int32_t count, uint64_t seed, int32_t threads,
                  const Hearing &hearing);

// Up to `count` centres by splitting, again and again, the cluster whose split in two lowers the error most. Appends
// them to the clusters' fixed ones.
void hp_split_run(const Level &level, Clusters &clusters, int32_t count);

// Merges, again and again, the two clusters of one class whose merger raises the error least (Ward 1963), until no more
// than `count` are left; fixed centres stay where they are. By the sums of the last assignment.
void hp_merge_run(int32_t dimensions, Clusters &clusters, int32_t count);
