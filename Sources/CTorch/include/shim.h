// What every file of the shim shares: handles, and the guard that turns exceptions into a status.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cmath>
#include <exception>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "ctorch.h"

struct ct_tensor_s {
  at::Tensor value;
};

namespace shim {

void remember_error(const char *text) noexcept;
void count_tensors(int64_t change) noexcept;

inline const at::Tensor &get(ct_tensor handle) { return handle->value; }

/// The tensor, or none when the handle is NULL (an absent bias, say).
inline std::optional<at::Tensor> optional(ct_tensor handle) {
  if (handle == nullptr) return std::nullopt;
  return handle->value;
}

inline ct_tensor make(at::Tensor value) {
  auto *handle = new ct_tensor_s{std::move(value)};
  count_tensors(1);
  return handle;
}

/// The power of two at or below |x|, not less than the least normal number; infinite for what is not finite. Constant for
/// differentiation.
at::Tensor binade(const at::Tensor &x);

inline std::vector<at::Tensor> list(const ct_tensor *handles, int32_t count) {
  std::vector<at::Tensor> result;
  result.reserve(count);
  for (int32_t i = 0; i < count; ++i) result.push_back(handles[i]->value);
  return result;
}

inline at::IntArrayRef sizes(const int64_t *shape, int32_t rank) {
  return at::IntArrayRef(shape, static_cast<size_t>(rank));
}

inline at::Device device(int32_t kind, int32_t index) {
  const auto type = static_cast<at::DeviceType>(kind);
  return type == at::kCUDA ? at::Device(type, static_cast<c10::DeviceIndex>(index)) : at::Device(type);
}

inline at::TensorOptions options(int32_t dtype, int32_t kind = CT_CPU, int32_t index = 0) {
  return at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)).device(device(kind, index));
}

/// The number as tensors of that type hold it: infinite beyond the largest of them, as products and sums are, where ATen's
/// creation of constants, and its limits, would refuse it.
inline at::Scalar held(double value, at::ScalarType type) {
  double largest = std::numeric_limits<double>::max();
  if (type == at::kFloat) largest = std::numeric_limits<float>::max();
  if (type == at::kHalf) largest = std::numeric_limits<at::Half>::max();
  if (type == at::kBFloat16) largest = std::numeric_limits<at::BFloat16>::max();
  return std::abs(value) > largest ? std::copysign(std::numeric_limits<double>::infinity(), value) : value;
}

/// Runs `body`; every exception becomes a status with its text remembered.
template <typename Body>
ct_status guarded(Body &&body) noexcept {
  try {
    body();
    return CT_OK;
  } catch (const c10::OutOfMemoryError &error) {
    remember_error(error.what_without_backtrace());
    return CT_OUT_OF_MEMORY;
  } catch (const c10::LinAlgError &error) {
    remember_error(error.what_without_backtrace());
    return CT_NUMERICAL;
  } catch (const c10::Error &error) {
    const char *text = error.what_without_backtrace();
    remember_error(text);
    // The processor's allocator reports exhaustion as a plain error.
    return std::string_view(text).find("not enough memory") != std::string_view::npos ||
                   std::string_view(text).find("can't allocate memory") != std::string_view::npos
               ? CT_OUT_OF_MEMORY
               : CT_ERROR;
  } catch (const std::bad_alloc &) {
    remember_error("out of memory");
    return CT_OUT_OF_MEMORY;
  } catch (const std::exception &error) {
    remember_error(error.what());
    return CT_ERROR;
  } catch (...) {
    remember_error("unknown C++ exception");
    return CT_ERROR;
  }
}

/// The common case: `body` computes one tensor, which becomes the caller's.
template <typename Body>
ct_status produce(ct_tensor *out, Body &&body) noexcept {
  return guarded([&] { *out = make(body()); });
}

}  // namespace shim
