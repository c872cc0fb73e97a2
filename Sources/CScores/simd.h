// Vectors, the exponential and the matrix product of the score sums, for one instruction set.
//
// The including file defines SCORES_BYTES (bytes of a vector) and SCORES_PANEL (vectors of a product's panel)
// and includes this inside its own namespace, under its own target attribute: the code is written once, with
// the compiler's vector types, and compiled per instruction set. No include guard for that reason.

template <typename T>
struct Lanes;
template <>
struct Lanes<float> {
  typedef float Vector __attribute__((vector_size(SCORES_BYTES), aligned(4), may_alias));
  typedef int32_t Bits __attribute__((vector_size(SCORES_BYTES)));
  typedef float Register __attribute__((vector_size(SCORES_BYTES)));
  static constexpr int64_t width = SCORES_BYTES / 4;
};
template <>
struct Lanes<double> {
  typedef double Vector __attribute__((vector_size(SCORES_BYTES), aligned(8), may_alias));
  typedef int64_t Bits __attribute__((vector_size(SCORES_BYTES)));
  typedef double Register __attribute__((vector_size(SCORES_BYTES)));
  static constexpr int64_t width = SCORES_BYTES / 8;
};

template <typename T>
using Vec = typename Lanes<T>::Register;

#define SCORES_INLINE inline __attribute__((always_inline))

template <typename T>
SCORES_INLINE Vec<T> load(const T *p) {
  return *reinterpret_cast<const typename Lanes<T>::Vector *>(p);
}
template <typename T>
SCORES_INLINE void store(T *p, Vec<T> v) {
  *reinterpret_cast<typename Lanes<T>::Vector *>(p) = v;
}
template <typename T>
SCORES_INLINE Vec<T> splat(T value) {
  return value - Vec<T>{};
}
template <typename T>
SCORES_INLINE Vec<T> larger(Vec<T> a, Vec<T> b) {
  return a > b ? a : b;
}
/// The largest element; the sum of the elements, by halves.
template <typename T>
SCORES_INLINE T largest(Vec<T> v) {
  T result = v[0];
  for (int64_t i = 1; i < Lanes<T>::width; ++i) result = v[i] > result ? v[i] : result;
  return result;
}
template <typename T>
SCORES_INLINE T total(Vec<T> v) {
  T part[Lanes<T>::width];
  store(part, v);
  for (int64_t half = Lanes<T>::width / 2; half > 0; half /= 2)
    for (int64_t i = 0; i < half; ++i) part[i] += part[i + half];
  return part[0];
}

/// Sums of neighbouring elements, first those of a, then those of b.
template <typename T, size_t... I>
SCORES_INLINE Vec<T> pairSums(Vec<T> a, Vec<T> b, std::index_sequence<I...>) {
  return __builtin_shufflevector(a, b, (2 * I)...) + __builtin_shufflevector(a, b, (2 * I + 1)...);
}
/// The sums of the elements of `Count` vectors, as many as one has elements for each of them, side by side.
template <typename T, int64_t Count = Lanes<T>::width>
SCORES_INLINE Vec<T> totals(const Vec<T> *v) {
  if constexpr (Count == 1)
    return v[0];
  else
    return pairSums<T>(
        totals<T, Count / 2>(v), totals<T, Count / 2>(v + Count / 2), std::make_index_sequence<Lanes<T>::width>());
}

