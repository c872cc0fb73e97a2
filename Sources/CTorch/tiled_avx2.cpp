// The tiled score sums for AVX2 with fused multiply-add.
#if defined(__x86_64__)
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tiled_task.h"

#define TILED_BYTES 32
#define TILED_PANEL 2

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace tiled::avx2 {
#include "tiled_simd.h"

#include "tiled_kernel.h"
}  // namespace tiled::avx2
#pragma clang attribute pop

#endif
