// The kernels of the score sums for every instruction set.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "dispatch.h"
#include "task.h"

#define SCORES_BYTES 16  // vectors of 128 bits, for any processor
#if defined(__aarch64__)
#define SCORES_PANEL 4  // 32 vector registers
#else
#define SCORES_PANEL 2  // 16 vector registers
#endif
namespace scores::portable {
#include "simd.h"

#include "kernel.h"
}  // namespace scores::portable

#if defined(__x86_64__)
#undef SCORES_BYTES
#undef SCORES_PANEL
#define SCORES_BYTES 32
#define SCORES_PANEL 2
CT_FOR_AVX2
namespace scores::avx2 {
#include "simd.h"

#include "kernel.h"
}  // namespace scores::avx2
CT_END

#undef SCORES_BYTES
#undef SCORES_PANEL
#define SCORES_BYTES 64
#define SCORES_PANEL 4
CT_FOR_AVX512
namespace scores::avx512 {
#include "simd.h"

#include "kernel.h"
}  // namespace scores::avx512
CT_END
#endif
