// Which entries of a palette are not worth their bits: merged pair by pair.
#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <vector>

#include "huepress.h"

namespace {

constexpr double kGrid = 1024;  // logarithms are multiples of 1 / 1024, for they differ in last bits between platforms
constexpr double kNever = std::numeric_limits<double>::infinity();

struct Merger {
    const HpMerging &job;
    const int32_t count;
    std::vector<double> bits;      // of the literals of each entry
    std::vector<double> costs;     // of merging each entry with each
    std::vector<int32_t> partner;  // of each entry the first that costs least

    explicit Merger(const HpMerging &entries)
        : job(entries), count(entries.count), bits(count), costs((size_t)count * count), partner(count) {
        for (int32_t i = 0; i < count; ++i) bits[i] = entropy(job.literals[i]);
        for (int32_t i = 0; i < count; ++i) job.kept[i] = 1;
        for (int32_t i = 0; i < count; ++i)
            for (int32_t j = 0; j <= i; ++j) costs[(size_t)i * count + j] = costs[(size_t)j * count + i] = cost(j, i);
        for (int32_t i = 0; i < count; ++i) find_partner(i);
    }

    double entropy(double literals) const {
        return -literals * std::rint(std::log2((literals + 0.3) / job.symbols) * kGrid) / kGrid;
    }

    bool is_fixed(int32_t i) const { return i < job.fixed; }

    // What a squared distance counts: where neither is fixed, both move to their mean.
    double moved(int32_t i, int32_t j) const {
        const double a = job.weights[i], b = job.weights[j];
        return is_fixed(j) ? a : is_fixed(i) ? b : a * b / std::max(a + b, 1e-12);
    }

    // Infinite where they may not merge.
    double cost(int32_t i, int32_t j) const {
        const bool both_fixed = is_fixed(i) && is_fixed(j);
        if (i == j || !job.kept[i] || !job.kept[j] || both_fixed || job.classes[i] != job.classes[j]) return kNever;
        double distance = 0;
        for (int32_t d = 0; d < job.dimensions; ++d) {
            const double apart = job.coordinates[i * job.dimensions + d] - job.coordinates[j * job.dimensions + d];
            distance += apart * apart;
        }
        const double a = job.literals[i], b = job.literals[j];
        const double saved = bits[i] + bits[j] - entropy(a + b) + (job.torn_bits * std::min(a, b) + job.entry_bits);
        return distance * moved(i, j) - job.price * saved;
    }

    void find_partner(int32_t i) {
        const double *row = &costs[(size_t)i * count];
        partner[i] = (int32_t)(std::min_element(row, row + count) - row);
    }

    double least(int32_t i) const { return costs[(size_t)i * count + partner[i]]; }

    // Entry `from` becomes `to`.
    void merge(int32_t from, int32_t to) {
        if (is_fixed(from) || (job.weights[from] > job.weights[to] && !is_fixed(to))) std::swap(from, to);
        const double a = job.weights[from], b = job.weights[to];
        if (a > 0 && !is_fixed(to)) {
            const double *other = job.coordinates + from * job.dimensions;
            double *own = job.coordinates + to * job.dimensions;
            for (int32_t d = 0; d < job.dimensions; ++d) own[d] = (other[d] * a + own[d] * b) / (a + b);
        }
        job.weights[to] = a + b;
        job.literals[to] += job.literals[from];
        bits[to] = entropy(job.literals[to]);
        job.kept[from] = 0;
        for (int32_t i = 0; i < count; ++i) costs[(size_t)i * count + from] = costs[(size_t)from * count + i] = kNever;
        for (int32_t i = 0; i < count; ++i) costs[(size_t)i * count + to] = costs[(size_t)to * count + i] = cost(i, to);
        for (int32_t i = 0; i < count; ++i) {
            const double own = costs[(size_t)i * count + to];
            if (i == from || i == to || partner[i] == from || partner[i] == to) {
                find_partner(i);
            } else if (own < least(i) || (own == least(i) && to < partner[i])) {
                partner[i] = to;
            }
        }
    }

    void run() {
        for (;;) {
            int32_t best = 0;
            for (int32_t i = 1; i < count; ++i) best = least(i) < least(best) ? i : best;
            if (least(best) >= 0) return;
            merge(best, partner[best]);
        }
    }
};

}  // namespace

int32_t hp_merge_entries(const HpMerging *job) {
    try {
        Merger(*job).run();
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
