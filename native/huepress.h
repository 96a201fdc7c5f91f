// The C ABI of the huepress kernel. Python (src/huepress/_native.py) is its only caller: it checks every
// type, shape and range before it calls, so the functions here trust their arguments.
//
// Rules: plain C types; arrays are contiguous and owned by the caller; no function throws or keeps a pointer
// after it returns; a function that allocates returns 0, or HP_NO_MEMORY and leaves its outputs undefined.
// `threads` is the number of threads to use (>= 1) and never changes a result.
#pragma once
#include <cstddef>
#include <cstdint>

#if defined(_WIN32)
#define HP_API extern "C" __declspec(dllexport)
#else
#define HP_API extern "C" __attribute__((visibility("default")))
#endif

enum { HP_OK = 0, HP_NO_MEMORY = 1 };

// SIMD levels: 0 baseline (SSE2, NEON), 1 AVX2, 2 AVX-512. hp_simd_supported: the highest of this processor.
// hp_simd_use: choose one, at most the highest (once, at load time; results are the same for each).
HP_API int32_t hp_simd_supported(void);
HP_API void hp_simd_use(int32_t level);
