// Child processes: what Swift cannot call (variadic, inline or hidden by the module map).
#pragma once
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// pipe2(fds, O_CLOEXEC): 0, or -1 with errno.
int linux_pipe(int fds[2]);
/// A pidfd of a process, close-on-exec: -1 with errno.
int linux_pidfd_open(pid_t pid);
/// Makes this process the one that orphans among its descendants are given to.
int linux_become_subreaper(void);
/// How many bytes are in a pipe now; 0 if that cannot be told.
int linux_bytes_available(int fd);
/// Sets O_NONBLOCK and clears the other flags; for the ends of new pipes, which have none.
int linux_set_nonblocking(int fd);
/// The environment this process was started with.
char **linux_environment(void);
/// Names the calling thread, at most 15 bytes.
int linux_name_thread(const char *name);
/// When the calling thread is woken it takes the processor from nobody, and waits for its turn
/// (sched(7), SCHED_BATCH). Nothing changes where it has been given another policy than the usual
/// one. Threads and processes that it starts inherit it.
void linux_wake_behind_others(void);
/// Takes back what the calling thread inherited of that: it is scheduled as the main thread is.
void linux_wake_as_main(void);
/// A close-on-exec anonymous file of `size` bytes: -1 with errno.
int linux_anonymous_file(const char *name, size_t size);
/// A program as a child is to run it, in a session of its own with an empty signal mask.
struct linux_command {
  const char *path;
  char *const *arguments;
  char *const *environment;
  /// Where it runs; NULL: where this process does.
  const char *folder;
  /// What its 0, 1 and 2 shall be.
  int files[3];
  /// The signals that get their default action, the lowest bit being signal 1.
  uint64_t reset;
};
/// Starts a child and returns when it has become its command: 0, or an error number and no child.
///
/// posix_spawn without two system calls in the child for each signal there is (121 in all), and
/// without a new stack, whose unmapping interrupts the other processors. From any number of threads.
int linux_spawn(const struct linux_command *command, pid_t *process);
/// The signals that this process ignores or handles, as `linux_command.reset` has them.
uint64_t linux_signals_to_reset(void);

/// posix_spawn attributes for a child: a session of its own, an empty signal mask, and the default
/// action for every signal that this process ignores. 0 or an error number.
int linux_spawn_attributes(posix_spawnattr_t *attributes);
/// The child runs in this folder.
int linux_spawn_in(posix_spawn_file_actions_t *actions, const char *folder);
/// The child gets no descriptor from this number on.
int linux_spawn_without(posix_spawn_file_actions_t *actions, int first);
/// Room for the largest file in /proc that is read whole here, and reads it: bytes or -1.
ssize_t linux_read_file(const char *path, void *buffer, size_t size);

/// Waits until a child has been stopped, and leaves that to be told again: 0, or -1 with errno.
int linux_await_stop(pid_t process);

/// How a child ended, as waitid tells it.
struct linux_exit {
  /// 0 if nothing has ended, -1 with `error` set, else the process.
  pid_t process;
  int error;
  /// Exit status, or -1 if a signal ended it.
  int status;
  /// The signal, or 0.
  int signal;
};
/// waitid for one child without waiting. `keep` leaves it to be reaped later.
struct linux_exit linux_reap(pid_t process, int keep);
/// Reaps one ended child of a process group, if there is one.
struct linux_exit linux_reap_group(pid_t group);

/// What epoll tells, with the number that was given when the descriptor was added.
struct linux_event {
  uint64_t token;
  /// The other end of a pipe is closed, and nothing is left in it: 1 or 0.
  uint32_t is_end;
};
int linux_epoll_create(void);
/// 0 or -1 with errno. `output`: wait for room instead of data. Edge-triggered.
int linux_epoll_add(int epoll, int fd, uint64_t token, int output);
/// The same for data, told once.
int linux_epoll_add_once(int epoll, int fd, uint64_t token);
/// Waits for up to `capacity` (at most 64) events; `timeout` in milliseconds, -1 is for ever.
int linux_epoll_wait(int epoll, struct linux_event *events, int capacity, int timeout);
/// A close-on-exec, non-blocking counter that wakes whoever polls it.
int linux_eventfd(void);
