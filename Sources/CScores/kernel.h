// The two passes over a block of scores, for one instruction set: included beside simd.h, in the same way.
//
// A block is walked in tiles of kTileRows rows by tileColumns(d) columns, small enough that the tile, the packed
// columns of y and the packed rows of x stay in a core's second-level cache. Each tile is a matrix product, a sweep
// that exponentiates it in place, and, for the gradient, two more products.

constexpr int64_t kTileRows = 192;  // a multiple of 6
constexpr int64_t kPad = 16;        // keeps the rows of a tile off one another's cache sets
/// Two logarithms this far apart or less may share one shift: what exp(−86) drops is below e^{−26} of any sum.
constexpr double kReach = 60;

template <typename T>
int64_t tileColumns(int64_t d) {
  const int64_t columns = int64_t(128 * 1024 / sizeof(T)) / d / panelWidth<T> * panelWidth<T>;
  return std::clamp<int64_t>(columns, panelWidth<T>, 256);
}

/// Where a lane keeps its tile and its factors, formed and packed.
template <typename T>
struct Scratch {
  int64_t stride;
  T *s, *bias, *first, *second, *yColumns, *yRows, *xRows, *formed;

  Scratch(int64_t d, T *start) {
    const int64_t c = tileColumns<T>(d), width = padded<T>(d);
    stride = c + kPad;
    s = start;
    bias = s + kTileRows * stride;
    first = bias + c;
    second = first + c;
    yColumns = second + c;
    yRows = yColumns + c * d;
    xRows = yRows + c * width;
    formed = xRows + kTileRows * width + kTileRows;
  }
  static int64_t count(int64_t d) {
    const int64_t c = tileColumns<T>(d), width = padded<T>(d);
    return kTileRows * (c + kPad) + 3 * c + c * d + c * width + kTileRows * width + kTileRows +
           std::max(kTileRows, c) * d;
  }
};

/// One tile: its place in S, its extent, and its values.
template <typename T>
struct Tile {
  int64_t row, rows, column, columns, width, stride, offset;
  T *s;

  T *at(int64_t i) const { return s + i * stride; }
  /// The pairs (i, i + offset) in the tile: i in [begin, end).
  int64_t diagonalBegin() const { return std::max(row, column - offset); }
  int64_t diagonalEnd() const { return std::min(row + rows, column + columns - offset); }
  T &diagonal(int64_t i) const { return s[(i - row) * stride + (i + offset - column)]; }
};

constexpr double kNone = -std::numeric_limits<double>::infinity();

/// Adds the biases (−∞ beyond the last column) and returns the largest score.
template <typename T>
T addBiases(const Tile<T> &tile, const T *a, const T *bias) {
  auto top = splat(T(kNone));
  for (int64_t i = 0; i < tile.rows; ++i) {
    const T rowBias = a ? a[tile.row + i] : T(0);
    T *s = tile.at(i);
    for (int64_t j = 0; j < tile.width; j += Lanes<T>::width) {
      const auto v = load(s + j) + (load(bias + j) + rowBias);
      store<T>(s + j, v);
      top = larger<T>(top, v);
    }
  }
  return largest<T>(top);
}

/// scale_i (x_i − o) for `count` rows of d: x itself when there is nothing to do, otherwise formed in `out`.
template <typename T>
const T *form(const T *x, const T *scale, const T *o, int64_t count, int64_t d, T *out) {
  if (!scale && !o) return x;
  for (int64_t i = 0; i < count; ++i) {
    const T factor = scale ? scale[i] : T(1), *from = x + i * d;
    T *to = out + i * d;
    if (o)
      for (int64_t k = 0; k < d; ++k) to[k] = (from[k] - o[k]) * factor;
    else
      for (int64_t k = 0; k < d; ++k) to[k] = from[k] * factor;
  }
  return out;
}

/// The tile's rows of x̃, in `formed` or in place.
template <typename T>
const T *formRows(const Scores<T> &task, const Tile<T> &tile, const Scratch<T> &scratch) {
  return form(task.x + tile.row * task.d, task.r ? task.r + tile.row : nullptr, task.o, tile.rows, task.d, scratch.formed);
}

