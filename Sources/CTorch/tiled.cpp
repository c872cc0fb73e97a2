// Sums of exponentials over all pairs, tile by tile: threads, storage, and the choice of instruction set.
//
// With L lanes (threads), rows and columns of S are cut into L parts each. In phase k lane l works on row part l and
// column part (l + k) mod L, and all lanes wait for each other between phases: no two lanes ever touch the same
// row or column, so every sum and gradient has one owner at a time, nothing is merged, and the result depends on the
// number of lanes only through the order of additions.
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <atomic>
#include <barrier>
#include <latch>
#include <optional>
#include <system_error>
#include <thread>

#include "ctorch_tiled.h"
#include "shim.h"
#include "tiled_task.h"

namespace {

using namespace tiled;

std::atomic<int32_t> instruction_limit{CT_AVX512};

/// The newest instruction set that this processor has and the limit allows.
int32_t instructions() {
#if defined(__x86_64__)
  const int32_t limit = instruction_limit;
  if (limit >= CT_AVX512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    return CT_AVX512;
  if (limit >= CT_AVX2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return CT_AVX2;
#endif
  return CT_PORTABLE;
}

template <typename T>
const Kernels<T> &pick(const Kernels<T> *const (&table)[3]) { return *table[instructions()]; }

template <typename T>
const Kernels<T> &kernels();
#if defined(__x86_64__)
template <>
const Kernels<float> &kernels() { return pick({&portable::kernels32, &avx2::kernels32, &avx512::kernels32}); }
template <>
const Kernels<double> &kernels() { return pick({&portable::kernels64, &avx2::kernels64, &avx512::kernels64}); }
#else
template <>
const Kernels<float> &kernels() { return portable::kernels32; }
template <>
const Kernels<double> &kernels() { return portable::kernels64; }
#endif

/// Runs `work(lane, lanes, wait)` on up to `wanted` threads, this one included; fewer when no more can be had.
template <typename Work>
void onLanes(int64_t wanted, Work work) {
  std::vector<std::thread> threads;
  threads.reserve(wanted);
  std::latch start(1);
  std::optional<std::barrier<>> phase;
  int64_t lanes = 1;
  auto run = [&](int64_t lane) { work(lane, lanes, [&] { phase->arrive_and_wait(); }); };
  try {
    while (lanes < wanted) {
      const int64_t lane = lanes;
      threads.emplace_back([&, lane] {
        start.wait();
        run(lane);
      });
      ++lanes;
    }
  } catch (const std::system_error &) {
    // No more threads: those at work share the rows.
  }
  phase.emplace(lanes);
  start.count_down();
  run(0);
  for (auto &thread : threads) thread.join();
}

/// Part `index` of `count` things cut into `parts`.
int64_t cut(int64_t count, int64_t index, int64_t parts) { return count * index / parts; }

/// Calls `body(block, lane)` for every block of the n × m scores, on all lanes.
template <typename Body>
void forEachBlock(int64_t n, int64_t m, int64_t lanes, Body body) {
  onLanes(lanes, [&](int64_t lane, int64_t count, auto wait) {
    for (int64_t k = 0; k < count; ++k) {
      const int64_t part = (lane + k) % count;
      body(Block{cut(n, lane, count), cut(n, lane + 1, count), cut(m, part, count), cut(m, part + 1, count)}, lane);
      wait();
    }
  });
}

/// A lane is worth its start for blocks of at least this many rows and columns.
constexpr int64_t kLeastBlock = 96;

int64_t laneCount(int64_t n, int64_t m) {
  return std::clamp<int64_t>(std::min(n, m) / kLeastBlock, 1, at::get_num_threads());
}

/// The inputs, contiguous; kept alive while the kernels read them.
struct Operands {
  at::Tensor x, y, a, b;
  bool off_diagonal;
  int64_t n, m, d;

  explicit Operands(ct_scores scores) : off_diagonal(scores.off_diagonal) {
    x = dense(scores.x);
    TORCH_CHECK(x.dim() == 2 && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble) && x.is_cpu(),
                "x must be a matrix of float32 or float64 on the processor");
    y = dense(scores.y);
    TORCH_CHECK(y.dim() == 2 && y.size(1) == x.size(1), "x and y must have as many columns");
    n = x.size(0), m = y.size(0), d = x.size(1);
    TORCH_CHECK(n > 0 && m > 0 && d > 0, "x and y must not be empty");
    like(y, {m, d}, "y");
    a = vector(scores.a, n, "a");
    b = vector(scores.b, m, "b");
  }

  at::Tensor vector(ct_tensor handle, int64_t count, const char *name) const {
    auto tensor = dense(handle);
    if (tensor.defined()) like(tensor, {count}, name);
    return tensor;
  }
  at::Tensor empty(at::IntArrayRef shape) const { return at::empty(shape, x.options().requires_grad(false)); }
  at::Tensor zeros(at::IntArrayRef shape) const { return at::zeros(shape, x.options().requires_grad(false)); }

  template <typename T>
  Scores<T> task() const {
    return {data<T>(x), data<T>(y), data<T>(a), data<T>(b), n, m, d, off_diagonal};
  }
  template <typename T>
  static T *data(const at::Tensor &tensor) {
    return tensor.defined() ? tensor.data_ptr<T>() : nullptr;
  }

 private:
  static at::Tensor dense(ct_tensor handle) {
    return handle ? shim::get(handle).detach().contiguous() : at::Tensor();
  }
  void like(const at::Tensor &tensor, at::IntArrayRef shape, const char *name) const {
    TORCH_CHECK(tensor.sizes() == shape && tensor.scalar_type() == x.scalar_type() && tensor.is_cpu(), name,
                " must be a ", x.scalar_type(), " tensor of shape ", shape, " on the processor, not ",
                tensor.scalar_type(), tensor.sizes());
  }
};

/// Sums of one kind while they are gathered.
template <typename T>
struct Gathered {
  at::Tensor shift, sum;
  Sums<T> sums{nullptr, nullptr};

  Gathered(const Operands &operands, int64_t count) {
    shift = operands.empty({count}).fill_(-std::numeric_limits<double>::infinity());
    sum = at::zeros({count}, at::kDouble);
    sums = {shift.template data_ptr<T>(), sum.template data_ptr<double>()};
  }
  /// Their logarithms, over the shifts.
  at::Tensor log() {
    for (int64_t i = 0; i < shift.size(0); ++i) sums.shift[i] = static_cast<T>(sums.log(i));
    return shift;
  }
};

template <typename T>
void sums(const Operands &operands, ct_tensor *rows, ct_tensor *columns, ct_tensor *total, ct_tensor *diagonal) {
  const auto &kernel = kernels<T>();
  const int64_t lanes = laneCount(operands.n, operands.m), size = kernel.scratch(operands.d);
  auto scratch = operands.empty({lanes, (size + 15) / 16 * 16});
  std::optional<Gathered<T>> r, c, all;
  at::Tensor pairs;
  Forward<T> task{operands.task<T>(), {}, {}, {}, nullptr};
  if (rows) task.rows = r.emplace(operands, operands.n).sums;
  if (columns) task.columns = c.emplace(operands, operands.m).sums;
  if (total) task.total = all.emplace(operands, lanes).sums;
  if (diagonal) task.diagonal = (pairs = operands.empty({std::min(operands.n, operands.m)})).data_ptr<T>();

  forEachBlock(operands.n, operands.m, lanes, [&](Block block, int64_t lane) {
    kernel.forward(task, block, lane, scratch.data_ptr<T>() + lane * scratch.size(1));
  });
  if (total)
    for (int64_t lane = 1; lane < lanes; ++lane) task.total.add(0, task.total.shift[lane], task.total.sum[lane]);
  if (rows) *rows = shim::make(r->log());
  if (columns) *columns = shim::make(c->log());
  if (total) *total = shim::make(all->log().select(0, 0).clone());
  if (diagonal) *diagonal = shim::make(pairs);
}

struct Weights {
  at::Tensor rows, columns, p, q, t;
  double total, g;
};

template <typename T>
void gradient(const Operands &operands, const Weights &weights, at::Tensor (&out)[4]) {
  const auto &kernel = kernels<T>();
  const int64_t lanes = laneCount(operands.n, operands.m), size = kernel.scratch(operands.d);
  auto scratch = operands.empty({lanes, (size + 15) / 16 * 16});
  const auto data = [](const at::Tensor &tensor) { return Operands::data<T>(tensor); };
  const Gradient<T> task{
      operands.task<T>(), data(weights.rows), data(weights.columns), static_cast<T>(weights.total), data(weights.p),
      data(weights.q), data(weights.t), static_cast<T>(weights.g), data(out[0]), data(out[1]), data(out[2]), data(out[3])};
  forEachBlock(operands.n, operands.m, lanes, [&](Block block, int64_t lane) {
    kernel.gradient(task, block, scratch.data_ptr<T>() + lane * scratch.size(1));
  });
}

}  // namespace

extern "C" {

ct_status ct_score_sums(
    ct_scores scores, ct_tensor *rows, ct_tensor *columns, ct_tensor *total, ct_tensor *diagonal) {
  return shim::guarded([&] {
    const Operands operands(scores);
    if (operands.x.scalar_type() == at::kFloat)
      sums<float>(operands, rows, columns, total, diagonal);
    else
      sums<double>(operands, rows, columns, total, diagonal);
  });
}

ct_status ct_score_gradient(
    ct_scores scores, ct_tensor rows, ct_tensor columns, ct_tensor total, ct_tensor p, ct_tensor q, double g, ct_tensor t,
    ct_tensor *dx, ct_tensor *dy, ct_tensor *da, ct_tensor *db) {
  return shim::guarded([&] {
    const Operands operands(scores);
    const int64_t n = operands.n, m = operands.m;
    Weights weights{
        operands.vector(rows, n, "rows"), operands.vector(columns, m, "columns"), operands.vector(p, n, "p"),
        operands.vector(q, m, "q"), operands.vector(t, std::min(n, m), "t"), 0, g};
    TORCH_CHECK((!p || rows) && (!q || columns) && (g == 0 || total), "a weight needs the sums that it weighs");
    if (g != 0) weights.total = shim::get(total).item<double>();
    // No pair at all off the diagonal: the total is empty and has no gradient.
    if (weights.total == -std::numeric_limits<double>::infinity()) weights.g = 0;
    at::Tensor out[4] = {operands.zeros({n, operands.d}), operands.zeros({m, operands.d})};
    if (da) out[2] = operands.zeros({n});
    if (db) out[3] = operands.zeros({m});
    if (operands.x.scalar_type() == at::kFloat)
      gradient<float>(operands, weights, out);
    else
      gradient<double>(operands, weights, out);
    ct_tensor *handles[4] = {dx, dy, da, db};
    for (int i = 0; i < 4; ++i)
      if (handles[i]) *handles[i] = shim::make(out[i]);
  });
}

void ct_score_limit_instructions(int32_t limit) { instruction_limit = limit; }

ct_status ct_score_exponential(ct_tensor *out, ct_tensor x) {
  return shim::produce(out, [&] {
    auto input = shim::get(x).detach().contiguous();
    auto result = at::empty_like(input);
    if (input.scalar_type() == at::kFloat)
      kernels<float>().exponential(input.data_ptr<float>(), result.data_ptr<float>(), input.numel());
    else
      kernels<double>().exponential(input.data_ptr<double>(), result.data_ptr<double>(), input.numel());
    return result;
  });
}

}  // extern "C"
