// Draws. Each takes a seed of its own and makes its own generator: no state outlives a call, so the
// same seed gives the same draw wherever and whenever it is asked for.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/multinomial.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>

#include "shim.h"

using namespace shim;

namespace {

/// Draw number `index` of the SplitMix64 stream of a seed (Steele, Lea and Flood 2014): any draw without
/// those before it.
uint64_t bits(uint64_t seed, uint64_t index) {
  uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// The same draw as a number in [0, 1).
double uniform(uint64_t seed, uint64_t index) { return static_cast<double>(bits(seed, index) >> 11) * 0x1p-53; }

/// A Mersenne Twister whose whole state comes from the seed's stream. ATen's own seeding reads 32 of the 64
/// bits: two of some ten thousand keys would give the same draws.
at::Generator generator(uint64_t seed) {
  at::mt19937_data_pod state{};
  state.seed_ = seed;
  state.left_ = 1;
  state.seeded_ = true;
  for (size_t k = 0; k < state.state_.size(); ++k) state.state_[k] = static_cast<uint32_t>(bits(seed, k) >> 32);
  at::mt19937 engine;
  engine.set_data(state);
  auto result = c10::make_intrusive<at::CPUGeneratorImpl>(seed);
  result->set_engine(engine);
  return at::Generator(std::move(result));
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
    const auto kept = at::empty(x.sizes(), at::TensorOptions().dtype(at::kBool));
    auto *element = kept.data_ptr<bool>();
    at::parallel_for(0, kept.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) {
        element[k] = uniform(seed, static_cast<uint64_t>(first + k)) >= probability;
      }
    });
    return x * kept.to(x.options()).mul_(1 / (1 - probability));
  });
}

}  // extern "C"
