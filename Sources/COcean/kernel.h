// What the instruction sets share: the kernel's table entry.
#pragma once

#include <stdint.h>

#include "cocean.h"
#include "dispatch.h"

/// Vectors of the widest kind hold so many trajectories.
enum { WIDEST = 8 };

/// Integrates `width` trajectories, one a lane, over `steps` Runge–Kutta steps.
typedef struct {
  int64_t width;
  /// `psi`: CO_COEFFICIENTS vectors of `width`, times 2π, aligned to 64 bytes. `factors`: for every half step, the first
  /// one included, cos ω_k t (CO_MODES) and sin ω_k t (CO_MODES). `x`, `y`: positions of the lanes, updated.
  void (*integrate)(const double *psi, const double *factors, int64_t steps, double time_step, double *x, double *y);
} Kernel;

extern const Kernel kernel_portable;
#if defined(__x86_64__)
extern const Kernel kernel_avx2;
extern const Kernel kernel_avx512;
#endif
