// Where the bytes from each place on were before, within deflate's window.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

struct Match {
    uint16_t length, distance;
};

// The matches of each place of a section: ever longer ones, each the nearest of its length.
class Matches {
  public:
    // Of the bytes first .. end - 1, with those before them.
    Matches(const uint8_t *bytes, int64_t first, int64_t end);

    const Match *begin(int64_t place) const { return found_.get() + starts_[(size_t)(place - first_)]; }
    const Match *end(int64_t place) const { return found_.get() + starts_[(size_t)(place - first_) + 1]; }

  private:
    void grow(size_t count);

    int64_t first_;
    size_t room_;
    std::unique_ptr<Match[]> found_;  // of as many as there is room for; a vector would set them all to 0 first
    std::vector<uint32_t> starts_;
};
