// Packs bits, lowest first, as deflate and GIF have them.
#pragma once
#include <cstdint>

class BitWriter {
  public:
    BitWriter(uint8_t *bytes, int64_t room) : bytes_(bytes), room_(room) {}

    // Up to 32 bits, none set above them.
    void put(uint32_t bits, int32_t count) {
        held_ |= (uint64_t)bits << filled_;
        for (filled_ += count; filled_ >= 8; filled_ -= 8, held_ >>= 8, ++size_)
            if (size_ < room_) bytes_[size_] = (uint8_t)held_;
    }
    void align() { put(0, -filled_ & 7); }

    // Whole bytes so far, also those that there was no room for.
    int64_t size() const { return size_; }

  private:
    uint8_t *bytes_;
    int64_t room_, size_ = 0;
    uint64_t held_ = 0;
    int32_t filled_ = 0;
};
