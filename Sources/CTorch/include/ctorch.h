// The whole surface of libtorch that Couplet uses, as plain C.
//
// Contract of every function:
//  * it never throws: every C++ exception is caught, and the text is in ct_last_error();
//  * it returns CT_OK, or CT_ERROR (operands do not fit), CT_OUT_OF_MEMORY or CT_NUMERICAL (a matrix is
//    singular, or its decomposition does not converge), and the compiler warns when that is ignored;
//  * a tensor it hands out (ct_tensor *out) is owned by the caller, who frees it with ct_free;
//  * arguments are borrowed for the length of the call.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_s *ct_tensor;
typedef struct ct_optimizer_s *ct_optimizer;
typedef struct ct_module_s *ct_module;

typedef int32_t ct_status;
enum { CT_OK = 0, CT_ERROR = 1, CT_OUT_OF_MEMORY = 2, CT_NUMERICAL = 3 };

#define CT_FUNCTION __attribute__((visibility("default"), warn_unused_result)) ct_status
#define CT_PLAIN __attribute__((visibility("default")))

// ---- status.cpp: errors, versions, threads, devices ------------------------------------------

/// The text of this thread's last error: its first line. Valid until the next failing call.
CT_PLAIN const char *ct_last_error(void);
CT_PLAIN const char *ct_version(void);
/// The instruction set that libtorch's kernels use here: "AVX512", "AVX2", "DEFAULT", …
CT_PLAIN const char *ct_cpu_capability(void);
CT_PLAIN int32_t ct_get_threads(void);
CT_FUNCTION ct_set_threads(int32_t threads);
/// Lets the process keep the memory that it frees, for the next allocation, where the C library can be told so.
CT_PLAIN void ct_keep_freed_memory(void);
/// What became of the library of GPU kernels beside libtorch's own, which is loaded when the program starts: empty where
/// there is none or it is loaded, else why it could not be.
CT_PLAIN const char *ct_gpu_library_error(void);
CT_PLAIN int32_t ct_cuda_device_count(void);
CT_PLAIN bool ct_mps_is_available(void);

// ---- tensor.cpp: life, description, data -----------------------------------------------------

enum { CT_UINT8 = 0, CT_INT64 = 4, CT_FLOAT16 = 5, CT_FLOAT32 = 6, CT_FLOAT64 = 7, CT_BOOL = 11, CT_BFLOAT16 = 15 };
enum { CT_CPU = 0, CT_CUDA = 1, CT_MPS = 13 };

/// How many tensors this process holds through the shim: what a leak test counts.
CT_PLAIN int64_t ct_live_tensors(void);
CT_PLAIN void ct_free(ct_tensor tensor);
CT_PLAIN int32_t ct_rank(ct_tensor tensor);
CT_PLAIN int64_t ct_size(ct_tensor tensor, int32_t axis);
CT_PLAIN int64_t ct_count(ct_tensor tensor);
CT_PLAIN int32_t ct_dtype(ct_tensor tensor);
CT_PLAIN int32_t ct_device_kind(ct_tensor tensor);
CT_PLAIN int32_t ct_device_index(ct_tensor tensor);
CT_PLAIN bool ct_is_contiguous(ct_tensor tensor);
/// Address of the first element; NULL when the tensor is not on the processor.
CT_PLAIN void *ct_data(ct_tensor tensor);

