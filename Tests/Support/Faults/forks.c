// Executes a command many times while its libraries are loaded once, for scripts/mutate_command.py and scripts/faults.sh
// (LD_PRELOAD): just before `main` the process waits for requests, and forks itself for each. What a command does is the
// same; most of what a short one takes is loading libtorch.
//
// A request, read from descriptor 0, is a list of texts, a zero byte after each: how many follow; the folder to run in; the
// files for standard output and standard error; how many variables of the environment follow, and these, NAME=VALUE; the
// words of the command, its name first. The answers, lines written to descriptor 1, are the number of the process and, when
// it has ended, `EXIT SIGNAL MEGABYTES`. The end of the requests ends this process. FORKS_REQUESTS asks for all of this; when
// it is `groups`, each process leads a group of its own.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int Main(int, char **, char **);
static Main *command_main;

// The next text, NULL at the end. Byte for byte: what comes after is for the next request.
static char *next_text(void) {
  size_t length = 0, room = 64;
  char *text = malloc(room);
  while (text && read(0, text + length, 1) == 1) {
    if (text[length++] == 0) return text;
    if (length == room) text = realloc(text, room *= 2);
  }
  return NULL;
}

static void direct(int descriptor, const char *path, int flags) {
  int opened = openat(AT_FDCWD, path, flags, 0644);
  if (opened < 0 || dup2(opened, descriptor) < 0) _exit(125);
  close(opened);
}

// In the new process: what `execve` would have set up.
static int command(char **texts, int count) {
  if (chdir(texts[0]) != 0) _exit(125);
  direct(0, "/dev/null", O_RDONLY);
  direct(1, texts[1], O_WRONLY | O_CREAT | O_TRUNC);
  direct(2, texts[2], O_WRONLY | O_CREAT | O_TRUNC);
  const char *asked = getenv("FORKS_REQUESTS");
  if (asked && strcmp(asked, "groups") == 0) setpgid(0, 0);
  unsetenv("FORKS_REQUESTS");
  int variables = atoi(texts[3]);
  for (int k = 0; k < variables; k++) putenv(texts[4 + k]);
  char **words = texts + 4 + variables;
  int word_count = count - 4 - variables;
  // Swift reads its words from /proc otherwise.
  void (*override)(char **, int) = (void (*)(char **, int))dlsym(RTLD_DEFAULT, "_swift_stdlib_overrideUnsafeArgvArgc");
  if (!override) _exit(125);
  override(words, word_count);
  // Counting of calls begins here.
  void (*begin)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "faults_begin");
  if (begin) begin();
  return command_main(word_count, words, environ);
}

static int serve(int argc, char **argv, char **environment) {
  if (!getenv("FORKS_REQUESTS")) return command_main(argc, argv, environment);
  for (char *text; (text = next_text()) != NULL;) {
    int count = atoi(text);
    char **texts = calloc((size_t)count + 1, sizeof *texts);
    if (!texts) return 125;
    for (int k = 0; k < count; k++) texts[k] = next_text();
    pid_t process = fork();
    if (process == 0) return command(texts, count);
    dprintf(1, "%d\n", process);
    int status = 0;
    struct rusage usage = {0};
    while (wait4(process, &status, 0, &usage) < 0 && errno == EINTR) {}
    dprintf(1, "%d %d %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
            usage.ru_maxrss / 1024);
    for (int k = 0; k < count; k++) free(texts[k]);
    free(texts);
    free(text);
  }
  return 0;
}

int __libc_start_main(Main *main, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*end)(void),
                      void *stack) {
  int (*real)(Main *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *) =
      (int (*)(Main *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *))dlsym(RTLD_NEXT,
                                                                                                 "__libc_start_main");
  command_main = main;
  return real(serve, argc, argv, init, fini, end, stack);
}
