// Paths of drifters in a random streamfunction on the torus (MATH §5.4), many at once.
#ifndef COCEAN_H
#define COCEAN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /// The wavenumbers are κ ∈ {−3 … 3}²; mode k = 7 (κ₁ + 3) + κ₂ + 3, so that −κ is mode 48 − k.
  CO_MODES = 49,
  /// Real numbers that make a flow: Re ψ_0 … Re ψ_48, Im ψ_0 … Im ψ_48.
  CO_COEFFICIENTS = 98
};

/// ψ(x, t) = Re Σ_k ψ_k exp(iω_k t) exp(2πi⟨κ_k, x⟩), and dx/dt = (∂ψ/∂x₂, −∂ψ/∂x₁) from t = 0.
typedef struct {
  const double *coefficients;  // flows × CO_COEFFICIENTS
  const double *frequencies;   // CO_MODES: ω_k
  const double *starts;        // drifters × 2: where each flow's drifters start
  int64_t flows, drifters;
  double time_step;
  int64_t steps;               // of the classical fourth-order Runge–Kutta method
  int64_t every;               // a position is recorded after every so many steps
} co_drift;

/// Writes the recorded positions, not wrapped: flows × drifters × (steps / every) × 2. Each path depends on its own
/// flow and start alone: not on the number of threads, nor on what else is computed in the same call.
/// Runs on libtorch's threads. Returns 0, or an errno when memory is lacking.
int32_t co_integrate(const co_drift *drift, double *positions);

#ifdef __cplusplus
}
#endif
#endif
