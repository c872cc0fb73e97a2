// The functions that layers are made of.
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include "shim.h"

using namespace shim;

extern "C" {

ct_status ct_linear(ct_tensor *out, ct_tensor input, ct_tensor weight, ct_tensor bias) {
  return produce(out, [&] { return at::linear(get(input), get(weight), optional(bias)); });
}

ct_status ct_conv2d(ct_tensor *out, ct_tensor input, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding) {
  return produce(out, [&] { return at::conv2d(get(input), get(weight), optional(bias), stride, padding); });
}

ct_status ct_max_pool2d(ct_tensor *out, ct_tensor input, int64_t window, int64_t stride) {
  return produce(out, [&] { return at::max_pool2d(get(input), window, stride); });
}

ct_status ct_avg_pool2d(ct_tensor *out, ct_tensor input, int64_t window, int64_t stride) {
  return produce(out, [&] { return at::avg_pool2d(get(input), window, stride); });
}

ct_status ct_layer_norm(ct_tensor *out, ct_tensor input, ct_tensor weight, ct_tensor bias, double epsilon) {
  return produce(out, [&] {
    return at::layer_norm(get(input), get(weight).sizes(), get(weight), optional(bias), epsilon);
  });
}

ct_status ct_embedding(ct_tensor *out, ct_tensor table, ct_tensor indices) {
  return produce(out, [&] { return at::embedding(get(table), get(indices)); });
}

ct_status ct_embedding_bag(ct_tensor *out, ct_tensor table, ct_tensor indices, ct_tensor weights, ct_tensor offsets) {
  return produce(out, [&] {
    return std::get<0>(at::embedding_bag(get(table), get(indices), get(offsets), false, 0, false, get(weights)));
  });
}

ct_status ct_attention(ct_tensor *out, ct_tensor query, ct_tensor key, ct_tensor value, bool causal) {
  return produce(out, [&] {
    return at::scaled_dot_product_attention(get(query), get(key), get(value), {}, 0.0, causal);
  });
}

ct_status ct_cross_entropy(ct_tensor *out, ct_tensor logits, ct_tensor labels) {
  return produce(out, [&] { return at::cross_entropy_loss(get(logits), get(labels)); });
}

}  // extern "C"
