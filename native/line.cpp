// Points on a line: the runs of least error, by dynamic programming (Fisher 1958). Where the last run begins moves on as its
// end does, so that each row is found by halves (Wang & Song 2011).
#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

#include "huepress.h"

namespace {

class Runs {
  public:
    Runs(const int64_t *places, const uint32_t *weights, int32_t count) : count_(count) {
        totals_.push_back({0, 0, 0});
        least_.push_back(0);
        for (int32_t i = 0; i < count; ++i) {
            const Totals &before = totals_.back();
            const int64_t part = weights[i] * places[i];
            totals_.push_back({before.weight + weights[i], before.sum + part, before.squares + part * places[i]});
            least_.push_back(error(0, i + 1));
        }
    }

    // Where each of k runs begins.
    void find(int32_t k, int32_t *starts) {
        std::vector<std::vector<int32_t>> begins;  // of the last run, by where it ends
        for (int32_t runs = 2; runs <= k; ++runs) {
            before_ = least_;
            begins_.assign((size_t)count_ + 1, 0);
            fill(runs, count_, runs - 1, count_ - 1);
            begins.push_back(begins_);
        }
        int32_t end = count_;
        for (int32_t run = k - 1; run > 0; --run) starts[run] = end = begins[(size_t)run - 1][(size_t)end];
        starts[0] = 0;
    }

  private:
    struct Totals {
        int64_t weight, sum, squares;
    };

    double error(int32_t start, int32_t end) const {
        const Totals &a = totals_[(size_t)start], &b = totals_[(size_t)end];
        const double sum = (double)(b.sum - a.sum);
        return (double)(b.squares - a.squares) - sum * sum / (double)(b.weight - a.weight);
    }

    // What one run more makes of the least errors up to each of the ends; it begins at one of the starts.
    void fill(int32_t first_end, int32_t last_end, int32_t first_start, int32_t last_start) {
        if (first_end > last_end) return;
        const int32_t end = first_end + (last_end - first_end) / 2;
        int32_t begin = first_start;
        double least = HUGE_VAL;
        for (int32_t start = first_start; start <= std::min(last_start, end - 1); ++start) {
            const double sum = before_[(size_t)start] + error(start, end);
            if (sum < least) least = sum, begin = start;
        }
        least_[(size_t)end] = least;
        begins_[(size_t)end] = begin;
        fill(first_end, end - 1, first_start, begin);
        fill(end + 1, last_end, begin, last_start);
    }

    const int32_t count_;
    std::vector<Totals> totals_;  // of the first so many points
    std::vector<double> least_, before_;  // errors of the first so many points in as many runs as yet, and in one fewer
    std::vector<int32_t> begins_;
};

}  // namespace

int32_t hp_runs_of_least_error(const int64_t *places, const uint32_t *weights, int32_t count, int32_t k, int32_t *starts) {
    try {
        Runs(places, weights, count).find(k, starts);
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
