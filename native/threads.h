// Threads as a number: hp_run(threads, work) calls work(0) .. work(threads - 1), each on a thread of its own. Throws
// std::bad_alloc, after all have ended, if one of them did.
#pragma once
#include <atomic>
#include <cstdint>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

template <class Work>
void hp_run(int32_t threads, const Work &work) {
    std::atomic<bool> failed(false);
    const auto guarded = [&](int32_t i) {  // what a thread throws would end the process
        try {
            work(i);
        } catch (const std::bad_alloc &) {
            failed = true;
        }
    };
    std::vector<std::thread> others;
    int32_t started = 1;
    try {
        others.reserve((size_t)(threads > 1 ? threads - 1 : 0));
        for (; started < threads; ++started) others.emplace_back(guarded, started);
    } catch (const std::system_error &) {  // no more threads to be had: do their share here
    } catch (const std::bad_alloc &) {
    }
    guarded(0);
    for (int32_t i = started; i < threads; ++i) guarded(i);
    for (std::thread &other : others) other.join();
    if (failed) throw std::bad_alloc();
}

// Items first .. end in blocks, which threads take as they come: one that starts late, or is held up, does fewer.
class Blocks {
  public:
    Blocks(int64_t first, int64_t end, int64_t size) : next_(first), end_(end), size_(size) {}
    bool take(int64_t &first, int64_t &end) {
        first = next_.fetch_add(size_);
        end = first + size_ < end_ ? first + size_ : end_;
        return first < end_;
    }

  private:
    std::atomic<int64_t> next_;
    const int64_t end_, size_;
};

// The first item of share `i` of `count` items cut into `shares` nearly equal runs.
inline int64_t hp_share(int64_t count, int32_t shares, int32_t i) { return count * i / shares; }
