#include <algorithm>
#include <cmath>

#include "clusters.h"

namespace {

// Merging clusters of weights v and w raises the error by v w / (v + w) times the squared distance of their centres; by w
// times that if the first one's centre is fixed.
double merging_cost(const Clusters &clusters, int32_t dimensions, int32_t a, int32_t b) {
    if (clusters.classes[(size_t)a] != clusters.classes[(size_t)b]) return HUGE_VAL;
    const double v = (double)clusters.sums[(size_t)a * HP_SUMS], w = (double)clusters.sums[(size_t)b * HP_SUMS];
    const bool is_fixed = a < clusters.fixed;
    if (!(w > 0 && (v > 0 || is_fixed))) return 0;
    double square = 0;
    for (int32_t d = 0; d < dimensions; ++d) {
        const double difference = clusters.centers[d][(size_t)a] - clusters.centers[d][(size_t)b];
        square += difference * difference;
    }
    return square * (is_fixed ? w : v * w / (v + w));
}

// Cluster `b` goes into `a`, and the last one takes its place.
void merge(Clusters &clusters, int32_t dimensions, int32_t a, int32_t b) {
    const size_t into = (size_t)a, gone = (size_t)b, last = (size_t)--clusters.count;
    const double v = (double)clusters.sums[into * HP_SUMS], w = (double)clusters.sums[gone * HP_SUMS];
    for (int32_t d = 0; d < dimensions; ++d) {
        std::vector<double> &x = clusters.centers[d];
        if (w > 0 && a >= clusters.fixed) x[into] = (v * x[into] + w * x[gone]) / (v + w);
        x[gone] = x[last];
        x.pop_back();
    }
    for (size_t s = 0; s < HP_SUMS; ++s) {
        clusters.sums[into * HP_SUMS + s] += clusters.sums[gone * HP_SUMS + s];
        clusters.sums[gone * HP_SUMS + s] = clusters.sums[last * HP_SUMS + s];
    }
    clusters.sums.resize(last * HP_SUMS);
    clusters.classes[gone] = clusters.classes[last];
    clusters.classes.pop_back();
}

// For a cluster, of those after it the one that it costs least to merge with it; none that is fixed.
struct Partner {
    int32_t id;
    double cost;

    void meet(const Clusters &clusters, int32_t dimensions, int32_t own, int32_t other) {
        const double its = merging_cost(clusters, dimensions, own, other);
        if (its < cost) *this = {other, its};
    }
};

Partner find_partner(const Clusters &clusters, int32_t dimensions, int32_t own) {
    Partner partner = {-1, HUGE_VAL};
    for (int32_t other = std::max(own + 1, clusters.fixed); other < clusters.count; ++other)
        partner.meet(clusters, dimensions, own, other);
    return partner;
}

}  // namespace

void hp_merge_run(int32_t dimensions, Clusters &clusters, int32_t count) {
    std::vector<Partner> partners;
    partners.reserve((size_t)clusters.count);
    for (int32_t own = 0; own < clusters.count; ++own) partners.push_back(find_partner(clusters, dimensions, own));
    while (clusters.count > count) {
        const auto least = std::min_element(partners.begin(), partners.end(),
                                            [](const Partner &a, const Partner &b) { return a.cost < b.cost; });
        if (least->id < 0) return;
        const int32_t into = (int32_t)(least - partners.begin()), gone = least->id, last = clusters.count - 1;
        clusters.error += least->cost;
        merge(clusters, dimensions, into, gone);
        partners.pop_back();
        for (int32_t own = 0; own < clusters.count; ++own) {
            Partner &partner = partners[(size_t)own];
            const bool is_left = partner.id == into || partner.id == gone || partner.id == last;
            if (is_left || own == into || own == gone)
                partner = find_partner(clusters, dimensions, own);
            else if (own < into && into >= clusters.fixed)
                partner.meet(clusters, dimensions, own, into);
        }
    }
}
