// Logarithms to the base of 2 in whole numbers, the same on every machine.
#pragma once
#include <cstdint>

#include "lanes/bits.h"

enum { HP_COST_BITS = 8 };  // of costs, behind the point of a bit

class Logarithms {
  public:
    static const Logarithms &known() {
        static const Logarithms all;
        return all;
    }

    // Of 1 and more, of large ones by their first 12 bits.
    uint32_t operator()(uint32_t value) const {
        const int32_t shift = value < kKnown ? 0 : highest_bit(value) - 11;
        return of_[value >> shift] + ((uint32_t)shift << HP_COST_BITS);
    }

  private:
    static const uint32_t kKnown = 1 << 12;
    uint32_t of_[kKnown] = {0};

    Logarithms() {
        for (uint32_t value = 1; value < kKnown; ++value) of_[value] = found(value);
    }

    // Each bit behind the point says whether a square has one digit more.
    static uint32_t found(uint32_t value) {
        const int32_t whole = highest_bit(value);
        uint32_t logarithm = (uint32_t)whole;
        uint64_t mantissa = (uint64_t)value << (31 - whole);
        for (int32_t bit = 0; bit < HP_COST_BITS; ++bit) {
            mantissa = mantissa * mantissa >> 31;
            const uint32_t carried = (uint32_t)(mantissa >> 32);
            mantissa >>= carried;
            logarithm = logarithm << 1 | carried;
        }
        return logarithm;
    }
};
