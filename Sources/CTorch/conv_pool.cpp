// Convolution, maximum pooling over 2 × 2 windows and ReLU as one layer: relu(max_pool2d(conv2d(x, w, b), 2)).
//
// Forwards, the numbers between convolution and pooling are three quarters waste: only the largest of four goes on. Where
// the rows fill the vector registers they are not even stored. Backwards, a window's gradient goes to one place, or
// nowhere when ReLU cut it off: at most a quarter of the convolution's gradient is not zero, and about an eighth usually
// is. A byte a window remembers the place, and the gradients are sums over the living windows alone; libtorch's chain of
// three layers fills in the zeros and multiplies with all of them.
//
// float32 on the processor, windows up to 8 × 8, stride 1. Anything else takes the chain. The images are dealt out
// to a fixed number of parts, so the same bits come out whatever the number of threads.
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>

#include "dispatch.h"
#include "parallel.h"
#include "shim.h"

namespace {

/// Numbers in a vector register, and in a row of stored weights: the window's, then zeros.
constexpr int64_t kRow = 8;
/// Windows pooled at once.
constexpr int64_t kFour = 4;
/// The code of a window without a positive number; 0 to 3 are the places in it, row by row.
constexpr int32_t kNowhere = 4;

struct Layer {
  int64_t images, channels, height, width, outputs, window, padding;

  int64_t padded_height() const { return height + 2 * padding; }
  /// The length of a row of a padded image: every row of a window can be read as eight numbers.
  int64_t stride() const { return width + 2 * padding + kRow; }
  int64_t padded_size() const { return channels * padded_height() * stride(); }
  int64_t convolved_height() const { return padded_height() - window + 1; }
  int64_t convolved_width() const { return width + 2 * padding - window + 1; }
  int64_t pooled_height() const { return convolved_height() / 2; }
  int64_t pooled_width() const { return convolved_width() / 2; }

  /// Calls `body` with the first of every four windows of a row; the last four overlap those before.
  template <typename Body>
  void for_each_four(Body body) const {
    for (int64_t x = 0; x < pooled_width() - kFour; x += kFour) body(x);
    body(pooled_width() - kFour);
  }
  /// Whether that is little waste: where it is not, libtorch's convolution is faster.
  bool fills_registers() const {
    return (pooled_width() + kFour - 1) / kFour * kFour * 5 <= pooled_width() * 6;
  }

  void pad(const float *image, float *padded) const {
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t y = 0; y < height; ++y)
        std::memcpy(padded + (c * padded_height() + y + padding) * stride() + padding, image + (c * height + y) * width,
                    width * sizeof(float));
  }
  void unpad(const float *padded, float *image) const {
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t y = 0; y < height; ++y)
        std::memcpy(image + (c * height + y) * width, padded + (c * padded_height() + y + padding) * stride() + padding,
                    width * sizeof(float));
  }
};

/// The windows of one output channel whose gradient goes somewhere: where in the padded image, and how much.
struct Living {
  std::vector<int32_t> place;
  std::vector<float> gradient;
  int64_t count = 0;

  explicit Living(const Layer &layer)
      : place(layer.pooled_height() * layer.pooled_width()), gradient(place.size()) {}

  void collect(const Layer &layer, const float *g, const uint8_t *code) {
    count = 0;
    for (int64_t y = 0, k = 0; y < layer.pooled_height(); ++y) {
      for (int64_t x = 0; x < layer.pooled_width(); ++x, ++k) {
        // Written always and kept or not: whether a window lives cannot be predicted.
        place[count] = static_cast<int32_t>((2 * y + (code[k] >> 1)) * layer.stride() + 2 * x + (code[k] & 1));
        gradient[count] = g[k];
        count += code[k] != kNowhere;
      }
    }
  }
};

struct Kernels {
  void (*pool_planes)(const Layer &, const float *, float *, uint8_t *, int64_t, int64_t);
  void (*convolve_and_pool)(const Layer &, const float *, const float *, const float *, float *, uint8_t *);
  void (*differentiate)(
      const Layer &, const float *, const float *, const float *, const uint8_t *, Living &, float *, float *, float *);
};

namespace portable {
#include "conv_pool_kernel.h"
}  // namespace portable

#if defined(__x86_64__)
CT_FOR_AVX2
namespace avx2 {
#include "conv_pool_kernel.h"
}  // namespace avx2
CT_END
#endif

const Kernels &newest() { return CT_NEWEST(portable::kernels, avx2::kernels, avx2::kernels); }

/// Calls `body(part, first, last)` for sixteen ranges of images, or fewer when there are fewer images.
template <typename Body>
void for_each_part(int64_t images, Body body) {
  const int64_t parts = std::min<int64_t>(images, 16);
  shim::parallel(parts, [&](int64_t part) { body(part, shim::cut(images, part, parts), shim::cut(images, part + 1, parts)); });
}

