// Optimisers: libtorch's fused kernels over lists of tensors, and its L-BFGS.
#include <ATen/core/grad_mode.h>
#include <torch/optim/lbfgs.h>

#include <algorithm>
#include <limits>

#include "shim.h"

using namespace shim;

struct ct_optimizer_s {
  torch::optim::LBFGS value;
};

namespace {

/// What a fused step works on: the parameters that have a gradient. The kernels walk through memory, so
/// parameter and gradient must lie there in the same order, without gaps.
struct Fused {
  std::vector<int32_t> places;
  std::vector<at::Tensor> x, g;

  Fused(const ct_tensor *parameters, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
      const auto &parameter = get(parameters[i]);
      const auto &gradient = parameter.grad();
      if (!gradient.defined()) continue;
      TORCH_CHECK(parameter.is_non_overlapping_and_dense() && gradient.strides() == parameter.strides(),
                  "a parameter is a view with gaps, or its gradient lies otherwise in memory");
      places.push_back(i);
      x.push_back(parameter);
      g.push_back(gradient);
    }
  }

  /// The entries of another list that belong to those parameters.
  std::vector<at::Tensor> of(const ct_tensor *tensors) const {
    std::vector<at::Tensor> result;
    for (const auto i : places) result.push_back(get(tensors[i]));
    return result;
  }
};

torch::optim::LBFGSParamState *lbfgs_memory(ct_optimizer optimizer) {
  auto &states = optimizer->value.state();
  const auto key = optimizer->value.param_groups()[0].params()[0].unsafeGetTensorImpl();
  const auto found = states.find(key);
  if (found == states.end()) return nullptr;
  return static_cast<torch::optim::LBFGSParamState *>(found->second.get());
}

at::Tensor joined(const std::deque<at::Tensor> &list) {
  return at::stack(std::vector<at::Tensor>(list.begin(), list.end()));
}

/// A line search makes a step up to 10²⁵ times as long, and libtorch refuses one that float32 does not hold.
double finite_step(double rate) { return std::min(rate, 1e12); }

std::deque<at::Tensor> separated(const at::Tensor &stack) {
  auto parts = stack.clone().unbind();
  return std::deque<at::Tensor>(parts.begin(), parts.end());
}

}  // namespace

extern "C" {

ct_status ct_adam_step(const ct_tensor *parameters, const ct_tensor *first_moments, const ct_tensor *second_moments, const ct_tensor *steps, int32_t count, double learning_rate, double beta1, double beta2, double weight_decay, double epsilon, bool decoupled) {
  return guarded([&] {
    const at::NoGradGuard none;
    const Fused list(parameters, count);
    if (list.x.empty()) return;
    const auto m = list.of(first_moments), v = list.of(second_moments), t = list.of(steps);
    at::_foreach_add_(t, 1);
    if (decoupled) {
      at::_fused_adamw_(list.x, list.g, m, v, {}, t, learning_rate, beta1, beta2, weight_decay, epsilon, false, false);
    } else {
      at::_fused_adam_(list.x, list.g, m, v, {}, t, learning_rate, beta1, beta2, weight_decay, epsilon, false, false);
    }
  });
}

ct_status ct_sgd_step(const ct_tensor *parameters, const ct_tensor *momenta, int32_t count, double learning_rate, double momentum, double weight_decay, bool nesterov) {
  return guarded([&] {
    const at::NoGradGuard none;
    const Fused list(parameters, count);
    if (list.x.empty()) return;
    const auto velocity = momentum == 0 ? std::vector<at::Tensor>() : list.of(momenta);
    at::_fused_sgd_(list.x, list.g, velocity, weight_decay, momentum, learning_rate, /*dampening=*/0,
                    nesterov, /*maximize=*/false, /*is_first_step=*/false);
  });
}

ct_status ct_clear_gradients(const ct_tensor *parameters, int32_t count) {
  return guarded([&] {
    for (int32_t i = 0; i < count; ++i) get(parameters[i]).mutable_grad().reset();
  });
}

ct_status ct_scale_gradients(const ct_tensor *parameters, int32_t count, double factor) {
  return guarded([&] {
    const at::NoGradGuard none;
    for (int32_t i = 0; i < count; ++i) {
      if (get(parameters[i]).grad().defined()) get(parameters[i]).mutable_grad().mul_(factor);
    }
  });
}

ct_status ct_gradient_norm(ct_tensor *out, const ct_tensor *parameters, int32_t count) {
  return produce(out, [&] {
    const at::NoGradGuard none;
    std::vector<at::Tensor> gradients;
    for (int32_t i = 0; i < count; ++i) {
      if (get(parameters[i]).grad().defined()) gradients.push_back(get(parameters[i]).grad());
    }
    if (gradients.empty()) return at::zeros({}, options(CT_FLOAT32));
    const auto norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients)));
    // In double precision where squares in single precision overflow or lose their digits.
    const double value = norm.item<double>();
    if (value > 1e-15 && value < std::numeric_limits<double>::infinity()) return norm;
    for (auto &gradient : gradients) gradient = gradient.to(gradient.device().type() == at::kMPS ? at::kFloat : at::kDouble);
    return at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients)));
  });
}

