#include "matches.h"

#include <algorithm>
#include <cstring>

#include "deflate_format.h"

namespace {

const int32_t kHashBits = 15;
const int32_t kDeepest = 32;  // places that each is compared with: as runs have trees of their own, more find hardly anything

// Places in binary trees by the bytes from there on, the latest at the root, as each is older than the one it hangs from
// (as in Pavlov's LZMA): the way down to the place of a string leads by the nearest of each longer match. Places with the
// same three bytes next share a tree; but those in a run of one byte do so only if they are equally far from its end, as
// runs make trees degenerate: from its end to its start a run is in order.
class Trees {
  public:
    Trees(const uint8_t *bytes, int32_t size)
        : bytes_(bytes), size_(size), roots_((size_t)1 << kHashBits, -1), children_(2 * HP_WINDOW, -1) {}

    // Puts in the place, which follows the last one, and calls found(match) for each match.
    template <class Found>
    void put(int32_t place, const Found &found) {
        const int32_t most = std::min<int32_t>(HP_MAX_LENGTH, size_ - place);
        if (most < HP_MIN_LENGTH) return;
        const int32_t run = std::min(run_at(place), most);
        int32_t best = HP_MIN_LENGTH - 1;
        if (run >= HP_MIN_LENGTH && place && bytes_[place - 1] == bytes_[place]) {
            best = run;
            found(Match{(uint16_t)run, 1});
        }
        int32_t &root = roots_[hash(place, run)];
        const int32_t node = root;
        root = place;
        descend(place, node, most, best, found);
    }

  private:
    const uint8_t *bytes_;
    int32_t size_, run_end_ = 0;
    std::vector<int32_t> roots_, children_;  // of the last HP_WINDOW places: the lower one, then the upper one

    int32_t *children(int32_t place) { return &children_[2 * ((size_t)place % HP_WINDOW)]; }

    int32_t run_at(int32_t place) {
        if (run_end_ <= place)
            for (run_end_ = place + 1; run_end_ < size_ && bytes_[run_end_] == bytes_[place];) ++run_end_;
        return run_end_ - place;
    }

    uint32_t hash(int32_t place, int32_t run) const {
        const uint8_t *at = bytes_ + place;
        const bool is_run = run >= HP_MIN_LENGTH;
        const uint32_t key = is_run ? at[0] | (uint32_t)run << 8 | 1u << 24 : (uint32_t)(at[0] | at[1] << 8 | at[2] << 16);
        return (key ^ key >> 24 << 5) * 0x9e3779b1u >> (32 - kHashBits);
    }

    template <class Found>
    void descend(int32_t place, int32_t node, int32_t most, int32_t best, const Found &found) {
        int32_t *lower = children(place), *upper = lower + 1;
        int32_t alike_lower = 0, alike_upper = 0;
        for (int32_t depth = 0; depth < kDeepest && node >= 0 && node > place - HP_WINDOW; ++depth) {
            int32_t *own = children(node);
            const int32_t length = alike(place, node, std::min(alike_lower, alike_upper), most);
            if (length > best) {
                best = length;
                found(Match{(uint16_t)length, (uint16_t)(place - node)});
            }
            if (length == most) {  // takes its place in the tree
                *lower = own[0];
                *upper = own[1];
                return;
            }
            if (bytes_[node + length] < bytes_[place + length]) {
                *lower = node;
                lower = own + 1;
                node = *lower;
                alike_lower = length;
            } else {
                *upper = node;
                upper = own;
                node = *upper;
                alike_upper = length;
            }
        }
        *lower = *upper = -1;
    }

    // How many bytes from two places on are alike, of which so many are known to be.
    int32_t alike(int32_t place, int32_t node, int32_t known, int32_t most) const {
        const uint8_t *a = bytes_ + place, *b = bytes_ + node;
        int32_t length = known;
        while (length + 8 <= most && !std::memcmp(a + length, b + length, 8)) length += 8;
        while (length < most && a[length] == b[length]) ++length;
        return length;
    }
};

}  // namespace

Matches::Matches(const uint8_t *bytes, int64_t first, int64_t end) : first_(first) {
    const int64_t before = std::min<int64_t>(first, HP_WINDOW);
    Trees trees(bytes + first - before, (int32_t)(before + end - first));
    starts_.reserve((size_t)(end - first) + 1);
    for (int64_t place = 0; place < before; ++place) trees.put((int32_t)place, [](Match) {});
    for (int64_t place = before; place < before + end - first; ++place) {
        starts_.push_back((uint32_t)found_.size());
        trees.put((int32_t)place, [this](Match match) { found_.push_back(match); });
    }
    starts_.push_back((uint32_t)found_.size());
}
