#ifndef __APPLE__
#define _GNU_SOURCE
#endif
#include "cfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

int cfiles_exchange(const char *first, const char *second) {
#ifdef __APPLE__
  int status = renamex_np(first, second, RENAME_SWAP);
#else
  int status = renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE);
#endif
  return status == 0 ? 0 : errno;
}
