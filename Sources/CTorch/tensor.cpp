// Tensors: life, description, data.
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>

#include "shim.h"

using namespace shim;

extern "C" {

void ct_free(ct_tensor tensor) {
  if (tensor == nullptr) return;
  delete tensor;
  count_tensors(-1);
}

int32_t ct_rank(ct_tensor tensor) { return static_cast<int32_t>(get(tensor).dim()); }
int64_t ct_size(ct_tensor tensor, int32_t axis) { return get(tensor).sizes()[axis]; }
int64_t ct_count(ct_tensor tensor) { return get(tensor).numel(); }
int32_t ct_dtype(ct_tensor tensor) { return static_cast<int32_t>(get(tensor).scalar_type()); }
int32_t ct_device_kind(ct_tensor tensor) { return static_cast<int32_t>(get(tensor).device().type()); }
int32_t ct_device_index(ct_tensor tensor) { return get(tensor).device().index(); }
bool ct_is_contiguous(ct_tensor tensor) { return get(tensor).is_contiguous(); }

void *ct_data(ct_tensor tensor) {
  return get(tensor).device().is_cpu() ? get(tensor).data_ptr() : nullptr;
}

ct_status ct_from_bytes(ct_tensor *out, const void *bytes, const int64_t *shape, int32_t rank, int32_t dtype) {
  return produce(out, [&] {
    auto tensor = at::empty(sizes(shape, rank), options(dtype));
    if (tensor.nbytes() > 0) std::memcpy(tensor.data_ptr(), bytes, tensor.nbytes());
    return tensor;
  });
}

ct_status ct_view_bytes(
    ct_tensor *out, void *bytes, const int64_t *shape, int32_t rank, int32_t dtype, void *owner, void (*release)(void *)) {
  return produce(out, [&] {
    const std::shared_ptr<void> kept(owner, release);
    return at::from_blob(bytes, sizes(shape, rank), [kept](void *) {}, options(dtype));
  });
}

ct_status ct_full(ct_tensor *out, const int64_t *shape, int32_t rank, double value, int32_t dtype, int32_t kind, int32_t index) {
  return produce(out, [&] {
    return at::full(sizes(shape, rank), held(value, static_cast<at::ScalarType>(dtype)), options(dtype, kind, index));
  });
}

ct_status ct_empty(ct_tensor *out, const int64_t *shape, int32_t rank, int32_t dtype, int32_t kind, int32_t index) {
  return produce(out, [&] { return at::empty(sizes(shape, rank), options(dtype, kind, index)); });
}

ct_status ct_eye(ct_tensor *out, int64_t n, int32_t dtype, int32_t kind, int32_t index) {
  return produce(out, [&] { return at::eye(n, options(dtype, kind, index)); });
}

ct_status ct_arange(ct_tensor *out, double start, double end, double step, int32_t dtype, int32_t kind, int32_t index) {
  return produce(out, [&] { return at::arange(start, end, step, options(dtype, kind, index)); });
}

ct_status ct_item(ct_tensor tensor, double *out) {
  return guarded([&] { *out = get(tensor).item<double>(); });
}

ct_status ct_to(ct_tensor *out, ct_tensor tensor, int32_t dtype) {
  return produce(out, [&] { return get(tensor).to(static_cast<at::ScalarType>(dtype)); });
}

ct_status ct_to_device(ct_tensor *out, ct_tensor tensor, int32_t kind, int32_t index) {
  return produce(out, [&] { return get(tensor).to(device(kind, index)); });
}

ct_status ct_contiguous(ct_tensor *out, ct_tensor tensor) {
  return produce(out, [&] { return get(tensor).contiguous(); });
}

ct_status ct_clone(ct_tensor *out, ct_tensor tensor) {
  return produce(out, [&] { return get(tensor).clone(); });
}

ct_status ct_channels_last(ct_tensor *out, ct_tensor tensor) {
  return produce(out, [&] { return get(tensor).contiguous(at::MemoryFormat::ChannelsLast); });
}

ct_status ct_copy_into(ct_tensor target, ct_tensor source) {
  return guarded([&] { get(target).copy_(get(source)); });
}

ct_status ct_fill(ct_tensor target, double value) {
  return guarded([&] { get(target).fill_(held(value, get(target).scalar_type())); });
}

ct_status ct_set_data(ct_tensor target, ct_tensor source) {
  return guarded([&] { get(target).set_data(get(source)); });
}

}  // extern "C"
