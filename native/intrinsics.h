// Intrinsics, for the few loops in lanes/ in which compilers find no use for the instructions that make them fast.
#pragma once

#if defined(__AVX2__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC's own header has undefined vectors (bug 105593)
#endif
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(_MSC_VER)
#include <intrin.h>
#endif
