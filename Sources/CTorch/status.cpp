// Errors, versions, threads, devices.
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/MPSHooksInterface.h>
#include <torch/version.h>

#include <atomic>
#include <limits>
#if defined(__linux__)
#include <dlfcn.h>
#include <unistd.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "shim.h"

namespace {
thread_local std::string last_error;
std::atomic<int64_t> live_tensors{0};
/// A libtorch built for GPUs keeps their kernels in a library that registers itself when it is loaded. Nothing refers to
/// it, so that linkers leave it out (`--as-needed`), and programs linked with one libtorch run with another. It is
/// therefore looked for beside libtorch's own library when the program starts: before the first derivative, for the
/// engine of automatic differentiation counts the devices then. Returns why it could not be loaded.
std::string load_gpu_library() {
  std::string error;
#if defined(__linux__)
  Dl_info own;
  if (dladdr(reinterpret_cast<const void *>(&at::get_num_threads), &own) == 0 || own.dli_fname == nullptr) return error;
  const std::string path(own.dli_fname), folder = path.substr(0, path.rfind('/') + 1);
  for (const char *name : {"libtorch_cuda.so", "libtorch_hip.so"}) {
    const auto library = folder + name;
    if (access(library.c_str(), F_OK) == 0 && dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) error = dlerror();
  }
#endif
  return error;
}
const std::string gpu_library_error = load_gpu_library();
}  // namespace

namespace shim {

void remember_error(const char *text) noexcept {
  try {
    last_error.assign(text);
    const auto end = last_error.find('\n');
    if (end != std::string::npos) last_error.resize(end);
  } catch (...) {
    last_error.clear();
  }
}

void count_tensors(int64_t change) noexcept { live_tensors.fetch_add(change, std::memory_order_relaxed); }

}  // namespace shim

extern "C" {

const char *ct_last_error(void) { return last_error.c_str(); }
const char *ct_version(void) { return TORCH_VERSION; }

const char *ct_cpu_capability(void) {
  static const std::string name = [] {
    try {
      return at::get_cpu_capability();
    } catch (...) {
      return std::string("unknown");
    }
  }();
  return name.c_str();
}

int32_t ct_get_threads(void) { return at::get_num_threads(); }

ct_status ct_set_threads(int32_t threads) {
  return shim::guarded([&] { at::set_num_threads(threads); });
}

void ct_keep_freed_memory(void) {
#if defined(__GLIBC__)
  // The largest thresholds there are: blocks come from the heap, and its end is not given back.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

const char *ct_gpu_library_error(void) { return gpu_library_error.c_str(); }

int32_t ct_cuda_device_count(void) {
  try {
    return at::hasCUDA() ? static_cast<int32_t>(at::detail::getCUDAHooks().deviceCount()) : 0;
  } catch (...) {
    return 0;
  }
}

bool ct_mps_is_available(void) {
  try {
    return at::hasMPS();
  } catch (...) {
    return false;
  }
}

int64_t ct_live_tensors(void) { return live_tensors.load(std::memory_order_relaxed); }

}  // extern "C"
