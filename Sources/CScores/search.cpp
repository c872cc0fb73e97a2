// The best columns of each row of scores, tile by tile: each thread walks over columns of its own, with all rows, and
// what the threads found is merged at the end.
#include <ATen/ops/full.h>

#include "operands.h"

namespace {

using namespace scores;

/// What two scores of row i may differ by through rounding, twice 2 (d + 2) u (|x̃_i| max|ỹ| + |a_i| + max|b|) with u half
/// an ulp: the bound of a dot product of d terms and of forming its factors, for both.
template <typename T>
struct Rounding {
  std::vector<T> length, rest;
  T longest = -1;

  /// - few: whether the lengths of columns are found by the kernel, from columns that it has just read.
  Rounding(const Operands &operands, bool few) {
    const T unit = 2 * T(operands.d + 2) * std::numeric_limits<T>::epsilon();
    // A bias of −∞ is exact.
    const auto size = [](T bias) { return std::isfinite(bias) ? std::abs(bias) : T(0); };
    T most = 0;
    if (const T *b = Operands::data<T>(operands.b))
      for (int64_t j = 0; j < operands.m; ++j) most = std::max(most, size(b[j]));
    length = lengths(operands, operands.x, operands.r, operands.squares_x);
    rest.resize(length.size());
    const T *a = Operands::data<T>(operands.a);
    for (size_t i = 0; i < length.size(); ++i) {
      length[i] *= unit;
      rest[i] = ((a ? size(a[i]) : T(0)) + most) * unit;
    }
    if (few && !operands.squares_y.defined()) return;
    const auto columns = lengths(operands, operands.y, operands.c, operands.squares_y);
    longest = largestOf(columns.data(), operands.m);
  }

  static std::vector<T> lengths(
      const Operands &operands, const at::Tensor &rows, const at::Tensor &scales, const at::Tensor &squares) {
    std::vector<T> result(rows.size(0));
    if (squares.defined())
      std::copy_n(Operands::data<T>(squares), result.size(), result.data());
    else
      overRows(rows.size(0), operands.d, [&](int64_t begin, int64_t end) {
        kernels<T>().inner(
            Operands::data<T>(rows) + begin * operands.d, nullptr, nullptr, end - begin, operands.d, result.data() + begin);
      });
    for (size_t i = 0; i < result.size(); ++i)
      result[i] = std::sqrt(result[i]) * (scales.defined() ? std::abs(Operands::data<T>(scales)[i]) : T(1));
    return result;
  }
};

template <typename T>
void search(const Operands &operands, const at::Tensor &reference, const at::Tensor &floors, int64_t k,
            ct_tensor *bestRows, ct_tensor *bestColumns, ct_tensor *moments) {
  const auto &kernel = kernels<T>();
  const int64_t n = operands.n, m = operands.m, lanes = std::clamp<int64_t>(m / 512, 1, at::get_num_threads());
  const int64_t size = (kernel.scratch(operands.d) + 15) / 16 * 16;
  auto scratch = operands.empty({lanes, size});
  const Rounding<T> rounding(operands, n < kernel.few);
  std::vector<std::vector<Found<T>>> found(lanes, std::vector<Found<T>>(n));
  const Search<T> task{operands.task<T>(),    Operands::data<T>(reference), rounding.length.data(),
                       rounding.rest.data(), rounding.longest,             k};
  for (auto &part : found)
    for (int64_t i = 0; i < n; ++i)
      part[i].raise(Operands::data<T>(floors)[i], task.slack(i, task.longest < 0 ? T(0) : task.longest));
  shim::parallel(lanes, [&](int64_t lane) {
    kernel.search(task, Block{0, n, shim::cut(m, lane, lanes), shim::cut(m, lane + 1, lanes)}, found[lane].data(),
                  scratch.data_ptr<T>() + lane * size);
  });

  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t lane = 1; lane < lanes; ++lane) found[0][i].merge(found[lane][i], k);
    found[0][i].shrink(k);
    count += static_cast<int64_t>(found[0][i].kept.size());
  }
  auto rows = at::empty({count}, at::kLong), columns = at::empty({count}, at::kLong);
  auto sums = at::empty({n, 7}, at::kDouble);
  int64_t *row = rows.data_ptr<int64_t>(), *column = columns.data_ptr<int64_t>();
  double *sum = sums.data_ptr<double>();
  for (int64_t i = 0; i < n; ++i) {
    auto &all = found[0][i];
    all.rescale(all.top);
    const T best = reference.defined() ? all.best : all.top;
    for (const auto &candidate : all.kept) *row++ = i, *column++ = candidate.second;
    for (const double value :
         {double(all.shift), all.sum, all.squares, all.moment, all.reference, double(best), double(all.slack)})
      *sum++ = value;
  }
  *bestRows = shim::make(rows);
  *bestColumns = shim::make(columns);
  *moments = shim::make(sums);
}

}  // namespace

extern "C" ct_status cs_search(
    cs_scores scores, ct_tensor reference, ct_tensor floor, int64_t k, ct_tensor *best_rows, ct_tensor *best_columns,
    ct_tensor *moments) {
  return shim::guarded([&] {
    const Operands operands(scores);
    TORCH_CHECK(k > 0, "k must be positive");
    auto floors = operands.vector(floor, operands.n, "floor");
    if (!floors.defined()) floors = at::full({operands.n}, -std::numeric_limits<double>::infinity(), operands.x.options());
    const auto weights = operands.vector(reference, operands.m, "reference");
    if (operands.isFloat())
      search<float>(operands, weights, floors, k, best_rows, best_columns, moments);
    else
      search<double>(operands, weights, floors, k, best_rows, best_columns, moments);
  });
}
