// Functions applied to each element.
#include <ATen/ops/atan2.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/where.h>

#include <cmath>

#include "shim.h"

using namespace shim;

at::Tensor shim::binade(const at::Tensor &x) {
  // A floating-point number without its sign and its fraction.
  const auto power = [&](at::ScalarType bits, int64_t exponent, double least) {
    return x.detach().view(bits).bitwise_and(exponent).view(x.scalar_type()).clamp_min(least);
  };
  switch (x.scalar_type()) {
    case at::kFloat: return power(at::kInt, 0x7F800000, 0x1p-126);
    case at::kBFloat16: return power(at::kShort, 0x7F80, 0x1p-126);
    case at::kDouble: return power(at::kLong, 0x7FF0000000000000, 0x1p-1022);
    default: TORCH_CHECK(false, "binades are those of floating-point numbers, not of ", x.scalar_type());
  }
}

namespace {

at::Tensor unary(ct_unary_op op, const at::Tensor &x) {
  switch (op) {
    case CT_NEGATIVE: return x.neg();
    case CT_ABSOLUTE: return x.abs();
    case CT_SIGN: return x.sign();
    case CT_SQUARE: return x.square();
    case CT_SQUARE_ROOT: return x.sqrt();
    case CT_RECIPROCAL_SQUARE_ROOT: return x.rsqrt();
    case CT_EXP: return x.exp();
    case CT_EXPM1: return x.expm1();
    case CT_LOG: return x.log();
    case CT_LOG1P: return x.log1p();
    case CT_SIN: return x.sin();
    case CT_COS: return x.cos();
    case CT_TANH: return x.tanh();
    case CT_SIGMOID: return x.sigmoid();
    case CT_SOFTPLUS: return at::softplus(x);
    case CT_RELU: return x.relu();
    case CT_GELU: return at::gelu(x);
    case CT_SILU: return at::silu(x);
    case CT_ERF: return x.erf();
    case CT_ERFINV: return x.erfinv();
    case CT_FLOOR: return x.floor();
    case CT_ROUND: return x.round();
    case CT_IS_NAN: return x.isnan();
    case CT_IS_FINITE: return x.isfinite();
    case CT_NOT: return x.logical_not();
    case CT_BINADE: return binade(x);
  }
  TORCH_CHECK(false, "unknown elementwise function");
}

/// `right` is a tensor or a number: ATen overloads every one of these on both.
template <typename Right>
at::Tensor binary(ct_binary_op op, const at::Tensor &x, const Right &y) {
  switch (op) {
    case CT_ADD: return x.add(y);
    case CT_SUBTRACT: return x.sub(y);
    case CT_MULTIPLY: return x.mul(y);
    case CT_DIVIDE: return x.div(y);
    case CT_POWER: return x.pow(y);
    case CT_EQUAL: return x.eq(y);
    case CT_NOT_EQUAL: return x.ne(y);
    case CT_LESS: return x.lt(y);
    case CT_LESS_EQUAL: return x.le(y);
    case CT_GREATER: return x.gt(y);
    case CT_GREATER_EQUAL: return x.ge(y);
    default: break;
  }
  if constexpr (std::is_same_v<Right, at::Tensor>) {
    switch (op) {
      case CT_MAXIMUM: return at::maximum(x, y);
      case CT_MINIMUM: return at::minimum(x, y);
      case CT_AND: return at::logical_and(x, y);
      case CT_OR: return at::logical_or(x, y);
      case CT_ATAN2: return at::atan2(x, y);
      default: break;
    }
  }
  TORCH_CHECK(false, "no such operation for these operands");
}

template <typename Right>
void binary_in_place(ct_binary_op op, const at::Tensor &x, const Right &y) {
  switch (op) {
    case CT_ADD: x.add_(y); return;
    case CT_SUBTRACT: x.sub_(y); return;
    case CT_MULTIPLY: x.mul_(y); return;
    case CT_DIVIDE: x.div_(y); return;
    default: TORCH_CHECK(false, "no such operation in place");
  }
}

/// The number as ATen takes it: whole where integers are compared with a whole number, since a fraction
/// would round them to float32.
at::Scalar scalar(ct_binary_op op, const at::Tensor &x, double y) {
  const bool compares = op >= CT_EQUAL && op <= CT_GREATER_EQUAL;
  const bool whole = std::trunc(y) == y && std::abs(y) < 0x1p62;
  return compares && whole && !x.is_floating_point() ? at::Scalar(static_cast<int64_t>(y)) : at::Scalar(y);
}

}  // namespace

extern "C" {

ct_status ct_unary(ct_tensor *out, ct_unary_op op, ct_tensor tensor) {
  return produce(out, [&] { return unary(op, get(tensor)); });
}

ct_status ct_binary(ct_tensor *out, ct_binary_op op, ct_tensor left, ct_tensor right) {
  return produce(out, [&] { return binary(op, get(left), get(right)); });
}

ct_status ct_binary_scalar(ct_tensor *out, ct_binary_op op, ct_tensor left, double right) {
  return produce(out, [&] { return binary(op, get(left), scalar(op, get(left), right)); });
}

ct_status ct_binary_in_place(ct_binary_op op, ct_tensor left, ct_tensor right) {
  return guarded([&] { binary_in_place(op, get(left), get(right)); });
}

ct_status ct_binary_scalar_in_place(ct_binary_op op, ct_tensor left, double right) {
  return guarded([&] { binary_in_place(op, get(left), at::Scalar(right)); });
}

ct_status ct_clamp(ct_tensor *out, ct_tensor tensor, double minimum, double maximum) {
  return produce(out, [&] {
    const auto type = get(tensor).scalar_type();
    return get(tensor).clamp(held(minimum, type), held(maximum, type));
  });
}

ct_status ct_where(ct_tensor *out, ct_tensor condition, ct_tensor yes, ct_tensor no) {
  return produce(out, [&] { return at::where(get(condition), get(yes), get(no)); });
}

ct_status ct_masked_fill(ct_tensor *out, ct_tensor tensor, ct_tensor mask, double value) {
  return produce(out, [&] { return get(tensor).masked_fill(get(mask), held(value, get(tensor).scalar_type())); });
}

}  // extern "C"
