#pragma once
#include <stddef.h>

/// How many pieces of memory this thread has asked for so far; -1 if that is not counted, as where a
/// sanitizer has a malloc of its own.
long CAllocationsOfThread(void);
