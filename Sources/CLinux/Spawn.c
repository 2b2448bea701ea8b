#define _GNU_SOURCE 1
#include "Processes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

uint64_t linux_signals_to_reset(void) {
  uint64_t numbers = 0;
  for (int number = 1; number < NSIG; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
      numbers |= UINT64_C(1) << (number - 1);
  }
  return numbers;
}

/// What the child does between its birth and its command. It runs in the memory of its parent, whose
/// thread waits: it changes nothing there but `error`. All signals are blocked until the last step.
__attribute__((noinline)) static void become(
    const struct linux_command *command, volatile int *error) {
  if (setsid() < 0) goto failed;
  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (uint64_t left = command->reset; left; left &= left - 1)
    sigaction(__builtin_ctzll(left) + 1, &standard, NULL);
  for (int number = 0; number < 3; number++) {
    int file = command->files[number];
    // A descriptor that has its number already would be closed at exec.
    int answer = file == number ? fcntl(number, F_SETFD, 0) : dup2(file, number);
    if (answer < 0) goto failed;
  }
  if (command->folder && chdir(command->folder) < 0) goto failed;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(command->path, command->arguments, command->environment);
failed:
  *error = errno;
  _exit(127);
}

int linux_spawn(const struct linux_command *command, pid_t *process) {
  sigset_t all, before;
  sigfillset(&all);
  int error = pthread_sigmask(SIG_SETMASK, &all, &before);
  if (error) return error;
  volatile int failed = 0;
  pid_t child = vfork();
  if (child == 0) become(command, &failed);
  error = child < 0 ? errno : failed;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (child < 0) return error;
  if (error) {
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return error;
  }
  *process = child;
  return 0;
}
