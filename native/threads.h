// Threads as a number: run(work, threads) calls work(0) .. work(threads - 1), each on a thread of its own.
#pragma once
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

template <class Work>
void hp_run(int32_t threads, const Work &work) {
    std::vector<std::thread> others;
    int32_t started = 1;
    try {
        others.reserve((size_t)(threads > 1 ? threads - 1 : 0));
        for (; started < threads; ++started) others.emplace_back(work, started);
    } catch (const std::system_error &) {  // no more threads to be had: do their share here
    }
    work(0);
    for (int32_t i = started; i < threads; ++i) work(i);
    for (std::thread &other : others) other.join();
}

// The first item of share `i` of `count` items cut into `shares` nearly equal runs.
inline int64_t hp_share(int64_t count, int32_t shares, int32_t i) { return count * i / shares; }
