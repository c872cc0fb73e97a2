// Sums of exponentials over all pairs, without the matrix of pairs. The contract of ctorch.h holds.
#ifndef CTORCH_TILED_H
#define CTORCH_TILED_H

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What stands between x_i and y_j: their inner product, that of their directions (0 where one is 0), or
/// −|x_i − y_j|² / 2.
enum { CT_INNER_PRODUCT = 0, CT_COSINE = 1, CT_SQUARED_DISTANCE = 2 };

/// Scores S_ij = scale · form(x_i, y_j) + a_i + b_j: x (n × d), y (m × d), a (n) and b (m) or NULL, all of one type
/// (float32 or float64) on the processor. With `off_diagonal`, totals run over the pairs i ≠ j.
typedef struct {
  ct_tensor x, y, a, b;
  int32_t form;
  double scale;
  bool off_diagonal;
} ct_scores;

/// log Σ_j exp S_ij (n), log Σ_i exp S_ij (m), log Σ_ij exp S_ij (no axes) and S_ii (min(n, m)).
/// An output whose pointer is NULL is not computed.
CT_FUNCTION ct_score_sums(ct_scores scores, ct_tensor *rows, ct_tensor *columns, ct_tensor *total, ct_tensor *diagonal);

/// With the outputs of ct_score_sums and weights p (n), q (m), g and t (min(n, m)): the gradient of
/// Σ p_i rows_i + Σ q_j columns_j + g total − Σ t_i S_ii with respect to x, y, a, b and the scale.
/// p, q and t may be NULL (zero), and then `rows`, `columns`; an output whose pointer is NULL is not computed.
CT_FUNCTION ct_score_gradient(
    ct_scores scores, ct_tensor rows, ct_tensor columns, ct_tensor total, ct_tensor p, ct_tensor q, double g, ct_tensor t,
    ct_tensor *dx, ct_tensor *dy, ct_tensor *da, ct_tensor *db, double *dscale);

/// Elementwise exponential by the kernel of the sums, for its test. Below the least normal number's logarithm: 0.
CT_FUNCTION ct_score_exponential(ct_tensor *out, ct_tensor x);

/// The newest instruction set that the sums may use where the processor has it; CT_AVX512 unless set.
/// For tests: results differ by rounding alone.
enum { CT_PORTABLE = 0, CT_AVX2 = 1, CT_AVX512 = 2 };
CT_PLAIN void ct_score_limit_instructions(int32_t limit);

#ifdef __cplusplus
}
#endif
#endif
