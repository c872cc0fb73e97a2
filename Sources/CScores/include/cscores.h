// Sums of exponentials over all pairs, without the matrix of pairs. The contract of ctorch.h holds.
#ifndef CSCORES_H
#define CSCORES_H

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What stands between two rows x_i and y_j where the sums have kernels of their own for it: the one list of them.
typedef enum __attribute__((enum_extensibility(closed), swift_name("FusedForm"))) : int32_t {
  /// ⟨x, y⟩.
  CS_INNER_PRODUCT __attribute__((swift_name("innerProduct"))) = 0,
  /// ⟨x, y⟩ / (|x| |y|); 0, with the gradient 0, where a row is 0.
  CS_COSINE __attribute__((swift_name("cosine"))) = 1,
  /// −|x − y|² / 2, by norms relative to the mean of y and an inner product.
  CS_SQUARED_DISTANCE __attribute__((swift_name("squaredDistance"))) = 2
} cs_form;

/// Scores S_ij = scale · form(x_i, y_j) + a_i + b_j: x (n × d), y (m × d), a (n) and b (m) or NULL, all of one type
/// (float32 or float64) on the processor. The partner of row i is column i + offset, where there is one; with
/// `off_diagonal`, totals leave these pairs out.
typedef struct {
  ct_tensor x, y, a, b;
  cs_form form;
  double scale;
  int64_t offset;
  bool off_diagonal;
} cs_scores;

/// log Σ_j exp S_ij (n), log Σ_i exp S_ij (m), log Σ_ij exp S_ij (no axes) and the scores of the pairs, in order.
/// An output whose pointer is NULL is not computed.
CT_FUNCTION cs_sums(cs_scores scores, ct_tensor *rows, ct_tensor *columns, ct_tensor *total, ct_tensor *diagonal);

/// cs_sums and, from the same tiles: log Σ_j exp 2S_ij (n) and log Σ_i exp 2S_ij (m), and how many scores of each row
/// (int64, n) and column (int64, m) are not less than its floor. Floors, squares: both or neither.
CT_FUNCTION cs_survey(
    cs_scores scores, ct_tensor row_floor, ct_tensor column_floor, ct_tensor *rows, ct_tensor *columns,
    ct_tensor *total, ct_tensor *diagonal, ct_tensor *row_squares, ct_tensor *column_squares, ct_tensor *row_count,
    ct_tensor *column_count);

/// The k best columns of each row, and what a softmax over the row needs. `reference` (m, finite, or NULL) is what b holds
/// of log-weights. Of columns whose scores are below `floor` (n) of the row none counts among the best.
/// `best_rows`, `best_columns` (int64): the pairs that may be among the best k of their row in exact arithmetic, by
/// row. `moments` (n × 7, float64): h = max_j S_ij, Σ e, Σ e², Σ e (S − h), Σ e · reference with e = exp(S − h),
/// max_j S_ij − reference_j, and what two scores of the row may differ by through rounding; h is −∞ where no score is above
/// that. The last is not finite where a number of y is not, whatever the rest is then.
CT_FUNCTION cs_search(
    cs_scores scores, ct_tensor reference, ct_tensor floor, int64_t k, ct_tensor *best_rows, ct_tensor *best_columns,
    ct_tensor *moments);

/// With the outputs of cs_sums and weights p (n), q (m), g and t (one per pair): the gradient of
/// Σ p_i rows_i + Σ q_j columns_j + g total − Σ t_k diagonal_k with respect to x, y, a, b and the scale.
/// p, q and t may be NULL (zero), and then `rows`, `columns`; an output whose pointer is NULL is not computed.
CT_FUNCTION cs_gradient(
    cs_scores scores, ct_tensor rows, ct_tensor columns, ct_tensor total, ct_tensor p, ct_tensor q, double g, ct_tensor t,
    ct_tensor *dx, ct_tensor *dy, ct_tensor *da, ct_tensor *db, double *dscale);

/// Elementwise exponential by the kernel of the sums, for its test. Below the least normal number's logarithm: 0.
CT_FUNCTION cs_exponential(ct_tensor *out, ct_tensor x);

#ifdef __cplusplus
}
#endif
#endif
