// Where the bytes from each place on were before, within deflate's window.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

struct Match {
    uint16_t length, distance;
};

// The matches of each place of a section: ever longer ones, each the nearest of its length.
class Matches {
  public:
    // Of the bytes first .. end - 1, with those before them.
    Matches(const uint8_t *bytes, int64_t first, int64_t end);

    const Match *begin(int64_t place) const { return found_.data() + starts_[(size_t)(place - first_)]; }
    const Match *end(int64_t place) const { return found_.data() + starts_[(size_t)(place - first_) + 1]; }

  private:
    int64_t first_;
    std::vector<Match> found_;
    std::vector<uint32_t> starts_;
};
