#include <algorithm>
#include <cmath>
#include <queue>

#include "clusters.h"

namespace {

const int32_t kTwoMeansIterations = 2;
const int32_t kPowerIterations = 3;
const double kEnough = 1 + 1e-3;  // 2-means stops when an iteration raises the gain by less than this factor

struct Sums {
    double of[HP_SUMS];  // weight, then weighted coordinates
    double weight() const { return of[0]; }
    double mean(int32_t d) const { return of[1 + d] / of[0]; }
    Sums minus(const Sums &other) const {
        Sums rest = *this;
        for (int32_t s = 0; s < HP_SUMS; ++s) rest.of[s] -= other.of[s];
        return rest;
    }
    double explained() const {  // what a centre at the mean takes off the sum of squares
        double square = 0;
        for (int32_t s = 1; s < HP_SUMS; ++s) square += of[s] * of[s];
        return square / weight();
    }
};

// A run of the splitter's points that is one cluster, and its best split in two: where normal . x > threshold.
struct Part {
    int32_t start, count, class_index;
    Sums sums, upper;  // of all its points, and of those above
    double covariance[HP_MAX_DIMENSIONS][HP_MAX_DIMENSIONS];
    double normal[HP_MAX_DIMENSIONS], threshold;
    double gain;    // of the split; until that is found the part's error, which no split lowers by more
    bool is_found;
};

class Splitter {
  public:
    explicit Splitter(const Level &level)
        : dimensions_(level.dimensions), weights_(level.weights, level.weights + level.count),
          above_((size_t)level.count) {
        for (int32_t d = 0; d < dimensions_; ++d)
            x_[d].assign(level.coordinates[d], level.coordinates[d] + level.count + HP_LANE_COUNT);
        weights_.resize((size_t)level.count + HP_LANE_COUNT);
    }

    // A class, as one part.
    Part whole(int32_t start, int32_t count, int32_t class_index) {
        Part part = {};
        part.start = start;
        part.count = count;
        part.class_index = class_index;
        part.threshold = -1;  // and a normal of 0: all points are above
        part.sums = upper_sums(part);
        measure(part);
        return part;
    }

    // Cuts at the mean along the principal axis, then moves the cut by 2-means.
    void find_split(Part &part) {
        part.is_found = true;
        part.gain = 0;
        if (part.count < 2) return;
        principal_axis(part);
        part.threshold = 0;
        for (int32_t d = 0; d < dimensions_; ++d) part.threshold += part.normal[d] * part.sums.mean(d);
        for (int32_t i = 0; i <= kTwoMeansIterations; ++i) {
            part.upper = upper_sums(part);
            const Sums &upper = part.upper, lower = part.sums.minus(upper);
            if (!(upper.weight() > 0) || !(lower.weight() > 0)) return;
            const double gain = upper.explained() + lower.explained() - part.sums.explained();
            const bool settled = !(gain > part.gain * kEnough);
            part.gain = std::max(gain, part.gain);
            if (settled || i == kTwoMeansIterations) return;
            part.threshold = 0;
            for (int32_t d = 0; d < dimensions_; ++d) {
                const double a = upper.mean(d), b = lower.mean(d);
                part.normal[d] = a - b;
                part.threshold += (a - b) * (a + b) / 2;
            }
        }
    }

    // Splits the part in two; false if its points do not fall apart.
    bool split(Part &part, Part &other) {
        int32_t low = part.start, high = part.start + part.count;
        for (int32_t own = low; low < high;) {  // the place that the point at `low` had
            if (is_above(part, own)) {
                swap_points(low, --high);
                own = high;
            } else {
                own = ++low;
            }
        }
        const int32_t lower = low - part.start;
        if (!lower || lower == part.count) return false;
        other = part;
        other.start = low;
        other.count -= lower;
        other.sums = part.upper;
        part.count = lower;
        part.sums = part.sums.minus(part.upper);
        measure(part);
        measure(other);
        return true;
    }

  private:
    void points_of(const Part &part, const int16_t **coordinates) const {
        for (int32_t d = 0; d < dimensions_; ++d) coordinates[d] = x_[d].data() + part.start;
    }

    Sums upper_sums(const Part &part) {
        const int16_t *coordinates[HP_MAX_DIMENSIONS];
        points_of(part, coordinates);
        Sums sums = {};
        HP_CALL(hp_upper_sums)(coordinates, dimensions_, weights_.data() + part.start, part.count, part.normal,
                               part.threshold, sums.of, above_.data() + part.start);
        return sums;
    }

    bool is_above(const Part &part, int32_t point) const {  // in the sums of its upper points
        const int32_t i = point - part.start;
        return above_[(size_t)(part.start + i / 8)] >> (i % 8) & 1;
    }