/// Computes the scores of a tile from its rows of x̃; yColumns and bias are those of its columns.
template <typename T>
T scores(const Scores<T> &task, const Tile<T> &tile, const T *rows, const Scratch<T> &scratch) {
  product(rows, task.d, 1, tile.rows, scratch.yColumns, task.d, tile.width, tile.s, tile.stride, false);
  return addBiases(tile, task.a, scratch.bias);
}

/// The tile's rows of ỹ, in `out` or in place.
template <typename T>
const T *formColumns(const Scores<T> &task, const Tile<T> &tile, T *out) {
  return form(task.y + tile.column * task.d, task.c ? task.c + tile.column : nullptr, task.o, tile.columns, task.d, out);
}

template <typename T>
void setBias(const Scores<T> &task, const Tile<T> &tile, const Scratch<T> &scratch) {
  for (int64_t j = 0; j < tile.width; ++j)
    scratch.bias[j] = j >= tile.columns ? T(kNone) : task.b ? task.b[tile.column + j] : T(0);
}

/// Packs the tile's rows of ỹ as columns of the scores' product, and, when asked, as rows of the gradient's.
template <typename T>
void packColumns(const Scores<T> &task, const Tile<T> &tile, const Scratch<T> &scratch, bool rowsToo) {
  const int64_t d = task.d;
  const T *y = formColumns(task, tile, scratch.formed);
  pack(y, 1, d, d, tile.columns, scratch.yColumns);
  if (rowsToo) pack(y, d, 1, tile.columns, d, scratch.yRows);
  setBias(task, tile, scratch);
}

// ---- sums ----------------------------------------------------------------------------------------

/// Row and column sums of exp(S − shift) into rowSums and columnSums, each followed, `apart` elements on, by those of
/// the squares where these are wanted.
template <bool Squares, typename T>
SCORES_INLINE void sumTile(const Tile<T> &tile, T shift, T *rowSums, T *columnSums, int64_t rowsApart, int64_t columnsApart) {
  constexpr int64_t w = Lanes<T>::width;
  T *columnSquares = columnSums + columnsApart, *rowSquares = rowSums + rowsApart;
  for (int64_t j = 0; j < tile.width; j += w) {
    store<T>(columnSums + j, Vec<T>{});
    if (Squares) store<T>(columnSquares + j, Vec<T>{});
  }
  int64_t i = 0;
  for (; i + 4 <= tile.rows; i += 4) {
    Vec<T> row[4] = {}, square[4] = {};
    const T *s = tile.at(i);
    for (int64_t j = 0; j < tile.width; j += w) {
      Vec<T> e[4];
#pragma clang loop unroll(full)
      for (int k = 0; k < 4; ++k) {
        e[k] = exponential(load(s + k * tile.stride + j) - shift);
        row[k] += e[k];
      }
      store<T>(columnSums + j, load(columnSums + j) + ((e[0] + e[1]) + (e[2] + e[3])));
      if (!Squares) continue;
#pragma clang loop unroll(full)
      for (int k = 0; k < 4; ++k) {
        e[k] *= e[k];
        square[k] += e[k];
      }
      store<T>(columnSquares + j, load(columnSquares + j) + ((e[0] + e[1]) + (e[2] + e[3])));
    }
    for (int k = 0; k < 4; ++k) {
      rowSums[i + k] = total<T>(row[k]);
      if (Squares) rowSquares[i + k] = total<T>(square[k]);
    }
  }
  for (; i < tile.rows; ++i) {
    Vec<T> row = {}, square = {};
    for (int64_t j = 0; j < tile.width; j += w) {
      const auto e = exponential(load(tile.at(i) + j) - shift);
      row += e;
      store<T>(columnSums + j, load(columnSums + j) + e);
      if (!Squares) continue;
      square += e * e;
      store<T>(columnSquares + j, load(columnSquares + j) + e * e);
    }
    rowSums[i] = total<T>(row);
    if (Squares) rowSquares[i] = total<T>(square);
  }
}

