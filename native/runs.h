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
    void add(Run run);  // merges what it can, so that each run left is more than twice the next
    Run merged();       // all of them; none are left

  private:
    void merge_last();
    std::vector<Run> runs_;
};

// The run of `count` keys in any order, which are sorted in place; `scratch` holds as many.
Run hp_run_of(uint32_t *keys, int64_t count, uint32_t *scratch);