CT_FUNCTION ct_from_bytes(ct_tensor *out, const void *bytes, const int64_t *shape, int32_t rank, int32_t dtype);
/// The elements where they lie; `release(owner)` is called once, when no tensor needs them any more, or at once on failure.
CT_FUNCTION ct_view_bytes(ct_tensor *out, void *bytes, const int64_t *shape, int32_t rank, int32_t dtype, void *owner, void (*release)(void *owner));
CT_FUNCTION ct_full(ct_tensor *out, const int64_t *shape, int32_t rank, double value, int32_t dtype, int32_t device, int32_t index);
CT_FUNCTION ct_empty(ct_tensor *out, const int64_t *shape, int32_t rank, int32_t dtype, int32_t device, int32_t index);
CT_FUNCTION ct_eye(ct_tensor *out, int64_t n, int32_t dtype, int32_t device, int32_t index);
CT_FUNCTION ct_arange(ct_tensor *out, double start, double end, double step, int32_t dtype, int32_t device, int32_t index);
CT_FUNCTION ct_item(ct_tensor tensor, double *out);
CT_FUNCTION ct_to(ct_tensor *out, ct_tensor tensor, int32_t dtype);
CT_FUNCTION ct_to_device(ct_tensor *out, ct_tensor tensor, int32_t device, int32_t index);
CT_FUNCTION ct_contiguous(ct_tensor *out, ct_tensor tensor);
CT_FUNCTION ct_clone(ct_tensor *out, ct_tensor tensor);
/// The same tensor in the channels-last memory format (N, C, H, W in shape; N, H, W, C in memory).
CT_FUNCTION ct_channels_last(ct_tensor *out, ct_tensor tensor);
CT_FUNCTION ct_copy_into(ct_tensor target, ct_tensor source);
CT_FUNCTION ct_fill(ct_tensor target, double value);
/// Lets `target`, a leaf, refer to the storage of `source` (another type or device), keeping its identity.
CT_FUNCTION ct_set_data(ct_tensor target, ct_tensor source);

// ---- shape.cpp: views, selection, joining ----------------------------------------------------

CT_FUNCTION ct_reshape(ct_tensor *out, ct_tensor tensor, const int64_t *shape, int32_t rank);
// N × C × H × W images brought to height × width, bilinear with antialiasing.
CT_FUNCTION ct_resize_images(ct_tensor *out, ct_tensor images, int64_t height, int64_t width);
CT_FUNCTION ct_expand(ct_tensor *out, ct_tensor tensor, const int64_t *shape, int32_t rank);
CT_FUNCTION ct_permute(ct_tensor *out, ct_tensor tensor, const int64_t *axes, int32_t rank);
CT_FUNCTION ct_transpose(ct_tensor *out, ct_tensor tensor, int64_t first, int64_t second);
CT_FUNCTION ct_unsqueeze(ct_tensor *out, ct_tensor tensor, int64_t axis);
CT_FUNCTION ct_squeeze(ct_tensor *out, ct_tensor tensor, int64_t axis);
CT_FUNCTION ct_select(ct_tensor *out, ct_tensor tensor, int64_t axis, int64_t index);
CT_FUNCTION ct_slice(ct_tensor *out, ct_tensor tensor, int64_t axis, int64_t start, int64_t end, int64_t step);
CT_FUNCTION ct_index_select(ct_tensor *out, ct_tensor tensor, int64_t axis, ct_tensor indices);
CT_FUNCTION ct_gather(ct_tensor *out, ct_tensor tensor, int64_t axis, ct_tensor indices);
CT_FUNCTION ct_scatter_add(ct_tensor *out, ct_tensor tensor, int64_t axis, ct_tensor indices, ct_tensor source);
CT_FUNCTION ct_diagonal(ct_tensor *out, ct_tensor tensor);
CT_FUNCTION ct_diagonal_matrix(ct_tensor *out, ct_tensor tensor);
CT_FUNCTION ct_triangle(ct_tensor *out, ct_tensor tensor, bool upper, int64_t diagonal);
CT_FUNCTION ct_flip(ct_tensor *out, ct_tensor tensor, int64_t axis);
CT_FUNCTION ct_nonzero(ct_tensor *out, ct_tensor tensor);
CT_FUNCTION ct_cat(ct_tensor *out, const ct_tensor *tensors, int32_t count, int64_t axis);
CT_FUNCTION ct_stack(ct_tensor *out, const ct_tensor *tensors, int32_t count, int64_t axis);

// ---- elementwise.cpp -------------------------------------------------------------------------

