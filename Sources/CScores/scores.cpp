// Sums of exponentials over all pairs, tile by tile: threads, storage, and the choice of instruction set.
//
// With L lanes (threads), rows and columns of S are cut into L parts each. In phase k lane l works on row part l and
// column part (l + k) mod L, and all lanes end a phase before the next begins: no two lanes ever touch the same
// row or column, so every sum and gradient has one owner at a time, nothing is merged, and the result depends on the
// number of lanes only through the order of additions.
#include <ATen/ops/empty_like.h>

#include <optional>

#include "operands.h"

namespace {

using namespace scores;

/// Calls `body(block, lane)` for every block of the n × m scores, on all lanes.
template <typename Body>
void forEachBlock(int64_t n, int64_t m, int64_t lanes, Body body) {
  using shim::cut;
  for (int64_t k = 0; k < lanes; ++k)
    shim::parallel(lanes, [&](int64_t lane) {
      const int64_t part = (lane + k) % lanes;
      body(Block{cut(n, lane, lanes), cut(n, lane + 1, lanes), cut(m, part, lanes), cut(m, part + 1, lanes)}, lane);
    });
}

/// A lane is worth its start for blocks of at least this many rows and columns.
constexpr int64_t kLeastBlock = 96;

int64_t laneCount(int64_t n, int64_t m) {
  return std::clamp<int64_t>(std::min(n, m) / kLeastBlock, 1, at::get_num_threads());
}

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

/// What else a pass over the scores gathers: with the squares of the exponentials, and the counts over floors.
struct Survey {
  at::Tensor row_floor, column_floor;  // none: no counts
  ct_tensor *row_squares = nullptr, *column_squares = nullptr;
  ct_tensor *row_count = nullptr, *column_count = nullptr;
};

template <typename T>
void sums(const Operands &operands, ct_tensor *rows, ct_tensor *columns, ct_tensor *total, ct_tensor *diagonal,
          const Survey &survey = {}) {
  const auto &kernel = kernels<T>();
  const int64_t lanes = laneCount(operands.n, operands.m), size = kernel.scratch(operands.d);
  auto scratch = operands.empty({lanes, (size + 15) / 16 * 16});
  std::optional<Gathered<T>> r, c, all;
  at::Tensor pairs;
  std::optional<Gathered<T>> r2, c2;
  at::Tensor rowCount, columnCount;
  Forward<T> task{operands.task<T>(), {}, {}, {}, nullptr, {}, {}, nullptr, nullptr, nullptr, nullptr};
  if (survey.row_squares && survey.column_squares) {
    task.row_squares = r2.emplace(operands, operands.n).sums;
    task.column_squares = c2.emplace(operands, operands.m).sums;
  }
  if (survey.row_floor.defined() && survey.column_floor.defined()) {
    task.row_floor = Operands::data<T>(survey.row_floor);
    task.column_floor = Operands::data<T>(survey.column_floor);
    task.row_count = (rowCount = at::zeros({operands.n}, at::kLong)).data_ptr<int64_t>();
    task.column_count = (columnCount = at::zeros({operands.m}, at::kLong)).data_ptr<int64_t>();
  }
  if (rows) task.rows = r.emplace(operands, operands.n).sums;
  if (columns) task.columns = c.emplace(operands, operands.m).sums;
  if (total) task.total = all.emplace(operands, lanes).sums;
  if (diagonal) task.diagonal = (pairs = operands.empty({operands.pairs()})).data_ptr<T>();

  forEachBlock(operands.n, operands.m, lanes, [&](Block block, int64_t lane) {
    kernel.forward(task, block, lane, scratch.data_ptr<T>() + lane * scratch.size(1));
  });
  if (total)
    for (int64_t lane = 1; lane < lanes; ++lane) task.total.add(0, task.total.shift[lane], task.total.sum[lane]);
  if (rows) *rows = shim::make(r->log());
  if (columns) *columns = shim::make(c->log());
  if (total) *total = shim::make(all->log().select(0, 0).clone());
  if (diagonal) *diagonal = shim::make(pairs);
  if (r2) *survey.row_squares = shim::make(r2->log());
  if (c2) *survey.column_squares = shim::make(c2->log());
  if (rowCount.defined()) *survey.row_count = shim::make(rowCount);
  if (columnCount.defined()) *survey.column_count = shim::make(columnCount);
}

/// What the logarithms of sums are weighed by, and which gradients are wanted.
struct Weights {
  at::Tensor rows, columns, p, q, t;
  double total, g;
};

template <typename T>
double gradient(const Operands &operands, const Weights &weights, Gradients &out) {
  const auto &kernel = kernels<T>();
  const int64_t lanes = laneCount(operands.n, operands.m), size = kernel.scratch(operands.d);
  auto scratch = operands.empty({lanes, (size + 15) / 16 * 16});
  const auto data = [](const at::Tensor &tensor) { return Operands::data<T>(tensor); };
  const Gradient<T> task{
      operands.task<T>(), data(weights.rows), data(weights.columns), static_cast<T>(weights.total), data(weights.p),
      data(weights.q), data(weights.t), static_cast<T>(weights.g), data(out.x), data(out.y), data(out.a), data(out.b)};
  forEachBlock(operands.n, operands.m, lanes, [&](Block block, int64_t lane) {
    kernel.gradient(task, block, scratch.data_ptr<T>() + lane * scratch.size(1));
  });
  return operands.finish<T>(out);
}

}  // namespace

