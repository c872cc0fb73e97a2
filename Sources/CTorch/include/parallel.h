// Threads for kernels in C++: those that libtorch's own operations use.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ops/arange.h>

#include <thread>
#include <vector>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COUPLET_THREAD_SANITIZER 1
#endif
#endif

namespace shim {

/// Part `index` of `count` things cut into `parts`.
inline int64_t cut(int64_t count, int64_t index, int64_t parts) { return count * index / parts; }

/// Calls `body(index)` for indices 0 … count − 1, on as many of libtorch's threads as there are.
///
/// Threads of our own were rejected: libtorch's spin for some milliseconds after each of its operations, and
/// would take a processor away from ours. Its thread pool is reached through its iterator over tensors, which is
/// compiled with OpenMP there; `at::parallel_for` would be compiled here, without it.
///
/// Under the thread sanitizer, which does not see those threads begin and end, each index has a thread of its own.
template <typename Body>
void parallel(int64_t count, Body body) {
  if (count == 1) return body(int64_t(0));
#ifdef COUPLET_THREAD_SANITIZER
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (auto &thread : threads) thread.join();
#else
  auto indices = at::arange(count, at::kLong);
  auto iterator = at::TensorIterator::borrowing_nullary_op(indices);
  iterator.for_each(
      [&](char **data, const int64_t *strides, int64_t length) {
        for (int64_t i = 0; i < length; ++i) body(*reinterpret_cast<int64_t *>(data[0] + i * strides[0]));
      },
      1);
#endif
}

}  // namespace shim
