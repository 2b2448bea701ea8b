#define _GNU_SOURCE 1
#include "Processes.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int linux_pipe(int fds[2]) { return pipe2(fds, O_CLOEXEC); }

int linux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int linux_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int linux_bytes_available(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) == 0 && count > 0 ? count : 0;
}

int linux_set_nonblocking(int fd) { return fcntl(fd, F_SETFL, O_NONBLOCK); }

char **linux_environment(void) { return environ; }

int linux_anonymous_file(const char *name, size_t size) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) return -1;
  if (ftruncate(fd, (off_t)size) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int linux_spawn_attributes(posix_spawnattr_t *attributes) {
  int error = posix_spawnattr_init(attributes);
  if (error) return error;
  // Only what is ignored needs to be reset: exec itself resets handlers, and glibc makes a system
  // call in the child for every signal named here.
  sigset_t defaults, none;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (int number = 1; number < NSIG; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
      sigaddset(&defaults, number);
  }
  error = posix_spawnattr_setsigmask(attributes, &none);
  if (!error) error = posix_spawnattr_setsigdefault(attributes, &defaults);
  if (!error)
    error = posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  return error;
}

ssize_t linux_read_file(const char *path, void *buffer, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t count = read(fd, buffer, size);
  close(fd);
  return count;
}

static struct linux_exit reap(idtype_t type, pid_t id, int flags) {
  struct linux_exit result = {0, 0, -1, 0};
  siginfo_t what = {0};
  int answer;
  do answer = waitid(type, (id_t)id, &what, WEXITED | WNOHANG | flags);
  while (answer < 0 && errno == EINTR);
  if (answer < 0) {
    result.process = -1;
    result.error = errno;
  } else if (what.si_pid != 0) {
    result.process = what.si_pid;
    if (what.si_code == CLD_EXITED)
      result.status = what.si_status;
    else
      result.signal = what.si_status;
  }
  return result;
}

int linux_await_stop(pid_t process) {
  siginfo_t what = {0};
  int answer;
  do answer = waitid(P_PID, (id_t)process, &what, WSTOPPED | WEXITED | WNOWAIT);
  while (answer < 0 && errno == EINTR);
  if (answer == 0 && what.si_code != CLD_STOPPED) {
    errno = ESRCH;
    return -1;
  }
  return answer;
}

struct linux_exit linux_reap(pid_t process, int keep) {
  return reap(P_PID, process, keep ? WNOWAIT : 0);
}

struct linux_exit linux_reap_group(pid_t group) { return reap(P_PGID, group, 0); }

int linux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int linux_epoll_add(int epoll, int fd, uint64_t token, int output) {
  struct epoll_event event = {.events = (output ? EPOLLOUT : EPOLLIN) | EPOLLET};
  event.data.u64 = token;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int linux_epoll_add_once(int epoll, int fd, uint64_t token) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT};
  event.data.u64 = token;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int linux_epoll_wait(int epoll, struct linux_event *events, int capacity, int timeout) {
  struct epoll_event seen[64];
  int count = epoll_wait(epoll, seen, capacity < 64 ? capacity : 64, timeout);
  for (int i = 0; i < count; i++) {
    events[i].token = seen[i].data.u64;
    events[i].is_end = (seen[i].events & (EPOLLIN | EPOLLHUP)) == EPOLLHUP;
  }
  return count;
}

int linux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int linux_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

void linux_wake_behind_others(void) {
  struct sched_param none = {0};
  if (sched_getscheduler(0) == SCHED_OTHER) sched_setscheduler(0, SCHED_BATCH, &none);
}

void linux_wake_as_main(void) {
  struct sched_param none = {0};
  if (sched_getscheduler(0) == SCHED_BATCH && sched_getscheduler(getpid()) == SCHED_OTHER)
    sched_setscheduler(0, SCHED_OTHER, &none);
}

int linux_spawn_in(posix_spawn_file_actions_t *actions, const char *folder) {
  return posix_spawn_file_actions_addchdir_np(actions, folder);
}

int linux_spawn_without(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
