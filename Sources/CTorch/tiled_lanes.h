// Threads for the tiled score sums: those that libtorch's own operations use.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ops/arange.h>

namespace tiled {

/// Part `index` of `count` things cut into `parts`.
inline int64_t cut(int64_t count, int64_t index, int64_t parts) { return count * index / parts; }

/// Calls `body(lane)` for lanes 0 … lanes − 1, on as many of libtorch's threads as there are.
///
/// Threads of our own were rejected: libtorch's spin for some milliseconds after each of its operations, and
/// would take a processor away from ours. Its thread pool is reached through its iterator over tensors, which is
/// compiled with OpenMP there; `at::parallel_for` would be compiled here, without it.
template <typename Body>
void onLanes(int64_t lanes, Body body) {
  if (lanes == 1) return body(int64_t(0));
  auto indices = at::arange(lanes, at::kLong);
  auto iterator = at::TensorIterator::borrowing_nullary_op(indices);
  iterator.for_each(
      [&](char **data, const int64_t *strides, int64_t count) {
        for (int64_t i = 0; i < count; ++i) body(*reinterpret_cast<int64_t *>(data[0] + i * strides[0]));
      },
      1);
}

/// Calls `body(begin, end)` for consecutive parts of `count` rows, each worth a thread's start.
template <typename Body>
void overRows(int64_t count, int64_t work, Body body) {
  const int64_t lanes = std::clamp<int64_t>(count * work / 65536, 1, at::get_num_threads());
  onLanes(lanes, [&](int64_t lane) { body(cut(count, lane, lanes), cut(count, lane + 1, lanes)); });
}

}  // namespace tiled
