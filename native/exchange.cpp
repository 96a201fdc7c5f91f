#include <algorithm>

#include "clusters.h"

namespace {

const int64_t kFewPoints = 8;  // for each centre: among more, one moves its mean too little to be worth the time
const double kLess = 1 - 1e-9;  // what differs by rounding alone is no less

class Exchanger {
  public:
    Exchanger(const Level &level, Clusters &clusters) : level_(level), clusters_(clusters) {
        for (size_t k = 0; k < (size_t)clusters.count; ++k)
            if (weight_of(k) > 0) lightest_ = std::min(lightest_, weight_of(k));
    }

    size_t label_of(const HpNode &leaf, int32_t point) const {
        const int32_t uniform = clusters_.uniform[(size_t)leaf.leaf];
        return uniform >= 0 ? (size_t)uniform : clusters_.labels[(size_t)point];
    }

    // Whether another cluster could suit a point better, by the squared distances to the two nearest centres.
    bool may_move(size_t own, double weight, double first, double second) const {
        return weight_of(own) > weight && second * lightest_ / (lightest_ + weight) < cost(own, first, -weight);
    }

    // The cluster in which a point costs least.
    size_t cheapest(int32_t point, size_t own) const {
        const double weight = level_.weights[point];
        double least = cost(own, square_distance(point, own), -weight) * kLess;
        size_t best = own;
        for (size_t k = 0; k < (size_t)clusters_.count; ++k) {
            if (k == own || clusters_.classes[k] != clusters_.classes[own] || !(weight_of(k) > 0)) continue;
            const double its = cost(k, square_distance(point, k), weight);
            if (its < least) least = its, best = k;
        }
        return best;
    }

    void move(const HpNode &leaf, int32_t point, size_t from, size_t to) {
        hp_move_point(level_, clusters_, leaf, point, (int32_t)to);
        move_center(from);
        move_center(to);
    }

  private:
    double weight_of(size_t k) const { return (double)clusters_.sums[k * HP_SUMS]; }
    bool is_fixed(size_t k) const { return (int32_t)k < clusters_.fixed; }

    // What a point adds to the error of a cluster that it joins, for each unit of its weight; with the weight negative, what
    // it takes off the error of one that it leaves.
    double cost(size_t k, double square, double weight) const {
        const double all = weight_of(k);
        return is_fixed(k) ? square : square * all / (all + weight);
    }

    double square_distance(int32_t point, size_t k) const {
        double square = 0;
        for (int32_t d = 0; d < level_.dimensions; ++d) {
            const double difference = level_.coordinates[d][point] - clusters_.centers[d][k];
            square += difference * difference;
        }
        return square;
    }

    void move_center(size_t k) {
        for (int32_t d = 0; d < level_.dimensions && !is_fixed(k); ++d)
            clusters_.centers[d][k] = (double)clusters_.sums[k * HP_SUMS + 1 + (size_t)d] / weight_of(k);
    }

    const Level &level_;
    Clusters &clusters_;
    double lightest_ = 1e300;  // of the clusters, to begin with
};

}  // namespace

bool hp_exchange_pays(const Level &level, const Clusters &clusters) {
    return level.is_finest() && level.count <= kFewPoints * clusters.count;
}

void hp_exchange_run(const Level &level, Clusters &clusters, const TwoNearest &two) {
    Exchanger exchanger(level, clusters);
    for (int32_t l = 0; l < level.leaf_count(); ++l) {
        const HpNode &leaf = level.leaf(l);
        for (int32_t i = leaf.start; i < leaf.start + leaf.count; ++i) {
            const size_t own = exchanger.label_of(leaf, i);
            if (!exchanger.may_move(own, level.weights[i], two.first[(size_t)i], two.second[(size_t)i])) continue;
            const size_t to = exchanger.cheapest(i, own);
            if (to != own) exchanger.move(leaf, i, own, to);
        }
    }
}
