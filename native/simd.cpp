#include "simd.h"

#include "huepress.h"

#if defined(HP_X86_LEVELS) && defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#endif

int32_t hp_level = 0;

int32_t hp_simd_supported(void) {
#if !defined(HP_X86_LEVELS)
    return 0;
#elif defined(_MSC_VER)
    int leaf[4];
    __cpuid(leaf, 1);
    if (!(leaf[2] & (1 << 27))) return 0;  // the system does not save wide registers
    const unsigned long long saved = _xgetbv(0);
    __cpuidex(leaf, 7, 0);
    const unsigned b = (unsigned)leaf[1];
    if ((saved & 6) != 6 || !(b & (1u << 5))) return 0;
    const unsigned wanted = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);
    return (saved & 0xe6) == 0xe6 && (b & wanted) == wanted ? 2 : 1;
#else
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2")) return 0;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                   __builtin_cpu_supports("gfni")
               ? 2
               : 1;
#endif
}

void hp_simd_use(int32_t level) { hp_level = level; }
