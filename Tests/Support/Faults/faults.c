// Makes the n-th call to the system fail, or ends the process there, for scripts/faults.sh (LD_PRELOAD). Only calls on
// files count that lie in the folder FAULTS_ROOT, from which the command is run.
//
//   FAULTS_AT      which call, from 1; 0 only counts
//   FAULTS_ERROR   the error's number; 0 kills the process in place of the call
//   FAULTS_COUNT   a file of at least 8 bytes that holds the number of calls so far, also of a process that was killed
//   FAULTS_MEMORY  in place of calls on files, requests for so many bytes of memory or more count, and are refused
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static long at, error_number, *count;
static size_t least_memory;
static const char *root;
static unsigned char ours[4096];

// Called again where the environment has changed (forks.c).
__attribute__((constructor)) void faults_begin(void) {
  const char *file = getenv("FAULTS_COUNT");
  root = getenv("FAULTS_ROOT");
  at = getenv("FAULTS_AT") ? atol(getenv("FAULTS_AT")) : 0;
  const char *memory = getenv("FAULTS_MEMORY");
  least_memory = memory ? (size_t)atol(memory) : 0;
  error_number = getenv("FAULTS_ERROR") ? atol(getenv("FAULTS_ERROR")) : EIO;
  int descriptor = file ? (int)openat(AT_FDCWD, file, O_RDWR | O_CLOEXEC) : -1;
  if (descriptor < 0) return;
  long *place = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (place != MAP_FAILED) count = place;
}

static int in_root(const char *path) {
  if (!count || !root || !path) return 0;
  return path[0] != '/' || strncmp(path, root, strlen(root)) == 0;
}

static int is_ours(int descriptor) {
  return count && descriptor >= 0 && descriptor < (int)sizeof ours && ours[descriptor];
}

// Whether this call on a file is to fail.
static int fails(int counts) {
  if (!counts || least_memory || __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) != at) return 0;
  if (error_number == 0) kill(getpid(), SIGKILL);
  errno = (int)error_number;
  return 1;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int opened(int descriptor, int belongs) {
  if (descriptor >= 0 && descriptor < (int)sizeof ours) ours[descriptor] = (unsigned char)belongs;
  return descriptor;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, #name, const char *, int, ...); \
    va_list list; \
    va_start(list, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
    va_end(list); \
    if (fails(in_root(path))) return -1; \
    return opened(real(path, flags, mode), in_root(path)); \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int folder, const char *path, int flags, ...) { \
    REAL(int, #name, int, const char *, int, ...); \
    va_list list; \
    va_start(list, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
    va_end(list); \
    int belongs = folder == AT_FDCWD || path[0] == '/' ? in_root(path) : is_ours(folder); \
    if (fails(belongs)) return -1; \
    return opened(real(folder, path, flags, mode), belongs); \
  }
OPENAT(openat)
OPENAT(openat64)

#define ON_FILE(type, name, types, arguments) \
  type name types { \
    REAL(type, #name, PLAIN types); \
    if (fails(is_ours(descriptor))) return -1; \
    return real arguments; \
  }
#define PLAIN(...) __VA_ARGS__
ON_FILE(ssize_t, read, (int descriptor, void *bytes, size_t n), (descriptor, bytes, n))
ON_FILE(ssize_t, pread, (int descriptor, void *bytes, size_t n, off_t o), (descriptor, bytes, n, o))
ON_FILE(ssize_t, pread64, (int descriptor, void *bytes, size_t n, off64_t o), (descriptor, bytes, n, o))
ON_FILE(ssize_t, write, (int descriptor, const void *bytes, size_t n), (descriptor, bytes, n))
ON_FILE(ssize_t, pwrite, (int descriptor, const void *bytes, size_t n, off_t o), (descriptor, bytes, n, o))
ON_FILE(ssize_t, pwrite64, (int descriptor, const void *bytes, size_t n, off64_t o), (descriptor, bytes, n, o))
ON_FILE(int, fsync, (int descriptor), (descriptor))
ON_FILE(int, fdatasync, (int descriptor), (descriptor))
ON_FILE(int, ftruncate, (int descriptor, off_t n), (descriptor, n))
ON_FILE(int, ftruncate64, (int descriptor, off64_t n), (descriptor, n))
ON_FILE(int, fchmod, (int descriptor, mode_t mode), (descriptor, mode))
ON_FILE(int, flock, (int descriptor, int how), (descriptor, how))

// The file is closed all the same, as Linux does.
int close(int descriptor) {
  REAL(int, "close", int);
  int failed = fails(is_ours(descriptor)), number = errno;
  opened(descriptor, 0);
  int status = real(descriptor);
  if (!failed) return status;
  errno = number;
  return -1;
}

#define MAP(name, offset) \
  void *name(void *address, size_t n, int protection, int flags, int descriptor, offset o) { \
    REAL(void *, #name, void *, size_t, int, int, int, offset); \
    if (fails(is_ours(descriptor))) return MAP_FAILED; \
    return real(address, n, protection, flags, descriptor, o); \
  }
MAP(mmap, off_t)
MAP(mmap64, off64_t)

#define ON_PATH(name, types, arguments, path) \
  int name types { \
    REAL(int, #name, PLAIN types); \
    if (fails(in_root(path))) return -1; \
    return real arguments; \
  }
ON_PATH(rename, (const char *from, const char *to), (from, to), to)
ON_PATH(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), to)
ON_PATH(renameat2, (int a, const char *from, int b, const char *to, unsigned how), (a, from, b, to, how), to)
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode), path)
ON_PATH(unlink, (const char *path), (path), path)
ON_PATH(rmdir, (const char *path), (path), path)
ON_PATH(unlinkat, (int folder, const char *path, int flags), (folder, path, flags), path)
ON_PATH(chmod, (const char *path, mode_t mode), (path, mode), path)
ON_PATH(access, (const char *path, int how), (path, how), path)

static int is_refused(size_t n) {
  if (!count || !least_memory || n < least_memory) return 0;
  if (__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) != at) return 0;
  errno = ENOMEM;
  return 1;
}

// The C library's own, since looking them up takes memory.
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

void *malloc(size_t n) { return is_refused(n) ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(n, size, &bytes) || is_refused(bytes)) return NULL;
  return __libc_calloc(n, size);
}
void *realloc(void *old, size_t n) { return is_refused(n) ? NULL : __libc_realloc(old, n); }
void *memalign(size_t alignment, size_t n) { return is_refused(n) ? NULL : __libc_memalign(alignment, n); }
void *aligned_alloc(size_t alignment, size_t n) { return is_refused(n) ? NULL : __libc_memalign(alignment, n); }
int posix_memalign(void **place, size_t alignment, size_t n) {
  void *memory = is_refused(n) ? NULL : __libc_memalign(alignment, n);
  if (memory) *place = memory;
  return memory ? 0 : ENOMEM;
}
