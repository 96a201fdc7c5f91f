#include <algorithm>
#include <cmath>
#include <numeric>

#include "clusters.h"

namespace {

const int32_t kTwoMeansIterations = 8;
const int32_t kPowerIterations = 16;

struct Sums {
    double weight = 0, x[HP_MAX_DIMENSIONS] = {0};
    void add(const Sums &other, double sign) {
        weight += sign * other.weight;
        for (int32_t d = 0; d < HP_MAX_DIMENSIONS; ++d) x[d] += sign * other.x[d];
    }
    double explained() const {  // what a centre at the mean takes off the sum of squares
        double square = 0;
        for (double sum : x) square += sum * sum;
        return weight > 0 ? square / weight : 0;
    }
};

// A run of `order` that is one cluster, and its best split in two: by the sign of normal . x - threshold.
struct Part {
    int32_t start, count;
    Sums sums;
    double normal[HP_MAX_DIMENSIONS], threshold, gain;
};

struct Splitter {
    const Level &level;
    std::vector<int32_t> order;

    void point(int32_t position, double *x) const {
        for (int32_t d = 0; d < level.dimensions; ++d) x[d] = level.coordinates[d][order[(size_t)position]];
    }

    double side(const Part &part, int32_t position) const {
        double x[HP_MAX_DIMENSIONS], value = -part.threshold;
        point(position, x);
        for (int32_t d = 0; d < level.dimensions; ++d) value += part.normal[d] * x[d];
        return value;
    }

    // The first principal component, by power iteration on the covariance.
    void principal_axis(Part &part) const {
        const int32_t n = level.dimensions;
        double covariance[HP_MAX_DIMENSIONS][HP_MAX_DIMENSIONS] = {{0}}, x[HP_MAX_DIMENSIONS];
        for (int32_t i = part.start; i < part.start + part.count; ++i) {
            point(i, x);
            const double weight = level.weights[order[(size_t)i]];
            for (int32_t a = 0; a < n; ++a) x[a] -= part.sums.x[a] / part.sums.weight;
            for (int32_t a = 0; a < n; ++a)
                for (int32_t b = 0; b <= a; ++b) covariance[a][b] += weight * x[a] * x[b];
        }
        int32_t widest = 0;
        for (int32_t a = 0; a < n; ++a) {
            if (covariance[a][a] > covariance[widest][widest]) widest = a;
            for (int32_t b = a + 1; b < n; ++b) covariance[a][b] = covariance[b][a];
        }
        double *axis = part.normal;
        for (int32_t a = 0; a < n; ++a) axis[a] = covariance[a][widest];
        for (int32_t i = 0; i < kPowerIterations; ++i) {
            double next[HP_MAX_DIMENSIONS] = {0}, largest = 0;
            for (int32_t a = 0; a < n; ++a) {
                for (int32_t b = 0; b < n; ++b) next[a] += covariance[a][b] * axis[b];
                largest = std::max(largest, std::fabs(next[a]));
            }
            if (!(largest > 0)) return;
            for (int32_t a = 0; a < n; ++a) axis[a] = next[a] / largest;
        }
    }

    Sums upper_sums(const Part &part) const {
        Sums upper;
        double x[HP_MAX_DIMENSIONS];
        for (int32_t i = part.start; i < part.start + part.count; ++i) {
            if (!(side(part, i) > 0)) continue;
            point(i, x);
            const double weight = level.weights[order[(size_t)i]];
            upper.weight += weight;
            for (int32_t d = 0; d < level.dimensions; ++d) upper.x[d] += weight * x[d];
        }
        return upper;
    }

