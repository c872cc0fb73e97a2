// What the score sums are given: the operands checked and brought into the kernels' form, and the way back.
//
// No n × d tensor is made here. Factors are scaled and centred as the kernels read them; the gradients of the formed
// factors x̃, ỹ become those of x, y in place.
#pragma once

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "cscores.h"
#include "dispatch.h"
#include "parallel.h"
#include "shim.h"
#include "task.h"

namespace scores {

/// Those of the newest instruction set.
template <typename T>
const Kernels<T> &kernels();
template <>
inline const Kernels<float> &kernels() {
  return CT_NEWEST(portable::kernels32, avx2::kernels32, avx512::kernels32);
}
template <>
inline const Kernels<double> &kernels() {
  return CT_NEWEST(portable::kernels64, avx2::kernels64, avx512::kernels64);
}

/// Calls `body(begin, end)` for consecutive parts of `count` rows, each worth a thread's start.
template <typename Body>
void overRows(int64_t count, int64_t work, Body body) {
  const int64_t parts = std::clamp<int64_t>(count * work / 65536, 1, at::get_num_threads());
  shim::parallel(parts, [&](int64_t part) { body(shim::cut(count, part, parts), shim::cut(count, part + 1, parts)); });
}

/// Gradients with respect to the operands; those not wanted are undefined.
struct Gradients {
  at::Tensor x, y, a, b;
};

/// The inputs, contiguous; kept alive while the kernels read them.
///
/// | form             | x̃            | ỹ         | added to a     | added to b     |
/// |------------------|--------------|-----------|----------------|----------------|
/// | inner product    | κ x          | y         |                |                |
/// | cosine           | κ x / |x|    | y / |y|   |                |                |
/// | squared distance | κ (x − o)    | y − o     | −κ |x − o|²/2  | −κ |y − o|²/2  |
///
/// with κ the scale and o the mean of y, which takes the common part of the lengths out of the cancellation.
struct Operands {
  at::Tensor x, y, a, b;
  at::Tensor r, c, o;            // scales and centre of the factors
  at::Tensor squares_x, squares_y;  // |x_i − o|², |y_j − o|², where the form uses them
  at::Tensor units_x, units_y;      // what rows were divided by, where any had to be
  cs_form form;
  double scale;
  int64_t offset;
  bool off_diagonal;
  int64_t n, m, d;

  explicit Operands(cs_scores scores)
      : form(scores.form), scale(scores.scale), offset(scores.offset), off_diagonal(scores.off_diagonal) {
    x = dense(scores.x);
    TORCH_CHECK(x.dim() == 2 && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble) && x.is_cpu(),
                "x must be a matrix of float32 or float64 on the processor");
    y = dense(scores.y);
    TORCH_CHECK(y.dim() == 2 && y.size(1) == x.size(1), "x and y must have as many columns");
    n = x.size(0), m = y.size(0), d = x.size(1);
    TORCH_CHECK(n > 0 && m > 0 && d > 0, "x and y must not be empty");
    like(y, {m, d}, "y");
    a = vector(scores.a, n, "a");
    b = vector(scores.b, m, "b");
    if (isFloat())
      prepare<float>();
    else
      prepare<double>();
  }

  int64_t pairs() const { return pairCount(n, m, offset); }
  bool isFloat() const { return x.scalar_type() == at::kFloat; }
  at::Tensor vector(ct_tensor handle, int64_t count, const char *name) const {
    auto tensor = dense(handle);
    if (tensor.defined()) like(tensor, {count}, name);
    return tensor;
  }
  at::Tensor empty(at::IntArrayRef shape) const { return at::empty(shape, x.options().requires_grad(false)); }
  at::Tensor zeros(at::IntArrayRef shape) const { return at::zeros(shape, x.options().requires_grad(false)); }

  template <typename T>
  Scores<T> task() const {
    return {data<T>(x), data<T>(y), data<T>(r), data<T>(c), data<T>(o), data<T>(a), data<T>(b),
            n, m, d, offset, off_diagonal};
  }
  template <typename T>
  static T *data(const at::Tensor &tensor) {
    return tensor.defined() ? tensor.data_ptr<T>() : nullptr;
  }

  /// Turns the gradients with respect to x̃ and ỹ into those with respect to x and y, in place; returns that with
  /// respect to the scale (meaningful when out.x is there, and for distances out.a and out.b).
  template <typename T>
  double finish(Gradients &out) const {
    at::Tensor along_x, along_y;
    if (out.x.defined()) along_x = inner<T>(x, out.x);
    if (out.y.defined() && form == CS_COSINE) along_y = inner<T>(y, out.y);
    const double slope = out.x.defined() ? slopeOfScale<T>(along_x, out) : 0;
    if (out.x.defined()) convert<T>(out.x, x, r, along_x, squares_x, out.a, true);
    if (out.y.defined()) convert<T>(out.y, y, c, along_y, squares_y, out.b, false);
    if (out.x.defined() && units_x.defined()) out.x.div_(units_x);
    if (out.y.defined() && units_y.defined()) out.y.div_(units_y);
    return slope;
  }

