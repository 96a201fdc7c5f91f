#include "prefix_code.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace {

struct Package {
    uint64_t weight;
    int32_t symbol;  // -1: two packages of the row before
};

// Packages of two of the row before, and symbols, by weight.
std::vector<Package> merged(const std::vector<std::pair<uint32_t, int32_t>> &used, const std::vector<Package> &before) {
    std::vector<Package> row;
    row.reserve(used.size() + before.size() / 2);
    for (size_t symbol = 0, pair = 0; symbol < used.size() || pair + 1 < before.size();) {
        const uint64_t weight = pair + 1 < before.size() ? before[pair].weight + before[pair + 1].weight : UINT64_MAX;
        if (symbol < used.size() && used[symbol].first <= weight) {
            row.push_back({used[symbol].first, used[symbol].second});
            ++symbol;
        } else {
            row.push_back({weight, -1});
            pair += 2;
        }
    }
    return row;
}

}  // namespace

// By package-merge (Larmore & Hirschberg 1990).
void hp_code_lengths(const uint32_t *counts, int32_t size, int32_t longest, uint8_t *lengths) {
    std::vector<std::pair<uint32_t, int32_t>> used;
    std::fill(lengths, lengths + size, (uint8_t)0);
    for (int32_t symbol = 0; symbol < size; ++symbol)
        if (counts[symbol]) used.emplace_back(counts[symbol], symbol);
    if (used.size() <= 2) {
        for (const auto &each : used) lengths[each.second] = 1;
        return;
    }
    std::sort(used.begin(), used.end());
    std::vector<std::vector<Package>> rows(1, merged(used, {}));
    while ((int32_t)rows.size() < longest) rows.push_back(merged(used, rows.back()));
    size_t taken = 2 * used.size() - 2;
    for (size_t r = rows.size(); r-- > 0;) {
        size_t packages = 0;
        for (size_t i = 0; i < taken; ++i) {
            if (rows[r][i].symbol < 0)
                ++packages;
            else
                ++lengths[rows[r][i].symbol];
        }
        taken = 2 * packages;
    }
}

void hp_prefix_codes(const uint8_t *lengths, int32_t size, uint16_t *codes) {
    uint32_t next = 0;
    for (int32_t length = 1; length <= HP_LONGEST_CODE; ++length, next <<= 1)
        for (int32_t symbol = 0; symbol < size; ++symbol) {
            if (lengths[symbol] != length) continue;
            uint32_t reversed = 0;
            for (int32_t bit = 0; bit < length; ++bit) reversed |= (next >> bit & 1) << (length - 1 - bit);
            codes[symbol] = (uint16_t)reversed;
            ++next;
        }
}
