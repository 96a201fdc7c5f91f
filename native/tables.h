// Tables with a byte for each opaque colour, by its Morton code. A table that is new costs more in page faults than
// counting a picture in it, so a few are kept for the next picture; memory is resident only where it was touched.
#pragma once
#include <cstdint>

enum { HP_CODES = 1 << 24, HP_BLOCK_BITS = 9, HP_BLOCKS = HP_CODES >> HP_BLOCK_BITS, HP_KEPT_TABLES = 4 };

class Table {
  public:
    enum State { kClean, kStale };  // all zeros; anything
    explicit Table(State state);    // throws std::bad_alloc
    Table(Table &&other) noexcept : bytes_(other.bytes_), state_(other.state_) { other.bytes_ = nullptr; }
    Table(const Table &) = delete;
    Table &operator=(const Table &) = delete;
    ~Table();
    void is_clean() { state_ = kClean; }  // the caller has put back zeros wherever it wrote

    uint8_t *codes() const { return bytes_; }
    uint8_t *touched() const { return bytes_ + HP_CODES; }  // HP_BLOCKS flags, for the use of the caller

  private:
    uint8_t *bytes_;
    State state_;
};
