// What one thread counts: opaque pixels in a table of bytes, one for each colour in Morton order, of which a picture's
// colours touch so few lines that they stay in the processor's cache; a byte that would pass 255 starts again at 1 and is
// noted. Pixels that are neither opaque nor transparent, which are few, are set apart.
#pragma once
#include <memory>
#include <vector>

#include "keys.h"
#include "lanes/bits.h"
#include "tables.h"

const uint32_t kRecent = 64;  // carries that are added up before they are noted
const int32_t kFewRuns = 4;  // of equal pixels among HP_LANE_COUNT: they are counted a run at a time

struct Carry {
    uint32_t code, times;
};

struct alignas(128) Tally {  // no two in one line of the cache
    explicit Tally(int32_t thread) : table(Table::kClean, thread) {}

    Table table;
    std::vector<Carry> carries;  // codes whose byte passed 255, and how often: 255 pixels more than it says
    int64_t transparent = 0;
    uint32_t *translucent = nullptr, *translucent_counts = nullptr;  // of the present stretch: room for each pixel and one
    int64_t translucent_size = 0;

    void count(const Pixels &pixels, int64_t first, int64_t end) {
        uint32_t *next = translucent + translucent_size, opaque[HP_KEYS];
        hp_each_keys(pixels, first, end, [&](int64_t, const uint32_t *keys, int32_t size) {
            if (pixels.channels == 3 || hp_all_opaque(keys, size))
                add(keys, size);
            else
                add(opaque, set_apart(keys, size, opaque, next));
        });
        translucent_size = next - translucent;
    }

    // Lists the lines that were touched in a run of regions from a place on; returns the one after them.
    int32_t list_lines(int32_t first_region, int32_t end_region, int32_t place) {
        return HP_CALL(hp_touched_lines)(table.codes(), first_region, end_region, table.lines(), place, line_ends_);
    }

    // The place of the first line that is in a region or in one after it, where all are listed.
    int32_t first_line(int32_t region) const { return region ? line_ends_[region - 1] : 0; }

    // After the last note.
    void collect() {
        for (const Carry &recent : recent_)
            if (recent.times) carries.push_back(recent);
    }

    // Lines of another thread's table (hp_pack_lines).
    void add_lines(const int32_t *numbers, int32_t count, const uint64_t *occupied, const uint8_t *bytes) {
        const std::unique_ptr<HpCarried[]> carried(new HpCarried[(size_t)count]);
        const int32_t size = HP_CALL(hp_add_lines)(table.codes(), numbers, count, occupied, bytes, carried.get());
        for (int32_t i = 0; i < size; ++i)
            for (uint32_t place = 0; place < 1 << HP_LINE_BITS; ++place)
                if (carried[(size_t)i].places >> place & 1)
                    note((uint32_t)carried[(size_t)i].line << HP_LINE_BITS | place);
    }

  private:
    // Opaque keys to `opaque`, translucent ones to `next`, which moves on. Returns the number of the former.
    int32_t set_apart(const uint32_t *keys, int32_t size, uint32_t *opaque, uint32_t *&next) {
        uint32_t *end = next;
        int32_t opaque_count = 0, transparent_count = 0;
        for (int32_t i = 0; i < size; ++i) {  // without branches, as soft edges have any order
            opaque[opaque_count] = *end = keys[i];
            opaque_count += keys[i] >= kOpaque;
            transparent_count += keys[i] == 0;
            end = next + (i + 1 - opaque_count - transparent_count);
        }
        next = end;
        transparent += transparent_count;
        return opaque_count;
    }

    void add(const uint32_t *keys, int32_t size) {
        const int32_t groups = size / HP_LANE_COUNT;
        HpRuns runs[HP_KEYS / HP_LANE_COUNT];
        HP_CALL(hp_find_runs)(keys, groups, runs);
        for (int32_t g = 0; g < groups; ++g)
            if (runs[g].count <= kFewRuns)
                add_runs(keys + g * HP_LANE_COUNT, runs[g].ends);
            else
                for (int32_t i = 0; i < HP_LANE_COUNT; i += 8) add_each<8>(keys + g * HP_LANE_COUNT + i);
        for (int32_t i = groups * HP_LANE_COUNT; i < size; ++i) add_each<1>(keys + i);
    }

    void add_runs(const uint32_t *keys, uint32_t ends) {
        int32_t start = 0;
        for (; ends; ends &= ends - 1) {
            const int32_t end = lowest_bit(ends) + 1;
            add_run(keys[start], end - start);
            start = end;
        }
    }

    template <int32_t size>
    void add_each(const uint32_t *keys) {
        uint8_t *const counts = hp_by_key(table.codes());
        uint8_t *const touched = table.touched() - (kOpaque >> HP_LINE_BITS);
        uint32_t own[size];  // in registers: for all that a compiler knows, a byte that is written is part of a key
        for (int32_t i = 0; i < size; ++i) own[i] = keys[i];
        // Marks of lines first: between the counts they would hold these up.
        for (int32_t i = 0; i < size; ++i) touched[own[i] >> HP_LINE_BITS] = 1;
        for (int32_t i = 0; i < size; ++i)
            if (!++counts[own[i]]) carry(own[i]);
    }

    void add_run(uint32_t key, int32_t size) {  // each addition to a byte would wait for the last
        uint8_t *count = hp_by_key(table.codes()) + key;
        const int32_t sum = *count + size;
        *count = (uint8_t)(sum > 255 ? sum - 255 : sum);
        table.touched()[(key & ~kOpaque) >> HP_LINE_BITS] = 1;
        if (sum > 255) note(key & ~kOpaque);
    }

    HP_NOINLINE void carry(uint32_t key) {  // apart, so that the loop above is unrolled
        hp_by_key(table.codes())[key] = 1;
        note(key & ~kOpaque);
    }

    void note(uint32_t code) {
        Carry &recent = recent_[code % kRecent];
        if (recent.code != code) {
            if (recent.times) carries.push_back(recent);
            recent = {code, 0};
        }
        ++recent.times;
    }

    Carry recent_[kRecent] = {};          // not among the carries yet
    int32_t line_ends_[HP_REGIONS] = {};  // where those of a region end in the list
};
