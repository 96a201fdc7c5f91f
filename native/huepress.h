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

// SSIMULACRA2 (Sneyers 2022), for pictures of at least 8x8. Pixels are sRGB with 3 or 4 channels; with 4 they are laid
// over the grey level `grey`. The original's blurred planes can be kept in a cache, to score many results against it:
// hp_ssimulacra2_cache_size: its length in floats (about 50 to 60 bytes a pixel). hp_ssimulacra2_cache: fills it.
HP_API int64_t hp_ssimulacra2_cache_size(int32_t width, int32_t height);
HP_API int32_t hp_ssimulacra2_cache(const uint8_t *original, int32_t channels, int32_t grey, int32_t width,
                                    int32_t height, int32_t threads, float *cache);
// The averages that the score is made of: 6 scales x 3 channels (X, Y, B) x {ssim, artifact, detail lost} x {mean, 4-norm}.
// Scales beyond the first `*scales` are left as they are. With a cache, `original` is not read; NULL for no cache, which
// takes about 8 bytes a pixel in all and twice the time.
HP_API int32_t hp_ssimulacra2(const uint8_t *original, int32_t original_channels, const float *cache,
                              const uint8_t *result, int32_t result_channels, int32_t grey, int32_t width,
                              int32_t height, int32_t threads, int32_t *scales, double *averages);