 private:
  static at::Tensor dense(ct_tensor handle) {
    return handle ? shim::get(handle).detach().contiguous() : at::Tensor();
  }
  void like(const at::Tensor &tensor, at::IntArrayRef shape, const char *name) const {
    TORCH_CHECK(tensor.sizes() == shape && tensor.scalar_type() == x.scalar_type() && tensor.is_cpu(), name,
                " must be a ", x.scalar_type(), " tensor of shape ", shape, " on the processor, not ",
                tensor.scalar_type(), tensor.sizes());
  }
  at::Tensor full(int64_t count, double value) const {
    return at::full({count}, value, x.options().requires_grad(false));
  }

  /// ⟨rows_i − o, w_i⟩, or |rows_i − o|² without w.
  template <typename T>
  at::Tensor inner(const at::Tensor &rows, const at::Tensor &w = {}) const {
    auto result = empty({rows.size(0)});
    const auto &kernel = kernels<T>();
    overRows(rows.size(0), d, [&](int64_t begin, int64_t end) {
      kernel.inner(data<T>(rows) + begin * d, data<T>(o), w.defined() ? data<T>(w) + begin * d : nullptr,
                   end - begin, d, data<T>(result) + begin);
    });
    return result;
  }

  template <typename T>
  void prepare() {
    const T kappa = static_cast<T>(scale);
    if (form == CS_INNER_PRODUCT) {
      if (scale != 1) r = full(n, scale);
      return;
    }
    if (form == CS_SQUARED_DISTANCE) o = y.mean(0);
    squares_x = inner<T>(x);
    squares_y = inner<T>(y);
    if (form == CS_COSINE) {
      units_x = bringWithinRange<T>(x, squares_x);
      units_y = bringWithinRange<T>(y, squares_y);
      r = inverseLengths<T>(squares_x, kappa);
      c = inverseLengths<T>(squares_y, 1);
    } else {
      r = full(n, scale);
      a = minusHalf(squares_x, a);
      b = minusHalf(squares_y, b);
    }
  }
  at::Tensor minusHalf(const at::Tensor &squares, const at::Tensor &bias) const {
    const auto half = squares * (-0.5 * scale);
    return bias.defined() ? half + bias : half;
  }

  /// Where the squares of any row overflow or lose their digits, divides all rows by the powers of two of their largest
  /// coordinates, which rounds nothing, and returns these. (Always to do so would cost a copy of the rows.)
  template <typename T>
  at::Tensor bringWithinRange(at::Tensor &rows, at::Tensor &squares) const {
    const T *row = data<T>(rows), least = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
    bool fits = true;
    for (int64_t i = 0; fits && i < rows.size(0); ++i, row += d) {
      const T square = data<T>(squares)[i];
      fits = (square >= least && square <= std::numeric_limits<T>::max()) ||
             (square == 0 && std::all_of(row, row + d, [](T value) { return value == 0; }));
    }
    if (fits) return {};
    const auto units = shim::binade(rows.abs().amax(1, true));
    rows = rows / units;
    squares = inner<T>(rows);
    return units;
  }

  /// factor / √squares; 0 where the square is.
  template <typename T>
  at::Tensor inverseLengths(const at::Tensor &squares, T factor) const {
    auto result = at::empty_like(squares);
    const T *from = data<T>(squares);
    T *to = data<T>(result);
    for (int64_t i = 0; i < squares.size(0); ++i)
      to[i] = from[i] == 0 ? T(0) : factor / std::sqrt(from[i]);
    return result;
  }

  template <typename T>
  double slopeOfScale(const at::Tensor &along_x, const Gradients &out) const {
    double slope = 0;
    const T *t = data<T>(along_x), *scales = data<T>(r);
    for (int64_t i = 0; i < n; ++i) slope += form == CS_COSINE ? double(t[i]) * scales[i] / scale : double(t[i]);
    if (form == CS_SQUARED_DISTANCE && out.a.defined() && out.b.defined())
      slope -= (weighted<T>(out.a, squares_x) + weighted<T>(out.b, squares_y)) / 2;
    return slope;
  }
  template <typename T>
  static double weighted(const at::Tensor &weights, const at::Tensor &values) {
    double sum = 0;
    for (int64_t i = 0; i < weights.size(0); ++i) sum += double(data<T>(weights)[i]) * data<T>(values)[i];
    return sum;
  }

  /// w_i ← α_i w_i − β_i (rows_i − o): the derivative of the formed factors at rows, with its projection for the cosine
  /// and the part of a or b for distances.
  template <typename T>
  void convert(
      const at::Tensor &w, const at::Tensor &rows, const at::Tensor &scales, const at::Tensor &along,
      const at::Tensor &squares, const at::Tensor &sums, bool isX) const {
    if (form == CS_INNER_PRODUCT && !scales.defined()) return;
    const int64_t count = rows.size(0);
    const auto alpha = scales.defined() ? scales : full(count, 1);
    auto beta = zeros({count});
    T *out = data<T>(beta);
    const T *factor = data<T>(alpha);
    for (int64_t i = 0; i < count; ++i) {
      if (form == CS_COSINE && factor[i] != 0) out[i] = factor[i] * data<T>(along)[i] / data<T>(squares)[i];
      if (form == CS_SQUARED_DISTANCE) out[i] = (isX ? factor[i] : static_cast<T>(scale)) * data<T>(sums)[i];
    }
    const auto &kernel = kernels<T>();
    overRows(count, d, [&](int64_t begin, int64_t end) {
      kernel.combine(data<T>(w) + begin * d, data<T>(rows) + begin * d, data<T>(o), factor + begin, out + begin,
                     end - begin, d);
    });
  }
};

}  // namespace scores