/// Whether every sum is large enough that what the exponential dropped does not matter.
template <typename T>
bool areSafe(const T *sums, int64_t count, double reach) {
  const T least = std::exp(T(-reach));
  bool safe = true;
  for (int64_t i = 0; i < count; ++i) safe &= sums[i] >= least;
  return safe;
}

/// Adds the tile's sums, each row and column shifted by its own largest score.
template <typename T>
void addSeparately(const Forward<T> &task, const Tile<T> &tile, int64_t lane, Scratch<T> &scratch) {
  constexpr int64_t w = Lanes<T>::width;
  Sums<T> rows = task.rows, columns = task.columns, all = task.total;
  Sums<T> rowSquares = task.row_squares, columnSquares = task.column_squares;
  T *top = scratch.first, *sum = scratch.second;
  for (int64_t j = 0; j < tile.width; j += w) {
    store<T>(top + j, splat(T(kNone)));
    store<T>(sum + j, Vec<T>{});
  }
  for (int64_t i = 0; i < tile.rows; ++i) {
    const T *s = tile.at(i);
    auto most = splat(T(kNone));
    for (int64_t j = 0; j < tile.width; j += w) {
      most = larger<T>(most, load(s + j));
      store<T>(top + j, larger<T>(load(top + j), load(s + j)));
    }
    const T shift = largest<T>(most);
    if (shift == T(kNone)) continue;
    Vec<T> row = {}, square = {};
    for (int64_t j = 0; j < tile.width; j += w) {
      const auto e = exponential(load(s + j) - shift);
      row += e;
      square += e * e;
    }
    const T value = total<T>(row);
    if (rows.sum) rows.add(tile.row + i, shift, value);
    if (rowSquares.sum) rowSquares.add(tile.row + i, 2 * shift, total<T>(square));
    if (all.sum) all.add(lane, shift, value);
  }
  if (!columns.sum) return;
  for (int64_t j = 0; j < tile.width; ++j) top[j] = std::max(top[j], std::numeric_limits<T>::lowest());
  for (int64_t i = 0; i < tile.rows; ++i)
    for (int64_t j = 0; j < tile.width; j += w)
      store<T>(sum + j, load(sum + j) + exponential(load(tile.at(i) + j) - load(top + j)));
  for (int64_t j = 0; j < tile.columns; ++j) columns.add(tile.column + j, top[j], sum[j]);
  if (!columnSquares.sum) return;
  for (int64_t j = 0; j < tile.width; j += w) store<T>(sum + j, Vec<T>{});
  for (int64_t i = 0; i < tile.rows; ++i)
    for (int64_t j = 0; j < tile.width; j += w) {
      const auto e = exponential(load(tile.at(i) + j) - load(top + j));
      store<T>(sum + j, load(sum + j) + e * e);
    }
  for (int64_t j = 0; j < tile.columns; ++j) columnSquares.add(tile.column + j, 2 * top[j], sum[j]);
}

