// Files, descriptors and signals: what Swift cannot call.
#pragma once
#include <stddef.h>
#include <sys/types.h>

/// Asks for a pipe of 1 MiB, as far as the system lets.
void linux_widen_pipe(int fd);
/// Whether a signal is ignored now: 1 or 0.
int linux_is_ignored(int number);
void linux_raise_descriptor_limit(void);
/// The soft limit on descriptors.
long linux_descriptor_limit(void);
/// What a descriptor is open on.
enum linux_kind { LINUX_OTHER, LINUX_REGULAR, LINUX_FOLDER, LINUX_PIPE, LINUX_SOCKET, LINUX_TERMINAL };
enum linux_kind linux_kind(int fd);
/// Waits until `fd` can be read (`output` 0), written (1) or has lost its other end (2), or until
/// `wake` can be read, or for `timeout` milliseconds, -1 being for ever.
/// Answers bits: 1 the first one is ready, 2 the other end is gone, 4 `wake`; 0 for a timeout.
int linux_wait(int fd, int output, int wake, int timeout);
/// write, but for a socket without waiting.
ssize_t linux_write(int fd, const void *bytes, size_t count, enum linux_kind kind);
/// A descriptor of its own, close-on-exec and not blocking, for the pipe or terminal that `fd`
/// stands for: nobody shares its flags. -1 if there can be none.
int linux_reopen_for_writing(int fd);
/// Opens a file for writing, close-on-exec; `flags` beside O_WRONLY.
int linux_open(const char *path, int flags, mode_t mode);
/// A file without a name in a folder, close-on-exec; -1 where the file system has none.
int linux_unnamed_file(const char *folder, mode_t mode);
/// Gives an open file a name.
int linux_link(int fd, const char *path);
/// An inotify descriptor, close-on-exec: -1 with errno.
int linux_watch_create(void);
/// Watches a file or folder for changes: 0 or -1.
int linux_watch_add(int watch, const char *path);
