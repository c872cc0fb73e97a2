// Drifters' paths for AVX-512.
#if defined(__x86_64__)
#include "kernel.h"

CT_FOR_AVX512
#define LANES 8
#include "lanes.h"
CT_END

const Kernel kernel_avx512 = {LANES, integrate};
#endif
