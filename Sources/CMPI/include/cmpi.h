// Processes that work together, over MPI. Total: every error comes back as a status with a text, and without the library
// cm_is_built_in says no and everything else is an error.
#ifndef CMPI_H
#define CMPI_H

#include <stdint.h>

// Whether MPI is built in.
int32_t cm_is_built_in(void);

// Begins; the rank of this process and the number of all. A second call answers the same. 0, or 1 with a text of at most
// 200 bytes in `error`; so below.
int32_t cm_start(int32_t *rank, int32_t *size, char *error);

// Ends; waits for all ranks to end. Nothing where cm_start was not called.
void cm_stop(void);

// Ends all ranks at once with this status. Returns only where cm_start was not called.
void cm_abort(int32_t status);

// Everybody's bytes one after the other, in the order of the ranks: counts[r] bytes of rank r.
int32_t cm_gather(const void *own, void *all, const int64_t *counts, char *error);

// To each rank a part of its own: `send` holds sent[r] bytes for rank r, one after the other, and `received[r]` bytes from
// rank r come into `receive` likewise. `sent` is the same on all ranks.
int32_t cm_exchange(
    const void *send, const int64_t *sent, void *receive, const int64_t *received, char *error);

// What is larger than this goes in pieces: 2 GB less a byte, which MPI's counts hold, unless a test asks for less; the
// same on all ranks.
void cm_set_most(int64_t bytes);

// Returns once all ranks have called it.
int32_t cm_barrier(char *error);

#endif
