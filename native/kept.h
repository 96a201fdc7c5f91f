// Things that cost much to make and are kept for the next one who needs them, in places that are looked at from `first`
// on, so that each thread gets what it had before. No lock: a fork may happen at any moment.
#pragma once
#include <atomic>
#include <cstddef>

template <class Thing, size_t size>
class Kept {
  public:
    Thing *take(size_t first = 0) {  // null if there is none
        for (size_t i = 0; i < size; ++i) {
            auto &place = places_[(first + i) % size];
            if (place.load(std::memory_order_relaxed))
                if (Thing *thing = place.exchange(nullptr)) return thing;
        }
        return nullptr;
    }
    bool keep(Thing *thing, size_t first = 0) {  // false if there is no room
        for (size_t i = 0; i < size; ++i) {
            Thing *empty = nullptr;
            if (places_[(first + i) % size].compare_exchange_strong(empty, thing)) return true;
        }
        return false;
    }

  private:
    std::atomic<Thing *> places_[size] = {};
};