/// Adds the tile's sums. `shift` is the lane's, kept as long as it serves so that sums seldom change theirs.
template <typename T>
void addSums(const Forward<T> &task, const Tile<T> &tile, T top, int64_t lane, T &shift, Scratch<T> &scratch) {
  Sums<T> rows = task.rows, columns = task.columns, all = task.total;
  Sums<T> rowSquares = task.row_squares, columnSquares = task.column_squares;
  if (!(top <= shift + 40 && top >= shift - 20)) shift = top;
  // Beside the rows of x̃, which these sums replace; and `second` follows `first`.
  T *rowSums = scratch.xRows, *columnSums = scratch.first;
  const bool squares = rowSquares.sum;
  if (squares)
    sumTile<true>(tile, shift, rowSums, columnSums, kTileRows, scratch.second - scratch.first);
  else
    sumTile<false>(tile, shift, rowSums, columnSums, kTileRows, scratch.second - scratch.first);
  // A square has half the reach.
  const double reach = squares ? kReach / 2 : kReach;
  if ((rows.sum && !areSafe(rowSums, tile.rows, reach)) || (columns.sum && !areSafe(columnSums, tile.columns, reach)))
    return addSeparately(task, tile, lane, scratch);
  double sum = 0;
  for (int64_t i = 0; i < tile.rows; ++i) sum += rowSums[i];
  if (all.sum) all.add(lane, shift, sum);
  if (rows.sum)
    for (int64_t i = 0; i < tile.rows; ++i) rows.add(tile.row + i, shift, rowSums[i]);
  if (columns.sum)
    for (int64_t j = 0; j < tile.columns; ++j) columns.add(tile.column + j, shift, columnSums[j]);
  if (!squares) return;
  for (int64_t i = 0; i < tile.rows; ++i) rowSquares.add(tile.row + i, 2 * shift, rowSums[kTileRows + i]);
  for (int64_t j = 0; j < tile.columns; ++j) columnSquares.add(tile.column + j, 2 * shift, scratch.second[j]);
}

/// Counts the scores of each row and column that are not less than its floor; one that is not a number counts.
template <typename T>
void countTile(const Forward<T> &task, const Tile<T> &tile, const Scratch<T> &scratch) {
  constexpr int64_t w = Lanes<T>::width;
  using Bits = typename Lanes<T>::Bits;
  T *floors = scratch.first, *counts = scratch.second;
  for (int64_t j = 0; j < tile.width; j += w) store<T>(counts + j, Vec<T>{});
  for (int64_t j = 0; j < tile.width; ++j)
    floors[j] = j < tile.columns ? task.column_floor[tile.column + j] : std::numeric_limits<T>::infinity();
  for (int64_t i = 0; i < tile.rows; ++i) {
    const T floor = task.row_floor[tile.row + i], *s = tile.at(i);
    Bits row = {};
    for (int64_t j = 0; j < tile.width; j += w) {
      const auto v = load(s + j);
      row += 1 + (Bits)(v < floor);
      store<T>(counts + j, (Vec<T>)((Bits)load(counts + j) + (1 + (Bits)(v < load(floors + j)))));
    }
    int64_t count = 0;
    for (int64_t j = 0; j < w; ++j) count += row[j];
    // Columns beyond the last are −∞, which is less than any floor but −∞ itself and NaN.
    if (!(T(kNone) < floor)) count -= tile.width - tile.columns;
    task.row_count[tile.row + i] += count;
  }
  for (int64_t j = 0; j < tile.columns; ++j) task.column_count[tile.column + j] += ((Bits)load(counts + j / w * w))[j % w];
}

/// Reads the diagonal; takes it out of the tile when the total leaves it out, adding it to rows and columns.
template <typename T>
void readDiagonal(const Forward<T> &task, const Tile<T> &tile) {
  Sums<T> rows = task.rows, columns = task.columns;
  Sums<T> rowSquares = task.row_squares, columnSquares = task.column_squares;
  for (int64_t i = tile.diagonalBegin(); i < tile.diagonalEnd(); ++i) {
    T &s = tile.diagonal(i);
    if (task.diagonal) task.diagonal[i - firstPair(task.offset)] = s;
    if (!task.off_diagonal || !task.total.sum) continue;
    if (rows.sum && s > T(kNone)) rows.add(i, s, 1);
    if (columns.sum && s > T(kNone)) columns.add(i + task.offset, s, 1);
    if (rowSquares.sum && s > T(kNone)) rowSquares.add(i, 2 * s, 1);
    if (columnSquares.sum && s > T(kNone)) columnSquares.add(i + task.offset, 2 * s, 1);
    s = T(kNone);
  }
}

