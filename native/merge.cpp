#include <algorithm>
#include <cmath>

#include "clusters.h"

namespace {

// For a cluster, of those after it the one that it costs least to merge with it; none that is fixed.
struct Partner {
    int32_t id;
    double cost;
};

class Merger {
  public:
    Merger(Clusters &clusters, int32_t dimensions)
        : clusters_(clusters), dimensions_(dimensions), costs_((size_t)clusters.count), to_merged_((size_t)clusters.count) {
        for (size_t k = 0; k < (size_t)clusters.count; ++k) weights_.push_back((double)clusters.sums[k * HP_SUMS]);
        for (int32_t own = 0; own < clusters.count; ++own) partners_.push_back(find_partner(own));
    }

    // Merges the two clusters that cost least; false if none may merge.
    bool merge_two() {
        const auto least = std::min_element(partners_.begin(), partners_.end(),
                                            [](const Partner &a, const Partner &b) { return a.cost < b.cost; });
        if (least->id < 0) return false;
        const int32_t into = (int32_t)(least - partners_.begin()), gone = least->id;
        clusters_.error += least->cost;
        merge((size_t)into, (size_t)gone);
        renew_partners(into, gone);
        return true;
    }

  private:
    bool is_fixed(int32_t k) const { return k < clusters_.fixed; }

    // Of `own` with each of a run of clusters.
    void find_costs(int32_t own, int32_t first, int32_t end, std::vector<double> &costs) const {
        const double *centers[HP_MAX_DIMENSIONS];
        for (int32_t d = 0; d < dimensions_; ++d) centers[d] = clusters_.centers[d].data();
        HP_CALL(hp_merging_costs)(centers, weights_.data(), dimensions_, own, is_fixed(own), first, end, costs.data());
    }

    void meet(Partner &partner, int32_t own, int32_t other, double cost) const {
        if (cost < partner.cost && clusters_.classes[(size_t)own] == clusters_.classes[(size_t)other]) partner = {other, cost};
    }

    Partner find_partner(int32_t own) {
        Partner partner = {-1, HUGE_VAL};
        const int32_t first = std::max(own + 1, clusters_.fixed);
        find_costs(own, first, clusters_.count, costs_);
        for (int32_t other = first; other < clusters_.count; ++other) meet(partner, own, other, costs_[(size_t)other]);
        return partner;
    }

    // Cluster `gone` goes into another, and the last one takes its place.
    void merge(size_t into, size_t gone) {
        const size_t last = (size_t)--clusters_.count;
        const double v = weights_[into], w = weights_[gone];
        for (int32_t d = 0; d < dimensions_; ++d) {
            std::vector<double> &x = clusters_.centers[d];
            if (w > 0 && !is_fixed((int32_t)into)) x[into] = (v * x[into] + w * x[gone]) / (v + w);
            x[gone] = x[last];
            x.pop_back();
        }
        int64_t *const sums = clusters_.sums.data();
        for (size_t s = 0; s < HP_SUMS; ++s) {
            sums[into * HP_SUMS + s] += sums[gone * HP_SUMS + s];
            sums[gone * HP_SUMS + s] = sums[last * HP_SUMS + s];
        }
        clusters_.sums.resize(last * HP_SUMS);
        clusters_.classes[gone] = clusters_.classes[last];
        clusters_.classes.pop_back();
        weights_[into] = (double)clusters_.sums[into * HP_SUMS];
        weights_[gone] = weights_[last];
        partners_.pop_back();
    }

    void renew_partners(int32_t into, int32_t gone) {
        if (!is_fixed(into)) find_costs(into, clusters_.fixed, into, to_merged_);
        for (int32_t own = 0; own < clusters_.count; ++own) {
            Partner &partner = partners_[(size_t)own];
            const bool is_left = partner.id == into || partner.id == gone || partner.id == clusters_.count;
            if (is_left || own == into || own == gone) {
                partner = find_partner(own);
            } else if (own < into && !is_fixed(into)) {
                if (is_fixed(own)) find_costs(own, into, into + 1, to_merged_);
                meet(partner, own, into, to_merged_[(size_t)(is_fixed(own) ? into : own)]);
            }
        }
    }

    Clusters &clusters_;
    const int32_t dimensions_;
    std::vector<double> weights_, costs_, to_merged_;  // of all clusters; of one with others; of the merged one
    std::vector<Partner> partners_;
};

}  // namespace

void hp_merge_run(int32_t dimensions, Clusters &clusters, int32_t count) {
    Merger merger(clusters, dimensions);
    while (clusters.count > count && merger.merge_two()) continue;
}
