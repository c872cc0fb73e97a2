// A device of the type CUDA in the processor's memory. Every operation that is not here goes to libtorch's own fallback,
// which copies the operands to the processor and the results back.
#include <ATen/EmptyTensor.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/native/TensorFactories.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/library.h>

#include <cstdlib>
#include <string_view>

extern "C" {
#include "SimulatedGPU.h"
}

namespace {

const c10::Device gpu(c10::kCUDA, 0);
const c10::DispatchKeySet keys(c10::DispatchKey::CUDA);

// Memory

struct Memory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    auto *start = c10::alloc_cpu(bytes);
    return {start, start, &c10::free_cpu, gpu};
  }
  void copy_data(void *target, const void *source, size_t count) const override { default_copy_data(target, source, count); }
};
Memory memory;

at::Tensor empty(
    c10::IntArrayRef sizes, std::optional<at::ScalarType> dtype, std::optional<at::Layout>, std::optional<at::Device>,
    std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(sizes, &memory, keys, dtype.value_or(at::kFloat), format);
}

at::Tensor empty_strided(
    c10::IntArrayRef sizes, c10::IntArrayRef strides, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
    std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(sizes, strides, &memory, keys, dtype.value_or(at::kFloat));
}

/// For results whose shape an operation finds out.
const at::Tensor &resize(const at::Tensor &tensor, c10::IntArrayRef sizes, std::optional<at::MemoryFormat>) {
  auto *whole = tensor.unsafeGetTensorImpl();
  if (whole->sizes() == sizes) return tensor;
  whole->set_sizes_contiguous(sizes);
  auto *storage = whole->unsafe_storage().unsafeGetStorageImpl();
  if (const size_t bytes = whole->numel() * whole->itemsize(); bytes > storage->nbytes()) {
    storage->set_data_ptr(memory.allocate(bytes));
    storage->set_nbytes(bytes);
  }
  return tensor;
}

// Copies, the only operations between devices

/// The same elements as a tensor of the processor's.
at::Tensor on_processor(const at::Tensor &tensor) {
  if (!tensor.is_cuda()) return tensor;
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(), at::TensorOptions(tensor.scalar_type()));
}

at::Tensor &copy(at::Tensor &target, const at::Tensor &source, bool) {
  on_processor(target).copy_(on_processor(source));
  return target;
}

at::Tensor copy_and_resize(const at::Tensor &source, const at::Tensor &target) {
  auto result = target;
  resize(result, source.sizes(), std::nullopt);
  return copy(result, source, false);
}

// Everything else

/// Scalars of the processor's may be operands anywhere.
void refuse_mixed_operands(const c10::OperatorHandle &operation, const torch::jit::Stack &stack) {
  bool is_on_processor = false, is_on_gpu = false;
  const auto see = [&](const at::Tensor &tensor) {
    if (!tensor.defined()) return;
    if (tensor.is_cuda()) is_on_gpu = true;
    else if (tensor.dim() > 0) is_on_processor = true;
  };
  for (const auto &value : torch::jit::last(stack, operation.schema().arguments().size())) {
    if (value.isTensor()) see(value.toTensor());
    if (value.isTensorList()) for (const at::Tensor &tensor : value.toTensorVector()) see(tensor);
    if (value.isOptionalTensorList())
      for (const auto &tensor : value.toOptionalTensorVector()) if (tensor) see(*tensor);
  }
  TORCH_CHECK(!is_on_processor || !is_on_gpu, operation.schema().name(), ": operands on the processor and on the GPU");
}

void compute(const c10::OperatorHandle &operation, torch::jit::Stack *stack) {
  refuse_mixed_operands(operation, *stack);
  at::native::cpu_fallback(operation, stack);
}

/// One device with one stream, whose work is done when a call returns.
struct Guard final : c10::impl::NoOpDeviceGuardImpl<c10::DeviceType::CUDA> {
  c10::Device getDevice() const override { return gpu; }
  c10::Device exchangeDevice(c10::Device) const override { return gpu; }
  c10::Stream getStream(c10::Device) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, gpu); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return getStream(gpu); }
  void record(void **, const c10::Stream &, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void *, const c10::Stream &) const override {}
  bool queryEvent(void *) const override { return true; }
  void synchronizeEvent(void *) const override {}
  void recordDataPtrOnStream(const c10::DataPtr &, const c10::Stream &) const override {}
};

struct Hooks final : at::CUDAHooksInterface {
  void init() const override {}
  bool hasCUDA() const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(at::DeviceIndex) const override { return true; }
  at::DeviceIndex deviceCount() const override { return 1; }
  at::DeviceIndex current_device() const override { return 0; }
  at::DeviceIndex getCurrentDevice() const override { return 0; }
  at::DeviceIndex exchangeDevice(at::DeviceIndex) const override { return 0; }
  at::DeviceIndex maybeExchangeDevice(at::DeviceIndex) const override { return 0; }
  void setCurrentDevice(at::DeviceIndex) const override {}
};

bool install() {
  if (c10::impl::device_guard_impl_registry[static_cast<size_t>(c10::kCUDA)].load() != nullptr) return false;
  c10::impl::DeviceGuardImplRegistrar guard(c10::kCUDA, new Guard());
  at::CUDAHooksRegistry()->Register("CUDAHooks", [](at::CUDAHooksArgs) -> std::unique_ptr<at::CUDAHooksInterface> {
    return std::make_unique<Hooks>();
  });
  // They register for as long as they live.
  static torch::Library all(torch::Library::IMPL, "_", c10::DispatchKey::CUDA, __FILE__, __LINE__);
  static torch::Library own(torch::Library::IMPL, "aten", c10::DispatchKey::CUDA, __FILE__, __LINE__);
  all.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>());
  own.impl("empty.memory_format", &empty);
  own.impl("empty_strided", &empty_strided);
  own.impl("resize_", &resize);
  own.impl("copy_", &copy);
  own.impl("_copy_from_and_resize", &copy_and_resize);
  own.impl("as_strided", &at::native::as_strided_tensorimpl);
  own.impl("view", &at::native::view);
  own.impl("_reshape_alias", &at::native::_reshape_alias);
  own.impl("unfold", &at::native::unfold);
  return true;
}

const char *const wanted = std::getenv("COUPLET_TEST_DEVICE");
const bool installed = wanted != nullptr && std::string_view(wanted) == "simulated" && install();

}  // namespace

void simulated_gpu_install(void) {
  if (!installed) install();
}
