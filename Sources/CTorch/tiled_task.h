// What the tiled score sums share across instruction sets: the task, its running sums, the kernels' table.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace tiled {

/// Running sums Σ exp(s), one per row or column, each stored as exp(shift) · sum.
template <typename T>
struct Sums {
  T *shift;
  double *sum;

  /// Adds exp(at) · value.
  void add(int64_t index, T at, double value) {
    if (value == 0) return;
    if (at == shift[index]) {
      sum[index] += value;
    } else if (at < shift[index]) {
      sum[index] += value * std::exp(double(at) - double(shift[index]));
    } else {
      sum[index] = sum[index] * std::exp(double(shift[index]) - double(at)) + value;
      shift[index] = at;
    }
  }

  double log(int64_t index) const { return double(shift[index]) + std::log(sum[index]); }
};

/// The scores S = x yᵀ + a 1ᵀ + 1 bᵀ and what is wanted of them. Absent arrays are null.
template <typename T>
struct Scores {
  const T *x, *y;        // n × d, m × d, row-major
  const T *a, *b;        // n, m
  int64_t n, m, d;
  bool off_diagonal;     // the total runs over i ≠ j
};

template <typename T>
struct Forward : Scores<T> {
  Sums<T> rows, columns;  // n, m; absent: null pointers
  Sums<T> total;          // one per lane
  T *diagonal;            // min(n, m)
};

/// G = exp S ∘ (p e^{−row} + e^{−column} q + g e^{−total}) − diag t, and its products.
template <typename T>
struct Gradient : Scores<T> {
  const T *row_log, *column_log;  // logarithms of the sums; used where p, q are there
  T total_log;
  const T *p, *q, *t;             // n, m, min(n, m)
  T g;
  T *dx, *dy, *da, *db;           // G y, Gᵀ x, row sums, column sums: added to
};

/// A block of S: rows [row, row_end) and columns [column, column_end).
struct Block {
  int64_t row, row_end, column, column_end;
};

/// The kernels of one instruction set and element type. `scratch` is aligned to 64 bytes.
template <typename T>
struct Kernels {
  int64_t (*scratch)(int64_t d);  // elements of scratch a lane needs
  void (*forward)(const Forward<T> &, Block, int64_t lane, T *scratch);
  void (*gradient)(const Gradient<T> &, Block, T *scratch);
  void (*exponential)(const T *x, T *out, int64_t count);
};

namespace portable {
extern const Kernels<float> kernels32;
extern const Kernels<double> kernels64;
}  // namespace portable
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels<float> kernels32;
extern const Kernels<double> kernels64;
}  // namespace avx2
namespace avx512 {
extern const Kernels<float> kernels32;
extern const Kernels<double> kernels64;
}  // namespace avx512
#endif

}  // namespace tiled