ct_status ct_lbfgs_create(ct_optimizer *out, const ct_tensor *parameters, int32_t count, double learning_rate, int64_t iterations, int64_t history, bool line_search, double gradient_tolerance, double change_tolerance) {
  return guarded([&] {
    auto options = torch::optim::LBFGSOptions(finite_step(learning_rate))
                       .max_iter(iterations)
                       // The number of iterations alone ends a step: a line search makes 25 evaluations at most.
                       .max_eval(std::numeric_limits<int64_t>::max())
                       .history_size(history)
                       .tolerance_grad(gradient_tolerance)
                       .tolerance_change(change_tolerance);
    if (line_search) options.line_search_fn("strong_wolfe");
    *out = new ct_optimizer_s{torch::optim::LBFGS(list(parameters, count), options)};
  });
}

void ct_optimizer_free(ct_optimizer optimizer) { delete optimizer; }

ct_status ct_lbfgs_step(ct_optimizer optimizer, double (*closure)(void *context), void *context, double *loss) {
  return guarded([&] {
    const auto evaluate = [&] { return at::scalar_tensor(closure(context), options(CT_FLOAT64)); };
    *loss = optimizer->value.step(evaluate).item<double>();
  });
}

ct_status ct_lbfgs_set_learning_rate(ct_optimizer optimizer, double learning_rate) {
  return guarded([&] { optimizer->value.param_groups()[0].options().set_lr(finite_step(learning_rate)); });
}

// The memory as tensors: counters; direction, H_diag, last gradient; then the two histories and ρ.
ct_status ct_lbfgs_state_count(ct_optimizer optimizer, int32_t *count) {
  return guarded([&] {
    const auto *memory = lbfgs_memory(optimizer);
    // Without a direction no iteration has been made: the first gradient was below the tolerance.
    *count = memory == nullptr || !memory->d().defined() ? 0 : memory->old_dirs().empty() ? 4 : 7;
  });
}

ct_status ct_lbfgs_state(ct_optimizer optimizer, ct_tensor *out, int32_t count) {
  return guarded([&] {
    const auto *memory = lbfgs_memory(optimizer);
    TORCH_CHECK(memory != nullptr, "the optimiser has not taken a step yet");
    const std::vector<double> counters = {
        static_cast<double>(memory->func_evals()), static_cast<double>(memory->n_iter()), memory->t(),
        memory->prev_loss()};
    std::vector<at::Tensor> state = {
        at::tensor(counters, options(CT_FLOAT64)), memory->d().clone(), memory->H_diag().clone(),
        memory->prev_flat_grad().clone()};
    if (count == 7) {
      state.push_back(joined(memory->old_dirs()));
      state.push_back(joined(memory->old_stps()));
      state.push_back(joined(memory->ro()));
    }
    for (int32_t i = 0; i < count; ++i) out[i] = make(std::move(state[i]));
  });
}

ct_status ct_lbfgs_restore(ct_optimizer optimizer, const ct_tensor *state, int32_t count) {
  return guarded([&] {
    const auto &parameters = optimizer->value.param_groups()[0].params();
    const auto key = parameters[0].unsafeGetTensorImpl();
    if (count == 0) {
      optimizer->value.state().erase(key);
      return;
    }
    TORCH_CHECK(count == 4 || count == 7, "an L-BFGS memory has 4 or 7 tensors");
    int64_t length = 0;
    for (const auto &parameter : parameters) length += parameter.numel();
    TORCH_CHECK(get(state[1]).numel() == length && get(state[3]).numel() == length,
                "the memory belongs to other parameters");
    auto memory = std::make_unique<torch::optim::LBFGSParamState>();
    const auto counters = get(state[0]).contiguous();
    TORCH_CHECK(counters.scalar_type() == at::kDouble && counters.numel() == 4, "damaged L-BFGS counters");
    const double *c = counters.data_ptr<double>();
    memory->func_evals(static_cast<int64_t>(c[0])).n_iter(static_cast<int64_t>(c[1])).t(c[2]).prev_loss(c[3]);
    memory->d(get(state[1]).clone()).H_diag(get(state[2]).clone()).prev_flat_grad(get(state[3]).clone());
    if (count == 7) {
      memory->old_dirs(separated(get(state[4]))).old_stps(separated(get(state[5]))).ro(separated(get(state[6])));
    }
    optimizer->value.state()[key] = std::move(memory);
  });
}

}  // extern "C"
