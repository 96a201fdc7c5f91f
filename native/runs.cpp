#include "runs.h"

#include <algorithm>
#include <utility>

#include "huepress.h"

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

void sort(uint32_t *keys, int64_t count, uint32_t *scratch) {
    uint32_t *from = keys, *to = scratch;
    for (int32_t shift = 0; shift < 32; shift += 8) {  // least digit first; four passes end in `keys`
        int64_t starts[257] = {0};
        for (int64_t i = 0; i < count; ++i) ++starts[(from[i] >> shift & 255) + 1];
        for (int32_t digit = 0; digit < 256; ++digit) starts[digit + 1] += starts[digit];
        for (int64_t i = 0; i < count; ++i) to[starts[from[i] >> shift & 255]++] = from[i];
        std::swap(from, to);
    }
}

}  // namespace

int64_t hp_sum_up(uint32_t *keys, int64_t count, uint32_t *counts) {
    sort(keys, count, counts);
    int64_t distinct = 0;
    for (int64_t i = 0; i < count;) {
        const uint32_t key = keys[i];
        const int64_t first = i;
        while (i < count && keys[i] == key) ++i;
        keys[distinct] = key;
        counts[distinct++] = (uint32_t)(i - first);
    }
    return distinct;
}

void Runs::merge_last() {
    Run last = std::move(runs_.back());
    runs_.pop_back();
    runs_.back() = merge(runs_.back(), last);
}

void Runs::add(const uint32_t *keys, const uint32_t *counts, int64_t size) {
    if (!size) return;
    runs_.push_back(room_for(size));
    std::copy(keys, keys + size, runs_.back().keys.get());
    std::copy(counts, counts + size, runs_.back().counts.get());
    runs_.back().size = size;
    while (runs_.size() > 1 && runs_[runs_.size() - 2].size <= 2 * runs_.back().size) merge_last();
}

Run Runs::merged() {
    if (runs_.empty()) return Run();
    while (runs_.size() > 1) merge_last();
    Run all = std::move(runs_.back());
    runs_.clear();
    return all;
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
