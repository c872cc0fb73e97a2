// Reverse-mode differentiation.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "shim.h"

using namespace shim;

extern "C" {

ct_status ct_set_requires_grad(ct_tensor tensor, bool value) {
  return guarded([&] { get(tensor).set_requires_grad(value); });
}

bool ct_requires_grad(ct_tensor tensor) { return get(tensor).requires_grad(); }

ct_status ct_detach(ct_tensor *out, ct_tensor tensor) {
  return produce(out, [&] { return get(tensor).detach(); });
}

ct_status ct_gradient(ct_tensor *out, ct_tensor tensor) {
  return guarded([&] {
    const auto &gradient = get(tensor).grad();
    *out = gradient.defined() ? make(gradient) : nullptr;
  });
}

ct_status ct_set_gradient(ct_tensor tensor, ct_tensor gradient) {
  return guarded([&] { get(tensor).mutable_grad() = get(gradient); });
}

ct_status ct_backward(const ct_tensor *roots, const ct_tensor *gradients, int32_t count) {
  return guarded([&] {
    std::vector<at::Tensor> seeds(count);
    for (int32_t i = 0; i < count; ++i) {
      if (gradients[i] != nullptr) seeds[i] = get(gradients[i]);
    }
    torch::autograd::backward(list(roots, count), seeds);
  });
}

bool ct_gradients_are_recorded(void) { return at::GradMode::is_enabled(); }
void ct_record_gradients(bool value) { at::GradMode::set_enabled(value); }

}  // extern "C"
