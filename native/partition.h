// Where to end blocks, so that each has prefix codes that suit it.
#pragma once
#include "block.h"

// Symbols that stand for the bytes from `start` on, as the blocks, of some hundred symbols and more, that take the fewest
// bits, about. `most`: so many pieces are put together to blocks; time goes by the square of that.
std::vector<Block> hp_partition(const uint8_t *bytes, int64_t start, const std::vector<Symbol> &symbols, size_t most);
