// Views, selection, joining.
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/diag.h>
#include <ATen/ops/stack.h>

#include "shim.h"

using namespace shim;

extern "C" {

ct_status ct_resize_images(ct_tensor *out, ct_tensor images, int64_t height, int64_t width) {
  return produce(out, [&] {
    return at::_upsample_bilinear2d_aa(get(images), {height, width}, false);
  });
}

ct_status ct_reshape(ct_tensor *out, ct_tensor tensor, const int64_t *shape, int32_t rank) {
  return produce(out, [&] { return get(tensor).reshape(sizes(shape, rank)); });
}

ct_status ct_expand(ct_tensor *out, ct_tensor tensor, const int64_t *shape, int32_t rank) {
  return produce(out, [&] { return get(tensor).expand(sizes(shape, rank)); });
}

ct_status ct_permute(ct_tensor *out, ct_tensor tensor, const int64_t *axes, int32_t rank) {
  return produce(out, [&] { return get(tensor).permute(sizes(axes, rank)); });
}

ct_status ct_transpose(ct_tensor *out, ct_tensor tensor, int64_t first, int64_t second) {
  return produce(out, [&] { return get(tensor).transpose(first, second); });
}

ct_status ct_unsqueeze(ct_tensor *out, ct_tensor tensor, int64_t axis) {
  return produce(out, [&] { return get(tensor).unsqueeze(axis); });
}

ct_status ct_squeeze(ct_tensor *out, ct_tensor tensor, int64_t axis) {
  return produce(out, [&] { return get(tensor).squeeze(axis); });
}

ct_status ct_select(ct_tensor *out, ct_tensor tensor, int64_t axis, int64_t index) {
  return produce(out, [&] { return get(tensor).select(axis, index); });
}

ct_status ct_slice(ct_tensor *out, ct_tensor tensor, int64_t axis, int64_t start, int64_t end, int64_t step) {
  return produce(out, [&] { return get(tensor).slice(axis, start, end, step); });
}

ct_status ct_index_select(ct_tensor *out, ct_tensor tensor, int64_t axis, ct_tensor indices) {
  return produce(out, [&] { return get(tensor).index_select(axis, get(indices)); });
}

ct_status ct_gather(ct_tensor *out, ct_tensor tensor, int64_t axis, ct_tensor indices) {
  return produce(out, [&] { return get(tensor).gather(axis, get(indices)); });
}

ct_status ct_scatter_add(ct_tensor *out, ct_tensor tensor, int64_t axis, ct_tensor indices, ct_tensor source) {
  return produce(out, [&] { return get(tensor).scatter_add(axis, get(indices), get(source)); });
}

ct_status ct_diagonal(ct_tensor *out, ct_tensor tensor) {
  return produce(out, [&] { return get(tensor).diagonal(); });
}

ct_status ct_diagonal_matrix(ct_tensor *out, ct_tensor tensor) {
  return produce(out, [&] { return at::diag(get(tensor)); });
}

ct_status ct_triangle(ct_tensor *out, ct_tensor tensor, bool upper, int64_t diagonal) {
  return produce(out, [&] { return upper ? get(tensor).triu(diagonal) : get(tensor).tril(diagonal); });
}

ct_status ct_flip(ct_tensor *out, ct_tensor tensor, int64_t axis) {
  return produce(out, [&] { return get(tensor).flip({axis}); });
}

ct_status ct_nonzero(ct_tensor *out, ct_tensor tensor) {
  return produce(out, [&] { return get(tensor).nonzero(); });
}

ct_status ct_cat(ct_tensor *out, const ct_tensor *tensors, int32_t count, int64_t axis) {
  return produce(out, [&] { return at::cat(list(tensors, count), axis); });
}

ct_status ct_stack(ct_tensor *out, const ct_tensor *tensors, int32_t count, int64_t axis) {
  return produce(out, [&] { return at::stack(list(tensors, count), axis); });
}

}  // extern "C"