template <typename T, typename Body>
SCORES_INLINE void forEachTile(const Scores<T> &task, const Scratch<T> &scratch, Block block, Body body) {
  const int64_t step = tileColumns<T>(task.d);
  for (int64_t column = block.column; column < block.column_end; column += step) {
    const int64_t columns = std::min(step, block.column_end - column);
    for (int64_t row = block.row; row < block.row_end; row += kTileRows)
      body(Tile<T>{row, std::min(kTileRows, block.row_end - row), column, columns, padded<T>(columns), scratch.stride,
                   task.offset, scratch.s},
           row == block.row);
  }
}

template <typename T>
void forward(const Forward<T> &task, Block block, int64_t lane, T *start) {
  Scratch<T> scratch(task.d, start);
  T shift = T(kNone);
  forEachTile(task, scratch, block, [&](const Tile<T> &tile, bool first) {
    if (first) packColumns(task, tile, scratch, false);
    T top = scores(task, tile, formRows(task, tile, scratch), scratch);
    if (task.row_count) countTile(task, tile, scratch);
    readDiagonal(task, tile);
    addSums(task, tile, top, lane, shift, scratch);
  });
}

// ---- search --------------------------------------------------------------------------------------

/// Scores of a row of x̃ with the tile's columns, a vector of them at a time: their dot products are added up side by side.
template <typename T>
void dots(const Tile<T> &tile, const T *x, const T *columns, int64_t d, T *s) {
  constexpr int64_t w = Lanes<T>::width;
  int64_t j = 0;
  for (; j + w <= tile.columns; j += w) {
    const T *y = columns + j * d;
    Vec<T> sum[w] = {};
    int64_t k = 0;
    for (; k + w <= d; k += w) {
      const auto left = load(x + k);
#pragma clang loop unroll(full)
      for (int64_t c = 0; c < w; ++c) sum[c] += left * load(y + c * d + k);
    }
    auto all = totals<T>(sum);
    for (; k < d; ++k)
      for (int64_t c = 0; c < w; ++c) all[c] += x[k] * y[c * d + k];
    store<T>(s + j, all);
  }
  for (; j < tile.columns; ++j) {
    T sum = 0;
    for (int64_t k = 0; k < d; ++k) sum += x[k] * columns[j * d + k];
    s[j] = sum;
  }
  for (; j < tile.width; ++j) s[j] = 0;
}

/// How far a score may lie above the shift of its row before the row's sums are taken relative to another: squares of
/// exponentials stay far from the largest number.
constexpr double kAbove = 20;

/// Adds scores of a row, whose biases are added already, to what was found of it.
template <bool Referenced, typename T>
SCORES_INLINE void searchRow(
    const Search<T> &task, const Tile<T> &tile, const T *s, const T *reference, Found<T> &found) {
  constexpr int64_t w = Lanes<T>::width;
  // Below it the exponential is 0, and the product with it too.
  constexpr T least = sizeof(T) == 4 ? T(-88) : T(-709);
  auto most = splat(T(kNone)), best = most;
  if (found.shift == T(kNone)) {
    for (int64_t j = 0; j < tile.width; j += w) most = larger<T>(load(s + j), most);
    found.shift = largest<T>(most);
    if (found.shift == T(kNone)) return;
  }
  Vec<T> sum, squares, moment, weighted;
  T top;
  for (;;) {
    sum = squares = moment = weighted = Vec<T>{};
    for (int64_t j = 0; j < tile.width; j += w) {
      const auto v = load(s + j);
      most = larger<T>(v, most);
      if (Referenced) best = larger<T>(v - load(reference + j), best);
      const auto x = larger<T>(v - found.shift, splat(least));
      const auto e = exponential(x);
      sum += e;
      squares += e * e;
      moment += e * x;
      if (Referenced) weighted += e * load(reference + j);
    }
    top = largest<T>(most);
    if (!(top > found.shift + T(kAbove))) break;
    found.rescale(top);
  }
  found.top = std::max(found.top, top);
  if (Referenced) found.best = std::max(found.best, largest<T>(best));
  found.sum += total<T>(sum);
  found.squares += total<T>(squares);
  found.moment += total<T>(moment);
  if (Referenced) found.reference += total<T>(weighted);
  if (top < found.floor) return;
  for (int64_t j = 0; j < tile.columns; j += w) {
    if (!__builtin_reduce_or((typename Lanes<T>::Bits)(load(s + j) >= found.floor))) continue;
    for (int64_t c = j; c < std::min(j + w, tile.columns); ++c)
      if (s[c] >= found.floor && s[c] > T(kNone)) found.keep(s[c], tile.column + c, task.k);
  }
}

