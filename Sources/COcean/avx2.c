// Drifters' paths for AVX2 with fused multiply-adds.
#if defined(__x86_64__)
#include "kernel.h"

CT_FOR_AVX2
#define LANES 4
#include "lanes.h"
CT_END

const Kernel kernel_avx2 = {LANES, integrate};
#endif
