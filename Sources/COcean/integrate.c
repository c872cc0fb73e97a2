// Threads, storage and phase factors.
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

enum {
  /// Steps for which phase factors are held at once: 100 KB of them, which stay in the second-level cache while
  BLOCK = 64,
  /// so many vectors of trajectories (200 KB of coefficients) go through them one after the other.
  GROUPS = 32
};

/// A thread's own storage.
typedef struct {
  double psi[GROUPS][CO_COEFFICIENTS * WIDEST] __attribute__((aligned(64)));
  double factors[(2 * BLOCK + 1) * CO_COEFFICIENTS];
  double x[GROUPS][WIDEST], y[GROUPS][WIDEST];
} Workspace;

/// What the threads share.
typedef struct {
  const co_drift *drift;
  const Kernel *kernel;
  double *positions;
  const double *turns;  // exp(iω_k j Δt/2), j = 0 … 2 BLOCK: cosines and sines as Kernel wants them
  int64_t batch;        // trajectories taken at once
  Workspace *spaces;    // one a thread
  _Atomic int64_t next;  // the first trajectory that nobody has taken
} Shared;

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

/// One thread's part: takes batches until there are none.
static void work(void *context, int64_t thread) {
  Shared *shared = context;
  const int64_t total = shared->drift->flows * shared->drift->drifters;
  for (;;) {
    const int64_t first = atomic_fetch_add(&shared->next, shared->batch);
    if (first >= total) return;
    integrate_batch(shared, shared->spaces + thread, first, least(total, first + shared->batch));
  }
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

int32_t co_integrate(const co_drift *drift, double *positions) {
  const int64_t total = drift->flows * drift->drifters;
  if (total <= 0 || drift->every <= 0 || drift->steps < drift->every) return 0;
  const Kernel *kernel = CT_NEWEST(&kernel_portable, &kernel_avx2, &kernel_avx512);
  // Enough batches to keep every thread busy to the end, of whole vectors.
  const int64_t threads = ct_get_threads(), vectors = (total + kernel->width - 1) / kernel->width;
  int64_t groups = vectors / (threads * 4);
  groups = groups < 1 ? 1 : least(groups, GROUPS);
  const int64_t wanted = least(threads, (vectors + groups - 1) / groups);
  Workspace *spaces = NULL;
  if (posix_memalign((void **)&spaces, 64, sizeof *spaces * (size_t)wanted) != 0) spaces = NULL;
  Shared shared = {drift, kernel, positions, make_turns(drift), groups * kernel->width, spaces, 0};
  const int failed = shared.turns == NULL || spaces == NULL || ct_parallel(wanted, work, &shared) != CT_OK;
  free((void *)shared.turns);
  free(spaces);
  return failed ? ENOMEM : 0;
}
