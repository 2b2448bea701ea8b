#define _GNU_SOURCE 1
#include "Files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void linux_widen_pipe(int fd) { (void)fcntl(fd, F_SETPIPE_SZ, 1 << 20); }

int linux_is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void linux_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  // Not to millions: children inherit it, and some close every number up to it one by one.
  rlim_t wanted = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
  if (wanted <= limit.rlim_cur) return;
  limit.rlim_cur = wanted;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

long linux_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return limit.rlim_cur > (1L << 30) ? 1L << 30 : (long)limit.rlim_cur;
}

enum linux_kind linux_kind(int fd) {
  struct stat facts;
  if (fstat(fd, &facts) != 0) return LINUX_OTHER;
  if (S_ISREG(facts.st_mode)) return LINUX_REGULAR;
  if (S_ISDIR(facts.st_mode)) return LINUX_FOLDER;
  if (S_ISFIFO(facts.st_mode)) return LINUX_PIPE;
  if (S_ISSOCK(facts.st_mode)) return LINUX_SOCKET;
  return isatty(fd) ? LINUX_TERMINAL : LINUX_OTHER;
}

int linux_wait(int fd, int output, int wake, int timeout) {
  struct pollfd files[2] = {
      {.fd = fd, .events = output == 0 ? POLLIN : output == 1 ? POLLOUT : 0},
      {.fd = wake, .events = POLLIN},
  };
  int count;
  do count = poll(files, 2, timeout);
  while (count < 0 && errno == EINTR);
  int answer = 0;
  if (files[0].revents & (POLLIN | POLLOUT | POLLHUP | POLLNVAL)) answer |= 1;
  if (files[0].revents & (POLLERR | (output ? POLLHUP : 0))) answer |= 2;
  if (files[1].revents & POLLIN) answer |= 4;
  return answer;
}

ssize_t linux_write(int fd, const void *bytes, size_t count, enum linux_kind kind) {
  return kind == LINUX_SOCKET ? send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL)
                              : write(fd, bytes, count);
}

int linux_reopen_for_writing(int fd) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

int linux_open(const char *path, int flags, mode_t mode) {
  return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, mode);
}

int linux_unnamed_file(const char *folder, mode_t mode) {
  return open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
}

int linux_link(int fd, const char *path) {
  char from[32];
  snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

int linux_watch_create(void) { return inotify_init1(IN_CLOEXEC); }

int linux_watch_add(int watch, const char *path) {
  uint32_t changes = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF |
                     IN_MOVE_SELF | IN_MODIFY;
  return inotify_add_watch(watch, path, changes) < 0 ? -1 : 0;
}
