// What the kernels of CTorch, CScores and COcean share: the choice of vector instructions, and libtorch's threads.
//
// A kernel is written once with the compiler's vector types and compiled for each instruction set between CT_FOR_… and
// CT_END; CT_NEWEST picks among the results where it is called.
#ifndef CTORCH_DISPATCH_H
#define CTORCH_DISPATCH_H

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Instruction sets, the newest last. Results of different ones differ by rounding alone.
enum { CT_PORTABLE = 0, CT_AVX2 = 1, CT_AVX512 = 2 };

/// The newest instruction set that this processor has and this thread's limit allows.
CT_PLAIN int32_t ct_instructions(void);
/// Sets the newest instruction set that kernels called from this thread may use; CT_AVX512 unless set. For tests.
CT_PLAIN void ct_limit_instructions(int32_t limit);

/// Calls `body(context, index)` for indices 0 … count − 1 on libtorch's threads, ct_get_threads() of them at most.
CT_FUNCTION ct_parallel(int64_t count, void (*body)(void *context, int64_t index), void *context);

#define CT_FOR_AVX2 _Pragma("clang attribute push(__attribute__((target(\"avx2,fma\"))), apply_to = function)")
#define CT_FOR_AVX512                                                                                             \
  _Pragma("clang attribute push(__attribute__((target(\"avx512f,avx512vl,avx512dq,avx512bw,avx2,fma\"))), apply_to = function)")
#define CT_END _Pragma("clang attribute pop")

#if defined(__x86_64__)
#define CT_NEWEST(portable, avx2, avx512) \
  (ct_instructions() == CT_AVX512 ? (avx512) : ct_instructions() == CT_AVX2 ? (avx2) : (portable))
#else
#define CT_NEWEST(portable, avx2, avx512) (portable)
#endif

#ifdef __cplusplus
}
#endif
#endif