extern "C" {

ct_status cs_sums(
    cs_scores scores, ct_tensor *rows, ct_tensor *columns, ct_tensor *total, ct_tensor *diagonal) {
  return shim::guarded([&] {
    const Operands operands(scores);
    if (operands.isFloat())
      sums<float>(operands, rows, columns, total, diagonal);
    else
      sums<double>(operands, rows, columns, total, diagonal);
  });
}

ct_status cs_survey(
    cs_scores scores, ct_tensor row_floor, ct_tensor column_floor, ct_tensor *rows, ct_tensor *columns,
    ct_tensor *total, ct_tensor *diagonal, ct_tensor *row_squares, ct_tensor *column_squares, ct_tensor *row_count,
    ct_tensor *column_count) {
  return shim::guarded([&] {
    const Operands operands(scores);
    const Survey survey{
        operands.vector(row_floor, operands.n, "row_floor"), operands.vector(column_floor, operands.m, "column_floor"),
        row_squares, column_squares, row_count, column_count};
    TORCH_CHECK((!row_floor || row_count) && (!column_floor || column_count) && !row_floor == !column_floor &&
                    !row_squares == !column_squares && (!row_squares || (rows && columns)),
                "counts need both floors, squares both sums");
    if (operands.isFloat())
      sums<float>(operands, rows, columns, total, diagonal, survey);
    else
      sums<double>(operands, rows, columns, total, diagonal, survey);
  });
}

ct_status cs_gradient(
    cs_scores scores, ct_tensor rows, ct_tensor columns, ct_tensor total, ct_tensor p, ct_tensor q, double g, ct_tensor t,
    ct_tensor *dx, ct_tensor *dy, ct_tensor *da, ct_tensor *db, double *dscale) {
  return shim::guarded([&] {
    const Operands operands(scores);
    const int64_t n = operands.n, m = operands.m;
    Weights weights{
        operands.vector(rows, n, "rows"), operands.vector(columns, m, "columns"), operands.vector(p, n, "p"),
        operands.vector(q, m, "q"), operands.vector(t, operands.pairs(), "t"), 0, g};
    TORCH_CHECK((!p || rows) && (!q || columns) && (g == 0 || total), "a weight needs the sums that it weighs");
    if (g != 0) weights.total = shim::get(total).item<double>();
    // No pair at all off the diagonal: the total is empty and has no gradient.
    if (weights.total == -std::numeric_limits<double>::infinity()) weights.g = 0;
    Gradients out;
    const bool distances = scores.form == CS_SQUARED_DISTANCE;
    if (dx || dscale) out.x = operands.zeros({n, operands.d});
    if (dy) out.y = operands.zeros({m, operands.d});
    if (da || ((dx || dscale) && distances)) out.a = operands.zeros({n});
    if (db || ((dy || dscale) && distances)) out.b = operands.zeros({m});
    const double scale =
        operands.isFloat() ? gradient<float>(operands, weights, out) : gradient<double>(operands, weights, out);
    if (dx) *dx = shim::make(out.x);
    if (dy) *dy = shim::make(out.y);
    if (da) *da = shim::make(out.a);
    if (db) *db = shim::make(out.b);
    if (dscale) *dscale = scale;
  });
}

ct_status cs_exponential(ct_tensor *out, ct_tensor x) {
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
