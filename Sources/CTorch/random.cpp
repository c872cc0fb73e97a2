// Draws. Each takes a seed of its own and makes its own generator: no state outlives a call, so the
// same seed gives the same draw wherever and whenever it is asked for.
#include <ATen/CPUGeneratorImpl.h>

#include "shim.h"

using namespace shim;

namespace {
at::Generator generator(uint64_t seed) { return at::detail::createCPUGenerator(seed); }
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

ct_status ct_dropout(ct_tensor *out, uint64_t seed, ct_tensor tensor, double probability) {
  return produce(out, [&] {
    const auto &x = get(tensor);
    // Drawn on the processor, so that a seed means the same on every device.
    const auto keep = at::empty(x.sizes(), at::TensorOptions().dtype(at::kByte))
                          .bernoulli_(1 - probability, generator(seed))
                          .to(x.device());
    return x * keep / (1 - probability);
  });
}

}  // extern "C"
