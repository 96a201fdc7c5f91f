#include "runs.h"

#include <algorithm>
#include <utility>

#include "huepress.h"
#include "keys.h"

namespace {

Run room_for(int64_t size) {  // memory that costs nothing until it is touched
    Run run;
    run.keys.reset(new uint32_t[(size_t)size]);
    run.counts.reset(new uint32_t[(size_t)size]);
    return run;
}

void put(Run &run, uint32_t key, uint32_t count) {
    run.keys[(size_t)run.size] = key;
    run.counts[(size_t)run.size++] = count;
}

Run merge(const Run &a, const Run &b) {
    Run sum = room_for(a.size + b.size);
    int64_t i = 0, j = 0;
    while (i < a.size && j < b.size) {
        const uint32_t key = std::min(a.keys[i], b.keys[j]);
        const bool in_a = a.keys[i] == key, in_b = b.keys[j] == key;
        put(sum, key, (in_a ? a.counts[i] : 0) + (in_b ? b.counts[j] : 0));
        i += in_a;
        j += in_b;
    }
    for (; i < a.size; ++i) put(sum, a.keys[i], a.counts[i]);
    for (; j < b.size; ++j) put(sum, b.keys[j], b.counts[j]);
    return sum;
}

}  // namespace

void Runs::merge_last() {
    Run last = std::move(runs_.back());
    runs_.pop_back();
    runs_.back() = merge(runs_.back(), last);
}

void Runs::add(Run run) {
    if (!run.size) return;
    runs_.push_back(std::move(run));
    while (runs_.size() > 1 && runs_[runs_.size() - 2].size <= 2 * runs_.back().size) merge_last();
}

Run Runs::merged() {
    if (runs_.empty()) return Run();
    while (runs_.size() > 1) merge_last();
    Run all = std::move(runs_.back());
    runs_.clear();
    return all;
}

// The key's slot, or the empty one where it belongs; keys that are alike share a line of the cache.
Counts::Slot &Counts::find(uint32_t key) {
    const size_t mask = slots_.size() - 1;
    size_t slot = ((size_t)hp_hash(key >> 3) << 3 | (key & 7)) & mask;
    while (slots_[slot].key && slots_[slot].key != key) slot = (slot + 1) & mask;
    return slots_[slot];
}

void Counts::make_room() {
    std::vector<Slot> old(std::max<size_t>(2 * HP_KEYS, 2 * slots_.size()), Slot{0, 0});
    old.swap(slots_);
    for (const Slot &slot : old)
        if (slot.key) find(slot.key) = slot;
}

void Counts::add(const uint32_t *keys, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
        if (2 * size_ >= (int64_t)slots_.size()) make_room();
        Slot &slot = find(keys[i]);
        size_ += !slot.key;
        slot.key = keys[i];
        ++slot.count;
    }
}

Run Counts::take() {
    Run run = room_for(size_);
    std::vector<uint64_t> order;
    order.reserve((size_t)size_);
    for (Slot &slot : slots_) {
        if (slot.key) order.push_back((uint64_t)slot.key << 32 | slot.count);
        slot = {0, 0};
    }
    size_ = 0;
    hp_sort(order.data(), order.data() + order.size());
    for (const uint64_t entry : order) put(run, (uint32_t)(entry >> 32), (uint32_t)entry);
    return run;
}

int64_t hp_merge(const uint32_t *keys_a, const int64_t *counts_a, const double *weights_a, int64_t size_a,
                 const uint32_t *keys_b, const int64_t *counts_b, const double *weights_b, int64_t size_b,
                 uint32_t *keys, int64_t *counts, double *weights) {
    int64_t i = 0, j = 0, size = 0;
    for (; i < size_a || j < size_b; ++size) {
        const bool in_a = i < size_a && (j == size_b || keys_a[i] <= keys_b[j]);
        const bool in_b = j < size_b && (i == size_a || keys_b[j] <= keys_a[i]);
        keys[size] = in_a ? keys_a[i] : keys_b[j];
        counts[size] = (in_a ? counts_a[i] : 0) + (in_b ? counts_b[j] : 0);
        if (weights) weights[size] = (in_a ? weights_a[i] : 0.0) + (in_b ? weights_b[j] : 0.0);
        i += in_a;
        j += in_b;
    }
    return size;
}
