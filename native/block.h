// A block of deflate (RFC 1951): symbols, and the prefix codes that suit them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "deflate.h"

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

// Packs bits, lowest first.
struct BitWriter {
    std::vector<uint8_t> bytes;

    void put(uint32_t bits, int32_t count) {  // up to 32
        held_ |= (uint64_t)bits << filled_;
        for (filled_ += count; filled_ >= 8; filled_ -= 8, held_ >>= 8) bytes.push_back((uint8_t)held_);
    }
    void align() { put(0, -filled_ & 7); }

  private:
    uint64_t held_ = 0;
    int32_t filled_ = 0;
};

// What a block takes with prefix codes of its own.
int64_t hp_block_bits(const uint8_t *bytes, const Block &block);

// Writes the block as it takes the fewest bits: with codes of its own, with the fixed ones, or as bytes.
void hp_write_block(const uint8_t *bytes, const Block &block, bool is_last, BitWriter &writer);
