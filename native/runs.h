// Keys with counts: sorted runs of them, their sums, and counting in any order.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

struct Run {  // ascending and distinct
    int64_t size = 0;
    std::unique_ptr<uint32_t[]> keys, counts;
};

// Runs that are added one after another and merged into one; at most two entries are held for each of the result.
class Runs {
  public:
    void add(Run run);  // merged as far as it takes to leave each run more than twice as long as the next
    Run merged();       // all of them; none are left

  private:
    void merge_last();
    std::vector<Run> runs_;
};

// Counts keys other than 0 that come in any order, in at most 6 MB.
class Counts {
  public:
    int64_t room() const { return (1 << kMostBits) / 2 - size_; }  // keys that can be added before the counts are taken
    void add(const uint32_t *keys, int32_t count);
    Run take();  // all so far, sorted; none are left

  private:
    static constexpr int32_t kMostBits = 19;
    struct Slot {
        uint32_t key, count;
    };
    Slot &find(uint32_t key);
    void make_room();
    std::vector<Slot> slots_;
    int64_t size_ = 0;
};