    // Cuts at the mean along the principal axis, then moves the cut by 2-means.
    void find_split(Part &part) const {
        part.gain = 0;
        if (part.count < 2) return;
        for (double &x : part.normal) x = 0;
        principal_axis(part);
        part.threshold = 0;
        for (int32_t d = 0; d < level.dimensions; ++d)
            part.threshold += part.normal[d] * part.sums.x[d] / part.sums.weight;
        for (int32_t i = 0; i <= kTwoMeansIterations; ++i) {
            const Sums upper = upper_sums(part);
            Sums lower = part.sums;
            lower.add(upper, -1);
            if (!(upper.weight > 0) || !(lower.weight > 0)) return;
            const double gain = upper.explained() + lower.explained() - part.sums.explained();
            if (i == kTwoMeansIterations || !(gain > part.gain * (1 + 1e-9))) {
                part.gain = std::max(gain, part.gain);
                return;
            }
            part.gain = gain;
            double threshold = 0, normal[HP_MAX_DIMENSIONS] = {0};
            for (int32_t d = 0; d < level.dimensions; ++d) {
                const double a = upper.x[d] / upper.weight, b = lower.x[d] / lower.weight;
                normal[d] = a - b;
                threshold += (a - b) * (a + b) / 2;
            }
            std::copy(normal, normal + HP_MAX_DIMENSIONS, part.normal);
            part.threshold = threshold;
        }
    }

    Part whole(int32_t start, int32_t count) const {
        Part part = {};
        part.start = start;
        part.count = count;
        double x[HP_MAX_DIMENSIONS];
        for (int32_t i = start; i < start + count; ++i) {
            point(i, x);
            const double weight = level.weights[order[(size_t)i]];
            part.sums.weight += weight;
            for (int32_t d = 0; d < level.dimensions; ++d) part.sums.x[d] += weight * x[d];
        }
        find_split(part);
        return part;
    }

    // Splits the part in two; false if its points do not fall apart.
    bool split(Part &part, Part &other) {
        const auto begin = order.begin() + part.start, end = begin + part.count;
        const Part cut = part;
        std::vector<int32_t> upper;
        auto keep = begin;
        for (auto i = begin; i != end; ++i) {
            if (side(cut, (int32_t)(i - order.begin())) > 0)
                upper.push_back(*i);
            else
                *keep++ = *i;
        }
        std::copy(upper.begin(), upper.end(), keep);
        const int32_t lower_count = (int32_t)(keep - begin);
        if (!lower_count || lower_count == cut.count) return false;
        part = whole(cut.start, lower_count);
        other = whole(cut.start + lower_count, cut.count - lower_count);
        return true;
    }
};

int32_t class_of(const Level &level, int32_t point) {
    for (int32_t c = 0; c < HP_CLASSES; ++c) {
        if (level.class_nodes[c] == level.class_nodes[c + 1]) continue;
        const Node &root = level.nodes[(size_t)level.class_nodes[c]];
        if (point < root.start + root.count) return c;
    }
    return 0;
}

}  // namespace

void hp_split_run(const Level &level, Clusters &clusters, int32_t count) {
    Splitter splitter{level, std::vector<int32_t>((size_t)level.count)};
    std::iota(splitter.order.begin(), splitter.order.end(), 0);
    std::vector<Part> parts;
    for (int32_t covered = 0; covered < 2; ++covered)  // first the classes without a fixed centre
        for (int32_t c = 0; c < HP_CLASSES; ++c) {
            if (level.class_nodes[c] == level.class_nodes[c + 1]) continue;
            const auto end = clusters.classes.begin() + clusters.fixed;
            const bool has_fixed = std::find(clusters.classes.begin(), end, (uint8_t)c) != end;
            const Node &root = level.nodes[(size_t)level.class_nodes[c]];
            if (has_fixed == (covered == 1) && (int32_t)parts.size() < count)
                parts.push_back(splitter.whole(root.start, root.count));
        }
    while ((int32_t)parts.size() < count && !parts.empty()) {
        const auto widest = std::max_element(parts.begin(), parts.end(),
                                             [](const Part &a, const Part &b) { return a.gain < b.gain; });
        if (!(widest->gain > 0)) break;
        Part other;
        if (splitter.split(*widest, other))
            parts.push_back(other);
        else
            widest->gain = 0;
    }
    for (const Part &part : parts) {
        for (int32_t d = 0; d < level.dimensions; ++d)
            clusters.centers[d].push_back(part.sums.x[d] / part.sums.weight);
        clusters.classes.push_back((uint8_t)class_of(level, splitter.order[(size_t)part.start]));
    }
    clusters.count = clusters.fixed + (int32_t)parts.size();
}
