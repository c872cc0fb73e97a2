// The tiled score sums for any processor: vectors of 128 bits.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tiled_task.h"

#define TILED_BYTES 16
#if defined(__aarch64__)
#define TILED_PANEL 4  // 32 vector registers
#else
#define TILED_PANEL 2  // 16 vector registers
#endif

namespace tiled::portable {
#include "tiled_simd.h"

#include "tiled_kernel.h"
}  // namespace tiled::portable