/// The same of a row whose biases are still to be added.
template <typename T>
void searchRow(
    const Search<T> &task, const Tile<T> &tile, int64_t i, T *s, const Scratch<T> &scratch, Found<T> &found) {
  if (task.a || task.b || tile.columns < tile.width) {
    const T rowBias = task.a ? task.a[tile.row + i] : T(0);
    for (int64_t j = 0; j < tile.width; j += Lanes<T>::width)
      store<T>(s + j, load(s + j) + (load(scratch.bias + j) + rowBias));
  }
  if (task.reference)
    searchRow<true>(task, tile, s, scratch.first, found);
  else
    searchRow<false>(task, tile, s, scratch.first, found);
}

template <typename T>
void inner(const T *x, const T *o, const T *w, int64_t count, int64_t d, T *out);

/// The length of the longest of `count` rows of d, not finite where one of them is not; `squares` has room for as many numbers.
template <typename T>
T lengthOf(const T *rows, int64_t count, int64_t d, T *squares) {
  inner<T>(rows, nullptr, nullptr, count, d, squares);
  return std::sqrt(largestOf(squares, count));
}

/// A few rows at a time, whose scores are looked at while they are in the nearest cache. Of fewer than kRows rows the lengths of
/// columns may be left to be found here.
template <typename T>
void search(const Search<T> &task, Block block, Found<T> *found, T *start) {
  Scratch<T> scratch(task.d, start);
  // Of fewer rows packing would cost more than it saves.
  const bool few = block.row_end - block.row < kRows;
  const T *columns = nullptr;
  forEachTile(task, scratch, block, [&](const Tile<T> &tile, bool first) {
    if (first) {
      if (few)
        columns = formColumns(task, tile, scratch.yColumns);
      else
        packColumns(task, tile, scratch, false);
      if (few && (task.b || tile.columns < tile.width)) setBias(task, tile, scratch);
      for (int64_t j = 0; task.reference && j < tile.width; ++j)
        scratch.first[j] = j < tile.columns ? task.reference[tile.column + j] : T(0);
      if (task.longest < 0) {
        const T longest = lengthOf(columns, tile.columns, task.d, scratch.second);
        for (int64_t i = block.row; i < block.row_end; ++i) found[i - block.row].raise(T(kNone), task.slack(i, longest));
      }
    }
    const T *rows = formRows(task, tile, scratch);
    for (int64_t i = 0; i < tile.rows; i += kRows) {
      const int64_t end = std::min(tile.rows, i + kRows);
      if (few)
        for (int64_t k = i; k < end; ++k) dots(tile, rows + k * task.d, columns, task.d, tile.at(k - i));
      else
        product(rows + i * task.d, task.d, 1, end - i, scratch.yColumns, task.d, tile.width, tile.s, tile.stride, false);
      for (int64_t k = i; k < end; ++k)
        searchRow(task, tile, k, tile.at(k - i), scratch, found[tile.row + k - block.row]);
    }
  });
}

// ---- gradient ------------------------------------------------------------------------------------