typedef enum {
  CT_NEGATIVE, CT_ABSOLUTE, CT_SIGN, CT_SQUARE, CT_SQUARE_ROOT, CT_RECIPROCAL_SQUARE_ROOT, CT_EXP,
  CT_EXPM1, CT_LOG, CT_LOG1P, CT_SIN, CT_COS, CT_TANH, CT_SIGMOID, CT_SOFTPLUS, CT_RELU, CT_GELU,
  CT_SILU, CT_ERF, CT_ERFINV, CT_FLOOR, CT_ROUND, CT_IS_NAN, CT_IS_FINITE, CT_NOT,
  CT_BINADE
} ct_unary_op;

typedef enum {
  CT_ADD, CT_SUBTRACT, CT_MULTIPLY, CT_DIVIDE, CT_POWER, CT_MAXIMUM, CT_MINIMUM, CT_EQUAL,
  CT_NOT_EQUAL, CT_LESS, CT_LESS_EQUAL, CT_GREATER, CT_GREATER_EQUAL, CT_AND, CT_OR, CT_ATAN2
} ct_binary_op;

CT_FUNCTION ct_unary(ct_tensor *out, ct_unary_op op, ct_tensor tensor);
CT_FUNCTION ct_binary(ct_tensor *out, ct_binary_op op, ct_tensor left, ct_tensor right);
CT_FUNCTION ct_binary_scalar(ct_tensor *out, ct_binary_op op, ct_tensor left, double right);
/// left ← left op right, for add, subtract, multiply and divide.
CT_FUNCTION ct_binary_in_place(ct_binary_op op, ct_tensor left, ct_tensor right);
CT_FUNCTION ct_binary_scalar_in_place(ct_binary_op op, ct_tensor left, double right);
CT_FUNCTION ct_clamp(ct_tensor *out, ct_tensor tensor, double minimum, double maximum);
CT_FUNCTION ct_where(ct_tensor *out, ct_tensor condition, ct_tensor yes, ct_tensor no);
CT_FUNCTION ct_masked_fill(ct_tensor *out, ct_tensor tensor, ct_tensor mask, double value);

// ---- reduce.cpp: reductions, order -----------------------------------------------------------

typedef enum { CT_SUM, CT_MEAN, CT_VARIANCE, CT_LOGSUMEXP, CT_AMAX, CT_AMIN, CT_NORM } ct_reduction;

/// Over one axis, or over all of them when `axis` is CT_ALL_AXES.
enum { CT_ALL_AXES = INT32_MIN };
CT_FUNCTION ct_reduce(ct_tensor *out, ct_reduction op, ct_tensor tensor, int32_t axis, bool keep);
CT_FUNCTION ct_all(ct_tensor *out, ct_tensor tensor);
CT_FUNCTION ct_all_finite(bool *result, ct_tensor tensor);
CT_FUNCTION ct_argmax(ct_tensor *out, ct_tensor tensor, int64_t axis);
CT_FUNCTION ct_cumulative_sum(ct_tensor *out, ct_tensor tensor, int64_t axis);
CT_FUNCTION ct_softmax(ct_tensor *out, ct_tensor tensor, int64_t axis);
CT_FUNCTION ct_log_softmax(ct_tensor *out, ct_tensor tensor, int64_t axis);
CT_FUNCTION ct_top_k(ct_tensor *values, ct_tensor *indices, ct_tensor tensor, int64_t k, int64_t axis, bool largest);
CT_FUNCTION ct_sort(ct_tensor *values, ct_tensor *indices, ct_tensor tensor, int64_t axis, bool descending);

// ---- linear.cpp: linear algebra --------------------------------------------------------------

CT_FUNCTION ct_matmul(ct_tensor *out, ct_tensor left, ct_tensor right);
CT_FUNCTION ct_eigh(ct_tensor *values, ct_tensor *vectors, ct_tensor tensor);
CT_FUNCTION ct_eigvalsh(ct_tensor *values, ct_tensor tensor);
CT_FUNCTION ct_svd(ct_tensor *u, ct_tensor *s, ct_tensor *vh, ct_tensor tensor, bool full);
CT_FUNCTION ct_cholesky(ct_tensor *out, int64_t *failed_order, ct_tensor tensor);
CT_FUNCTION ct_qr(ct_tensor *q, ct_tensor *r, ct_tensor tensor);
CT_FUNCTION ct_solve(ct_tensor *out, ct_tensor matrix, ct_tensor right);
CT_FUNCTION ct_solve_triangular(ct_tensor *out, ct_tensor matrix, ct_tensor right, bool upper, bool left);
CT_FUNCTION ct_log_determinant(ct_tensor *sign, ct_tensor *log_absolute, ct_tensor tensor);

