// What the score sums share across instruction sets: the task, its running sums, the kernels' table.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace scores {

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

/// Among n × m scores, pairs are (i, i + offset): the first row with a partner, and how many have one. Arrays over pairs
/// begin with that row.
inline int64_t firstPair(int64_t offset) { return std::max<int64_t>(0, -offset); }
inline int64_t pairCount(int64_t n, int64_t m, int64_t offset) {
  return std::max<int64_t>(0, std::min(n, m - offset) - firstPair(offset));
}

/// Scores S_ij = ⟨x̃_i, ỹ_j⟩ + a_i + b_j of factors x̃_i = r_i (x_i − o), ỹ_j = c_j (y_j − o), which are formed tile by tile
/// as they are read. Absent arrays are null: r, c of ones, o of zeros.
template <typename T>
struct Scores {
  const T *x, *y;        // n × d, m × d, row-major
  const T *r, *c, *o;    // n, m, d
  const T *a, *b;        // n, m
  int64_t n, m, d;
  int64_t offset;        // pairs are (i, i + offset)
  bool off_diagonal;     // the total leaves pairs out
};

template <typename T>
struct Forward : Scores<T> {
  Sums<T> rows, columns;  // n, m; absent: null pointers
  Sums<T> total;          // one per lane
  T *diagonal;            // one per pair
  Sums<T> row_squares, column_squares;     // of exp(2 S): n, m; both or neither, with rows and columns
  const T *row_floor, *column_floor;       // n, m; both or neither
  int64_t *row_count, *column_count;       // scores of the row, of the column, that are not less than its floor: added to
};

/// The largest of some numbers that are not negative; NaN where one of them is.
template <typename T>
T largestOf(const T *values, int64_t count) {
  T most = 0;
  bool isNumber = true;
  for (int64_t i = 0; i < count; ++i) most = std::max(most, values[i]), isNumber &= values[i] == values[i];
  return isNumber ? most : std::numeric_limits<T>::quiet_NaN();
}

/// The answer to one query over part of the candidates: moments of e = exp(S − shift), with a shift not far below the
/// largest score so far, and the candidates whose scores are not less than the floor, the k-th best so far less the rounding.
template <typename T>
struct Found {
  T shift = -std::numeric_limits<T>::infinity();
  T top = -std::numeric_limits<T>::infinity();    // max S
  T best = -std::numeric_limits<T>::infinity();   // max S − reference
  T kth = -std::numeric_limits<T>::infinity();    // no k-th best is less
  T slack = 0;                                    // what two scores may differ by through rounding; not finite with a column
  T floor = -std::numeric_limits<T>::infinity();  // kth − slack
  double sum = 0, squares = 0, moment = 0, reference = 0;  // Σ e, Σ e², Σ e (S − shift), Σ e · reference
  std::vector<std::pair<T, int64_t>> kept;                 // score, column
  size_t room = 0;

  /// Takes the moments relative to another shift.
  void rescale(T to) {
    if (sum > 0) {
      const double change = double(shift) - double(to), factor = std::exp(change);
      moment = factor * (moment + change * sum);
      sum *= factor, squares *= factor * factor, reference *= factor;
    }
    shift = to;
  }
  void keep(T score, int64_t column, int64_t k) {
    kept.emplace_back(score, column);
    if (kept.size() >= std::max<size_t>(room, 2 * k + 64)) shrink(k);
  }
  /// Raises the k-th best, or the slack, and with them the floor.
  void raise(T best, T rounding) {
    kth = std::max(kth, best);
    // NaN stays.
    slack = slack >= rounding ? slack : rounding >= slack ? rounding : slack + rounding;
    floor = kth - slack;
  }
  /// Raises the floor to the k-th best less the slack, and drops what lies below it.
  void shrink(int64_t k) {
    if (static_cast<int64_t>(kept.size()) > k) {
      std::nth_element(kept.begin(), kept.begin() + (k - 1), kept.end(),
                       [](const auto &a, const auto &b) { return a.first > b.first; });
      raise(kept[k - 1].first, slack);
    }
    kept.erase(std::remove_if(kept.begin(), kept.end(), [this](const auto &a) { return a.first < floor; }), kept.end());
    room = 2 * kept.size();
  }
  void merge(Found &other, int64_t k) {
    top = std::max(top, other.top);
    const T both = std::max(shift, other.shift);
    rescale(both), other.rescale(both);
    sum += other.sum, squares += other.squares, moment += other.moment, reference += other.reference;
    best = std::max(best, other.best);
    raise(other.kth, other.slack);
    kept.insert(kept.end(), other.kept.begin(), other.kept.end());
    shrink(k);
  }
};

/// The k best columns of each row, and the moments of the rows.
template <typename T>
struct Search : Scores<T> {
  const T *reference;  // m, finite; what b holds of log-weights; may be null
  const T *length, *rest;  // n: scores of a row may differ by its length times the longest column, and its rest, through rounding
  T longest;               // of the columns; less than 0 where their lengths are still to be found
  int64_t k;

  /// What two scores of row i may differ by, where no column is longer.
  T slack(int64_t i, T longest) const { return length[i] * longest + rest[i]; }
};

/// G = exp S ∘ (p e^{−row} + e^{−column} q + g e^{−total}) − diag t, and its products; those whose pointer is null are
/// not wanted.
template <typename T>
struct Gradient : Scores<T> {
  const T *row_log, *column_log;  // logarithms of the sums; used where p, q are there
  T total_log;
  const T *p, *q, *t;             // n, m, one per pair
  T g;
  T *dx, *dy, *da, *db;           // G ỹ, Gᵀ x̃, row sums, column sums: added to
};

/// A block of S: rows [row, row_end) and columns [column, column_end).
struct Block {
  int64_t row, row_end, column, column_end;
};

/// The kernels of one instruction set and element type. `scratch` is aligned to 64 bytes.
template <typename T>
struct Kernels {
  int64_t (*scratch)(int64_t d);  // elements of scratch a lane needs
  int64_t few;                    // a search of fewer rows than this finds the lengths of columns itself
  void (*forward)(const Forward<T> &, Block, int64_t lane, T *scratch);
  void (*gradient)(const Gradient<T> &, Block, T *scratch);
  void (*search)(const Search<T> &, Block, Found<T> *, T *scratch);  // what is found, one per row of the block
  void (*exponential)(const T *x, T *out, int64_t count);
  /// out_i = ⟨x_i − o, w_i⟩ for `count` rows of d, or |x_i − o|² when w is null; o may be null.
  void (*inner)(const T *x, const T *o, const T *w, int64_t count, int64_t d, T *out);
  /// w_i ← α_i w_i − β_i (x_i − o).
  void (*combine)(T *w, const T *x, const T *o, const T *alpha, const T *beta, int64_t count, int64_t d);
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

}  // namespace scores
