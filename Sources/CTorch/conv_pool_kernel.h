// The kernels of conv_pool.cpp for one instruction set: included once for each, inside a namespace of its own and
// under its own target attribute. No include guard for that reason.

typedef float Floats4 __attribute__((vector_size(16)));
typedef int32_t Mask4 __attribute__((vector_size(16)));
typedef uint8_t Codes4 __attribute__((vector_size(4)));
typedef float Floats8 __attribute__((vector_size(32)));

#define CONV_POOL_INLINE inline __attribute__((always_inline))

CONV_POOL_INLINE Floats4 load4(const float *p) {
  Floats4 result;
  std::memcpy(&result, p, sizeof result);
  return result;
}

/// The largest number so far and its place. The first of equal ones counts; NaN wins, as in libtorch.
struct Largest {
  Floats4 value;
  Mask4 place;

  CONV_POOL_INLINE void meet(Floats4 other, int32_t at) {
    const Mask4 wins = (other > value) | (other != other);
    value = wins ? other : value;
    place = wins ? at - Mask4{} : place;
  }
};

/// Four windows side by side: `top` and `bottom` are their rows of eight numbers.
CONV_POOL_INLINE void pool(const float *top, const float *bottom, float *out, uint8_t *code) {
  const Floats4 a = load4(top), b = load4(top + 4), c = load4(bottom), d = load4(bottom + 4);
  Largest largest{__builtin_shufflevector(a, b, 0, 2, 4, 6), Mask4{}};
  largest.meet(__builtin_shufflevector(a, b, 1, 3, 5, 7), 1);
  largest.meet(__builtin_shufflevector(c, d, 0, 2, 4, 6), 2);
  largest.meet(__builtin_shufflevector(c, d, 1, 3, 5, 7), 3);
  const Mask4 dead = largest.value <= 0;
  const Floats4 value = dead ? Floats4{} : largest.value;
  std::memcpy(out, &value, sizeof value);
  const Codes4 codes = __builtin_convertvector(dead ? kNowhere - Mask4{} : largest.place, Codes4);
  std::memcpy(code, &codes, sizeof codes);
}

/// Pools planes [first, last) of convolved numbers.
void pool_planes(const Layer &layer, const float *convolved, float *out, uint8_t *code, int64_t first, int64_t last) {
  const int64_t stride = layer.convolved_width(), area = layer.convolved_height() * stride;
  for (int64_t row = first * layer.pooled_height(); row < last * layer.pooled_height(); ++row) {
    const int64_t plane = row / layer.pooled_height(), y = row % layer.pooled_height();
    const float *top = convolved + plane * area + 2 * y * stride;
    layer.for_each_four([&](int64_t x) {
      const int64_t k = row * layer.pooled_width() + x;
      pool(top + 2 * x, top + 2 * x + stride, out + k, code + k);
    });
  }
}

/// Convolves and pools one row of windows of `Count` output channels, four windows at a time.
template <int Count>
CONV_POOL_INLINE void convolve_row(
    const Layer &layer, const float *padded, const float *weights, const float *bias, int64_t y, float *out, uint8_t *code) {
  const int64_t stride = layer.stride(), area = layer.padded_height() * stride, taps = layer.channels * layer.window * kRow;
  layer.for_each_four([&](int64_t x) {
    Floats8 top[Count], bottom[Count];
    for (int o = 0; o < Count; ++o) top[o] = bottom[o] = bias[o] - Floats8{};
    for (int64_t c = 0; c < layer.channels; ++c) {
      for (int64_t ky = 0; ky < layer.window; ++ky) {
        const float *row = padded + c * area + (2 * y + ky) * stride + 2 * x;
        const float *w = weights + (c * layer.window + ky) * kRow;
        for (int64_t kx = 0; kx < layer.window; ++kx) {
          Floats8 a, b;
          std::memcpy(&a, row + kx, sizeof a);
          std::memcpy(&b, row + stride + kx, sizeof b);
#pragma clang loop unroll(full)
          for (int o = 0; o < Count; ++o) {
            top[o] += w[o * taps + kx] * a;
            bottom[o] += w[o * taps + kx] * b;
          }
        }
      }
    }
    const int64_t plane = layer.pooled_height() * layer.pooled_width(), k = y * layer.pooled_width() + x;
    for (int o = 0; o < Count; ++o) {
      float rows[16];
      std::memcpy(rows, &top[o], sizeof top[o]);
      std::memcpy(rows + 8, &bottom[o], sizeof bottom[o]);
      pool(rows, rows + 8, out + o * plane + k, code + o * plane + k);
    }
  });
}