/// exp(S − shift) · (rowFactor + columnFactor): one exponential serves rows, columns and total.
template <typename T>
void weighTogether(const Gradient<T> &task, const Tile<T> &tile, T shift, const Scratch<T> &scratch) {
  constexpr int64_t w = Lanes<T>::width;
  T *rowFactor = scratch.xRows, *columnFactor = scratch.first;
  const T common = task.g == 0 ? T(0) : task.g * std::exp(shift - task.total_log);
  for (int64_t i = 0; i < tile.rows; ++i) rowFactor[i] = task.p ? shift - task.row_log[tile.row + i] : T(0);
  exponentials(rowFactor, rowFactor, tile.rows);
  for (int64_t i = 0; i < tile.rows; ++i) rowFactor[i] = (task.p ? rowFactor[i] * task.p[tile.row + i] : T(0)) + common;
  for (int64_t j = 0; j < tile.width; ++j)
    columnFactor[j] = task.q && j < tile.columns ? shift - task.column_log[tile.column + j] : T(0);
  exponentials(columnFactor, columnFactor, tile.width);
  for (int64_t j = 0; j < tile.width; ++j)
    columnFactor[j] = task.q && j < tile.columns ? columnFactor[j] * task.q[tile.column + j] : T(0);
  for (int64_t i = 0; i < tile.rows; ++i) {
    T *s = tile.at(i);
    for (int64_t j = 0; j < tile.width; j += w)
      store<T>(s + j, exponential(load(s + j) - shift) * (load(columnFactor + j) + rowFactor[i]));
  }
}

/// The same with one exponential for each of rows, columns and total: right for any scores.
template <typename T>
void weighSeparately(const Gradient<T> &task, const Tile<T> &tile, const Scratch<T> &scratch) {
  constexpr int64_t w = Lanes<T>::width;
  T *columnLog = scratch.first, *weight = scratch.second;
  for (int64_t j = 0; j < tile.width; ++j) {
    const bool counts = task.q && j < tile.columns && task.column_log[tile.column + j] > T(kNone);
    columnLog[j] = counts ? task.column_log[tile.column + j] : T(0);
    weight[j] = counts ? task.q[tile.column + j] : T(0);
  }
  for (int64_t i = 0; i < tile.rows; ++i) {
    T *s = tile.at(i);
    const bool counts = task.p && task.row_log[tile.row + i] > T(kNone);
    const T rowLog = counts ? task.row_log[tile.row + i] : T(0), p = counts ? task.p[tile.row + i] : T(0);
    for (int64_t j = 0; j < tile.width; j += w) {
      const auto v = load(s + j);
      Vec<T> sum = {};
      if (p != 0) sum += exponential(v - rowLog) * p;
      if (task.g != 0) sum += exponential(v - task.total_log) * task.g;
      if (task.q) sum += exponential(v - load(columnLog + j)) * load(weight + j);
      store<T>(s + j, sum);
    }
  }
}

/// The logarithms that a tile's weights divide by: their range decides whether one shift serves.
template <typename T>
struct Range {
  T least = std::numeric_limits<T>::infinity(), most = T(kNone);
  bool finite = true;

  void add(const T *values, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      least = std::min(least, values[i]);
      most = std::max(most, values[i]);
      finite &= std::isfinite(values[i]);
    }
  }
};

/// S → exp S ∘ (p e^{−row} + e^{−column} q + g e^{−total}).
template <typename T>
void weigh(const Gradient<T> &task, const Tile<T> &tile, const Scratch<T> &scratch) {
  Range<T> range;
  if (task.p) range.add(task.row_log + tile.row, tile.rows);
  if (task.q) range.add(task.column_log + tile.column, tile.columns);
  if (task.g != 0 && !(task.total_log > range.most && (task.p || task.q))) range.add(&task.total_log, 1);
  if (range.finite && range.least <= range.most && range.most - range.least <= kReach)
    weighTogether(task, tile, range.most, scratch);
  else
    weighSeparately(task, tile, scratch);
}

/// The weight of one pair without the total's part.
template <typename T>
T pairWeight(const Gradient<T> &task, int64_t i, T s) {
  T sum = 0;
  if (task.p && task.row_log[i] > T(kNone)) sum += task.p[i] * std::exp(s - task.row_log[i]);
  const int64_t j = i + task.offset;
  if (task.q && task.column_log[j] > T(kNone)) sum += task.q[j] * std::exp(s - task.column_log[j]);
  return sum;
}

