// SIMD chosen at run time. Files in lanes/ are compiled once per level with HP_LEVEL set to its name; a function
// there is named HP_LANES(name), and callers elsewhere declare it with HP_DECLARE and call HP_CALL(name)(...).
//
// Files in lanes/ include no standard C++ header with inline functions: the linker keeps one copy of such a
// function, which could then be one with instructions that the processor lacks. Nor have they own types with functions
// but in an unnamed namespace.
#pragma once
#include <cstdint>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "huepress needs a processor that stores the lowest byte first: several numbers are loaded as one"
#endif

#define HP_JOIN2(a, b) a##_##b
#define HP_JOIN(a, b) HP_JOIN2(a, b)
#define HP_LANES(name) HP_JOIN(name, HP_LEVEL)

#ifdef HP_X86_LEVELS
#define HP_DECLARE(result, name, ...) \
    result name##_baseline(__VA_ARGS__); \
    result name##_avx2(__VA_ARGS__); \
    result name##_avx512(__VA_ARGS__)
#define HP_CALL(name) (hp_level == 2 ? name##_avx512 : hp_level == 1 ? name##_avx2 : name##_baseline)
#else
#define HP_DECLARE(result, name, ...) result name##_baseline(__VA_ARGS__)
#define HP_CALL(name) name##_baseline
#endif

#if defined(_MSC_VER)
#define HP_RESTRICT __restrict
#define HP_NOINLINE __declspec(noinline)
#define HP_PREFETCH(address) (void)(address)
#else
#define HP_RESTRICT __restrict__
#define HP_NOINLINE __attribute__((noinline))
#define HP_PREFETCH(address) __builtin_prefetch(address)
#endif

extern int32_t hp_level;  // the level in use: 0 baseline, 1 AVX2, 2 AVX-512
