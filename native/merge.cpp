#include <algorithm>
#include <cmath>

#include "clusters.h"

namespace {

// Merging clusters of weights v and w raises the error by v w / (v + w) times the squared distance of their centres.
double merging_cost(const Clusters &clusters, int32_t dimensions, int32_t a, int32_t b) {
    if (clusters.classes[(size_t)a] != clusters.classes[(size_t)b]) return HUGE_VAL;
    const double v = (double)clusters.sums[(size_t)a * HP_SUMS], w = (double)clusters.sums[(size_t)b * HP_SUMS];
    if (!(v > 0 && w > 0)) return 0;
    double square = 0;
    for (int32_t d = 0; d < dimensions; ++d) {
        const double difference = clusters.centers[d][(size_t)a] - clusters.centers[d][(size_t)b];
        square += difference * difference;
    }
    return square * (v * w / (v + w));
}

// Cluster `b` goes into `a`, and the last one takes its place.
void merge(Clusters &clusters, int32_t dimensions, int32_t a, int32_t b) {
    const size_t into = (size_t)a, gone = (size_t)b, last = (size_t)--clusters.count;
    const double v = (double)clusters.sums[into * HP_SUMS], w = (double)clusters.sums[gone * HP_SUMS];
    for (int32_t d = 0; d < dimensions; ++d) {
        std::vector<double> &x = clusters.centers[d];
        if (w > 0) x[into] = (v * x[into] + w * x[gone]) / (v + w);
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

}  // namespace

void hp_merge_run(int32_t dimensions, Clusters &clusters, int32_t count) {
    while (clusters.count > count) {
        int32_t one = -1, other = -1;
        double least = HUGE_VAL;
        for (int32_t a = clusters.fixed; a < clusters.count; ++a)
            for (int32_t b = a + 1; b < clusters.count; ++b) {
                const double cost = merging_cost(clusters, dimensions, a, b);
                if (cost < least) {
                    least = cost;
                    one = a;
                    other = b;
                }
            }
        if (one < 0) return;
        merge(clusters, dimensions, one, other);
    }
}