/// The tile's part of da and db.
template <typename T>
void addMargins(const Gradient<T> &task, const Tile<T> &tile) {
  constexpr int64_t w = Lanes<T>::width;
  for (int64_t i = 0; i < tile.rows; ++i) {
    const T *g = tile.at(i);
    Vec<T> sum = {};
    for (int64_t j = 0; j < tile.width; j += w) sum += load(g + j);
    if (task.da) task.da[tile.row + i] += total<T>(sum);
    if (task.db)
      for (int64_t j = 0; j < tile.columns; ++j) task.db[tile.column + j] += g[j];
  }
}

template <typename T>
void gradientTile(const Gradient<T> &task, const Tile<T> &tile, const T *rows, const Scratch<T> &scratch) {
  const int64_t d = task.d, begin = tile.diagonalBegin(), end = tile.diagonalEnd();
  T own[kTileRows];
  const bool out = task.off_diagonal && task.g != 0;
  for (int64_t i = begin; out && i < end; ++i) {
    own[i - begin] = pairWeight(task, i, tile.diagonal(i));
    tile.diagonal(i) = T(kNone);
  }
  weigh(task, tile, scratch);
  for (int64_t i = begin; i < end; ++i) {
    if (out) tile.diagonal(i) = own[i - begin];
    if (task.t) tile.diagonal(i) -= task.t[i - firstPair(task.offset)];
  }
  if (task.da || task.db) addMargins(task, tile);
  if (task.dx)
    product(tile.s, tile.stride, 1, tile.rows, scratch.yRows, tile.columns, d, task.dx + tile.row * d, d, true);
  if (!task.dy) return;
  pack(rows, d, 1, tile.rows, d, scratch.xRows);
  product(tile.s, 1, tile.stride, tile.columns, scratch.xRows, tile.rows, d, task.dy + tile.column * d, d, true);
}

template <typename T>
void gradient(const Gradient<T> &task, Block block, T *start) {
  Scratch<T> scratch(task.d, start);
  forEachTile(task, scratch, block, [&](const Tile<T> &tile, bool first) {
    if (first) packColumns(task, tile, scratch, task.dx != nullptr);
    const T *rows = formRows(task, tile, scratch);
    scores(task, tile, rows, scratch);
    gradientTile(task, tile, rows, scratch);
  });
}

// ---- rows of factors -----------------------------------------------------------------------------

template <typename T>
void inner(const T *x, const T *o, const T *w, int64_t count, int64_t d, T *out) {
  constexpr int64_t width = Lanes<T>::width;
  for (int64_t i = 0; i < count; ++i) {
    const T *row = x + i * d, *other = w ? w + i * d : nullptr;
    Vec<T> sum = {};
    int64_t k = 0;
    for (; k + width <= d; k += width) {
      const Vec<T> v = o ? load(row + k) - load(o + k) : load(row + k);
      sum += v * (w ? load(other + k) : v);
    }
    T rest = total<T>(sum);
    for (; k < d; ++k) {
      const T v = o ? row[k] - o[k] : row[k];
      rest += v * (w ? other[k] : v);
    }
    out[i] = rest;
  }
}

template <typename T>
void combine(T *w, const T *x, const T *o, const T *alpha, const T *beta, int64_t count, int64_t d) {
  constexpr int64_t width = Lanes<T>::width;
  for (int64_t i = 0; i < count; ++i) {
    const T *row = x + i * d;
    T *out = w + i * d;
    int64_t k = 0;
    for (; k + width <= d; k += width) {
      const Vec<T> v = o ? load(row + k) - load(o + k) : load(row + k);
      store<T>(out + k, load(out + k) * alpha[i] - v * beta[i]);
    }
    for (; k < d; ++k) out[k] = alpha[i] * out[k] - beta[i] * (o ? row[k] - o[k] : row[k]);
  }
}

template <typename T>
constexpr Kernels<T> kKernels = {
    Scratch<T>::count, kRows, forward<T>, gradient<T>, search<T>, exponentials<T>, inner<T>, combine<T>};

const Kernels<float> kernels32 = kKernels<float>;
const Kernels<double> kernels64 = kKernels<double>;