// ---- autograd.cpp ----------------------------------------------------------------------------

CT_FUNCTION ct_set_requires_grad(ct_tensor tensor, bool value);
CT_PLAIN bool ct_requires_grad(ct_tensor tensor);
CT_FUNCTION ct_detach(ct_tensor *out, ct_tensor tensor);
/// The accumulated gradient, or *out = NULL when there is none.
CT_FUNCTION ct_gradient(ct_tensor *out, ct_tensor tensor);
/// The gradient is stored in the parameter's own memory layout: itself when it has that already.
CT_FUNCTION ct_set_gradient(ct_tensor tensor, ct_tensor gradient);
/// Propagates `gradients` (an entry NULL stands for 1) from `roots` to the leaves.
CT_FUNCTION ct_backward(const ct_tensor *roots, const ct_tensor *gradients, int32_t count);
/// The scalar `value` as a function of `inputs` whose derivative with respect to inputs[k] is gradients[k].
CT_FUNCTION ct_with_gradients(ct_tensor *out, ct_tensor value, const ct_tensor *inputs, const ct_tensor *gradients, int32_t count);
CT_PLAIN bool ct_gradients_are_recorded(void);
CT_PLAIN void ct_record_gradients(bool value);
/// Starts (or ends) a region of this thread in which products of matrices on a kind of device are computed in
/// bfloat16; regions do not nest. Ending it drops the copies of parameters that were made for it.
CT_FUNCTION ct_mixed_precision(int32_t device_kind, bool value);

// ---- random.cpp: every draw from a generator made for one 64-bit seed ------------------------

CT_FUNCTION ct_random_normal(ct_tensor *out, uint64_t seed, const int64_t *shape, int32_t rank, int32_t dtype);
CT_FUNCTION ct_random_uniform(ct_tensor *out, uint64_t seed, const int64_t *shape, int32_t rank, int32_t dtype);
CT_FUNCTION ct_random_integers(ct_tensor *out, uint64_t seed, int64_t low, int64_t high, const int64_t *shape, int32_t rank);
CT_FUNCTION ct_random_permutation(ct_tensor *out, uint64_t seed, int64_t n);
CT_FUNCTION ct_random_multinomial(ct_tensor *out, uint64_t seed, ct_tensor weights, int64_t count, bool replacement);
/// Zeroes each element with `probability` and divides the rest by 1 − probability. Element k (row-major) is
/// kept or not by draw `first` + k of the seed, so that a slice of a tensor can be given the mask it has
/// within the whole.
CT_FUNCTION ct_dropout(ct_tensor *out, uint64_t seed, ct_tensor tensor, double probability, int64_t first);

// ---- network.cpp: the layers' functions ------------------------------------------------------

CT_FUNCTION ct_linear(ct_tensor *out, ct_tensor input, ct_tensor weight, ct_tensor bias);
CT_FUNCTION ct_conv2d(ct_tensor *out, ct_tensor input, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding);
CT_FUNCTION ct_max_pool2d(ct_tensor *out, ct_tensor input, int64_t window, int64_t stride);
/// relu(max_pool2d(conv2d(input, weight, bias), 2)) as one layer (conv_pool.cpp).
CT_FUNCTION ct_conv2d_pool_relu(ct_tensor *out, ct_tensor input, ct_tensor weight, ct_tensor bias, int64_t padding);
CT_FUNCTION ct_avg_pool2d(ct_tensor *out, ct_tensor input, int64_t window, int64_t stride);
CT_FUNCTION ct_layer_norm(ct_tensor *out, ct_tensor input, ct_tensor weight, ct_tensor bias, double epsilon);
CT_FUNCTION ct_embedding(ct_tensor *out, ct_tensor table, ct_tensor indices);
/// The weighted sums of the table's rows at indices (int64): those from each offset to the next, and to the end.
CT_FUNCTION ct_embedding_bag(ct_tensor *out, ct_tensor table, ct_tensor indices, ct_tensor weights, ct_tensor offsets);
CT_FUNCTION ct_attention(ct_tensor *out, ct_tensor query, ct_tensor key, ct_tensor value, bool causal);
CT_FUNCTION ct_cross_entropy(ct_tensor *out, ct_tensor logits, ct_tensor labels);

