// Draws. Each takes a seed of its own and makes its own generator: no state outlives a call, so the
// same seed gives the same draw wherever and whenever it is asked for.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include "shim.h"

using namespace shim;

namespace {

at::Generator generator(uint64_t seed) { return at::detail::createCPUGenerator(seed); }

/// Draw number `index` of the SplitMix64 stream of a seed (Steele, Lea and Flood 2014), in [0, 1): any draw
/// without those before it.
double uniform(uint64_t seed, uint64_t index) {
  uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

}  // namespace

extern "C" {

ct_status ct_random_normal(ct_tensor *out, uint64_t seed, const int64_t *shape, int32_t rank, int32_t dtype) {
  return produce(out, [&] { return at::randn(sizes(shape, rank), generator(seed), options(dtype)); });
}

ct_status ct_random_uniform(ct_tensor *out, uint64_t seed, const int64_t *shape, int32_t rank, int32_t dtype) {
  return produce(out, [&] { return at::rand(sizes(shape, rank), generator(seed), options(dtype)); });
}

ct_status ct_random_integers(ct_tensor *out, uint64_t seed, int64_t low, int64_t high, const int64_t *shape, int32_t rank) {
  return produce(out, [&] { return at::randint(low, high, sizes(shape, rank), generator(seed), options(CT_INT64)); });
}

ct_status ct_random_permutation(ct_tensor *out, uint64_t seed, int64_t n) {
  return produce(out, [&] { return at::randperm(n, generator(seed), options(CT_INT64)); });
}

ct_status ct_random_multinomial(ct_tensor *out, uint64_t seed, ct_tensor weights, int64_t count, bool replacement) {
  return produce(out, [&] { return at::multinomial(get(weights), count, replacement, generator(seed)); });
}

ct_status ct_dropout(ct_tensor *out, uint64_t seed, ct_tensor tensor, double probability, int64_t first) {
  return produce(out, [&] {
    const auto &x = get(tensor);
    // Made on the processor, so that a seed means the same on every device.
    const auto mask = at::empty(x.sizes(), at::TensorOptions().dtype(at::kFloat));
    auto *element = mask.data_ptr<float>();
    const auto kept = static_cast<float>(1 / (1 - probability));
    at::parallel_for(0, mask.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) {
        element[k] = uniform(seed, static_cast<uint64_t>(first + k)) < probability ? 0.0f : kept;
      }
    });
    return x * mask.to(x.options());
  });
}

}  // extern "C"