// exp x = 2ⁿ eʳ with n the integer nearest x / ln 2 and |r| ≤ ln 2 / 2. ln 2 is split so that n · high is exact.
// eʳ = 1 + r + r² q(r), with q the interpolant of (eʳ − 1 − r) / r² at Chebyshev points: relative error 1e-8 of
// degree 6 for float, 1.6e-17 of degree 11 for double, below the rounding of the arithmetic. Adding 1.5 · 2²³
// (2⁵²) rounds to an integer, which then stands in the low bits and is added into the exponent of eʳ.
// Below `smallest` the result is 0; arguments above the largest logarithm do not occur (they are shifted).
SCORES_INLINE Vec<float> exponential(Vec<float> x) {
  const float magic = 12582912.0f, smallest = -86.5f;
  const auto rounded = x * 1.44269504f + magic;
  const auto n = rounded - magic;
  const auto r = (x - n * 0x1.62ep-1f) - n * 0x1.0bfbe8p-15f;
  auto q = r * 0x1.6d110ap-10f + 0x1.120b6ep-7f;
  q = q * r + 0x1.55551ap-5f;
  q = q * r + 0x1.5554dcp-3f;
  q = q * r + 0.5f;
  const auto power = (q * r) * r + r + 1.0f;
  const auto bits = (Lanes<float>::Bits)power + ((Lanes<float>::Bits)rounded << 23);
  return (Vec<float>)(bits & ~(Lanes<float>::Bits)(x < smallest));
}
SCORES_INLINE Vec<double> exponential(Vec<double> x) {
  const double magic = 6755399441055744.0, smallest = -707.5;
  const auto rounded = x * 1.4426950408889634 + magic;
  const auto n = rounded - magic;
  const auto r = (x - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33;
  auto q = r * 0x1.af38a9b0ec855p-26 + 0x1.289185613a3d6p-22;
  q = q * r + 0x1.71de0dae63bb3p-19;
  q = q * r + 0x1.a019b90d2ae7ap-16;
  q = q * r + 0x1.a01a01a7c41d5p-13;
  q = q * r + 0x1.6c16c1788bd90p-10;
  q = q * r + 0x1.11111111109b3p-7;
  q = q * r + 0x1.5555555553d63p-5;
  q = q * r + 0x1.5555555555556p-3;
  q = q * r + 0x1.0000000000001p-1;
  const auto power = (q * r) * r + r + 1.0;
  const auto bits = (Lanes<double>::Bits)power + ((Lanes<double>::Bits)rounded << 52);
  return (Vec<double>)(bits & ~(Lanes<double>::Bits)(x < smallest));
}

template <typename T>
void exponentials(const T *x, T *out, int64_t count) {
  constexpr int64_t w = Lanes<T>::width;
  int64_t i = 0;
  for (; i + w <= count; i += w) store<T>(out + i, exponential(load(x + i)));
  if (i < count) {
    T part[w] = {};
    for (int64_t k = i; k < count; ++k) part[k - i] = x[k];
    store<T>(part, exponential(load(part)));
    for (int64_t k = i; k < count; ++k) out[k] = part[k - i];
  }
}

// ---- matrix product ----------------------------------------------------------------------------
//
// C (+)= A B, with B packed in panels of SCORES_PANEL vectors, each panel row after row, padded with zeros. Six rows
// of A by one panel of B fill the registers: every element of A is broadcast against the panel's row.

constexpr int64_t kRows = 6;

template <typename T>
constexpr int64_t panelWidth = SCORES_PANEL *Lanes<T>::width;

template <typename T>
int64_t padded(int64_t columns) {
  return (columns + Lanes<T>::width - 1) / Lanes<T>::width * Lanes<T>::width;
}

/// Packs B[k][j] = source[k · rowStride + j · columnStride], `depth` × `columns`.
template <typename T>
void pack(const T *source, int64_t rowStride, int64_t columnStride, int64_t depth, int64_t columns, T *out) {
  for (int64_t first = 0; first < columns; first += panelWidth<T>) {
    const int64_t valid = std::min(columns - first, panelWidth<T>), width = padded<T>(valid);
    for (int64_t k = 0; k < depth; ++k, out += width) {
      const T *row = source + k * rowStride + first * columnStride;
      for (int64_t j = 0; j < valid; ++j) out[j] = row[j * columnStride];
      for (int64_t j = valid; j < width; ++j) out[j] = 0;
    }
  }
}

/// One row of a panel into C, of which `columns` columns are C's.
template <typename T, int N>
SCORES_INLINE void storeRow(const Vec<T> (&sum)[N], int64_t columns, T *out, bool accumulate) {
  constexpr int64_t w = Lanes<T>::width;
  if (columns == N * w) {
#pragma clang loop unroll(full)
    for (int j = 0; j < N; ++j) store<T>(out + j * w, accumulate ? load(out + j * w) + sum[j] : sum[j]);
  } else {
    T part[N * w];
#pragma clang loop unroll(full)
    for (int j = 0; j < N; ++j) store<T>(part + j * w, sum[j]);
    for (int64_t j = 0; j < columns; ++j) out[j] = accumulate ? out[j] + part[j] : part[j];
  }
}

/// `rows` ≤ 6 rows of C by one panel of N vectors, of which `columns` columns are C's.
template <typename T, int N>
void productTile(
    const T *a, int64_t rowStride, int64_t step, int64_t rows, const T *b, int64_t depth, int64_t columns, T *c,
    int64_t stride, bool accumulate) {
  constexpr int64_t w = Lanes<T>::width;
  const T *row[kRows];  // rows beyond the last repeat it, and are not stored
  for (int64_t i = 0; i < kRows; ++i) row[i] = a + std::min(i, rows - 1) * rowStride;
  Vec<T> sum[kRows][N] = {};
  for (int64_t k = 0; k < depth; ++k) {
    Vec<T> right[N];
#pragma clang loop unroll(full)
    for (int j = 0; j < N; ++j) right[j] = load(b + (k * N + j) * w);
#pragma clang loop unroll(full)
    for (int i = 0; i < kRows; ++i) {
      const T left = row[i][k * step];
#pragma clang loop unroll(full)
      for (int j = 0; j < N; ++j) sum[i][j] += left * right[j];
    }
  }
#pragma clang loop unroll(full)
  for (int64_t i = 0; i < kRows; ++i)
    if (i < rows) storeRow<T, N>(sum[i], columns, c + i * stride, accumulate);
}

/// C (+)= A B with A[i][k] = a[i · rowStride + k · step] and B packed.
template <typename T>
void product(
    const T *a, int64_t rowStride, int64_t step, int64_t rows, const T *packed, int64_t depth, int64_t columns, T *c,
    int64_t stride, bool accumulate) {
  for (int64_t first = 0; first < columns; first += panelWidth<T>) {
    const int64_t valid = std::min(columns - first, panelWidth<T>), width = padded<T>(valid);
    auto tile = productTile<T, 1>;
    if (width == 2 * Lanes<T>::width) tile = productTile<T, 2>;
#if SCORES_PANEL > 2
    if (width == 3 * Lanes<T>::width) tile = productTile<T, 3>;
    if (width == 4 * Lanes<T>::width) tile = productTile<T, 4>;
#endif
    for (int64_t i = 0; i < rows; i += kRows)
      tile(a + i * rowStride, rowStride, step, std::min(rows - i, kRows), packed, depth, valid, c + i * stride + first,
           stride, accumulate);
    packed += depth * width;
  }
}