// ---- optimizer.cpp ---------------------------------------------------------------------------

/// One fused Adam (or AdamW, when `decoupled`) step, in place, of the parameters that have a gradient;
/// `steps` are scalar float32 counters.
CT_FUNCTION ct_adam_step(const ct_tensor *parameters, const ct_tensor *first_moments, const ct_tensor *second_moments, const ct_tensor *steps, int32_t count, double learning_rate, double beta1, double beta2, double weight_decay, double epsilon, bool decoupled);
/// One fused step of stochastic gradient descent with momentum, in place; zero momenta start it.
CT_FUNCTION ct_sgd_step(const ct_tensor *parameters, const ct_tensor *momenta, int32_t count, double learning_rate, double momentum, double weight_decay, bool nesterov);
/// Sets every gradient of the list to none.
CT_FUNCTION ct_clear_gradients(const ct_tensor *parameters, int32_t count);
/// Multiplies every gradient that is present.
CT_FUNCTION ct_scale_gradients(const ct_tensor *parameters, int32_t count, double factor);
/// Euclidean norm of all gradients taken together (those present), as a scalar tensor.
CT_FUNCTION ct_gradient_norm(ct_tensor *out, const ct_tensor *parameters, int32_t count);

CT_FUNCTION ct_lbfgs_create(ct_optimizer *out, const ct_tensor *parameters, int32_t count, double learning_rate, int64_t iterations, int64_t history, bool line_search, double gradient_tolerance, double change_tolerance);
CT_PLAIN void ct_optimizer_free(ct_optimizer optimizer);
/// `closure(context)` clears the gradients, computes them, and returns the loss.
CT_FUNCTION ct_lbfgs_step(ct_optimizer optimizer, double (*closure)(void *context), void *context, double *loss);
CT_FUNCTION ct_lbfgs_set_learning_rate(ct_optimizer optimizer, double learning_rate);
/// Number of tensors in the optimiser's memory (0 before the first iteration), then each of them; the
/// reverse restores it.
CT_FUNCTION ct_lbfgs_state_count(ct_optimizer optimizer, int32_t *count);
CT_FUNCTION ct_lbfgs_state(ct_optimizer optimizer, ct_tensor *out, int32_t count);
CT_FUNCTION ct_lbfgs_restore(ct_optimizer optimizer, const ct_tensor *state, int32_t count);

// ---- module.cpp: networks that PyTorch wrote into a file -------------------------------------

/// TorchScript, in the mode for evaluation, or a package that was compiled ahead of time.
CT_FUNCTION ct_module_load(ct_module *out, const char *path, bool is_package);
CT_PLAIN void ct_module_free(ct_module module);
/// Those of TorchScript; a package has none.
CT_PLAIN int32_t ct_module_parameter_count(ct_module module);
/// Valid as long as the module.
CT_PLAIN const char *ct_module_parameter_name(ct_module module, int32_t index);
/// The tensor itself, not a copy: the module computes with what becomes of it.
CT_FUNCTION ct_module_parameter(ct_tensor *out, ct_module module, int32_t index);
/// TorchScript goes to the input's device. What a package computes has no derivatives.
CT_FUNCTION ct_module_forward(ct_tensor *out, ct_module module, ct_tensor input);

#ifdef __cplusplus
}
#endif
#endif
