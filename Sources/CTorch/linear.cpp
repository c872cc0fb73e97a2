// Linear algebra.
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_slogdet.h>
#include <ATen/ops/linalg_solve.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/matmul.h>

#include "shim.h"

using namespace shim;

namespace {

/// LAPACK lets NaN through some of its routines, depending on the size of the matrix.
void require_finite(const at::Tensor &result) {
  TORCH_CHECK_LINALG(result.isfinite().all().item<bool>(), "the result is not finite");
}

}  // namespace

extern "C" {

ct_status ct_matmul(ct_tensor *out, ct_tensor left, ct_tensor right) {
  return produce(out, [&] { return at::matmul(get(left), get(right)); });
}

ct_status ct_eigh(ct_tensor *values, ct_tensor *vectors, ct_tensor tensor) {
  return guarded([&] {
    auto [w, v] = at::linalg_eigh(get(tensor));
    require_finite(w);
    *values = make(std::move(w));
    *vectors = make(std::move(v));
  });
}

ct_status ct_eigvalsh(ct_tensor *values, ct_tensor tensor) {
  return produce(values, [&] {
    auto w = at::linalg_eigvalsh(get(tensor));
    require_finite(w);
    return w;
  });
}

ct_status ct_svd(ct_tensor *u, ct_tensor *s, ct_tensor *vh, ct_tensor tensor, bool full) {
  return guarded([&] {
    auto [left, values, right] = at::linalg_svd(get(tensor), full);
    require_finite(values);
    *u = make(std::move(left));
    *s = make(std::move(values));
    *vh = make(std::move(right));
  });
}

ct_status ct_cholesky(ct_tensor *out, int64_t *failed_order, ct_tensor tensor) {
  return guarded([&] {
    auto [factor, info] = at::linalg_cholesky_ex(get(tensor));
    *failed_order = info.max().item<int64_t>();
    *out = make(std::move(factor));
  });
}

ct_status ct_qr(ct_tensor *q, ct_tensor *r, ct_tensor tensor) {
  return guarded([&] {
    auto [orthogonal, triangular] = at::linalg_qr(get(tensor));
    *q = make(std::move(orthogonal));
    *r = make(std::move(triangular));
  });
}

ct_status ct_solve(ct_tensor *out, ct_tensor matrix, ct_tensor right) {
  return produce(out, [&] {
    auto solution = at::linalg_solve(get(matrix), get(right));
    require_finite(solution);
    return solution;
  });
}

ct_status ct_solve_triangular(ct_tensor *out, ct_tensor matrix, ct_tensor right, bool upper, bool left) {
  return produce(out, [&] { return at::linalg_solve_triangular(get(matrix), get(right), upper, left); });
}

ct_status ct_log_determinant(ct_tensor *sign, ct_tensor *log_absolute, ct_tensor tensor) {
  return guarded([&] {
    auto [s, l] = at::linalg_slogdet(get(tensor));
    *sign = make(std::move(s));
    *log_absolute = make(std::move(l));
  });
}

}  // extern "C"
