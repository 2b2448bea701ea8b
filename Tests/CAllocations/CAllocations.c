#include "CAllocations.h"

// For __GLIBC__, which only a header of the C library defines.
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED
#endif
#endif

#if defined(__GLIBC__) && !defined(IS_SANITIZED)

// glibc lets a program define malloc itself, and has its own under another name ("Replacing malloc" in
// its manual). What is counted is enough to tell a piece for each item from none; realloc and
// aligned_alloc stay glibc's.
extern void *__libc_malloc(size_t size);

static _Thread_local long count;

void *malloc(size_t size) {
  count += 1;
  return __libc_malloc(size);
}

long CAllocationsOfThread(void) { return count; }

#else

long CAllocationsOfThread(void) { return -1; }

#endif