    void swap_points(int32_t a, int32_t b) {
        for (int32_t d = 0; d < dimensions_; ++d) std::swap(x_[d][(size_t)a], x_[d][(size_t)b]);
        std::swap(weights_[(size_t)a], weights_[(size_t)b]);
    }

    // The covariance of the points of a part that is new, and its error.
    void measure(Part &part) const {
        const int32_t n = dimensions_;
        const int16_t *coordinates[HP_MAX_DIMENSIONS];
        points_of(part, coordinates);
        double mean[HP_MAX_DIMENSIONS], products[HP_MAX_DIMENSIONS * (HP_MAX_DIMENSIONS + 1) / 2];
        for (int32_t d = 0; d < n; ++d) mean[d] = part.sums.mean(d);
        HP_CALL(hp_covariance)(coordinates, n, weights_.data() + part.start, part.count, mean, products);
        int32_t pair = 0;
        for (int32_t a = 0; a < n; ++a)
            for (int32_t b = 0; b <= a; ++b) part.covariance[a][b] = part.covariance[b][a] = products[pair++];
        part.gain = 0;
        for (int32_t a = 0; a < n; ++a) part.gain += part.covariance[a][a];
        part.is_found = false;
    }

    // The first principal component, by power iteration.
    void principal_axis(Part &part) const {
        const int32_t n = dimensions_;
        const auto &covariance = part.covariance;
        int32_t widest = 0;
        for (int32_t a = 1; a < n; ++a)
            if (covariance[a][a] > covariance[widest][widest]) widest = a;
        std::copy(covariance[widest], covariance[widest] + n, part.normal);
        for (int32_t i = 0; i < kPowerIterations; ++i) {
            double next[HP_MAX_DIMENSIONS] = {0}, largest = 0;
            for (int32_t a = 0; a < n; ++a) {
                for (int32_t b = 0; b < n; ++b) next[a] += covariance[a][b] * part.normal[b];
                largest = std::max(largest, std::fabs(next[a]));
            }
            if (!(largest > 0)) return;
            for (int32_t a = 0; a < n; ++a) part.normal[a] = next[a] / largest;
        }
    }

    int32_t dimensions_;
    std::vector<int16_t> x_[HP_MAX_DIMENSIONS];
    std::vector<double> weights_;
    std::vector<uint8_t> above_;  // the bits of each part, from its start on
};

// Whether a fixed centre is where the points of a part are, which are all in one place.
bool is_fixed(const Clusters &clusters, int32_t dimensions, const Part &part) {
    for (size_t k = 0; k < (size_t)clusters.fixed; ++k) {
        double farthest = clusters.classes[k] == part.class_index ? 0 : HUGE_VAL;
        for (int32_t d = 0; d < dimensions; ++d)
            farthest = std::max(farthest, std::fabs(clusters.centers[d][k] - part.sums.mean(d)));
        if (farthest < 0.5) return true;
    }
    return false;
}

}  // namespace

void hp_split_run(const Level &level, Clusters &clusters, int32_t count) {
    Splitter splitter(level);
    std::vector<Part> parts;
    parts.reserve((size_t)count);
    for (int32_t covered = 0; covered < 2; ++covered)  // first the classes without a fixed centre
        for (int32_t c = 0; c < HP_CLASSES; ++c) {
            if (level.class_nodes[c] == level.class_nodes[c + 1]) continue;
            const auto end = clusters.classes.begin() + clusters.fixed;
            const bool has_fixed = std::find(clusters.classes.begin(), end, (uint8_t)c) != end;
            const HpNode &root = level.nodes[(size_t)level.class_nodes[c]];
            if (has_fixed != (covered == 1) || (int32_t)parts.size() >= count) continue;
            const Part part = splitter.whole(root.start, root.count, c);
            if (!has_fixed || part.gain > 0 || !is_fixed(clusters, level.dimensions, part)) parts.push_back(part);
        }
    std::priority_queue<std::pair<double, int32_t>> gains;  // each with its part, numbered down: of equal ones the first
    for (int32_t i = 0; i < (int32_t)parts.size(); ++i) gains.emplace(parts[(size_t)i].gain, -i);
    while ((int32_t)parts.size() < count && !gains.empty()) {
        const int32_t number = gains.top().second;
        gains.pop();
        Part &widest = parts[(size_t)-number];
        if (!widest.is_found) {
            splitter.find_split(widest);
        } else {
            if (!(widest.gain > 0)) break;
            Part other;
            if (splitter.split(widest, other)) {
                gains.emplace(other.gain, -(int32_t)parts.size());
                parts.push_back(other);
            } else {
                widest.gain = 0;
            }
        }
        gains.emplace(widest.gain, number);
    }
    for (const Part &part : parts) {
        for (int32_t d = 0; d < level.dimensions; ++d)
            clusters.centers[d].push_back(part.sums.mean(d));
        clusters.classes.push_back((uint8_t)part.class_index);
    }
    clusters.count = clusters.fixed + (int32_t)parts.size();
}
