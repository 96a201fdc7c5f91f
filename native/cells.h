// Tables of counts, a byte for each opaque colour: what native/tables.h, native/tally.h and native/histogram.cpp ask of
// native/lanes/cells.cpp. Tables are cut into lines of 64 colours, of which 1024 are a region. Lists of lines have room for
// HP_LANE_COUNT more.
#pragma once
#include "lanes.h"

enum { HP_CODES = 1 << 24, HP_LINE_BITS = 6, HP_LINES = HP_CODES >> HP_LINE_BITS };
enum { HP_REGION_BITS = 10, HP_REGIONS = HP_LINES >> HP_REGION_BITS };
enum { HP_MOST_TABLES = 4 };

// Writes the numbers of the lines that were touched in regions first .. end, ascending, from `place` on; returns the place
// after the last, and notes that of each region in `ends`.
HP_DECLARE(int32_t, hp_touched_lines, const uint8_t *table, int32_t first, int32_t end, int32_t *numbers,
           int32_t place, int32_t *ends);
// The number of colours in these lines.
HP_DECLARE(int32_t, hp_line_colors, const uint8_t *table, const int32_t *numbers, int32_t count);
// Writes their keys and counts, ascending, into arrays that have `room` for so many or more, and clears the lines; returns
// how many there are. few: most lines have one or two.
HP_DECLARE(int32_t, hp_read_lines, uint8_t *table, const int32_t *numbers, int32_t count, bool few,
           uint32_t *keys, uint32_t *counts, int32_t room);
// Writes which bytes of each line are not 0, and these, into `bytes`, which have room for all lines and one more; clears the
// lines.
HP_DECLARE(void, hp_pack_lines, uint8_t *table, const int32_t *numbers, int32_t count, uint64_t *occupied,
           uint8_t *bytes);
// A line in which bytes passed 255: a bit for each of them.
struct HpCarried {
    int32_t line;
    uint64_t places;
};
// Adds packed lines to those of another table, where a byte that would pass 255 is 255 less; returns the number of lines that
// have such.
HP_DECLARE(int32_t, hp_add_lines, uint8_t *table, const int32_t *numbers, int32_t count, const uint64_t *occupied,
           const uint8_t *bytes, HpCarried *carried);
