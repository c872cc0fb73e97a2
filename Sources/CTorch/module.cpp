// Networks that PyTorch wrote into a file: TorchScript, and packages that its compiler made ahead of time.
#include <ATen/ops/cat.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "shim.h"

using namespace shim;

struct ct_module_s {
  virtual ~ct_module_s() = default;
  virtual at::Tensor forward(const at::Tensor &input) = 0;
  /// Names of parameters with the tensors that the module computes with.
  std::vector<std::pair<std::string, at::Tensor>> parameters;
};

namespace {

struct ScriptModule : ct_module_s {
  explicit ScriptModule(const char *path) : module(torch::jit::load(path, at::kCPU)) {
    module.eval();
    for (const auto &parameter : module.named_parameters()) parameters.emplace_back(parameter.name, parameter.value);
  }

  at::Tensor forward(const at::Tensor &input) override {
    // As written, operation by operation: what is rewritten after some calls rounds otherwise from then on, and a run
    // that was stopped and resumed would differ from one that was not.
    const torch::jit::GraphOptimizerEnabledGuard as_written(false);
    if (device != input.device()) module.to(device = input.device());
    auto result = module.forward({input});
    TORCH_CHECK(result.isTensor(), "its result is a ", result.tagKind(), ", not a tensor");
    return result.toTensor();
  }

  torch::jit::Module module;
  at::Device device = at::kCPU;
};

struct Package : ct_module_s {
  /// The code of a package reads its input by the shape that it was compiled for, and looks whether it is that shape only
  /// where this variable is set.
  static const char *checked(const char *path) {
    setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", 1);
    return path;
  }

  explicit Package(const char *path) : loader(checked(path)) {}

  at::Tensor forward(const at::Tensor &input) override {
    const at::NoGradGuard constant;
    // A number of rows that was left open is at least two, because PyTorch takes one for a constant.
    const bool alone = input.dim() > 0 && input.size(0) == 1;
    const auto results = loader.run({alone ? at::cat({input, input}) : input.contiguous()});
    TORCH_CHECK(results.size() == 1, "it has ", results.size(), " results, not one");
    return alone ? results[0].narrow(0, 0, 1) : results[0];
  }

  torch::inductor::AOTIModelPackageLoader loader;
};

/// The last line of an error that is not empty: where the interpreter says what went wrong, below where.
void remember_last_line(const char *text) {
  std::string_view rest(text);
  while (!rest.empty() && (rest.back() == '\n' || rest.back() == ' ')) rest.remove_suffix(1);
  remember_error(std::string(rest.substr(rest.rfind('\n') + 1)).c_str());
}

/// As `guarded`, for errors of many lines.
template <typename Body>
ct_status interpreted(Body &&body) noexcept {
  return guarded([&] {
    try {
      body();
    } catch (const c10::OutOfMemoryError &) {
      throw;
    } catch (const std::exception &error) {
      const auto *own = dynamic_cast<const c10::Error *>(&error);
      remember_last_line(own == nullptr ? error.what() : own->what_without_backtrace());
      throw std::runtime_error(ct_last_error());
    }
  });
}

}  // namespace

extern "C" {

ct_status ct_module_load(ct_module *out, const char *path, bool is_package) {
  return interpreted([&] {
    if (is_package) {
      *out = std::make_unique<Package>(path).release();
    } else {
      *out = std::make_unique<ScriptModule>(path).release();
    }
  });
}

void ct_module_free(ct_module module) { delete module; }

int32_t ct_module_parameter_count(ct_module module) { return static_cast<int32_t>(module->parameters.size()); }

const char *ct_module_parameter_name(ct_module module, int32_t index) { return module->parameters[index].first.c_str(); }

ct_status ct_module_parameter(ct_tensor *out, ct_module module, int32_t index) {
  return produce(out, [&] { return module->parameters[index].second; });
}

ct_status ct_module_forward(ct_tensor *out, ct_module module, ct_tensor input) {
  return interpreted([&] { *out = make(module->forward(get(input))); });
}

}  // extern "C"
