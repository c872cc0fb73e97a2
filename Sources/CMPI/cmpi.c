#include "cmpi.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_LENGTH = 200 };

static int32_t fail(char *error, const char *text) {
  snprintf(error, ERROR_LENGTH, "%s", text);
  return 1;
}

#if defined(COUPLET_WITH_MPI) && __has_include(<mpi.h>)
// The C interface alone.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

static int started = 0, ranks = 1, own_rank = 0;

int32_t cm_is_built_in(void) { return 1; }

static int32_t checked(int code, char *error) {
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  if (code == MPI_SUCCESS) return 0;
  if (MPI_Error_string(code, text, &length) != MPI_SUCCESS) return fail(error, "MPI failed");
  return fail(error, text);
}

int32_t cm_start(int32_t *rank, int32_t *size, char *error) {
  if (!started) {
    int already = 0;
    if (MPI_Initialized(&already) != MPI_SUCCESS) return fail(error, "MPI cannot be asked anything");
    // All calls come from the thread that runs the command.
    int provided = 0;
    if (!already && MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
      return fail(error, "MPI cannot be started");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (checked(MPI_Comm_rank(MPI_COMM_WORLD, &own_rank), error)) return 1;
    if (checked(MPI_Comm_size(MPI_COMM_WORLD, &ranks), error)) return 1;
    started = 1;
  }
  *rank = own_rank;
  *size = ranks;
  return 0;
}

void cm_stop(void) {
  if (!started) return;
  started = 0;
  int finalized = 0;
  if (MPI_Finalized(&finalized) == MPI_SUCCESS && !finalized) MPI_Finalize();
}

void cm_abort(int32_t status) {
  if (started) MPI_Abort(MPI_COMM_WORLD, status);
}

/// The most bytes of one call of MPI, which counts them in an int.
static int64_t most = INT_MAX;

void cm_set_most(int64_t bytes) { most = bytes > 0 && bytes < INT_MAX ? bytes : INT_MAX; }

static int64_t total(const int64_t *counts) {
  int64_t sum = 0;
  for (int r = 0; r < ranks; ++r) sum += counts[r];
  return sum;
}

static int64_t largest(const int64_t *counts) {
  int64_t found = 0;
  for (int r = 0; r < ranks; ++r) found = counts[r] > found ? counts[r] : found;
  return found;
}

/// Counts and places as MPI takes them.
static void layout(const int64_t *counts, int *sizes, int *places) {
  int64_t place = 0;
  for (int r = 0; r < ranks; ++r) {
    sizes[r] = (int)counts[r];
    places[r] = (int)place;
    place += counts[r];
  }
}

static int smaller(int64_t count) { return (int)(count < most ? count : most); }

/// Each rank's bytes in turn, piece by piece.
static int32_t gather_pieces(const char *own, char *all, const int64_t *counts, char *error) {
  for (int r = 0; r < ranks; ++r) {
    if (r == own_rank && counts[r] > 0) memcpy(all, own, (size_t)counts[r]);
    for (int64_t place = 0; place < counts[r]; place += most)
      if (checked(MPI_Bcast(all + place, smaller(counts[r] - place), MPI_BYTE, r, MPI_COMM_WORLD), error)) return 1;
    all += counts[r];
  }
  return 0;
}

/// To the next rank and from the one before, then two ranks further, and so on, piece by piece.
static int32_t exchange_pieces(
    const char *send, const int64_t *sent, char *receive, const int64_t *received, char *error) {
  for (int step = 0; step < ranks; ++step) {
    const int to = (own_rank + step) % ranks, from = (own_rank - step + ranks) % ranks;
    const char *out = send;
    char *in = receive;
    for (int r = 0; r < to; ++r) out += sent[r];
    for (int r = 0; r < from; ++r) in += received[r];
    for (int64_t place = 0; place < sent[to] || place < received[from]; place += most) {
      const int64_t left = sent[to] - place, missing = received[from] - place;
      const int code = MPI_Sendrecv(
          left > 0 ? out + place : out, left > 0 ? smaller(left) : 0, MPI_BYTE, left > 0 ? to : MPI_PROC_NULL, 0,
          missing > 0 ? in + place : in, missing > 0 ? smaller(missing) : 0, MPI_BYTE,
          missing > 0 ? from : MPI_PROC_NULL, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      if (checked(code, error)) return 1;
    }
  }
  return 0;
}

int32_t cm_gather(const void *own, void *all, const int64_t *counts, char *error) {
  if (!started) return fail(error, "MPI was not started");
  if (total(counts) > most) return gather_pieces(own, all, counts, error);
  int *room = malloc(sizeof(int) * 2 * (size_t)ranks);
  if (!room) return fail(error, "out of memory");
  layout(counts, room, room + ranks);
  const int32_t status = checked(
      MPI_Allgatherv(own, room[own_rank], MPI_BYTE, all, room, room + ranks, MPI_BYTE, MPI_COMM_WORLD), error);
  free(room);
  return status;
}

int32_t cm_exchange(
    const void *send, const int64_t *sent, void *receive, const int64_t *received, char *error) {
  if (!started) return fail(error, "MPI was not started");
  // `sent` is the same on all ranks, and so is what they decide by it.
  if (largest(sent) * ranks > most) return exchange_pieces(send, sent, receive, received, error);
  int *room = malloc(sizeof(int) * 4 * (size_t)ranks);
  if (!room) return fail(error, "out of memory");
  int *to = room, *from = room + 2 * ranks;
  layout(sent, to, to + ranks);
  layout(received, from, from + ranks);
  const int32_t status = checked(
      MPI_Alltoallv(
          send, to, to + ranks, MPI_BYTE, receive, from, from + ranks, MPI_BYTE, MPI_COMM_WORLD), error);
  free(room);
  return status;
}

int32_t cm_barrier(char *error) {
  if (!started) return fail(error, "MPI was not started");
  return checked(MPI_Barrier(MPI_COMM_WORLD), error);
}

#else

static const char missing[] = "MPI is not built in";

int32_t cm_is_built_in(void) { return 0; }
int32_t cm_start(int32_t *rank, int32_t *size, char *error) {
  *rank = 0, *size = 1;
  return fail(error, missing);
}
void cm_stop(void) {}
void cm_abort(int32_t status) { (void)status; }
void cm_set_most(int64_t bytes) { (void)bytes; }
int32_t cm_gather(const void *own, void *all, const int64_t *counts, char *error) {
  (void)own, (void)all, (void)counts;
  return fail(error, missing);
}
int32_t cm_exchange(
    const void *send, const int64_t *sent, void *receive, const int64_t *received, char *error) {
  (void)send, (void)sent, (void)receive, (void)received;
  return fail(error, missing);
}
int32_t cm_barrier(char *error) { return fail(error, missing); }

#endif
