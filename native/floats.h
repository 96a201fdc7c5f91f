// Memory for rows of floats.
#pragma once
#include <cstddef>
#include <cstdint>

#include "lanes.h"
#include "tables.h"

// The first of them that a line of the processor's cache begins with.
template <class Float>
Float *aligned(Float *p) {
    return p + (0 - (uintptr_t)p / sizeof(float)) % HP_LANE_COUNT;
}

// Floats from a line of the processor's cache on, with anything in them. Many are had with few page faults.
class Floats {
   public:
    explicit Floats(int64_t count)
        : size(((size_t)count + HP_LANE_COUNT) * sizeof(float)),
          floats(size < PAGES ? new float[size / sizeof(float)] : (float *)hp_new_pages(size)) {}
    Floats(const Floats &) = delete;
    Floats &operator=(const Floats &) = delete;
    ~Floats() {
        if (size < PAGES) delete[] floats;
        else hp_free_pages((uint8_t *)floats, size);
    }
    float *data() const { return aligned(floats); }

   private:
    enum { PAGES = 1 << 20 };
    size_t size;
    float *floats;
};
