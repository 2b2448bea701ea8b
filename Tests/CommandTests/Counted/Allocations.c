// Put in front of the C library with LD_PRELOAD: counts how often the process asks for memory, in the
// file that ALLOCATIONS names.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// glibc lets a program define these itself, and has its own under other names ("Replacing malloc" in
// its manual).
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *piece, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_long unmapped;
static atomic_long *asked = &unmapped;

__attribute__((constructor)) static void map(void) {
  const char *path = getenv("ALLOCATIONS");
  int file = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
  if (file < 0 || ftruncate(file, sizeof *asked) != 0) return;
  void *page = mmap(NULL, sizeof *asked, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (page == MAP_FAILED) return;
  atomic_store((atomic_long *)page, unmapped);
  asked = page;
}

static void note(void) { atomic_fetch_add_explicit(asked, 1, memory_order_relaxed); }

void *malloc(size_t size) {
  note();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note();
  return __libc_calloc(count, size);
}

void *realloc(void *piece, size_t size) {
  note();
  return __libc_realloc(piece, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **piece, size_t alignment, size_t size) {
  note();
  *piece = __libc_memalign(alignment, size);
  return *piece ? 0 : ENOMEM;
}
