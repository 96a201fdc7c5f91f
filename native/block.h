// A block of deflate (RFC 1951): symbols, and the prefix codes that suit them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bit_writer.h"
#include "deflate_format.h"

struct Symbol {
    uint16_t length, distance;  // of a literal 1 and 0
};

// How often each code occurs, those of distances behind those of literals.
struct CodeCounts {
    uint32_t of[HP_LITERAL_CODES + HP_DISTANCE_CODES] = {0};

    // Adds symbols that stand for these bytes.
    void add(const uint8_t *bytes, const Symbol *symbols, size_t count);
};

struct Block {
    int64_t start, end;  // of its bytes
    std::vector<Symbol> symbols;
};

// What a block takes with prefix codes of its own.
int64_t hp_block_bits(const uint8_t *bytes, const Block &block);

// Writes the block as it takes the fewest bits: with codes of its own, with the fixed ones, or as bytes.
void hp_write_block(const uint8_t *bytes, const Block &block, bool is_last, BitWriter &writer);
