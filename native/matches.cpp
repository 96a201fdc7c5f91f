#include "matches.h"

#include <algorithm>
#include <cstring>

#include "deflate_format.h"

namespace {

const int32_t kHashBits = 15;
const int32_t kDeepest = 32;  // places that each is compared with: as runs have trees of their own, more find hardly anything
const size_t kMostMatches = kDeepest + 2;  // of a place, with that in a run and room for what is no match

// Places in binary trees by the bytes from there on, the latest at the root, as each is older than the one it hangs from
// (as in Pavlov's LZMA): the way down to the place of a string leads by the nearest of each longer match. Places with the
// same three bytes next share a tree; but those in a run of one byte do so only if they are equally far from its end, as
// runs make trees degenerate: from its end to its start a run is in order.
class Trees {
  public:
    Trees(const uint8_t *bytes, int32_t size)
        : bytes_(bytes), size_(size), roots_((size_t)1 << kHashBits, -1), children_(2 * HP_WINDOW, -1) {}

    // Puts in the place, which follows the last one, and writes its matches from `found` on: at most kMostMatches. Returns
    // where they end.
    Match *put(int32_t place, Match *found) {
        const int32_t most = std::min<int32_t>(HP_MAX_LENGTH, size_ - place);
        if (most < HP_MIN_LENGTH) return found;
        const int32_t run = std::min(run_at(place), most);
        int32_t best = HP_MIN_LENGTH - 1;
        if (run && place && bytes_[place - 1] == bytes_[place]) {
            best = run;
            *found++ = {(uint16_t)run, 1};
        }
        int32_t &root = roots_[hash(place, run)];
        const int32_t node = root;
        root = place;
        Match *end = descend(place, node, most, best, found);
        last_ = best > HP_MIN_LENGTH - 1 || end > found ? end[-1] : Match{0, 0};
        return end;
    }

  private:
    const uint8_t *bytes_;
    int32_t size_, run_end_ = 0;
    std::vector<int32_t> roots_, children_;  // of the last HP_WINDOW places: the lower one, then the upper one
    Match last_ = {0, 0};                    // the longest match of the place before, if its length is not 0

    int32_t *children(int32_t place) { return &children_[2 * ((size_t)place % HP_WINDOW)]; }

    // How many bytes from the place on are the same, if that are three or more, else 0.
    int32_t run_at(int32_t place) {
        const uint8_t *at = bytes_ + place;
        if (at[0] != at[1] || at[0] != at[2]) return 0;
        if (run_end_ <= place)
            for (run_end_ = place + HP_MIN_LENGTH; run_end_ < size_ && bytes_[run_end_] == at[0];) ++run_end_;
        return run_end_ - place;
    }

    uint32_t hash(int32_t place, int32_t run) const {
        const uint8_t *at = bytes_ + place;
        const uint32_t key = run ? at[0] | (uint32_t)run << 8 | 1u << 24 : (uint32_t)(at[0] | at[1] << 8 | at[2] << 16);
        return (key ^ key >> 24 << 5) * 0x9e3779b1u >> (32 - kHashBits);
    }

    Match *descend(int32_t place, int32_t node, int32_t most, int32_t best, Match *found) {
        const int32_t oldest = std::max(place - HP_WINDOW, -1), expected = place - last_.distance;
        const int32_t sure = std::min(last_.length - 1, most);  // bytes that are alike at the place that is expected
        int32_t *lower = children(place), *upper = lower + 1;
        int32_t alike_lower = 0, alike_upper = 0;
        for (int32_t depth = 0; depth < kDeepest && node > oldest; ++depth) {
            int32_t *own = children(node);
            const int32_t known = std::max(std::min(alike_lower, alike_upper), node == expected ? sure : 0);
            const int32_t length = alike(place, node, known, most);
            *found = {(uint16_t)length, (uint16_t)(place - node)};
            found += length > best;  // without a branch, as nobody can foretell it
            best = std::max(best, length);
            if (length == most) {  // takes its place in the tree
                *lower = own[0];
                *upper = own[1];
                return found;
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
        return found;
    }

    // How many bytes from two places on are alike, of which so many are known to be.
    int32_t alike(int32_t place, int32_t node, int32_t known, int32_t most) const {
        const uint8_t *a = bytes_ + place, *b = bytes_ + node;
        int64_t length = known;
        for (const int64_t last = most - 8; length <= last; length += 8) {
            uint64_t left, right;
            std::memcpy(&left, a + length, 8);
            std::memcpy(&right, b + length, 8);
            if (left != right) return (int32_t)length + lowest_bit(left ^ right) / 8;
        }
        while (length < most && a[length] == b[length]) ++length;
        return (int32_t)length;
    }
};

}  // namespace

Matches::Matches(const uint8_t *bytes, int64_t first, int64_t end)
    : first_(first), room_(2 * (size_t)(end - first) + kMostMatches), found_(new Match[room_]) {
    const int64_t before = std::min<int64_t>(first, HP_WINDOW);
    Trees trees(bytes + first - before, (int32_t)(before + end - first));
    Match unused[kMostMatches];
    for (int64_t place = 0; place < before; ++place) trees.put((int32_t)place, unused);
    starts_.reserve((size_t)(end - first) + 1);
    size_t count = 0;
    for (int64_t place = before; place < before + end - first; ++place) {
        starts_.push_back((uint32_t)count);
        if (room_ < count + kMostMatches) grow(count);
        count = (size_t)(trees.put((int32_t)place, &found_[count]) - found_.get());
    }
    starts_.push_back((uint32_t)count);
}

void Matches::grow(size_t count) {
    room_ *= 2;
    std::unique_ptr<Match[]> more(new Match[room_]);
    std::copy_n(found_.get(), count, more.get());
    found_ = std::move(more);
}
