// Sorted runs: keys, ascending and distinct, with their counts.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

struct Run {
    int64_t size = 0;
    std::unique_ptr<uint32_t[]> keys, counts;
};

// Runs that are added one after another and merged into one; at most two entries are held for each of the result.
class Runs {
  public:
    // A copy of keys and counts, merged as far as it takes to leave each run more than twice as long as the next.
    void add(const uint32_t *keys, const uint32_t *counts, int64_t size);
    Run merged();       // all of them; none are left

  private:
    void merge_last();
    std::vector<Run> runs_;
};

// Sorts `count` keys and leaves each once, with their counts in `counts`, which has room for all; returns how many.
int64_t hp_sum_up(uint32_t *keys, int64_t count, uint32_t *counts);
