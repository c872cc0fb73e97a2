// Drifters' paths for AVX-512.
#if defined(__x86_64__)
#include "kernel.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#define LANES 8
#include "lanes.h"
#pragma clang attribute pop

const Kernel kernel_avx512 = {LANES, integrate};
#endif
