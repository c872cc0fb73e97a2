// Reverse-mode differentiation.
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "shim.h"

using namespace shim;

namespace {

/// A scalar whose derivatives were computed by hand, together with it.
struct WithGradients : torch::autograd::Function<WithGradients> {
  static at::Tensor forward(
      torch::autograd::AutogradContext *context, const at::Tensor &value, at::TensorList,
      at::TensorList gradients) {
    context->saved_data["gradients"] = gradients.vec();
    return value.clone();
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list seed) {
    auto gradients = context->saved_data["gradients"].toTensorVector();
    TORCH_CHECK(gradients.empty() || gradients[0].defined(), "this value can be differentiated once only");
    // Handed over, not shared: a leaf then keeps the very tensor as its gradient, without a copy.
    context->saved_data["gradients"] = std::vector<at::Tensor>(gradients.size());
    const bool unit = seed[0].item<double>() == 1;  // the usual case: nothing to scale
    torch::autograd::variable_list result(1 + 2 * gradients.size());
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (!unit) gradients[i].mul_(seed[0].to(gradients[i].scalar_type()));
      result[1 + i] = std::move(gradients[i]);
    }
    return result;
  }
};

}  // namespace

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
  return guarded([&] {
    const auto &x = get(tensor);
    const auto &g = get(gradient);
    TORCH_CHECK(g.sizes() == x.sizes() && g.scalar_type() == x.scalar_type() && g.device() == x.device(),
                "a gradient has the shape, type and device of its tensor");
    // The fused optimisers walk through memory, so both must lie there in the same order.
    x.mutable_grad() = g.strides() == x.strides() ? g : at::empty_like(x).copy_(g);
  });
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

ct_status ct_with_gradients(
    ct_tensor *out, ct_tensor value, const ct_tensor *inputs, const ct_tensor *gradients, int32_t count) {
  return produce(out, [&] {
    const auto variables = list(inputs, count), derivatives = list(gradients, count);
    return WithGradients::apply(get(value), at::TensorList(variables), at::TensorList(derivatives));
  });
}

bool ct_gradients_are_recorded(void) { return at::GradMode::is_enabled(); }
void ct_record_gradients(bool value) { at::GradMode::set_enabled(value); }

ct_status ct_mixed_precision(int32_t device_kind, bool value) {
  return guarded([&] {
    const auto kind = device(device_kind, 0).type();
    if (value) at::autocast::set_autocast_dtype(kind, at::kBFloat16);
    at::autocast::set_autocast_enabled(kind, value);
    if (!value) at::autocast::clear_cache();
  });
}

}  // extern "C"