/// The weights with rows of eight numbers.
at::Tensor rows_of_eight(const at::Tensor &weight) {
  return at::constant_pad_nd(weight, {0, kRow - weight.size(3)}).contiguous();
}

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct RectifiedPooledConvolution : torch::autograd::Function<RectifiedPooledConvolution> {
  static Layer layer(const at::Tensor &x, const at::Tensor &w, int64_t padding) {
    return {x.size(0), x.size(1), x.size(2), x.size(3), w.size(0), w.size(2), padding};
  }

  static at::Tensor forward(
      AutogradContext *context, const at::Tensor &images, const at::Tensor &w, const at::Tensor &b, int64_t padding) {
    const auto x = images.contiguous();
    const auto shape = layer(x, w, padding);
    auto y = at::empty({shape.images, shape.outputs, shape.pooled_height(), shape.pooled_width()}, x.options());
    auto codes = at::empty(y.sizes(), at::kByte);
    (shape.fills_registers() ? fused : separate)(shape, x, w, b, y.mutable_data_ptr<float>(), codes.mutable_data_ptr<uint8_t>());
    context->save_for_backward({x, w});
    context->saved_data["codes"] = codes;
    context->saved_data["padding"] = padding;
    return y;
  }

  /// Convolution and pooling image by image.
  static void fused(
      const Layer &shape, const at::Tensor &x, const at::Tensor &w, const at::Tensor &b, float *out, uint8_t *code) {
    const auto weights = rows_of_eight(w), bias = b.contiguous();
    const float *in = x.const_data_ptr<float>(), *taps = weights.const_data_ptr<float>(), *shift = bias.const_data_ptr<float>();
    const int64_t size = shape.channels * shape.height * shape.width;
    const int64_t pooled = shape.outputs * shape.pooled_height() * shape.pooled_width();
    for_each_part(shape.images, [=, &kernels = newest()](int64_t, int64_t first, int64_t last) {
      std::vector<float> padded(shape.padded_size());
      for (int64_t n = first; n < last; ++n) {
        shape.pad(in + n * size, padded.data());
        kernels.convolve_and_pool(shape, padded.data(), taps, shift, out + n * pooled, code + n * pooled);
      }
    });
  }

  /// libtorch's convolution, then pooling.
  static void separate(
      const Layer &shape, const at::Tensor &x, const at::Tensor &w, const at::Tensor &b, float *out, uint8_t *code) {
    const auto convolved = at::conv2d(x, w, b, 1, shape.padding).contiguous();
    const float *in = convolved.const_data_ptr<float>();
    for_each_part(shape.images, [=, &kernels = newest()](int64_t, int64_t first, int64_t last) {
      kernels.pool_planes(shape, in, out, code, first * shape.outputs, last * shape.outputs);
    });
  }

  static variable_list backward(AutogradContext *context, variable_list seed) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &w = saved[1];
    const auto shape = layer(x, w, context->saved_data["padding"].toInt());
    const auto codes = context->saved_data["codes"].toTensor(), gradient = seed[0].contiguous(), weights = rows_of_eight(w);
    const int64_t taps = shape.channels * shape.window * kRow, parts = std::min<int64_t>(shape.images, 16);
    const auto dw = at::zeros({parts, shape.outputs, shape.channels, shape.window, kRow}, x.options());
    const auto db = at::zeros({parts, shape.outputs}, x.options());
    const auto dx = context->needs_input_grad(0) ? at::empty_like(x) : at::Tensor();

    const float *in = x.const_data_ptr<float>(), *g = gradient.const_data_ptr<float>(), *t = weights.const_data_ptr<float>();
    const uint8_t *code = codes.const_data_ptr<uint8_t>();
    float *to_w = dw.mutable_data_ptr<float>(), *to_b = db.mutable_data_ptr<float>();
    float *to_x = dx.defined() ? dx.mutable_data_ptr<float>() : nullptr;
    const int64_t size = shape.channels * shape.height * shape.width;
    const int64_t pooled = shape.outputs * shape.pooled_height() * shape.pooled_width();
    for_each_part(shape.images, [=, &kernels = newest()](int64_t part, int64_t first, int64_t last) {
      Living living(shape);
      std::vector<float> padded(shape.padded_size()), back(to_x ? shape.padded_size() : 0);
      for (int64_t n = first; n < last; ++n) {
        shape.pad(in + n * size, padded.data());
        std::fill(back.begin(), back.end(), 0);
        kernels.differentiate(
            shape, padded.data(), t, g + n * pooled, code + n * pooled, living, to_w + part * shape.outputs * taps,
            to_b + part * shape.outputs, to_x ? back.data() : nullptr);
        if (to_x) shape.unpad(back.data(), to_x + n * size);
      }
    });
    return {dx, dw.sum(0).narrow(3, 0, shape.window).contiguous(), db.sum(0), at::Tensor()};
  }
};

bool fits(const at::Tensor &x, const at::Tensor &w, const at::Tensor &b, int64_t padding) {
  const auto isPlain = [](const at::Tensor &t) { return t.is_cpu() && t.scalar_type() == at::kFloat; };
  return isPlain(x) && isPlain(w) && isPlain(b) && x.dim() == 4 && w.dim() == 4 && x.size(0) > 0 &&
         x.size(1) == w.size(1) && b.dim() == 1 && b.size(0) == w.size(0) && w.numel() > 0 && w.size(2) == w.size(3) &&
         w.size(2) <= kRow && padding >= 0 && x.size(2) + 2 * padding >= w.size(2) + 1 &&
         x.size(3) + 2 * padding >= w.size(2) + 2 * kFour - 1;
}

}  // namespace

extern "C" {

ct_status ct_conv2d_pool_relu(ct_tensor *out, ct_tensor input, ct_tensor weight, ct_tensor bias, int64_t padding) {
  return shim::produce(out, [&] {
    const auto &x = shim::get(input), &w = shim::get(weight), &b = shim::get(bias);
    return fits(x, w, b, padding) ? RectifiedPooledConvolution::apply(x, w, b, padding)
                                  : at::relu(at::max_pool2d(at::conv2d(x, w, b, 1, padding), 2));
  });
}

}  // extern "C"
