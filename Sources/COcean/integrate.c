// Threads, storage, phase factors, and the choice of instruction set.
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

/// The kernel of the newest instruction set that this processor has, up to `newest`.
static const Kernel *choose(int32_t newest) {
#if defined(__x86_64__)
  if (newest >= CO_AVX512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return &kernel_avx512;
  if (newest >= CO_AVX2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &kernel_avx2;
#endif
  (void)newest;
  return &kernel_portable;
}

enum {
  /// Steps for which phase factors are held at once: 100 KB of them, which stay in the second-level cache while
  BLOCK = 64,
  /// so many vectors of trajectories (200 KB of coefficients) go through them one after the other.
  GROUPS = 32
};

/// What the threads share.
typedef struct {
  const co_drift *drift;
  const Kernel *kernel;
  double *positions;
  const double *turns;  // exp(iω_k j Δt/2), j = 0 … 2 BLOCK: cosines and sines as Kernel wants them
  _Atomic int64_t next;  // the first trajectory that nobody has taken
} Shared;

/// A thread's own storage.
typedef struct {
  double psi[GROUPS][CO_COEFFICIENTS * WIDEST] __attribute__((aligned(64)));
  double factors[(2 * BLOCK + 1) * CO_COEFFICIENTS];
  double x[GROUPS][WIDEST], y[GROUPS][WIDEST];
} Workspace;

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/// exp(iω_k t) at every half step of a block, from its value at the block's start: one multiplication each,
/// so that the error does not grow with the number of steps.
static void set_factors(const Shared *shared, int64_t step, int64_t steps, double *factors) {
  const double start = (double)step * shared->drift->time_step;
  double c[CO_MODES], s[CO_MODES];
  for (int k = 0; k < CO_MODES; ++k) {
    const double angle = shared->drift->frequencies[k] * start;
    c[k] = cos(angle);
    s[k] = sin(angle);
  }
  for (int64_t j = 0; j <= 2 * steps; ++j) {
    const double *turn_c = shared->turns + j * CO_COEFFICIENTS, *turn_s = turn_c + CO_MODES;
    double *out_c = factors + j * CO_COEFFICIENTS, *out_s = out_c + CO_MODES;
    for (int k = 0; k < CO_MODES; ++k) {
      out_c[k] = c[k] * turn_c[k] - s[k] * turn_s[k];
      out_s[k] = s[k] * turn_c[k] + c[k] * turn_s[k];
    }
  }
}

/// Loads a trajectory into a lane; lanes beyond the last trajectory repeat it and are not stored.
static void load(const co_drift *drift, int64_t trajectory, int64_t width, double *psi, double *x, double *y) {
  const double *from = drift->coefficients + trajectory / drift->drifters * CO_COEFFICIENTS;
  const double *start = drift->starts + trajectory % drift->drifters * 2;
  for (int k = 0; k < CO_COEFFICIENTS; ++k) psi[k * width] = 6.283185307179586 * from[k];
  *x = start[0];
  *y = start[1];
}

/// One group over one block of steps, its positions recorded where they fall due.
static void advance(const Shared *shared, Workspace *space, int64_t group, int64_t first, int64_t count, int64_t step, int64_t end) {
  const co_drift *drift = shared->drift;
  const int64_t records = drift->steps / drift->every, origin = step;
  double *x = space->x[group], *y = space->y[group];
  while (step < end) {
    const int64_t stop = least(end, (step / drift->every + 1) * drift->every);
    shared->kernel->integrate(
        space->psi[group], space->factors + 2 * (step - origin) * CO_COEFFICIENTS, stop - step, drift->time_step, x, y);
    step = stop;
    if (step % drift->every != 0) continue;
    double *out = shared->positions + (first * records + step / drift->every - 1) * 2;
    for (int64_t lane = 0; lane < count; ++lane, out += 2 * records) {
      out[0] = x[lane];
      out[1] = y[lane];
    }
  }
}

/// Trajectories [first, last), at most GROUPS vectors of them, over all steps.
static void integrate_batch(const Shared *shared, Workspace *space, int64_t first, int64_t last) {
  const co_drift *drift = shared->drift;
  const int64_t width = shared->kernel->width, groups = (last - first + width - 1) / width;
  for (int64_t lane = 0; lane < groups * width; ++lane) {
    const int64_t group = lane / width, within = lane % width;
    load(drift, least(first + lane, last - 1), width, space->psi[group] + within, &space->x[group][within],
         &space->y[group][within]);
  }
  const int64_t steps = drift->steps / drift->every * drift->every;
  for (int64_t step = 0; step < steps; step += BLOCK) {
    const int64_t end = least(steps, step + BLOCK);
    set_factors(shared, step, end - step, space->factors);
    for (int64_t group = 0; group < groups; ++group) {
      const int64_t start = first + group * width;
      advance(shared, space, group, start, least(width, last - start), step, end);
    }
  }
}

/// Takes batches until there are none.
static void work(Shared *shared, Workspace *space, int64_t batch) {
  const int64_t total = shared->drift->flows * shared->drift->drifters;
  for (;;) {
    const int64_t first = atomic_fetch_add(&shared->next, batch);
    if (first >= total) return;
    integrate_batch(shared, space, first, least(total, first + batch));
  }
}

typedef struct {
  Shared *shared;
  Workspace *space;
  int64_t batch;
  pthread_t thread;
} Worker;

static void *run(void *argument) {
  Worker *worker = argument;
  work(worker->shared, worker->space, worker->batch);
  return NULL;
}

static double *make_turns(const co_drift *drift) {
  double *turns = malloc(sizeof(double) * (2 * BLOCK + 1) * CO_COEFFICIENTS);
  if (turns == NULL) return NULL;
  for (int64_t j = 0; j <= 2 * BLOCK; ++j)
    for (int k = 0; k < CO_MODES; ++k) {
      const double angle = drift->frequencies[k] * ((double)j * 0.5 * drift->time_step);
      turns[j * CO_COEFFICIENTS + k] = cos(angle);
      turns[j * CO_COEFFICIENTS + CO_MODES + k] = sin(angle);
    }
  return turns;
}

int32_t co_integrate(const co_drift *drift, int32_t threads, double *positions) {
  const int64_t total = drift->flows * drift->drifters;
  if (total <= 0 || drift->every <= 0 || drift->steps < drift->every) return 0;
  Shared shared = {drift, choose(drift->newest), positions, make_turns(drift), 0};
  // Enough batches to keep every thread busy to the end, of whole vectors.
  const int64_t width = shared.kernel->width, vectors = (total + width - 1) / width;
  int64_t groups = vectors / ((int64_t)threads * 4);
  groups = groups < 1 ? 1 : least(groups, GROUPS);
  const int64_t batches = (vectors + groups - 1) / groups, wanted = threads < 1 ? 1 : least(threads, batches);
  Workspace *spaces = NULL;
  Worker *workers = calloc((size_t)wanted, sizeof *workers);
  if (posix_memalign((void **)&spaces, 64, sizeof *spaces * (size_t)wanted) != 0) spaces = NULL;
  const int failed = shared.turns == NULL || workers == NULL || spaces == NULL;
  if (!failed) {
    int64_t started = 1;
    for (; started < wanted; ++started) {
      workers[started] = (Worker){&shared, spaces + started, groups * width, 0};
      // Where no more threads are to be had, those at work do it all.
      if (pthread_create(&workers[started].thread, NULL, run, &workers[started]) != 0) break;
    }
    work(&shared, spaces, groups * width);
    for (int64_t i = 1; i < started; ++i) pthread_join(workers[i].thread, NULL);
  }
  free((void *)shared.turns);
  free(workers);
  free(spaces);
  return failed ? ENOMEM : 0;
}
