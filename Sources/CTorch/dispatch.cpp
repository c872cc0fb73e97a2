// The choice of vector instructions, and libtorch's threads for kernels in C.
#include "dispatch.h"

#include "parallel.h"
#include "shim.h"

namespace {
thread_local int32_t instruction_limit = CT_AVX512;
}

extern "C" {

int32_t ct_instructions(void) {
#if defined(__x86_64__)
  static const int32_t newest = [] {
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    return avx512 ? CT_AVX512 : avx2 ? CT_AVX2 : CT_PORTABLE;
  }();
  return std::min(newest, instruction_limit);
#else
  return CT_PORTABLE;
#endif
}

void ct_limit_instructions(int32_t limit) { instruction_limit = limit; }

ct_status ct_parallel(int64_t count, void (*body)(void *context, int64_t index), void *context) {
  return shim::guarded([&] { shim::parallel(count, [=](int64_t index) { body(context, index); }); });
}

}  // extern "C"