/// Convolves and pools one image without storing what is between.
void convolve_and_pool(
    const Layer &layer, const float *padded, const float *weights, const float *bias, float *out, uint8_t *code) {
  const int64_t plane = layer.pooled_height() * layer.pooled_width(), taps = layer.channels * layer.window * kRow;
  for (int64_t o = 0; o < layer.outputs;) {
    const int64_t count = std::min<int64_t>(layer.outputs - o, 6);
    const auto row = count == 6   ? convolve_row<6>
                     : count == 5 ? convolve_row<5>
                     : count == 4 ? convolve_row<4>
                     : count == 3 ? convolve_row<3>
                     : count == 2 ? convolve_row<2>
                                  : convolve_row<1>;
    for (int64_t y = 0; y < layer.pooled_height(); ++y)
      row(layer, padded, weights + o * taps, bias + o, y, out + o * plane, code + o * plane);
    o += count;
  }
}

/// dw[c][ky] += Σ g x over the living windows of one output channel: the weights' gradient stays in registers.
template <int Window>
CONV_POOL_INLINE void gather(const Layer &layer, const Living &living, const float *padded, float *dw) {
  const int64_t stride = layer.stride(), area = layer.padded_height() * stride;
  for (int64_t c = 0; c < layer.channels; ++c) {
    Floats8 sum[Window];
    std::memcpy(sum, dw + c * Window * kRow, sizeof sum);
    for (int64_t k = 0; k < living.count; ++k) {
      const float *x = padded + c * area + living.place[k];
      const float g = living.gradient[k];
#pragma clang loop unroll(full)
      for (int ky = 0; ky < Window; ++ky) {
        Floats8 row;
        std::memcpy(&row, x + ky * stride, sizeof row);
        sum[ky] += g * row;
      }
    }
    std::memcpy(dw + c * Window * kRow, sum, sizeof sum);
  }
}

/// dx += g w over the living windows of one output channel.
void scatter(const Layer &layer, const Living &living, const float *weights, float *dx) {
  const int64_t stride = layer.stride(), area = layer.padded_height() * stride;
  for (int64_t k = 0; k < living.count; ++k) {
    const float g = living.gradient[k];
    const float *w = weights;
    for (int64_t c = 0; c < layer.channels; ++c) {
      float *x = dx + c * area + living.place[k];
      for (int64_t ky = 0; ky < layer.window; ++ky, w += kRow, x += stride) {
        Floats8 row, tap;
        std::memcpy(&row, x, sizeof row);
        std::memcpy(&tap, w, sizeof tap);
        row += g * tap;
        std::memcpy(x, &row, sizeof row);
      }
    }
  }
}

/// The gradients of one image: adds to dw (outputs × channels × window rows) and db, and to dx unless it is null.
void differentiate(
    const Layer &layer, const float *padded, const float *weights, const float *gradient, const uint8_t *code,
    Living &living, float *dw, float *db, float *dx) {
  const int64_t plane = layer.pooled_height() * layer.pooled_width(), taps = layer.channels * layer.window * kRow;
  for (int64_t o = 0; o < layer.outputs; ++o) {
    living.collect(layer, gradient + o * plane, code + o * plane);
    for (int64_t k = 0; k < living.count; ++k) db[o] += living.gradient[k];
    switch (layer.window) {
      case 1: gather<1>(layer, living, padded, dw + o * taps); break;
      case 2: gather<2>(layer, living, padded, dw + o * taps); break;
      case 3: gather<3>(layer, living, padded, dw + o * taps); break;
      case 4: gather<4>(layer, living, padded, dw + o * taps); break;
      case 5: gather<5>(layer, living, padded, dw + o * taps); break;
      case 6: gather<6>(layer, living, padded, dw + o * taps); break;
      case 7: gather<7>(layer, living, padded, dw + o * taps); break;
      default: gather<8>(layer, living, padded, dw + o * taps);
    }
    if (dx) scatter(layer, living, weights + o * taps, dx);
  }
}

constexpr Kernels kernels{pool_planes, convolve_and_pool, differentiate};

#undef CONV_POOL_INLINE
