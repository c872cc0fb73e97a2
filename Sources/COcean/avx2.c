// Drifters' paths for AVX2 with fused multiply-adds.
#if defined(__x86_64__)
#include "kernel.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 4
#include "lanes.h"
#pragma clang attribute pop

const Kernel kernel_avx2 = {LANES, integrate};
#endif
