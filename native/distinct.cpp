// Which rows of numbers are equal: by open addressing in a table that grows with the distinct ones.
#include <cstring>
#include <new>
#include <vector>

#include "huepress.h"

namespace {

class Groups {
  public:
    Groups(const double *rows, int32_t features, int64_t *firsts) : rows_(rows), features_(features), firsts_(firsts) {
        slots_.resize(1 << 12);
    }

    int32_t count() const { return count_; }

    // The number of the group of row i, which is its first if there was none.
    int32_t of(int64_t i) {
        const double *const row = rows_ + i * features_;
        const uint64_t hash = hash_of(row);
        Slot &slot = find(hash, [&](const Slot &other) {
            return other.hash == (uint32_t)(hash >> 32) && equal(row, rows_ + firsts_[other.group - 1] * features_);
        });
        if (slot.group) return slot.group - 1;
        firsts_[count_++] = i;
        slot = {(uint32_t)(hash >> 32), count_};
        if (2 * (size_t)count_ > slots_.size()) grow();
        return count_ - 1;
    }

  private:
    struct Slot {
        uint32_t hash = 0;
        int32_t group = 0;  // its number and 1; 0: the slot is empty
    };

    const double *rows_;
    const int32_t features_;
    int64_t *const firsts_;
    int32_t count_ = 0;
    std::vector<Slot> slots_;

    // Multiplications that carry, and shifts that bring high bits down (as in Vigna's and Steele's mixers).
    uint64_t hash_of(const double *row) const {
        uint64_t hash = 0;
        for (int32_t j = 0; j < features_; ++j) {
            const double value = row[j] + 0.0;  // -0 equals 0
            uint64_t bits;
            std::memcpy(&bits, &value, sizeof bits);
            hash = (hash ^ bits) * 0xbf58476d1ce4e5b9u;
            hash ^= hash >> 31;
        }
        hash *= 0x94d049bb133111ebu;
        return hash ^ hash >> 29;
    }

    bool equal(const double *a, const double *b) const {
        for (int32_t j = 0; j < features_; ++j)
            if (a[j] != b[j]) return false;
        return true;
    }

    // The first slot from that of the hash on that is the wanted one, or else empty.
    template <class IsWanted>
    Slot &find(uint64_t hash, const IsWanted &is_wanted) {
        size_t at = (size_t)hash & (slots_.size() - 1);
        while (slots_[at].group && !is_wanted(slots_[at])) at = (at + 1) & (slots_.size() - 1);
        return slots_[at];
    }

    void grow() {
        slots_.assign(2 * slots_.size(), Slot());
        for (int32_t group = 0; group < count_; ++group) {
            const uint64_t hash = hash_of(rows_ + firsts_[group] * features_);
            find(hash, [](const Slot &) { return false; }) = {(uint32_t)(hash >> 32), group + 1};
        }
    }
};

}  // namespace

int32_t hp_rows_distinct(const double *rows, int64_t count, int32_t features, int64_t *firsts, int32_t *groups) {
    try {
        Groups found(rows, features, firsts);
        for (int64_t i = 0; i < count; ++i) groups[i] = found.of(i);
        return found.count();
    } catch (const std::bad_alloc &) {
        return -1;
    }
}
