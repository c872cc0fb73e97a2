// The tiled score sums for AVX-512.
#if defined(__x86_64__)
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tiled_task.h"

#define TILED_BYTES 64
#define TILED_PANEL 4

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
namespace tiled::avx512 {
#include "tiled_simd.h"

#include "tiled_kernel.h"
}  // namespace tiled::avx512
#pragma clang attribute pop

#endif
