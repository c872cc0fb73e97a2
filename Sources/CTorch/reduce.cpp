// Reductions and order.
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>

#include <cstdint>

#include "parallel.h"
#include "shim.h"

using namespace shim;

namespace {

/// Relative to the power of two of the largest magnitude, which is exact: no square overflows or loses its digits.
at::Tensor norm(const at::Tensor &x, at::IntArrayRef axes, bool keep) {
  if (x.numel() == 0) return at::linalg_vector_norm(x, 2, axes, keep);
  const auto scale = binade(x.detach().abs().amax(axes, true));
  const auto result = at::linalg_vector_norm(x / scale, 2, axes, true) * scale;
  return keep ? result : result.squeeze(axes);
}

at::Tensor reduce(ct_reduction op, const at::Tensor &x, at::IntArrayRef axes, bool keep) {
  switch (op) {
    case CT_SUM: return x.sum(axes, keep);
    case CT_MEAN: return x.mean(axes, keep);
    case CT_VARIANCE: return x.var(axes, /*correction=*/1, keep);
    case CT_LOGSUMEXP: return x.logsumexp(axes, keep);
    case CT_AMAX: return x.amax(axes, keep);
    case CT_AMIN: return x.amin(axes, keep);
    case CT_NORM: return norm(x, axes, keep);
  }
  TORCH_CHECK(false, "unknown reduction");
}

/// Whether no exponent of `count` IEEE numbers has all its bits set; without branches, so that it is made of vectors.
template <typename Bits>
bool areFinite(const Bits *bits, int64_t count, Bits exponent) {
  Bits bad = 0;
  for (int64_t i = 0; i < count; ++i) bad |= Bits((bits[i] & exponent) == exponent);
  return bad == 0;
}

/// One pass over numbers that lie in succession, in parts that threads share.
template <typename Bits>
bool areFinite(const at::Tensor &x, Bits exponent) {
  const int64_t count = x.numel(), parts = std::clamp<int64_t>(count >> 17, 1, at::get_num_threads());
  const auto *bits = static_cast<const Bits *>(x.const_data_ptr());
  std::vector<char> fine(parts);
  parallel(parts, [&](int64_t part) {
    const int64_t begin = cut(count, part, parts);
    fine[part] = areFinite(bits + begin, cut(count, part + 1, parts) - begin, exponent);
  });
  return std::find(fine.begin(), fine.end(), 0) == fine.end();
}

bool areFinite(const at::Tensor &x) {
  if (x.device().is_cpu() && x.is_contiguous()) {
    if (x.scalar_type() == at::kFloat) return areFinite<uint32_t>(x, 0x7f800000);
    if (x.scalar_type() == at::kDouble) return areFinite<uint64_t>(x, 0x7ff0000000000000);
  }
  return at::isfinite(x).all().item<bool>();
}

}  // namespace

extern "C" {

ct_status ct_reduce(ct_tensor *out, ct_reduction op, ct_tensor tensor, int32_t axis, bool keep) {
  return produce(out, [&] {
    const auto &x = get(tensor);
    if (axis != CT_ALL_AXES) return reduce(op, x, {static_cast<int64_t>(axis)}, keep);
    std::vector<int64_t> axes(x.dim());
    for (int64_t i = 0; i < x.dim(); ++i) axes[i] = i;
    return reduce(op, x, axes, keep);
  });
}

ct_status ct_all(ct_tensor *out, ct_tensor tensor) {
  return produce(out, [&] { return get(tensor).all(); });
}

ct_status ct_all_finite(bool *result, ct_tensor tensor) {
  return guarded([&] { *result = areFinite(get(tensor)); });
}

ct_status ct_argmax(ct_tensor *out, ct_tensor tensor, int64_t axis) {
  return produce(out, [&] { return get(tensor).argmax(axis); });
}

ct_status ct_cumulative_sum(ct_tensor *out, ct_tensor tensor, int64_t axis) {
  return produce(out, [&] { return get(tensor).cumsum(axis); });
}

ct_status ct_softmax(ct_tensor *out, ct_tensor tensor, int64_t axis) {
  return produce(out, [&] { return get(tensor).softmax(axis); });
}

ct_status ct_log_softmax(ct_tensor *out, ct_tensor tensor, int64_t axis) {
  return produce(out, [&] { return get(tensor).log_softmax(axis); });
}

ct_status ct_top_k(ct_tensor *values, ct_tensor *indices, ct_tensor tensor, int64_t k, int64_t axis, bool largest) {
  return guarded([&] {
    auto [v, i] = get(tensor).topk(k, axis, largest, /*sorted=*/true);
    *values = make(std::move(v));
    *indices = make(std::move(i));
  });
}

ct_status ct_sort(ct_tensor *values, ct_tensor *indices, ct_tensor tensor, int64_t axis, bool descending) {
  return guarded([&] {
    auto [v, i] = get(tensor).sort(/*stable=*/true, axis, descending);
    *values = make(std::move(v));
    *indices = make(std::move(i));
  });
}

}  // extern "C"
